/**
 * Stubs: interfaces over a connection that have no method to close it. Who has nothing else of it cannot close it.
 *
 *     conn, err := grpc.NewClient(addr)
 *     …
 *     return pb.NewUsersClient(conn), nil
 */
import { variable } from "../flow/facts.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import type { Var } from "../types/object.ts";
import { typeOf } from "../types/record.ts";
import { TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { ownerMethods } from "./owners.ts";

/** The variables that a function makes a stub of; none where it is none. `methods`: what lets go of what they hold. */
export function stubOver(value: Expr, methods: readonly string[]): readonly Var[] {
  const call = unparen(value);
  if (call.kind !== NodeKind.CallExpr || calleeOf(call).kind !== CalleeKind.Static) return [];
  const type = typeOf(call);
  if (under(type).kind !== TypeKind.Interface) return [];
  if ([...methods, ...ownerMethods].some((m) => lookupFieldOrMethod(type, m, null) !== null)) return [];
  return call.args.flatMap((arg) => variable(arg) ?? []);
}
