/** What a variable, or a field, is given in a function. */
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import type { Var } from "../types/object.ts";
import { subject, variable } from "./facts.ts";
import type { FunctionUnit } from "./unit.ts";

/**
 * The expressions, in source order, in the whole of the outermost function: `d = x`, `c.Timeout = x`, `var d = x`. Null for what cannot be told: one of
 * several results, `d += x`, and what somebody with its address may write.
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
    else if (n.kind === NodeKind.UnaryExpr && n.op === Token.And && subject(n.x) === v) out.push(null);
  });
  return out;
}
