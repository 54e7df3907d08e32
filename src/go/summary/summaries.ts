/**
 * Summaries: questions about functions, answered from their bodies when asked and remembered.
 *
 * Each answer is computed to a fixed depth of calls; below it everything counts as handed on. So recursion needs no
 * fixed point, and an answer depends on the source alone: not on who asked first, nor on what a cache held.
 */
import { type Edge, evaluated } from "../cfg/blocks.ts";
import { type Effects, mayHold } from "../flow/effects.ts";
import { Fact, factOf, variable } from "../flow/facts.ts";
import { given } from "../flow/given.ts";
import { Effect, type ResourceSpec, specKey } from "../flow/resource.ts";
import { Hold, isDirect } from "../flow/state.ts";
import type { Origin } from "../flow/origin.ts";
import { MaxVisits, type Tracked, Tracker, type TrackObserver } from "../flow/track.ts";
import { FunctionUnit } from "../flow/unit.ts";
import { errorPredicates, givesHandle, replacesBody } from "../knowledge/arguments.ts";
import { derives } from "../knowledge/contexts.ts";
import { Knowledge } from "../knowledge/declared.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import { endsByName } from "../knowledge/never-returns.ts";
import type { GoPackage } from "../load/package.ts";
import { type CallExpr, type Expr, type FuncLit, type Node, NodeKind } from "../syntax/ast.ts";
import { parseBody } from "../syntax/parser.ts";
import { Token } from "../syntax/token.ts";
import { type Callee, CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { checkFunc } from "../types/check.ts";
import { identical } from "../types/identical.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { BuiltinId, type Func, isExported, ObjKind, type Var } from "../types/object.ts";
import type { Package } from "../types/package.ts";
import { funcName } from "../types/print.ts";
import { Mode, objOf, typeOf } from "../types/record.ts";
import { BasicKind, type Named, type Signature, type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { errorType } from "../types/universe.ts";
import { answersHead } from "./bodyless.ts";
import { isOfItsNetwork } from "./network-types.ts";
import { ownerKindOf, ownerMethod, ownerType, storingField } from "./owners.ts";
import { hasField, isHandle, mayBeResource } from "./resource-type.ts";
import { passesOn, returnsAfter, returnsGiven, returnsMade, saidBeside } from "./returned.ts";
import { type Acquired, answersRequest, besideOf, originOf, parameterType, signatureOf, type Site } from "./site.ts";
import { StopStates } from "./stop-state.ts";

/** How many calls deep a question is followed. Helpers that release are one or two calls away; five is generous. */
const MaxDepth = 5;

export class Summaries {
  private readonly names = new Map<Func, string>();
  private readonly units = new Map<Func, FunctionUnit | null>();
  private readonly literals = new Map<FuncLit, FunctionUnit>();
  private readonly soleValues = new Map<Var, Expr | null>();
  private readonly siteMemo = new WeakMap<
    FunctionUnit,
    { readonly sites: readonly Site[]; readonly basis: ReadonlySet<Func> }
  >();
  private readonly trackers = new Map<FunctionUnit, Tracker>();
  private readonly argumentMemo = new Map<string, Effect>();
  private readonly closureMemo = new Map<FuncLit, Map<string, Effect>>();
  private readonly acquireMemo = new Map<Func, (Acquired | null)[]>();
  private readonly noReturnMemo = new Map<Func, boolean>();
  private readonly neverNilMemo = new Map<Func, boolean>();
  private readonly passesMemo = new Map<Func, Map<number, boolean>>();
  private readonly ids = new Map<Func, number>();
  private nextId = 0;
  /** By owner; by kind and field that hold what it owns. */
  private readonly ownerKinds = new Map<
    Named,
    { readonly id: number; readonly kinds: Map<string, ResourceKind | null> }
  >();
  private readonly resourceTypes = new Map<Type, boolean>();
  /** Of packages under analysis; worked out when a leak asks. */
  private readonly stopStates = new WeakMap<Package, { units: readonly FunctionUnit[]; states: StopStates | null }>();
  private depth = 0;
  /** Functions whose bodies the current question has read, one frame per question under way. */
  private frames: Set<Func>[] = [new Set()];
  /** What each memoised answer rests on: asking again rests on the same. */
  private readonly basis = new Map<string, readonly Func[]>();

  constructor(readonly knowledge: Knowledge = new Knowledge()) {}

  /**
   * The functions whose bodies were read since the last call, directly or through remembered answers. What was said of
   * a package holds as long as these bodies, and all declarations, stay as they are.
   */
  consulted(): readonly Func[] {
    const all = [...this.frames[0]];
    this.frames = [new Set()];
    return all;
  }

  /** Runs a question, or recalls its answer; either way its basis counts for whoever asked. */
  private remember<T>(key: string, recall: () => T | undefined, ask: () => T): T {
    const known = recall();
    const frame = this.frames[this.frames.length - 1];
    if (known !== undefined) {
      for (const f of this.basis.get(key) ?? []) frame.add(f);
      return known;
    }
    const own = new Set<Func>();
    this.frames.push(own);
    const answer = ask();
    this.frames.pop();
    this.basis.set(key, [...own]);
    for (const f of own) frame.add(f);
    return answer;
  }

  /** The full name of a declared function or interface method, as in the knowledge tables. */
  nameOf(f: Func): string {
    let name = this.names.get(f);
    // godep rewrote imports: a/Godeps/_workspace/src/golang.org/x/net/context is golang.org/x/net/context.
    if (name === undefined) this.names.set(f, (name = funcName(f).replace(/[^(*\s]*\/Godeps\/_workspace\/src\//g, "")));
    return name;
  }

  /** Registers the units of a package under analysis, so that closures are found by their literals. */
  adopt(units: readonly FunctionUnit[]): void {
    for (const u of units) {
      if (u.node.kind === NodeKind.FuncLit) this.literals.set(u.node, u);
      else if (u.func !== null) this.units.set(u.func, u);
    }
    if (units.length > 0) this.stopStates.set(units[0].file.pkg, { units, states: null });
  }

  /** Forgets what belongs to trees that are dropped. Memoised answers stay. */
  release(units: readonly FunctionUnit[]): void {
    for (const u of units) {
      this.trackers.delete(u);
      if (u.node.kind === NodeKind.FuncLit) {
        this.literals.delete(u.node);
        this.closureMemo.delete(u.node);
      } else if (u.func !== null) this.units.delete(u.func);
    }
  }

  /** Forgets the functions of packages that are dropped: nobody will ask about them again. */
  forget(isDropped: (pkg: GoPackage) => boolean): void {
    const gone = (f: Func): boolean => f.pkg?.source != null && isDropped(f.pkg.source);
    for (const map of [this.names, this.units, this.acquireMemo, this.noReturnMemo, this.neverNilMemo])
      for (const f of map.keys()) if (gone(f)) map.delete(f);
    const isGone = ({ file }: FunctionUnit): boolean => file.pkg.source != null && isDropped(file.pkg.source);
    for (const unit of this.trackers.keys()) if (isGone(unit)) this.trackers.delete(unit);
    for (const [lit, unit] of this.literals) {
      if (!isGone(unit)) continue;
      this.literals.delete(lit);
      this.closureMemo.delete(lit);
    }
    for (const [f, id] of this.ids) {
      if (!gone(f)) continue;
      this.ids.delete(f);
      for (let depth = 0; depth <= MaxDepth; depth++) this.basis.delete(`acquire|${id}|${depth}`);
      this.basis.delete(`noreturn|${id}`);
      this.basis.delete(`nonnil|${id}`);
      for (const index of this.passesMemo.get(f)?.keys() ?? []) this.basis.delete(`passes|${id}|${index}`);
      this.passesMemo.delete(f);
    }
    const known = new Set([...this.ids.values()].map(String));
    for (const map of [this.argumentMemo, this.basis])
      for (const key of map.keys()) if (/^\d/.test(key) && !known.has(key.slice(0, key.indexOf("|")))) map.delete(key);
    for (const [t, { id, kinds }] of this.ownerKinds) {
      const source = t.obj.pkg?.source;
      if (source == null || !isDropped(source)) continue;
      this.ownerKinds.delete(t);
      for (const key of kinds.keys()) this.basis.delete(`owner|${id}|${key}`);
    }
    this.resourceTypes.clear();
  }

  readonly callNeverReturns = (call: CallExpr): boolean => {
    const callee = calleeOf(call);
    if (callee.func === null) return false;
    return this.funcNeverReturns(callee.func);
  };

  private funcNeverReturns(f: Func): boolean {
    if (this.knowledge.neverReturns(this.nameOf(f))) return true;
    if (endsByName.test(this.nameOf(f)) && f.signature().results.length === 0) return true;
    if (f.isInterfaceMethod || f.pkg?.source?.standard === true) return false;
    return this.remember(
      `noreturn|${this.id(f)}`,
      () => this.noReturnMemo.get(f),
      () => {
        this.noReturnMemo.set(f, false); // recursion: it returns, as far as we know
        let answer = false;
        // Functions with results are called for them; those without that cannot reach their end are what we look for.
        if (f.signature().results.length === 0 && this.depth < MaxDepth) {
          this.depth++;
          const unit = this.unitOf(f);
          if (unit !== null) answer = !unit.cfg.exit.reachable;
          this.depth--;
        }
        this.noReturnMemo.set(f, answer);
        return answer;
      },
    );
  }

  /** `new(T)`, or a function with one result, a pointer or an error, whose every return statement makes what it returns: `return &T{…}`. */
  private neverNil(call: CallExpr, index: number): boolean {
    const { func, kind, builtin } = calleeOf(call);
    if (builtin?.id === BuiltinId.New) return true;
    if (func !== null && derives.has(this.nameOf(func))) return true;
    if (index > 0 || func === null || kind !== CalleeKind.Static || func.isInterfaceMethod || this.depth >= MaxDepth)
      return false;
    const f = func.origin;
    const [result] = f.signature().results;
    if (f.signature().results.length !== 1 || result.type === null) return false;
    // The bodies of functions that are named as what makes errors, and of no others: most that return one return nil, too.
    const makesError = identical(result.type, errorType) && /^(?:new|make|wrap|with)|err/i.test(f.name);
    if (under(result.type).kind !== TypeKind.Pointer && !makesError) return false;
    return this.remember(
      `nonnil|${this.id(f)}`,
      () => this.neverNilMemo.get(f),
      () => {
        this.neverNilMemo.set(f, false); // recursion
        this.depth++;
        const answer = returnsMade(this.unitOf(f), (e) =>
          makesError
            ? factOf(e) === Fact.NonNil || (e.kind === NodeKind.CallExpr && this.neverNil(e, 0))
            : e.kind === NodeKind.UnaryExpr && e.op === Token.And,
        );
        this.depth--;
        this.neverNilMemo.set(f, answer);
        return answer;
      },
    );
  }

  private passesError(call: CallExpr, index: number): boolean {
    const { func, kind } = calleeOf(call);
    if (func === null || kind !== CalleeKind.Static || func.pkg?.source?.standard === true || this.depth >= MaxDepth)
      return false;
    const f = func.origin;
    const { params, results } = f.signature();
    const last = results.at(-1)?.type ?? null;
    if (last === null || !identical(last, errorType) || params[index] === undefined) return false;
    return this.remember(
      `passes|${this.id(f)}|${index}`,
      () => this.passesMemo.get(f)?.get(index),
      () => {
        const unit = this.unitOf(f);
        const answer = unit !== null && returnsGiven(unit, params[index], this.isErrorPredicate);
        const memo = this.passesMemo.get(f) ?? new Map<number, boolean>();
        this.passesMemo.set(f, memo.set(index, answer));
        return answer;
      },
    );
  }

  /** The body of a declared function, parsed and typed on demand; null where there is none to be had. */
  unitOf(f: Func): FunctionUnit | null {
    this.frames[this.frames.length - 1].add(f);
    let unit = this.units.get(f);
    if (unit !== undefined) return unit;
    unit = null;
    const { decl, file, pkg } = f;
    if (decl !== null && file !== null && pkg !== null && pkg.source?.stub !== true) {
      if (decl.body === null) parseBody(file.file, decl);
      if (decl.body !== null) {
        checkFunc(pkg, file, decl);
        unit = new FunctionUnit(file, decl, decl.body, null, f.name, this.callNeverReturns);
      }
    }
    this.units.set(f, unit);
    return unit;
  }

  private literalUnit(lit: FuncLit, near: FunctionUnit | null): FunctionUnit | null {
    let unit = this.literals.get(lit);
    if (unit === undefined && near !== null) {
      unit = new FunctionUnit(near.file, lit, lit.body, near, `${near.name}.func`, this.callNeverReturns);
      this.literals.set(lit, unit);
    }
    return unit ?? null;
  }

  private tracker(unit: FunctionUnit): Tracker {
    let t = this.trackers.get(unit);
    if (t === undefined) {
      t = new Tracker(unit.cfg, unit.signature, this.effectsIn(unit));
      this.trackers.set(unit, t);
    }
    return t;
  }

  /** Follows a resource through one function. */
  track(unit: FunctionUnit, origin: Origin, spec: ResourceSpec): Tracked {
    return this.tracker(unit).track(origin, spec);
  }

  /** As `track`, telling what it sees and which answers about callees it uses. */
  trackObserved(
    unit: FunctionUnit,
    origin: Origin,
    spec: ResourceSpec,
    observer: TrackObserver & { asked(call: CallExpr, callee: Callee, index: number, effect: Effect): void },
  ): Tracked {
    const effects = this.effectsIn(unit);
    const argument: Effects["argument"] = (call, callee, index, hold, s, facts) => {
      const effect = effects.argument(call, callee, index, hold, s, facts);
      observer.asked(call, callee, index, effect);
      return effect;
    };
    const tracker = new Tracker(unit.cfg, unit.signature, { ...effects, argument });
    tracker.observer = observer;
    return tracker.track(origin, spec);
  }

  private readonly isErrorPredicate = (call: CallExpr): boolean => {
    const callee = calleeOf(call);
    return callee.func !== null && errorPredicates.has(this.nameOf(callee.func));
  };

  private effectsIn(unit: FunctionUnit): Effects {
    return {
      tellsStopped: (edge) => this.tellsStopped(unit.file.pkg, edge),
      argument: this.argument,
      closure: (lit, v, hold, spec) => this.closure(unit, lit, v, hold, spec),
      neverNil: (call, result) => this.neverNil(call, result),
      passesError: (call, index) => this.passesError(call, index),
      alwaysHolds: (e) => isOfItsNetwork(unit, e, this),
      isErrorPredicate: this.isErrorPredicate,
      literal: (v) => this.literalOf(unit, v),
      isOuter: (v) => !v.isPackageLevel && (v.pos < unit.node.pos || v.pos >= unit.node.end),
      closureUnder: (lit, v, hold, spec, facts) => this.runClosure(unit, lit, v, hold, spec, facts),
    };
  }

  private literalOf(unit: FunctionUnit, v: Var): FuncLit | null {
    const value = this.soleValue(unit, v);
    return value?.kind === NodeKind.FuncLit ? value : null;
  }

  /** The function that a local variable is, where it is never another. */
  private soleValue(unit: FunctionUnit, v: Var): Expr | null {
    if (v.isPackageLevel || v.isParam || v.type?.kind !== TypeKind.Signature) return null;
    let value = this.soleValues.get(v);
    if (value === undefined) {
      const values = given(unit, v);
      this.soleValues.set(v, (value = values.length === 1 && values[0] !== null ? unparen(values[0]) : null));
    }
    return value;
  }

  private tellsStopped(pkg: Package, edge: Edge): boolean {
    const known = this.stopStates.get(pkg);
    return known !== undefined && (known.states ??= new StopStates(known.units)).tells(edge);
  }

  private closure(unit: FunctionUnit, lit: FuncLit, v: Var, hold: Hold, spec: ResourceSpec): Effect {
    const memo = this.closureMemo.get(lit) ?? new Map<string, Effect>();
    this.closureMemo.set(lit, memo);
    // Below the first function fewer calls are followed: other answers.
    const key = `${v.name}@${v.pos}|${hold}|${this.depth}|${specKey(spec)}`;
    let effect = memo.get(key);
    if (effect === undefined) {
      memo.set(key, Effect.Escaped); // a closure that defers itself
      memo.set(key, (effect = this.runClosure(unit, lit, v, hold, spec, new Map())));
    }
    return effect;
  }

  private runClosure(
    unit: FunctionUnit,
    lit: FuncLit,
    v: Var,
    hold: Hold,
    spec: ResourceSpec,
    facts: ReadonlyMap<Var, Fact>,
  ): Effect {
    const inner = this.literalUnit(lit, unit);
    if (inner === null || this.depth >= MaxDepth) return Effect.Escaped;
    this.depth++;
    const { effect } = this.track(inner, { node: null, root: v, hold, error: null, facts }, spec);
    this.depth--;
    return effect;
  }

  /** What a callee does with its receiver (-1) or an argument. */
  private readonly argument: Effects["argument"] = (call, callee, index, hold, spec, facts) => {
    const f = callee.func;
    const sig = f?.signature() ?? signatureOf(call);
    const results = sig?.results ?? [];
    const wraps = results.some((r) => r.type !== null && mayHold(r.type));
    const ordinary = wraps ? Effect.Held | Effect.Returned : Effect.Held;
    if (f !== null) {
      const name = this.nameOf(f);
      if (isDirect(hold) && spec.functions?.includes(name) === true) return Effect.Released;
      if (index >= 0 && this.knowledge.takesArgument(name)) return Effect.Escaped;
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
        const gives =
          f.pkg?.source?.standard !== true &&
          (isHandle(f) ||
            givesHandle.has(this.nameOf(f)) ||
            results.some(
              (r) => r.type !== null && spec.methods.some((m) => lookupFieldOrMethod(r.type as Type, m, null) !== null),
            ));
        if (gives) return Effect.Held | Effect.Returned;
        // c.wrap(rows), in the package that makes the resource itself: as its body says
        return isExported(f.name)
          ? Effect.Held
          : this.parameter(f, index, hold, spec, wraps, flagsOf(call, f.signature(), facts));
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
    if (param === null || spec.call || !isDirect(hold)) return Effect.Escaped;
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
    const remaining = MaxDepth - this.depth;
    if (remaining <= 0) return Effect.Escaped;
    const known = [...flags].map(([i, fact]) => `${i}=${fact}`).join();
    const key = `${this.id(f)}|${index}|${hold}|${specKey(spec)}|${remaining}|${known}`;
    const effect = this.remember(
      key,
      () => this.argumentMemo.get(key),
      () => {
        this.argumentMemo.set(key, Effect.Escaped); // recursion
        this.depth++;
        const unit = this.unitOf(f);
        let answer = Effect.Escaped;
        if (unit !== null) {
          const facts = new Map<Var, Fact>();
          for (const [i, fact] of flags) if (given(unit, sig.params[i]).length === 0) facts.set(sig.params[i], fact);
          answer = this.track(unit, { node: null, root: v, hold, error: null, facts }, spec).effect;
        }
        this.depth--;
        if (answer === Effect.None) answer = Effect.Held; // no path returns
        this.argumentMemo.set(key, answer);
        return answer;
      },
    );
    return wraps ? effect : effect & ~Effect.Returned || Effect.Held;
  }

  private id(f: Func): number {
    let n = this.ids.get(f);
    if (n === undefined) this.ids.set(f, (n = this.nextId++));
    return n;
  }

  /** What a call acquires for its caller; null where nothing, or where it is not sure. `around`: the function it stands in. */
  acquiredBy(call: CallExpr, around: FunctionUnit | null = null): Acquired | null {
    const callee = calleeOf(call);
    const known = callee.func === null ? null : this.acquiredByFunc(callee.func, callee.kind);
    if (known !== null) return known;
    if (callee.kind === CalleeKind.Static && callee.func !== null)
      return around === null ? null : this.acquiredByArgument(call, callee.func.origin, around);
    const value = callee.variable === null || around === null ? null : this.functionIn(callee.variable, around);
    return (value === null || around === null ? null : this.acquiredByValue(value, around)) ?? answersRequest(call);
  }

  /**
   * What a variable is called for: `var open = os.Open`, of a package, as programs have it so that tests can put something else there, and a local one
   * that is never anything else.
   */
  private functionIn(v: Var, around: FunctionUnit): Expr | null {
    if (!v.isPackageLevel) return this.soleValue(around, v);
    if (v.site === null || v.pkg !== around.file.pkg) return null;
    // Of a package that is read for its declarations only, what has a type of its own is not looked at further.
    const { spec, typ, values, index } = v.site;
    return spec.kind === NodeKind.ValueSpec && typ === null && values.length === spec.names.length
      ? values[index]
      : null;
  }

  private acquiredByValue(value: Expr, around: FunctionUnit): Acquired | null {
    const e = unparen(value);
    if (e.kind !== NodeKind.FuncLit) {
      const id = e.kind === NodeKind.SelectorExpr ? e.sel : e;
      const f = id.kind === NodeKind.Ident ? objOf(id) : null;
      return f?.kind === ObjKind.Func && !f.isInterfaceMethod ? this.acquiredByFunc(f.origin, CalleeKind.Static) : null;
    }
    // Only literals of the function itself.
    const isHere = e.pos >= around.outermost.node.pos && e.end <= around.outermost.node.end;
    const unit = isHere && this.depth < MaxDepth ? this.literalUnit(e, around) : null;
    const sig = unit?.signature ?? null;
    if (unit === null || sig === null || !sig.results.some((r) => r.type !== null && this.mayBeResource(r.type)))
      return null;
    this.depth++;
    const answer = this.computeAcquired(null, unit, sig);
    this.depth--;
    return answer;
  }

  /** `retry(func() (*os.File, error) { return os.Open(path) })`: it gives what its argument acquires. */
  private acquiredByArgument(call: CallExpr, f: Func, around: FunctionUnit): Acquired | null {
    const index = call.args.findIndex((arg) => unparen(arg).kind === NodeKind.FuncLit);
    if (index < 0 || f.pkg?.source?.standard === true || this.depth >= MaxDepth) return null;
    const given = signatureOf(call)?.results[0]?.type ?? null;
    if (given === null || !this.mayBeResource(given)) return null;
    const helper = this.unitOf(f);
    const lit = unparen(call.args[index]);
    const unit = lit.kind === NodeKind.FuncLit ? this.literalUnit(lit, around) : null;
    if (helper === null || unit?.signature == null || !passesOn(helper, index)) return null;
    this.depth++;
    const answer = this.computeAcquired(f, unit, unit.signature);
    this.depth--;
    return answer?.result === 0 ? answer : null;
  }

  /** Calling this declared function acquires something, by the tables or by what its body does. */
  functionAcquires(f: Func): boolean {
    return this.acquiredByFunc(f, CalleeKind.Static) !== null;
  }

  private acquiredByFunc(f: Func, kind: CalleeKind): Acquired | null {
    const row = this.knowledge.acquires(this.nameOf(f));
    if (row !== null) return { kind: row.kind, result: row.result, through: null };
    if (kind !== CalleeKind.Static || f.pkg?.source?.standard === true) return null;
    const remaining = MaxDepth - this.depth;
    if (remaining <= 0) return null;
    const memo = this.acquireMemo.get(f) ?? [];
    this.acquireMemo.set(f, memo);
    return this.remember(
      `acquire|${this.id(f)}|${remaining}`,
      () => memo[remaining],
      () => {
        memo[remaining] = null; // recursion
        this.depth++;
        const sig = f.signature();
        const unit = sig.results.some((r) => r.type !== null && this.mayBeResource(r.type)) ? this.unitOf(f) : null;
        const answer = unit === null ? null : this.computeAcquired(f, unit, sig);
        this.depth--;
        memo[remaining] = answer;
        return answer;
      },
    );
  }

  /** Types without a release method are not owed anything: most functions are settled by this, bodies unread. */
  private mayBeResource(t: Type): boolean {
    let answer = this.resourceTypes.get(t);
    if (answer === undefined) {
      answer = mayBeResource(t, this.knowledge);
      this.resourceTypes.set(t, answer);
    }
    return answer;
  }

  /** A function acquires for its caller when every result it returns is nil or something it acquired. */
  private computeAcquired(f: Func | null, unit: FunctionUnit, sig: Signature): Acquired | null {
    const returns: { results: readonly Expr[]; node: Node }[] = [];
    const sites = this.sites(unit);
    for (const block of unit.cfg.blocks) {
      if (!block.reachable) continue;
      for (const n of block.nodes) if (n.kind === NodeKind.ReturnStmt) returns.push({ results: n.results, node: n });
    }
    let found: Acquired | null = null;
    const owned = new Set<string>(); // return statement and result index
    const giving: { readonly results: readonly Expr[] }[] = [];
    let visits = 0;
    for (const site of sites) {
      if (visits > MaxVisits) return null;
      const { acquired } = site;
      const direct = returns.find((r) => r.results.length === 1 && unparen(r.results[0]) === site.call);
      if (direct !== undefined) {
        if (found !== null && found.kind.id !== acquired.kind.id) return null;
        giving.push(direct);
        found = { kind: acquired.kind, result: acquired.result, through: f };
        owned.add(`${direct.node.pos}:${acquired.result}`);
        continue;
      }
      if (site.origin === null) continue;
      const tracked = this.track(unit, site.origin, acquired.kind);
      visits += tracked.visits;
      const { returned, effect, releasedIn } = tracked;
      if ((effect & Effect.Escaped) !== 0) continue;
      // Released and then returned all the same (`if v != nil { defer resp.Body.Close(); … } return resp, err`): the
      // caller's duty depends on what we do not see.
      if (releasedIn.some((block) => returnsAfter(block, site.origin?.root ?? null))) return null;
      for (const { stmt, index } of returned) {
        // Two results that hold it (a file and a function that closes it): which one the caller closes is its choice.
        if (returned.some((other) => other.stmt === stmt && other.index !== index)) return null;
        const e = stmt.results[index];
        let { kind } = acquired;
        if (stmt.results.length > 0) {
          if (e === undefined) continue;
          if (!this.isItself(e, site.origin.root, kind, sig, index)) {
            const owner = this.ownerKind(unit, e, site.origin.root, kind);
            if (owner === null) continue;
            kind = owner;
          }
        }
        if (found !== null && (found.kind.id !== kind.id || found.result !== index)) return null;
        found = { kind, result: index, through: f };
        owned.add(`${stmt.pos}:${index}`);
        giving.push(stmt);
      }
    }
    if (found === null) return null;
    for (const r of returns) {
      if (owned.has(`${r.node.pos}:${found.result}`)) continue;
      const e = r.results[found.result];
      if (e === undefined) return null;
      if (unparen(e).mode === Mode.Nil) continue;
      // `return resp, err` after a failed acquire: the same variable, nil there.
      const v = unparen(e);
      const isRoot = sites.some((s) => s.origin?.root != null && v.kind === NodeKind.Ident && v.obj === s.origin.root);
      if (!isRoot) return null;
      giving.push(r);
    }
    return { ...found, beside: saidBeside(giving, found.result, sig) };
  }

  /**
   * The kind of a returned struct that holds the resource and whose release method gives it back; null where it is not
   * such an owner, or its method does not release what it holds.
   */
  private ownerKind(unit: FunctionUnit, returned: Expr, root: Var | null, kind: ResourceKind): ResourceKind | null {
    const owner = ownerType(typeOf(returned));
    // A struct with a cancel function is no resource by that alone: what it cancels often ends by itself.
    if (owner === null || root === null || kind.call) return null;
    const stored = storingField(unit, owner, root, kind);
    const method = ownerMethod(owner, unit);
    if (stored === null || method === null || !(stored.isTarget || kind.path.length === 0)) return null;
    const memo = this.ownerKinds.get(owner) ?? { id: this.nextId++, kinds: new Map<string, ResourceKind | null>() };
    this.ownerKinds.set(owner, memo);
    const key = `${kind.id}|${stored.field}`;
    return this.remember(
      `owner|${memo.id}|${key}`,
      () => memo.kinds.get(key),
      () => {
        // From the type's own place: however deep in calls whoever asks first is, the answer is for all.
        const { depth } = this;
        this.depth = 0;
        const answer = this.computeOwnerKind(owner, method, stored.field, kind);
        this.depth = depth;
        memo.kinds.set(key, answer);
        return answer;
      },
    );
  }

  private computeOwnerKind(owner: Named, method: Func, field: string, kind: ResourceKind): ResourceKind | null {
    const path = method.recvNamed?.origin === owner ? [field] : [];
    const releases =
      path.length === 0 ? kind.methods.includes(method.name) : this.releasesField(method, { ...kind, path });
    if (!releases) return null;
    const others = [...(owner.methods ?? [])].filter(
      ([, m]) =>
        m !== method &&
        // By the method that is promoted, or by that of the field itself.
        (this.releasesField(m, { ...kind, path }) ||
          (path.length === 0 && this.releasesField(m, { ...kind, path: [field] }))),
    );
    return ownerKindOf(
      owner,
      method,
      others.map(([name]) => name),
    );
  }

  /** Whether a method releases what the field of its receiver holds, on some path at least. */
  private releasesField(method: Func, spec: ResourceSpec): boolean {
    const recv = method.signature().recv;
    const unit = recv === null || this.depth >= MaxDepth ? null : this.unitOf(method);
    if (unit === null || recv === null) return false;
    this.depth++;
    const { effect } = this.track(unit, { node: null, root: recv, hold: Hold.Root, error: null }, spec);
    this.depth--;
    return (effect & Effect.Released) !== 0;
  }

  /** The returned expression is the acquired value, not its target or a wrapper: the caller gets the same kind. */
  private isItself(e: Expr, root: Var | null, kind: ResourceKind, sig: Signature, index: number): boolean {
    const x = unparen(e);
    if (x.kind !== NodeKind.Ident || x.obj === null) return false;
    const t = sig.results[index]?.type ?? null;
    if (t === null) return false;
    if (x.obj === root) return kind.path.length === 0 || hasField(t, kind.path[0]);
    return false;
  }

  /** Every acquisition of a function, with where its value goes. */
  sites(unit: FunctionUnit): readonly Site[] {
    // Below the first function fewer calls are followed: other answers.
    if (this.depth > 0) return this.findSites(unit);
    let known = this.siteMemo.get(unit);
    if (known === undefined) {
      const basis = new Set<Func>();
      this.frames.push(basis);
      const sites = this.findSites(unit);
      this.frames.pop();
      this.siteMemo.set(unit, (known = { sites, basis }));
    }
    const frame = this.frames[this.frames.length - 1];
    for (const f of known.basis) frame.add(f);
    return known.sites;
  }

  private findSites(unit: FunctionUnit): Site[] {
    const out: Site[] = [];
    if (unit.nodes(NodeKind.CallExpr).length === 0) return out;
    for (const block of unit.cfg.blocks) {
      if (!block.reachable) continue;
      for (const n of block.nodes) {
        evaluated(n, (x) => {
          if (x.kind !== NodeKind.CallExpr) return;
          const acquired = this.acquiredBy(x, unit);
          if (acquired === null || (acquired.kind.id === "http-body" && answersHead(unit, x, n, this))) return;
          const origin = originOf(unit, n, x, acquired);
          out.push({
            call: x,
            node: n,
            acquired,
            origin: origin === null ? null : { ...origin, ...besideOf(n, acquired) },
          });
        });
      }
    }
    return out;
  }
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
