/**
 * Bodies that have been read to their end before they are left open. The transport takes the connection back when a read comes to the
 * end, and gives it up when one fails (bodyEOFSignal and transportResponseBody in net/http): nothing is held any more.
 */
import { evaluated } from "../../../go/cfg/blocks.ts";
import { variable } from "../../../go/flow/facts.ts";
import { unsettledPath } from "../../../go/flow/paths.ts";
import { calledName } from "../../../go/summary/contexts.ts";
import type { FoundLeak } from "../../../go/summary/leaks.ts";
import type { Summaries } from "../../../go/summary/summaries.ts";
import { type CallExpr, type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { CalleeKind, calleeOf, unparen } from "../../../go/types/callee.ts";
import type { Var } from "../../../go/types/object.ts";
import { everyExit } from "../../ownership.ts";

/** Functions that read one of their arguments until it ends or fails, and which it is. */
const readers: ReadonlyMap<string, number> = new Map([
  ["io.ReadAll", 0],
  ["io/ioutil.ReadAll", 0],
  ["io.Copy", 1],
  ["(*bytes.Buffer).ReadFrom", 0],
]);

/** Helpers of helpers are not asked. */
const MaxDepth = 2;

/** Each way that leaves the body open has read it to its end, or has failed to. */
export function isReadToItsEnd({ unit, site, leak }: FoundLeak, summaries: Summaries): boolean {
  const root = site.origin?.root ?? null;
  if (root === null) return false;
  const reads = (n: Node): boolean => readsBody(n, root, summaries, 0);
  return everyExit(leak).every(
    ({ at }) =>
      at !== null &&
      unsettledPath(unit.cfg, unit.file.file.src, {
        from: site.node,
        settles: reads,
        target: (n) => n === at || (n.pos <= at.pos && n.end >= at.end),
        results: unit.signature?.results ?? [],
      }) === null,
  );
}

function readsBody(node: Node, root: Var, summaries: Summaries, depth: number): boolean {
  let reads = false;
  evaluated(node, (n) => {
    if (n.kind !== NodeKind.CallExpr) return !reads;
    const index = readers.get(calledName(n, summaries));
    if (index !== undefined && n.args.length > index) reads ||= isBody(n.args[index], root);
    else if (index === undefined) reads ||= isReadBy(n, root, summaries, depth);
    return !reads;
  });
  return reads;
}

/** `parse(resp)`, which reads the body on each of its paths. */
function isReadBy(call: CallExpr, root: Var, summaries: Summaries, depth: number): boolean {
  const index = call.args.findIndex((arg) => variable(arg) === root);
  const { func, kind } = calleeOf(call);
  if (index < 0 || depth >= MaxDepth || func === null || kind !== CalleeKind.Static) return false;
  const helper = func.pkg?.source?.standard === true ? null : summaries.unitOf(func.origin);
  const param = helper?.signature?.params[index];
  if (helper === null || param === undefined) return false;
  return (
    unsettledPath(helper.cfg, helper.file.file.src, {
      from: null,
      settles: (n) => readsBody(n, param, summaries, depth + 1),
      results: helper.signature?.results ?? [],
    }) === null
  );
}

/** `resp.Body`, itself and not what limits it. */
function isBody(e: Expr, root: Var): boolean {
  const x = unparen(e);
  return x.kind === NodeKind.SelectorExpr && x.sel.name === "Body" && variable(x.x) === root;
}
