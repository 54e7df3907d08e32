/** Which edges tell that a context has ended. */
import { type Block, type Edge, EdgeKind } from "../cfg/blocks.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { Mode } from "../types/record.ts";
import { variable } from "./facts.ts";

/**
 * Behind the edge, which leaves `block`, one of the contexts is known to be done: `ctx.Err() != nil` holds, `<-ctx.Done()` came, or
 * `err != nil` behind `err := ctx.Err()`.
 */
export function tellsDone(edge: Edge, contexts: readonly Var[], block: Block): boolean {
  const isContext = (e: Expr): boolean => {
    const v = variable(e);
    return v !== null && contexts.includes(v);
  };
  const method = (e: Expr, name: string): boolean =>
    e.kind === NodeKind.CallExpr &&
    e.fun.kind === NodeKind.SelectorExpr &&
    e.fun.sel.name === name &&
    isContext(e.fun.x);
  if (edge.kind === EdgeKind.Comm && edge.subject?.kind === NodeKind.CommClause) {
    const { comm } = edge.subject;
    let e: Expr | null = null;
    if (comm?.kind === NodeKind.ExprStmt) e = comm.x;
    else if (comm?.kind === NodeKind.AssignStmt) e = comm.rhs[0] ?? null;
    return e !== null && e.kind === NodeKind.UnaryExpr && method(unparen(e.x), "Done");
  }
  const c = edge.cond === null ? null : unparen(edge.cond);
  if (c?.kind !== NodeKind.BinaryExpr || unparen(c.y).mode !== Mode.Nil) return false;
  const tested = variable(c.x);
  const asked = tested === null ? unparen(c.x) : lastValue(tested, block);
  if (asked === null || !method(asked, "Err")) return false;
  return c.op === Token.Neq ? edge.kind === EdgeKind.True : edge.kind === EdgeKind.False && c.op === Token.Eql;
}

/** The expression that the block last gives the variable. */
function lastValue(v: Var, block: Block): Expr | null {
  for (const n of block.nodes.toReversed()) {
    if (n.kind !== NodeKind.AssignStmt) continue;
    const i = n.lhs.findIndex((e) => variable(e) === v);
    if (i >= 0) return unparen(n.rhs[n.lhs.length === n.rhs.length ? i : 0]);
  }
  return null;
}
