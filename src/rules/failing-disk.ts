/**
 * Files that are left open where the disk is full or gone, and nowhere else: what has just been made takes what is written to it until then. The runtime
 * closes such a file when nobody has it any more (os/file_unix.go, newFile), and whoever comes here has a graver worry.
 *
 *     f, err := os.Create(name)
 *     …
 *     if _, err := f.Write(data); err != nil {
 *         return err      ← f stays open
 *     }
 */
import type { Edge } from "../go/cfg/blocks.ts";
import { nonNilBehind, variable } from "../go/flow/facts.ts";
import { callAhead } from "../go/flow/given.ts";
import { everyExit } from "../go/flow/leak.ts";
import { calledName } from "../go/summary/contexts.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import { hardlyTaken } from "../go/summary/never-fails.ts";
import type { Summaries } from "../go/summary/summaries.ts";
import type { CallExpr } from "../go/syntax/ast-expr.ts";
import { NodeKind } from "../go/syntax/ast.ts";
import { walk } from "../go/syntax/walk.ts";
import { unparen } from "../go/types/callee.ts";
import type { Var } from "../go/types/object.ts";

/** Each way that leaves a file open is taken because of such a failure. */
export function isOfFailingDisk({ site, leak }: FoundLeak, summaries: Summaries): boolean {
  const file = site.acquired.kind.id === "file" ? (site.origin?.root ?? null) : null;
  if (file === null) return false;
  const made = isMade(site.call, summaries);
  const fails = (edge: Edge): boolean => {
    const error = nonNilBehind(edge);
    const call = error === null ? null : callAhead(edge.from, error);
    return hardlyTaken(edge, summaries) || (call !== null && asksDisk(call, file, made, summaries));
  };
  return everyExit(leak).every(({ decisions }) => decisions.some(fails));
}

const writes = /^\(\*os\.File\)\.(?:Write|WriteString|WriteAt|Truncate)$/;
const keeps = /^\(\*os\.File\)\.(?:Sync|Chmod|Chown|Close)$/;
const writesTo = /^(?:fmt\.Fprint(?:f|ln)?|io\.WriteString)$/;

function asksDisk(call: CallExpr, file: Var, made: boolean, summaries: Summaries): boolean {
  const name = calledName(call, summaries);
  const fun = unparen(call.fun);
  const on = fun.kind === NodeKind.SelectorExpr ? variable(fun.x) : null;
  if (on === file) return keeps.test(name) || (made && writes.test(name));
  return made && writesTo.test(name) && call.args.length > 0 && variable(call.args[0]) === file;
}

/** An ordinary file of the program's own. What was there before may be a device, or a file of /proc that refuses values. */
function isMade(call: CallExpr, summaries: Summaries): boolean {
  const name = calledName(call, summaries);
  if (/^(?:os\.Create(?:Temp)?|io\/ioutil\.TempFile)$/.test(name)) return true;
  if (name !== "os.OpenFile" || call.args.length < 2) return false;
  let makes = false;
  walk(call.args[1], (n) => {
    makes ||= n.kind === NodeKind.Ident && /^O_CREATE?$/.test(n.name);
    return !makes;
  });
  return makes;
}
