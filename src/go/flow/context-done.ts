/** Which edges tell that a context has ended. */
import { type Block, type Cfg, type Edge, EdgeKind, evaluated } from "../cfg/blocks.ts";
import { dominators } from "../cfg/dominators.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { Mode } from "../types/record.ts";
import { variable } from "./facts.ts";

/** Whoever comes to `at`, which a block evaluates, has been told that such a context is done. */
export function isBehindDone(cfg: Cfg, at: Node, isContext: (e: Expr) => boolean): boolean {
  const isOnlyWay = (e: Edge): boolean => e.to.preds.every((p) => p === e || !p.from.reachable);
  const tells = cfg.blocks.flatMap((b) =>
    b.reachable ? b.succs.filter((e) => isOnlyWay(e) && tellsDone(e, isContext, b)) : [],
  );
  if (tells.length === 0) return false;
  const holds = (n: Node): boolean => {
    let found = false;
    evaluated(n, (m) => void (found ||= m === at));
    return found;
  };
  const block = cfg.blocks.find((b) => b.reachable && b.nodes.some(holds));
  const tree = dominators(cfg);
  return block !== undefined && tells.some((e) => tree.dominates(e.to, block));
}

/**
 * Behind the edge, which leaves `block`, such a context is known to be done: `ctx.Err() != nil` holds, `<-ctx.Done()` came, or
 * `err != nil` behind `err := ctx.Err()`.
 */
export function tellsDone(edge: Edge, isContext: (e: Expr) => boolean, block: Block): boolean {
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
