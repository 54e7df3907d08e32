/** Responses that have no body by construction: those to HEAD requests. */
import { type CallExpr, type Expr, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { constOf } from "../types/record.ts";

/** `req, err := http.NewRequest("HEAD", …)` and then `client.Do(req)`: "the response to HEAD has http.NoBody". */
export function answersHead(unit: FunctionUnit, call: CallExpr): boolean {
  // s.request("HEAD", key, nil): a helper of the program's own
  if (call.args.some((arg) => constOf(arg) === "HEAD")) return true;
  if (call.args.some((arg) => saysHead(arg))) return true;
  if (calleeOf(call).name === "Get") return false;
  return call.args.some((arg) => {
    const v = variable(arg);
    return v !== null && isMadeForHead(unit, v, call.args.length === 1);
  });
}

/** Everything that the variable gets is a request, or what describes one, for HEAD. `isRequest`: it is what the call sends. */
function isMadeForHead(unit: FunctionUnit, v: Var, isRequest: boolean): boolean {
  let head = false;
  let other = false;
  walk(unit.outermost.body, (n) => {
    if (n.kind !== NodeKind.AssignStmt || !n.lhs.some((e) => variable(e) === v)) return;
    const made = n.rhs.length === 1 ? unparen(n.rhs[0]) : null;
    const isHead =
      made !== null &&
      (saysHead(made) ||
        (made.kind === NodeKind.CallExpr &&
          (made.args.some((arg) => saysHead(arg)) ||
            (isRequest &&
              calleeOf(made).name.startsWith("NewRequest") &&
              made.args.some((arg) => constOf(arg) === "HEAD")))));
    if (isHead) head = true;
    else other = true;
  });
  return head && !other;
}

/** `&http.Request{Method: "HEAD"}`, `&Download{Method: "HEAD"}`. */
function saysHead(e: Expr): boolean {
  const x = unparen(e);
  const lit = x.kind === NodeKind.UnaryExpr ? unparen(x.x) : x;
  return (
    lit.kind === NodeKind.CompositeLit &&
    lit.elts.some(
      (elt) =>
        elt.kind === NodeKind.KeyValueExpr &&
        elt.key.kind === NodeKind.Ident &&
        elt.key.name === "Method" &&
        constOf(elt.value) === "HEAD",
    )
  );
}
