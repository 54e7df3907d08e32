/**
 * Decisions that a write fell short where it did not fail. "Write must return a non-nil error if it returns n < len(p)":
 * https://pkg.go.dev/io#Writer
 *
 *     n, err := f.Write(p)
 *     if err == nil && n < len(p) {
 *         return io.ErrShortWrite      ← nobody comes here
 *     }
 */
import { type Block, type Edge, EdgeKind } from "../cfg/blocks.ts";
import { nilBehind, variable } from "../flow/facts.ts";
import { assignmentsAhead } from "../flow/given.ts";
import type { AssignStmt } from "../syntax/ast-stmt.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { BuiltinId, type Var } from "../types/object.ts";

/** The decision takes a write for short whose error was nil, as far back as only one way leads there. */
export function isShortWrite(edge: Edge): boolean {
  const asked = comparedWithLength(edge);
  const write = asked === null ? null : writeAhead(edge.from, asked.count);
  if (asked === null || write === null) return false;
  const [call] = write.rhs.map(unparen);
  const error = variable(write.lhs[1]);
  return (
    call.kind === NodeKind.CallExpr &&
    /^Write(?:String|At)?$/.test(calleeOf(call).name) &&
    variable(call.args[0] ?? call) === asked.data &&
    error !== null &&
    isNilOnTheWay(edge.from, write, error)
  );
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

function lengthOf(e: Expr): Var | null {
  const call = unparen(e);
  if (call.kind !== NodeKind.CallExpr || calleeOf(call).builtin?.id !== BuiltinId.Len) return null;
  return call.args.length === 1 ? variable(call.args[0]) : null;
}

function writeAhead(block: Block, count: Var): AssignStmt | null {
  const assigned = assignmentsAhead(block).find((s) => s.lhs.some((e) => variable(e) === count));
  return assigned?.lhs.length === 2 && assigned.rhs.length === 1 ? assigned : null;
}

function isNilOnTheWay(from: Block, write: AssignStmt, error: Var): boolean {
  const seen = new Set<Block>();
  for (let block = from; !seen.has(block) && !block.nodes.includes(write);) {
    seen.add(block);
    const [way, ...others] = block.preds.filter((e) => e.from.reachable);
    if (way === undefined || others.length > 0) return false;
    if (nilBehind(way) === error) return true;
    block = way.from;
  }
  return false;
}
