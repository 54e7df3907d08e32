/**
 * Summaries: questions about functions, answered from their bodies when asked and remembered.
 *
 * Each answer is computed to a fixed depth of calls; below it everything counts as handed on. So recursion needs no
 * fixed point, and an answer depends on the source alone: not on who asked first, nor on what a cache held. What answers
 * rest on is kept by questions.ts; the answers are worked out in acquisitions.ts, argument-effects.ts, outcomes.ts and owners.ts.
 */
import type { Edge } from "../cfg/blocks.ts";
import type { Effects } from "../flow/effects.ts";
import { given } from "../flow/given.ts";
import type { Origin } from "../flow/origin.ts";
import type { Effect, ResourceSpec } from "../flow/resource.ts";
import { Hold } from "../flow/state.ts";
import { type Tracked, Tracker, type TrackObserver } from "../flow/track.ts";
import { FunctionUnit } from "../flow/unit.ts";
import { Knowledge } from "../knowledge/declared.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import type { GoPackage } from "../load/package.ts";
import type { CallExpr, FuncLit } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { parseBody } from "../syntax/parser.ts";
import { type Callee, calleeOf, unparen } from "../types/callee.ts";
import { checkFunc, checkLiteral } from "../types/check.ts";
import type { Func, Var } from "../types/object.ts";
import type { FileScope, Package } from "../types/package.ts";
import { funcName } from "../types/print.ts";
import { TypeKind } from "../types/type.ts";
import { Acquisitions } from "./acquisitions.ts";
import { answerText, type Terms } from "./asked.ts";
import { ArgumentEffects } from "./argument-effects.ts";
import { isOfItsNetwork } from "./network-types.ts";
import { Outcomes } from "./outcomes.ts";
import { Owners } from "./owners.ts";
import { isPrivate } from "./private-values.ts";
import { type Arguments, type Question, questionOf } from "./question.ts";
import { type Basis, bodiesOf, MaxDepth, newFrame, Questions } from "./questions.ts";
import type { Acquired, Site } from "./site.ts";
import { StopStates } from "./stop-state.ts";

export class Summaries {
  private readonly names = new Map<Func, string>();
  private readonly units = new Map<Func, FunctionUnit | null>();
  private readonly literals = new Map<FuncLit, FunctionUnit>();
  private readonly values = new WeakMap<Var, readonly (Expr | null)[]>();
  private readonly trackers = new Map<FunctionUnit, Tracker>();
  /** Of packages under analysis; worked out when a leak asks. */
  private readonly stopStates = new WeakMap<Package, { units: readonly FunctionUnit[]; states: StopStates | null }>();
  private readonly questions = new Questions();
  private readonly outcomes = new Outcomes(this, this.questions);
  private readonly argumentEffects = new ArgumentEffects(this, this.questions);
  private readonly owners = new Owners(this, this.questions);
  private readonly acquisitions = new Acquisitions(this, this.questions, this.owners);

  constructor(readonly knowledge: Knowledge = new Knowledge()) {}

  /**
   * What everything since the last call rests on. What was said of a package holds as long as these bodies, these answers and all declarations are
   * what they are.
   */
  consulted(): Basis {
    return this.questions.consulted();
  }

  /** The answer to a question, remembered. */
  says<A extends Arguments>(question: Question<A>, f: Func, ...args: A): boolean {
    return this.questions.remember(
      f,
      `${question.id}|${args.join("|")}`,
      question.meanwhile,
      () => this.questions.fromTop(() => question.answer(f, args, this)),
      () => ({ about: f, terms: { ask: "question", id: question.id, args } }),
    );
  }

  /** Asks a question of another run about a function: the answer, as text, and all the bodies that it rests on. */
  askAgain(f: Func, terms: Terms): { readonly answer: string; readonly bodies: ReadonlySet<Func> } {
    const frame = newFrame();
    const answer = this.questions.within(frame, () =>
      this.questions.fromTop(() => {
        if ("calls" in terms) this.questions.depth = MaxDepth - terms.calls;
        return this.answerTo(f, terms);
      }),
    );
    return { answer: answerText(answer), bodies: bodiesOf(frame) };
  }

