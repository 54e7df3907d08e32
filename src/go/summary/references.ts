/**
 * Counted references: who gives out a value and counts up a field of it, which the value's own Close counts down, gives its caller a reference that has
 * to be given back.
 *
 *     shared.refs++                         func (c *Client) Close() {
 *     return shared, nil   ← one more           c.refs--
 *                                               if c.refs == 0 { c.conn.Close() }   ← the last one
 */
import { variable } from "../flow/facts.ts";
import { nodesAhead } from "../flow/given.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import type { ReturnStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { fieldIn } from "../syntax/composite.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import type { Func, Var } from "../types/object.ts";
import { constOf, Mode, typeOf } from "../types/record.ts";
import type { Named } from "../types/type.ts";
import { ownerKindOf, ownerType, ownMethod } from "./owners.ts";
import type { Summaries } from "./summaries.ts";

/** A field of a variable that is counted by one. */
interface Step {
  readonly of: Var;
  readonly field: string;
  readonly isUp: boolean;
}

/** What a function's results are references to, and which of them; null where one of the values it returns has not been counted. */
export function referenceFrom(
  unit: FunctionUnit,
  summaries: Summaries,
): { readonly kind: ResourceKind; readonly result: number; readonly giving: readonly ReturnStmt[] } | null {
  const { returns } = unit.cfg;
  const width = unit.signature?.results.length ?? 0;
  if (!returns.every(({ results }) => results.length === width)) return null;
  for (let result = 0; result < width; result++) {
    const giving = returns.filter(({ results }) => unparen(results[result]).mode !== Mode.Nil);
    const owner = giving.length === 0 ? null : ownerType(typeOf(giving[0].results[result]));
    const counter = owner === null ? null : counterOf(owner, summaries);
    if (owner === null || counter === null) continue;
    if (giving.every((at) => isCounted(unit, at, at.results[result], counter.field)))
      return { kind: ownerKindOf(owner, counter.method, []), result, giving };
  }
  return null;
}

/** The field that a type's release method counts down, to let go of what it holds with the last one. */
function counterOf(owner: Named, summaries: Summaries): { readonly method: Func; readonly field: string } | null {
  const method = ownMethod(owner);
  const unit = method === null ? null : summaries.unitOf(method);
  const recv = method?.signature().recv ?? null;
  if (method === null || unit === null || recv === null) return null;
  let field: string | null = null;
  let asks = false;
  walk(unit.body, (n) => {
    const step = stepOf(n);
    if (step?.of === recv && !step.isUp) field = step.field;
    if (n.kind === NodeKind.BinaryExpr) asks ||= [n.x, n.y].some((e) => constOf(e) === 0n);
    return true;
  });
  return field !== null && asks ? { method, field } : null;
}

/** The value has been counted up on the way to the return statement, or was made with a count. */
function isCounted(unit: FunctionUnit, at: ReturnStmt, value: Expr, field: string): boolean {
  const place = unit.cfg.place(at);
  const v = variable(value);
  if (place === undefined || v === null) return false;
  for (const n of nodesAhead(place.block, place.index)) {
    const step = stepOf(n);
    if (step?.of === v && step.field === field) return step.isUp;
    if (n.kind === NodeKind.AssignStmt && n.lhs.length === n.rhs.length) {
      const i = n.lhs.findIndex((e) => variable(e) === v);
      if (i >= 0) return isMadeWith(n.rhs[i], field);
    }
  }
  return false;
}

/** `&Client{conn: conn, refs: 1}` */
function isMadeWith(e: Expr, field: string): boolean {
  const x = unparen(e);
  const made = x.kind === NodeKind.UnaryExpr ? unparen(x.x) : x;
  const count = made.kind === NodeKind.CompositeLit ? fieldIn(made, field) : null;
  return count !== null && constOf(count) === 1n;
}

/** `c.refs++`, `c.refs -= 1`, `atomic.AddInt32(&c.refs, 1)`, `c.refs.Add(-1)`. */
function stepOf(n: Node): Step | null {
  if (n.kind === NodeKind.IncDecStmt) return step(n.x, n.tok === Token.Inc);
  if (n.kind === NodeKind.AssignStmt) {
    const isUp = n.tok === Token.AddAssign;
    return (isUp || n.tok === Token.SubAssign) && constOf(n.rhs[0]) === 1n ? step(n.lhs[0], isUp) : null;
  }
  const call = n.kind === NodeKind.ExprStmt ? unparen(n.x) : n;
  if (call.kind !== NodeKind.CallExpr || call.args.length === 0) return null;
  const { func, name } = calleeOf(call);
  if (func?.pkg?.path !== "sync/atomic" || !name.startsWith("Add")) return null;
  const by = constOf(call.args[call.args.length - 1]);
  if (by !== 1n && by !== -1n) return null;
  const fun = unparen(call.fun);
  const first = unparen(call.args[0]);
  if (call.args.length === 2) return first.kind === NodeKind.UnaryExpr ? step(first.x, by === 1n) : null;
  return fun.kind === NodeKind.SelectorExpr ? step(fun.x, by === 1n) : null;
}

function step(e: Expr, isUp: boolean): Step | null {
  const x = unparen(e);
  const of = x.kind === NodeKind.SelectorExpr ? variable(x.x) : null;
  return x.kind === NodeKind.SelectorExpr && of !== null ? { of, field: x.sel.name, isUp } : null;
}
