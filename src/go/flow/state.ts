/** The state of one path: who holds the resource and what is known of variables. Immutable: paths share states. */
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { Var } from "../types/object.ts";
import { afterStep, comparisonsOf, type Fact } from "./facts.ts";

/** How a variable relates to the resource. */
export enum Hold {
  /** The acquired value itself: its path leads to the target. */
  Root = 1,
  /** What must be released. */
  Target = 2,
  /** Something that wraps it: a reader over it, a closure, a variable's address. */
  Weak = 3,
  /** A struct, slice or map that was made here and holds it: its methods may do anything with it. */
  Owner = 4,
}

/** `s, err := serve(l)`, where `serve` takes `l` over but for some errors. */
export interface Taken {
  readonly call: CallExpr;
  /** The variable of its error; null once that is known not to be nil. */
  readonly error: Var | null;
}

export class State {
  private cachedKey: string | null = null;

  constructor(
    /** Before the acquisition nothing is owed; the path there is walked for what it tells of variables. */
    readonly acquired: boolean,
    readonly holds: ReadonlyMap<Var, Hold>,
    /** The error that came with the resource: while it is non-nil there is none. Null once overwritten. */
    readonly error: Var | null,
    readonly facts: ReadonlyMap<Var, Fact>,
    /** A condition that we cannot read mentioned the error: perhaps there is no resource. */
    readonly doubtful: boolean,
    /** Deferred closures that release under a condition; judged at the exit. */
    readonly deferred: readonly object[],
    /** The error is that of a method which has released the resource when it fails. */
    readonly errorEnds = false,
    /** A call whose callee has it, unless its error is not nil. */
    readonly taken: Taken | null = null,
  ) {}

  with(
    change: Partial<
      Pick<State, "acquired" | "holds" | "error" | "facts" | "doubtful" | "deferred" | "errorEnds" | "taken">
    >,
  ): State {
    return new State(
      change.acquired ?? this.acquired,
      change.holds ?? this.holds,
      change.error === undefined ? this.error : change.error,
      change.facts ?? this.facts,
      change.doubtful ?? this.doubtful,
      change.deferred ?? this.deferred,
      change.errorEnds ?? (change.error === undefined && this.errorEnds),
      change.taken === undefined ? this.taken : change.taken,
    );
  }

  fact(v: Var): Fact | undefined {
    return this.facts.get(v);
  }

  withFact(v: Var, fact: Fact | null): State {
    if (fact === (this.facts.get(v) ?? null)) return this;
    const facts = new Map(this.facts);
    if (fact === null) facts.delete(v);
    else facts.set(v, fact);
    return this.with({ facts });
  }

  /** It is given another value: what is known of that is `fact`, and what it was compared with is past. */
  assigned(v: Var, fact: Fact | null): State {
    let state = this.withFact(v, fact);
    for (const { subject } of comparisonsOf(v)) state = state.withFact(subject, null);
    return state;
  }

  /** It goes up by `step`, 1 or -1. `keeps`: whether facts are kept of a variable. */
  stepped(v: Var, step: bigint, keeps: (v: Var) => boolean): State {
    let state = this.withFact(v, null);
    for (const c of comparisonsOf(v))
      state = state.withFact(c.subject, keeps(c.subject) ? afterStep(c, step, (other) => this.fact(other)) : null);
    return state;
  }

  withHold(v: Var, hold: Hold | null): State {
    if (hold === (this.holds.get(v) ?? null)) return this;
    const holds = new Map(this.holds);
    if (hold === null) holds.delete(v);
    else holds.set(v, hold);
    return this.with({ holds });
  }

  /** Some variable still is the root or the target. */
  get held(): boolean {
    for (const hold of this.holds.values()) if (isDirect(hold)) return true;
    return false;
  }

  /** Equal keys: the same futures. Variables are numbered by the tracker in order of first sight. */
  key(number: (v: Var) => number): string {
    if (this.cachedKey !== null) return this.cachedKey;
    const holds = [...this.holds].map(([v, h]) => `${number(v)}:${h}`).sort();
    const facts = [...this.facts].map(([v, f]) => `${number(v)}=${f}`).sort();
    const error = this.error === null ? "" : number(this.error);
    this.cachedKey = `${this.acquired ? 1 : 0}${this.doubtful ? 1 : 0}${this.errorEnds ? 1 : 0}|${holds.join()}|${error}|${facts.join()}|${this.deferred.length}|${this.taken === null ? "" : `${this.taken.call.pos}:${this.taken.error === null ? "" : number(this.taken.error)}`}`;
    return this.cachedKey;
  }
}

/** The resource itself, not something around it. */
export function isDirect(hold: Hold): boolean {
  return hold === Hold.Root || hold === Hold.Target;
}
