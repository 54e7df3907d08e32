/** What a path owes where the function ends, once results are set and deferred closures have run. */
import type { FuncLit } from "../syntax/ast-expr.ts";
import type { ReturnStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { identical } from "../types/identical.ts";
import type { Var } from "../types/object.ts";
import { typeOf } from "../types/record.ts";
import { errorType, unknownType } from "../types/universe.ts";
import type { Effects } from "./effects.ts";
import { Fact, factOf, variable } from "./facts.ts";
import { Effect, type ResourceSpec } from "./resource.ts";
import { type Hold, isDirect, type State } from "./state.ts";

/** The closure that a statement defers. */
export function deferredLiteral(n: Node): FuncLit | null {
  if (n.kind !== NodeKind.DeferStmt) return null;
  const fun = unparen(n.call.fun);
  return fun.kind === NodeKind.FuncLit ? fun : null;
}

/** Named results take the values of the return statement before deferred functions see them. */
export function afterReturn(
  state: State,
  stmt: ReturnStmt,
  results: readonly Var[],
  relevant: ReadonlySet<Var>,
  effects: Pick<Effects, "neverNil">,
): State {
  if (stmt.results.length !== results.length) return state;
  let next = state;
  results.forEach((v, i) => {
    if (v.name === "" || v.name === "_" || !relevant.has(v)) return;
    const e = stmt.results[i];
    const from = variable(e);
    const known = from === null ? null : (state.fact(from) ?? null);
    next = next.assigned(v, factOf(e) ?? (isMade(e, effects) ? Fact.NonNil : known));
  });
  return next;
}

/** `return nil, invalid("too large")`: an error, whatever is wrong. */
function isMade(e: Expr, effects: Pick<Effects, "neverNil">): boolean {
  const call = unparen(e);
  return call.kind === NodeKind.CallExpr && effects.neverNil(call, 0);
}

/** What a path that reaches the exit with the resource owes: with Held it is a leak. */
export function atExit(
  state: State,
  last: Node | null,
  spec: ResourceSpec,
  results: readonly Var[],
  effects: Pick<Effects, "closureUnder" | "neverNil">,
): Effect {
  const bare = last?.kind !== NodeKind.ReturnStmt || last.results.length === 0;
  if (bare) {
    for (const r of results) if (state.holds.has(r)) return Effect.Returned;
  }
  for (const lit of state.deferred) {
    for (const [v, hold] of state.holds) {
      const effect = effects.closureUnder(lit as FuncLit, v, hold, spec, state.facts);
      if ((effect & ~Effect.Held) === 0) continue;
      return (effect & Effect.Held) !== 0 &&
        heldUnder(lit as FuncLit, v, hold, spec, state.facts, last, results, effects)
        ? Effect.Held | Effect.Released
        : Effect.Released;
    }
  }
  return Effect.Held;
}

/**
 * `defer func() { if err != nil { cancel() } }()` and `return work(ctx)`: the named result may be nil or not, and under one of
 * the two nothing is released.
 */
function heldUnder(
  lit: FuncLit,
  v: Var,
  hold: Hold,
  spec: ResourceSpec,
  facts: ReadonlyMap<Var, Fact>,
  last: Node | null,
  results: readonly Var[],
  effects: Pick<Effects, "closureUnder" | "neverNil">,
): boolean {
  const returned = last?.kind === NodeKind.ReturnStmt ? last.results.at(-1) : undefined;
  if (returned === undefined || !mayBeEither(returned) || isMade(returned, effects)) return false;
  const error = results.at(-1);
  if (error === undefined || error.name === "" || error.type === null || !identical(error.type, errorType))
    return false;
  if (facts.has(error)) return false;
  return [Fact.Nil, Fact.NonNil].some(
    (f) => effects.closureUnder(lit, v, hold, spec, new Map(facts).set(error, f)) === Effect.Held,
  );
}

/** The index of the named result that has the resource where the function ends; -1 where none has. */
export function bareResult(state: State, results: readonly Var[]): number {
  return results.findIndex((r) => {
    const hold = state.holds.get(r);
    return hold !== undefined && isDirect(hold);
  });
}

/** A call whose error nobody has looked at; not one that makes an error, of another error or of a text. */
function mayBeEither(e: Expr): boolean {
  const call = unparen(e);
  if (call.kind !== NodeKind.CallExpr) return false;
  const { func, name } = calleeOf(call);
  // errors.New and its kin, by whatever package
  const makes = /err|wrap|status/i.test(name) || (name.startsWith("New") && /err/i.test(func?.pkg?.name ?? ""));
  if (func === null || makes) return false;
  // What comes from a package that is not there may be an error.
  return !call.args.some((arg) => typeOf(arg) === unknownType || identical(typeOf(arg), errorType));
}
