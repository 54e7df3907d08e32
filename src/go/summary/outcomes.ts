/** How calls come back: never, never with nil, with no error but the one that they were given. */
import { Fact, factOf } from "../flow/facts.ts";
import { errorPredicates } from "../knowledge/arguments.ts";
import { derives } from "../knowledge/contexts.ts";
import { endsByName } from "../knowledge/never-returns.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { CalleeKind, calleeOf } from "../types/callee.ts";
import { identical } from "../types/identical.ts";
import { BuiltinId, type Func } from "../types/object.ts";
import { TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { errorType } from "../types/universe.ts";
import { MaxDepth, type Questions } from "./questions.ts";
import { returnsGiven, returnsMade } from "./returned.ts";
import type { Summaries } from "./summaries.ts";

/** Names of functions that make errors: `newError`, `invalidHeader`, `unexpected`. */
const makers =
  /^(?:new|make|wrap|with)|err|invalid|illegal|^bad|fail|unexpected|unsupported|missing|refuse|reject|denied|fault/i;

export class Outcomes {
  constructor(
    private readonly summaries: Summaries,
    private readonly questions: Questions,
  ) {}

  neverReturns(call: CallExpr): boolean {
    const callee = calleeOf(call);
    if (callee.func === null) return false;
    return this.funcNeverReturns(callee.func);
  }

  /** Graphs of functions stay, so that the answer must not depend on who asks, nor on how deep in calls. */
  funcNeverReturns(f: Func): boolean {
    if (this.summaries.knowledge.neverReturns(this.summaries.nameOf(f))) return true;
    if (endsByName.test(this.summaries.nameOf(f)) && f.signature().results.length === 0) return true;
    if (f.isInterfaceMethod || f.pkg?.source?.standard === true) return false;
    // Functions with results are called for them; those without that cannot reach their end are what we look for.
    if (f.signature().results.length > 0) return false;
    return this.questions.remember(
      f,
      "never returns",
      false, // of recursion as far as we know
      () => {
        const unit = this.summaries.unitOf(f);
        return unit !== null && !unit.cfg.exit.reachable;
      },
      () => ({ about: f, terms: { ask: "never returns" } }),
    );
  }

  /** `new(T)`, or a function with one result, a pointer or an error, whose every return statement makes what it returns: `return &T{…}`. */
  neverNil(call: CallExpr, index: number): boolean {
    const { func, kind, builtin } = calleeOf(call);
    if (builtin?.id === BuiltinId.New) return true;
    if (func !== null && derives.has(this.summaries.nameOf(func))) return true;
    if (
      index > 0 ||
      func === null ||
      kind !== CalleeKind.Static ||
      func.isInterfaceMethod ||
      this.questions.depth >= MaxDepth
    )
      return false;
    const f = func.origin;
    const [result] = f.signature().results;
    if (f.signature().results.length !== 1 || result.type === null) return false;
    // The bodies of functions that are named as what makes errors, and of no others: most that return one return nil, too.
    const makesError = identical(result.type, errorType) && makers.test(f.name);
    if (under(result.type).kind !== TypeKind.Pointer && !makesError) return false;
    return this.makesWhatItReturns(f);
  }

  /** Of functions with one result, see `neverNil`. */
  makesWhatItReturns(f: Func): boolean {
    const { type } = f.signature().results[0];
    const makesError = type !== null && identical(type, errorType);
    return this.questions.remember(
      f,
      "never nil",
      false,
      () =>
        this.questions.fromTop(() =>
          returnsMade(this.summaries.unitOf(f), (e) =>
            makesError
              ? factOf(e) === Fact.NonNil || (e.kind === NodeKind.CallExpr && this.neverNil(e, 0))
              : e.kind === NodeKind.UnaryExpr && e.op === Token.And,
          ),
        ),
      () => ({ about: f, terms: { ask: "never nil" } }),
    );
  }

  passesError(call: CallExpr, index: number): boolean {
    const { func, kind } = calleeOf(call);
    if (
      func === null ||
      kind !== CalleeKind.Static ||
      func.pkg?.source?.standard === true ||
      this.questions.depth >= MaxDepth
    )
      return false;
    const f = func.origin;
    const { params, results } = f.signature();
    const last = results.at(-1)?.type ?? null;
    if (last === null || !identical(last, errorType) || params[index] === undefined) return false;
    return this.passesParameter(f, index);
  }

  /** See `passesError`. */
  passesParameter(f: Func, index: number): boolean {
    return this.questions.remember(
      f,
      `passes error|${index}`,
      false,
      () => {
        const unit = this.summaries.unitOf(f);
        return unit !== null && returnsGiven(unit, f.signature().params[index], this.isErrorPredicate);
      },
      () => ({ about: f, terms: { ask: "passes error", index } }),
    );
  }

  readonly isErrorPredicate = (call: CallExpr): boolean => {
    const callee = calleeOf(call);
    return callee.func !== null && errorPredicates.has(this.summaries.nameOf(callee.func));
  };
}