  private answerTo(f: Func, terms: Terms): boolean | Effect | Acquired | ResourceKind | null {
    f.signature(); // declares the receiver
    switch (terms.ask) {
      case "never returns":
        return this.outcomes.funcNeverReturns(f);
      case "never nil":
        return this.outcomes.makesWhatItReturns(f);
      case "passes error":
        return this.outcomes.passesParameter(f, terms.index);
      case "acquires":
        return this.acquisitions.acquiredIn(f);
      case "argument":
        return this.argumentEffects.ofParameter(f, terms.index, terms.hold, terms.spec, terms.flags);
      case "question": {
        const question = questionOf(terms.id);
        return question === undefined ? null : this.says(question, f, ...terms.args);
      }
      default: {
        const owner = f.recvNamed?.origin ?? null;
        return owner === null ? null : this.owners.kindWith(owner, f, terms.field, terms.kind);
      }
    }
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
      } else if (u.func !== null) this.units.delete(u.func);
    }
    if (units.length > 0) this.stopStates.delete(units[0].file.pkg); // it has them all
  }

  /** Forgets the functions of packages that are dropped: nobody will ask about them again. */
  forget(isDropped: (pkg: GoPackage) => boolean): void {
    const gone = (f: Func): boolean => f.pkg?.source != null && isDropped(f.pkg.source);
    for (const map of [this.names, this.units]) for (const f of map.keys()) if (gone(f)) map.delete(f);
    const isGone = ({ file }: FunctionUnit): boolean => file.pkg.source != null && isDropped(file.pkg.source);
    for (const unit of this.trackers.keys()) if (isGone(unit)) this.trackers.delete(unit);
    for (const [lit, unit] of this.literals) if (isGone(unit)) this.literals.delete(lit);
  }

  /** The call never comes back. */
  readonly callNeverReturns = (call: CallExpr): boolean => this.outcomes.neverReturns(call);

  /** What a call acquires for its caller; null where nothing, or where it is not sure. `around`: the function it stands in. */
  acquiredBy(call: CallExpr, around: FunctionUnit | null = null): Acquired | null {
    return this.acquisitions.acquiredBy(call, around);
  }

  /** Calling this declared function acquires something, by the tables or by what its body does. */
  functionAcquires(f: Func): boolean {
    return this.acquisitions.functionAcquires(f);
  }

  /** Every acquisition of a function, with where its value goes. */
  sites(unit: FunctionUnit): readonly Site[] {
    return this.acquisitions.sites(unit);
  }

  /** The body of a declared function, parsed and typed on demand; null where there is none to be had. */
  unitOf(f: Func): FunctionUnit | null {
    this.questions.read(f);
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

  /** The unit of a function literal; made where it is none of a package under analysis and `near` it, or stands in a declaration of the file `at`. */
  literalUnit(lit: FuncLit, near: FunctionUnit | null, at: FileScope | null = null): FunctionUnit | null {
    let unit = this.literals.get(lit);
    const file = at ?? near?.file;
    if (unit === undefined && file !== undefined) {
      const outer = at === null ? near : null;
      if (at !== null) checkLiteral(at.pkg, lit);
      unit = new FunctionUnit(file, lit, lit.body, outer, `${outer?.name ?? "glob."}.func`, this.callNeverReturns);
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

  private effectsIn(unit: FunctionUnit): Effects {
    return {
      tellsStopped: (edge) => this.tellsStopped(unit.file.pkg, edge),
      argument: this.argumentEffects.argument,
      closure: (lit, v, hold, spec) => this.argumentEffects.closure(unit, lit, v, hold, spec),
      neverNil: (call, result) => this.outcomes.neverNil(call, result),
      passesError: (call, index) => this.outcomes.passesError(call, index),
      alwaysHolds: (e) => isOfItsNetwork(unit, e, this),
      isErrorPredicate: this.outcomes.isErrorPredicate,
      literal: (v) => this.literalOf(unit, v),
      isPrivate: (v, at, spec) =>
        isPrivate(unit, v, at, (call, i) =>
          this.argumentEffects.argument(call, calleeOf(call), i, Hold.Owner, spec, new Map()),
        ),
      isOuter: (v) => !v.isPackageLevel && (v.pos < unit.node.pos || v.pos >= unit.node.end),
      closureUnder: (lit, v, hold, spec, facts) => this.argumentEffects.closureUnder(unit, lit, v, hold, spec, facts),
    };
  }

  private literalOf(unit: FunctionUnit, v: Var): FuncLit | null {
    const value = this.soleValue(unit, v);
    return value?.kind === NodeKind.FuncLit ? value : null;
  }

  /** The function that a local variable is, where it is never another. */
  soleValue(unit: FunctionUnit, v: Var): Expr | null {
    const values = this.functionValues(unit, v);
    return values.length === 1 ? values[0] : null;
  }

  /** The functions that a local variable is one after the other, or depending on something; null for what cannot be told. */
  functionValues(unit: FunctionUnit, v: Var): readonly (Expr | null)[] {
    if (v.isPackageLevel || v.isParam || v.type?.kind !== TypeKind.Signature) return [];
    let values = this.values.get(v);
    if (values === undefined)
      this.values.set(v, (values = given(unit, v).map((e) => (e === null ? null : unparen(e)))));
    return values;
  }

  private tellsStopped(pkg: Package, edge: Edge): boolean {
    const known = this.stopStates.get(pkg);
    return known !== undefined && (known.states ??= new StopStates(known.units)).tells(edge);
  }
}
