/** Responses that have no body by construction: those to HEAD requests. */
import { type CallExpr, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { constOf } from "../types/record.ts";

/** `req, err := http.NewRequest("HEAD", …)` and then `client.Do(req)`: "the response to HEAD has http.NoBody". */
export function answersHead(unit: FunctionUnit, call: CallExpr): boolean {
  // s.request("HEAD", key, nil): a helper of the program's own
  if (call.args.some((arg) => constOf(arg) === "HEAD")) return true;
  const req = call.args.length === 1 ? variable(call.args[0]) : null;
  if (req === null || calleeOf(call).name === "Get") return false;
  let head = false;
  let other = false;
  walk(unit.outermost.body, (n) => {
    if (n.kind !== NodeKind.AssignStmt || variable(n.lhs[0]) !== req) return;
    const made = n.rhs.length === 1 ? unparen(n.rhs[0]) : null;
    const isHead =
      made?.kind === NodeKind.CallExpr &&
      calleeOf(made).name.startsWith("NewRequest") &&
      made.args.some((arg) => constOf(arg) === "HEAD");
    if (isHead) head = true;
    else other = true;
  });
  return head && !other;
}
