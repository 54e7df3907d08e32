/** What the interpreter of one function asks of the rest of the program. */
import type { Edge } from "../cfg/blocks.ts";
import type { CallExpr, FuncLit, TypeAssertExpr } from "../syntax/ast-expr.ts";
import type { Node } from "../syntax/ast.ts";
import type { Callee } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import type { Fact } from "./facts.ts";
import type { Effect, ResourceSpec } from "./resource.ts";
import type { Hold } from "./state.ts";

/** What the rest of the program does; answered by summaries. */
export interface Effects {
  /** What the callee does with an argument (index) or its receiver (-1) that is the target, or leads to it. `facts`: what is known at the call. */
  argument(
    call: CallExpr,
    callee: Callee,
    index: number,
    hold: Hold,
    spec: ResourceSpec,
    facts: ReadonlyMap<Var, Fact>,
  ): Effect;
  /** What a closure does with the captured variable `v`. */
  closure(lit: FuncLit, v: Var, hold: Hold, spec: ResourceSpec): Effect;
  /** The same where this is known when it runs. */
  closureUnder(lit: FuncLit, v: Var, hold: Hold, spec: ResourceSpec, facts: ReadonlyMap<Var, Fact>): Effect;
  /** The result of that index is never nil. */
  neverNil(call: CallExpr, result: number): boolean;
  /** The callee's last result is nil where the error that it is given as the argument `index` is: it makes none of its own. */
  passesError(call: CallExpr, index: number): boolean;
  /** `x.(T)` holds whenever it is reached: the operand is never anything else. */
  alwaysHolds(e: TypeAssertExpr): boolean;
  /** The call is false where its argument, an error, is nil. */
  isErrorPredicate(call: CallExpr): boolean;
  /** The function literal that a local variable is, where it is never anything else. */
  literal(v: Var): FuncLit | null;
  /** The variable is one of the function around this literal: whoever shares it may see to what it holds. */
  isOuter(v: Var): boolean;
  /** The variable points to something that this function made and that nobody else has yet ahead of the node. */
  isPrivate(v: Var, at: Node, spec: ResourceSpec): boolean;
  /** Behind the edge the owner of all this has been stopped. */
  tellsStopped(edge: Edge): boolean;
}
