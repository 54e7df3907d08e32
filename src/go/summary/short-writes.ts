/**
 * Decisions that a write fell short where it did not fail. "Write must return a non-nil error if it returns n < len(p)":
 * https://pkg.go.dev/io#Writer
 *
 *     n, err := f.Write(p)
 *     if err == nil && n < len(p) {
 *         return io.ErrShortWrite      ← nobody comes here
 *     }
 */
import { type Edge, EdgeKind } from "../cfg/blocks.ts";
import { lengthOf, nilBehind, variable } from "../flow/facts.ts";
import { callAhead, waysAhead } from "../flow/given.ts";
import { NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";

/** The decision takes a write for short whose error was nil, as far back as only one way leads there. */
export function isShortWrite(edge: Edge): boolean {
  const asked = comparedWithLength(edge);
  const write = asked === null ? null : callAhead(edge.from, asked.count);
  if (asked === null || write === null || !/^Write(?:String|At)?$/.test(calleeOf(write).name)) return false;
  const [data] = write.args;
  if (data === undefined || variable(data) !== asked.data) return false;
  for (const way of waysAhead(edge.from)) {
    const error = nilBehind(way);
    if (error !== null && callAhead(way.from, error) === write) return true;
  }
  return false;
}

/** `n < len(p)`, `n != len(p)` hold behind the edge. */
function comparedWithLength({ kind, cond }: Edge): { readonly count: Var; readonly data: Var } | null {
  const e = cond === null ? null : unparen(cond);
  if (e?.kind !== NodeKind.BinaryExpr) return null;
  const isShort =
    (kind === EdgeKind.True && (e.op === Token.Lss || e.op === Token.Neq)) ||
    (kind === EdgeKind.False && (e.op === Token.Geq || e.op === Token.Eql));
  const [count, data] = [variable(e.x), lengthOf(e.y)];
  return isShort && count !== null && data !== null ? { count, data } : null;
}
