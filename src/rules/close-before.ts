/** Edits that release something right ahead of the returns that leave it. */
import type { Exit } from "../go/flow/leak.ts";
import { mentions } from "../go/flow/mentions.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import type { BlockStmt, ReturnStmt } from "../go/syntax/ast-stmt.ts";
import { NodeKind } from "../go/syntax/ast.ts";
import { walk } from "../go/syntax/walk.ts";
import { ObjKind, type Var } from "../go/types/object.ts";
import type { FileScope } from "../go/types/package.ts";
import { objOf } from "../go/types/record.ts";
import { releaseStyle } from "./release-style.ts";
import type { ReportDraft } from "./rule.ts";
import { beginsLine, indentation } from "./source-lines.ts";

/** More returns than this are not mended one by one. */
export const MostReturns = 4;

type Fix = NonNullable<ReportDraft<Record<string, string>>["fix"]>;

/** The statement `text`, in a line ahead of each of them. */
export function aheadOf(file: FileScope, returns: readonly ReturnStmt[], text: string): Fix {
  return {
    title: `Add \`${text}\` before ${returns.length === 1 ? "this return" : `these ${returns.length} returns`}`,
    edits: returns.map(({ pos }) => {
      return { file, start: pos, end: pos, text: `${text}\n${indentation(file.file.src, pos)}` };
    }),
  };
}

/**
 * `receiver`: what has the method `method`, as it is written; `owner`: the variable in it. Null where a return needs it, or does not stand in a line of
 * its own.
 */
export function closeBefore(
  { file, body }: FunctionUnit,
  exits: readonly Exit[],
  receiver: string,
  method: string,
  owner: Var,
): Fix | null {
  const returns = exits.map(({ at }) => at).filter((at): at is ReturnStmt => at?.kind === NodeKind.ReturnStmt);
  if (returns.length < exits.length || returns.length > MostReturns || isShadowed(body, owner)) return null;
  if (returns.some((at) => !beginsLine(file.file.src, at.pos) || mentions(at, new Set([owner])))) return null;
  return aheadOf(file, returns, releaseStyle(file, method).statement(`${receiver}.${method}()`));
}

/** Somewhere in the function the name is another variable's. */
function isShadowed(body: BlockStmt, v: Var): boolean {
  let is = false;
  walk(body, (n) => {
    const other = n.kind === NodeKind.Ident && n.name === v.name ? objOf(n) : null;
    is ||= other?.kind === ObjKind.Var && !other.isField && other !== v;
    return !is;
  });
  return is;
}
