/** What function literals have of the resource: the variables around them that hold it. */
import type { FuncLit } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { variable } from "./facts.ts";
import type { Hold, State } from "./state.ts";

export function capturedBy(lit: FuncLit, { holds }: State): [Var, Hold][] {
  const out: [Var, Hold][] = [];
  const seen = new Set<Var>();
  walk(lit.body, (n) => {
    if (n.kind !== NodeKind.Ident) return;
    const v = variable(n);
    if (v === null || seen.has(v)) return;
    seen.add(v);
    const hold = holds.get(v);
    if (hold !== undefined) out.push([v, hold]);
  });
  return out;
}

/** A closure, or what is made of one, that does no more than use what the function was given: whoever gets it needs that for as long. */
export function isUser(e: Expr, state: State): boolean {
  const x = unparen(e);
  if (x.kind === NodeKind.CallExpr)
    return calleeOf(x).kind === CalleeKind.Conversion && x.args.some((a) => isUser(a, state));
  if (x.kind === NodeKind.UnaryExpr) return isUser(x.x, state);
  if (x.kind === NodeKind.KeyValueExpr) return isUser(x.value, state);
  if (x.kind === NodeKind.CompositeLit) return x.elts.some((elt) => isUser(elt, state));
  return x.kind === NodeKind.FuncLit && capturedBy(x, state).some(([v]) => v.isParam);
}
