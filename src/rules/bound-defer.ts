/**
 * A deferred release that was bound to what its variable held before. "The function value and parameters to the call are evaluated as usual and
 * saved anew" each time a defer statement executes: https://go.dev/ref/spec#Defer_statements
 *
 *     f, err := os.Open(a)
 *     defer f.Close()          ← closes a
 *     …
 *     f, err = os.Open(b)      ← nothing closes b
 */
import { variable } from "../go/flow/facts.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import type { DeferStmt } from "../go/syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../go/syntax/ast.ts";
import { unparen } from "../go/types/callee.ts";
import type { Var } from "../go/types/object.ts";

/** `defer v.Close()`, `defer v.Body.Close()`, `defer v()` ahead of the place where `v` gets the value that is spoken of. */
export function boundDefer(unit: FunctionUnit, v: Var, at: Node): DeferStmt | null {
  return unit.nodes(NodeKind.DeferStmt).find((stmt) => stmt.end <= at.pos && boundTo(stmt) === v) ?? null;
}

function boundTo({ call }: DeferStmt): Var | null {
  let x = unparen(call.fun);
  while (x.kind === NodeKind.SelectorExpr) x = unparen(x.x);
  return variable(x);
}
