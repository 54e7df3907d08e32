/** What callees do with what they are given, and closures with what they capture. */
import type { Effects } from "../flow/effects.ts";
import { mayHold } from "../flow/may-hold.ts";
import { Fact, factOf, variable } from "../flow/facts.ts";
import { failedCall, isFailure, returnsFailure } from "../flow/failure.ts";
import { given } from "../flow/given.ts";
import { everyExit, type Leak, LeakKind } from "../flow/leak.ts";
import { mentions } from "../flow/mentions.ts";
import { Effect, type ResourceSpec, specKey, specOf } from "../flow/resource.ts";
import { Hold, isDirect } from "../flow/state.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { givesHandle, replacesBody } from "../knowledge/arguments.ts";
import type { CallExpr, FuncLit } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { CalleeKind, unparen } from "../types/callee.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { type Func, isExported, type Var } from "../types/object.ts";
import { BasicKind, type Signature, type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { hardlyTaken, neverTaken } from "./never-fails.ts";
import { MaxDepth, type Questions } from "./questions.ts";
import { isHandle } from "./resource-type.ts";
import { parameterType, signatureOf } from "./site.ts";
import type { Summaries } from "./summaries.ts";

export class ArgumentEffects {
  constructor(
    private readonly summaries: Summaries,
    private readonly questions: Questions,
  ) {}

  closure(unit: FunctionUnit, lit: FuncLit, v: Var, hold: Hold, spec: ResourceSpec): Effect {
    // Below the first function fewer calls are followed: other answers.
    const key = `closure|${v.name}@${v.pos}|${hold}|${this.questions.depth}|${specKey(spec)}`;
    return this.questions.remember(
      lit,
      key,
      Effect.Escaped, // of a closure that defers itself
      () => this.closureUnder(unit, lit, v, hold, spec, new Map()),
      () => null,
    );
  }

  closureUnder(
    unit: FunctionUnit,
    lit: FuncLit,
    v: Var,
    hold: Hold,
    spec: ResourceSpec,
    facts: ReadonlyMap<Var, Fact>,
  ): Effect {
    const inner = this.summaries.literalUnit(lit, unit);
    if (inner === null || this.questions.depth >= MaxDepth) return Effect.Escaped;
    this.questions.depth++;
    const { effect } = this.summaries.track(inner, { node: null, root: v, hold, error: null, facts }, spec);
    this.questions.depth--;
    return effect;
  }

  /** What a callee does with its receiver (-1) or an argument. */
  readonly argument: Effects["argument"] = (call, callee, index, hold, spec, facts) => {
    const f = callee.func;
    const sig = f?.signature() ?? signatureOf(call);
    const results = sig?.results ?? [];
    const wraps = results.some((r) => r.type !== null && mayHold(r.type));
    const ordinary = wraps ? Effect.Held | Effect.Returned : Effect.Held;
    if (f !== null) {
      const name = this.summaries.nameOf(f);
      if (isDirect(hold) && spec.functions?.includes(name) === true) return Effect.Released;
      if (index >= 0 && this.summaries.knowledge.takesArgument(name)) return Effect.Escaped;
      const asked =
        index === 0 && hold === Hold.Root && spec.path[0] === "Body"
          ? call.args[replacesBody.get(name) ?? -1]
          : undefined;
      if (asked !== undefined) {
        const fact = truthOf(asked, facts);
        return fact === Fact.False ? Effect.Held : Effect.Released | Effect.Replaced;
      }
    }
    if (f !== null && callee.kind === CalleeKind.Static) {
      // Methods of the resource itself use it; `raw := conn.Raw()` may be what the caller is to close.
      if (index < 0 && isDirect(hold)) {
        // session, err := client.NewSession(): closing the one leaves the other open
        if (f.pkg?.source?.standard === true || this.summaries.knowledge.acquires(this.summaries.nameOf(f)) !== null)
          return Effect.Held;
        const gives =
          isHandle(f) ||
          givesHandle.has(this.summaries.nameOf(f)) ||
          results.some(
            (r) => r.type !== null && spec.methods.some((m) => lookupFieldOrMethod(r.type as Type, m, null) !== null),
          );
        if (gives) return Effect.Held | Effect.Returned;
        // c.wrap(rows), in the package that makes the resource itself: as its body says
        const does =
          isExported(f.name) && !wraps
            ? Effect.Held
            : this.parameter(f, index, hold, spec, wraps, flagsOf(call, f.signature(), facts));
        // agent.AuthMethod() gives what goes on asking the agent; whatever else others are offered uses it.
        return isExported(f.name) ? Effect.Held | (does & Effect.Returned) : does;
      }
      if (index < 0 && hold === Hold.Owner) return Effect.Escaped;
      if (f.pkg?.source?.standard === true) {
        // pointer.Store(db), slices.Insert(list, 0, f): generic code keeps values
        const given = index < 0 ? null : parameterType(f.origin.signature(), index);
        // once.Do(func() { f.Close() }): it runs what it is given
        const runs = given !== null && !isDirect(hold) && under(given).kind === TypeKind.Signature;
        return spec.call || given?.generic === true || runs ? Effect.Escaped : ordinary;
      }
      return this.parameter(f, index, hold, spec, wraps, flagsOf(call, f.signature(), facts));
    }
    if (index < 0) {
      if (isDirect(hold)) return Effect.Held;
      // What was given a closure that cancels may run it: informer.Run(ctx.Done())
      return hold === Hold.Owner || spec.call ? Effect.Escaped : ordinary;
    }
    // Code that is not known: what it is given as something without a release method it cannot release.
    const param = sig === null ? null : parameterType(sig, index);
    if (param === null || spec.call || !isDirect(hold) || spec.mayBeTaken === true) return Effect.Escaped;
    const u = under(param);
    const canRelease =
      u.kind !== TypeKind.Interface || spec.methods.some((m) => lookupFieldOrMethod(param, m, null) !== null);
    const isEmpty = u.kind === TypeKind.Interface && u.methods.length === 0 && u.embedded.length === 0;
    return canRelease || isEmpty ? Effect.Escaped : ordinary;
  };

  /** `flags`: what is known of its parameters at the call, by their index. */
  private parameter(
    f: Func,
    index: number,
    hold: Hold,
    spec: ResourceSpec,
    wraps: boolean,
    flags: ReadonlyMap<number, Fact>,
  ): Effect {
    const sig = f.signature();
    if (index >= 0 && sig.variadic && index >= sig.params.length - 1) return Effect.Escaped;
    const v = index < 0 ? sig.recv : sig.params[index];
    if (v === null || v === undefined) return Effect.Escaped;
    if (v.name === "" || v.name === "_") return Effect.Held; // it has no way to touch it
    if (this.questions.depth >= MaxDepth) return Effect.Escaped;
    const effect = this.ofParameter(f, index, hold, spec, [...flags]);
    return wraps ? effect : effect & ~Effect.Returned || Effect.Held;
  }

  /** What a function does with a parameter, or its receiver (-1), of which what is known of flags is known. */
  ofParameter(
    f: Func,
    index: number,
    hold: Hold,
    spec: ResourceSpec,
    flags: readonly (readonly [index: number, fact: Fact])[],
  ): Effect {
    const calls = MaxDepth - this.questions.depth;
    const known = flags.map(([i, fact]) => `${i}=${fact}`).join();
    return this.questions.remember(
      f,
      `argument|${index}|${hold}|${specKey(spec)}|${calls}|${known}`,
      Effect.Escaped,
      () => {
        this.questions.depth++;
        const unit = this.summaries.unitOf(f);
        const { params, recv } = f.signature();
        const root = index < 0 ? recv : params[index];
        let answer = Effect.Escaped;
        if (unit !== null) {
          const facts = new Map<Var, Fact>();
          for (const [i, fact] of flags) if (given(unit, params[i]).length === 0) facts.set(params[i], fact);
          const { effect, leak } = this.summaries.track(unit, { node: null, root, hold, error: null, facts }, spec);
          answer = effect;
          if (
            isDirect(hold) &&
            (effect & Effect.Released) === 0 &&
            leak !== null &&
            root !== null &&
            this.refuses(unit, root, leak)
          )
            answer |= Effect.Refused;
        }
        this.questions.depth--;
        return answer === Effect.None ? Effect.Held : answer; // no path returns
      },
      () => ({ about: f, terms: { ask: "argument", index, hold, spec: specOf(spec), calls, flags } }),
    );
  }

  /**
   * On one of the ways out that leave it something has failed that was done with it, and can: who fails for something else, a name or an option, was
   * given what is in order as a rule.
   */
  private refuses(unit: FunctionUnit, root: Var, leak: Leak): boolean {
    const last = unit.signature?.results.at(-1)?.type ?? null;
    if (leak.kind !== LeakKind.Exit || last === null || !isFailure(last)) return false;
    const names = madeOf(unit, root);
    return everyExit(leak).some(({ at, decisions, refusedBy }) => {
      if (at?.kind !== NodeKind.ReturnStmt) return false;
      if (at.results.length === 1 && unparen(at.results[0]) === refusedBy) return true;
      const failed = failedCall(unit, decisions);
      return (
        returnsFailure(at, decisions) &&
        failed !== null &&
        mentions(failed, names) &&
        decisions.every((edge) => !neverTaken(edge, this.summaries) && !hardlyTaken(edge, this.summaries))
      );
    });
  }
}

/** It, and what is made of it: `br := bufio.NewReader(conn)`. */
function madeOf(unit: FunctionUnit, root: Var): ReadonlySet<Var> {
  const names = new Set([root]);
  for (const { lhs, rhs } of unit.nodes(NodeKind.AssignStmt)) {
    const first = variable(lhs[0]);
    if (first !== null && rhs.some((e) => mentions(e, names))) names.add(first);
  }
  return names;
}

/** `true`, or what is known to be it. */
function truthOf(e: Expr, facts: ReadonlyMap<Var, Fact>): Fact | null {
  const v = variable(e);
  const fact = v === null ? factOf(e) : facts.get(v);
  return fact === Fact.True || fact === Fact.False ? fact : null;
}

/** `dump(resp, true)`: what the call says by the parameters that are flags. */
function flagsOf(call: CallExpr, { params, variadic }: Signature, facts: ReadonlyMap<Var, Fact>): Map<number, Fact> {
  const out = new Map<number, Fact>();
  const count = variadic ? params.length - 1 : params.length;
  if (call.args.length < count) return out;
  for (let i = 0; i < count; i++) {
    const { type } = params[i];
    const u = type === null ? null : under(type);
    const fact = u?.kind === TypeKind.Basic && u.basic === BasicKind.Bool ? truthOf(call.args[i], facts) : null;
    if (fact !== null) out.set(i, fact);
  }
  return out;
}
