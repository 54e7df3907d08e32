/** What a variable, or a field, is given in a function. */
import type { Block, Cfg, Edge } from "../cfg/blocks.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { AssignStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { subject, variable } from "./facts.ts";
import type { FunctionUnit } from "./unit.ts";

/**
 * The expressions, in source order, in the whole of the outermost function: `d = x`, `c.Timeout = x`, `var d = x`. Null for what cannot be told: one of
 * several results, `d += x`, `d++`, and what somebody with its address may write.
 */
export function given(unit: FunctionUnit, v: Var): (Expr | null)[] {
  const out: (Expr | null)[] = [];
  walk(unit.outermost.body, (n) => {
    if (n.kind === NodeKind.AssignStmt)
      n.lhs.forEach((place, i) => {
        if (subject(place) !== v) return;
        const isSet = n.tok === Token.Assign || n.tok === Token.Define;
        out.push(isSet && n.lhs.length === n.rhs.length ? n.rhs[i] : null);
      });
    else if (n.kind === NodeKind.ValueSpec)
      n.names.forEach((id, i) => {
        if (variable(id) === v && n.values.length > 0)
          out.push(n.values.length === n.names.length ? n.values[i] : null);
      });
    else if (n.kind === NodeKind.IncDecStmt) {
      if (subject(n.x) === v) out.push(null);
    } else if (n.kind === NodeKind.UnaryExpr && n.op === Token.And && subject(n.x) === v) out.push(null);
  });
  return out;
}

/** The assignments ahead of a node of a block, the last one first, as far back as only one way leads there. */
export function assignmentsBefore(cfg: Cfg, at: Node): AssignStmt[] {
  const place = cfg.place(at);
  return place === undefined ? [] : assignmentsAhead(place.block, place.index);
}

/** Those of the first `count` nodes of a block, and of what leads there. */
export function assignmentsAhead(from: Block, count = from.nodes.length): AssignStmt[] {
  return [...nodesAhead(from, count)].filter((n) => n.kind === NodeKind.AssignStmt);
}

/** The call that gave `v` its value, ahead of the end of the block. */
export function callAhead(block: Block, v: Var): CallExpr | null {
  const assigned = assignmentsAhead(block).find((s) => s.lhs.some((e) => variable(e) === v));
  const value = assigned?.rhs.length === 1 ? unparen(assigned.rhs[0]) : null;
  return value?.kind === NodeKind.CallExpr ? value : null;
}

/** The first `count` nodes of a block and those of the blocks that lead there, the last one first, as far back as only one way does. */
export function* nodesAhead(from: Block, count: number): Iterable<Node> {
  for (let i = count - 1; i >= 0; i--) yield from.nodes[i];
  for (const { from: block } of waysAhead(from)) yield* block.nodes.toReversed();
}

/** The edges that lead to a block, the last one first, as far back as each is the only one. */
export function* waysAhead(to: Block): Iterable<Edge> {
  const seen = new Set<Block>();
  for (let block = to; !seen.has(block);) {
    seen.add(block);
    const [way, ...others] = block.preds.filter((e) => e.from.reachable);
    if (way === undefined || others.length > 0) return;
    if (!seen.has(way.from)) yield way;
    block = way.from;
  }
}
