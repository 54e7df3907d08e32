/**
 * What a detector says of a signal. `status` is for gates and alerts, `shape` for people.
 *
 *     leak       leak            grows, is not explained by load, warm-up or a step, and the error rate is the stated one
 *                plateaued-leak  grew to a bound (a pool's maximum, what finalizers give back) and stays there
 *     healthy    healthy         no growth that could be seen; `detectable` says what would have been
 *                load            follows the load, up and down
 *                warm-up         grew after the start and levels off
 *                step            one change of level, flat before and after
 *     undecided  undecided       too early, or growing without being sure: `changeOfMind` says what is missing
 */
import type { Frame, LeakKind, Signal, Unit } from "../series/signal.ts";

export type Status = "leak" | "healthy" | "undecided";
export type Shape = "leak" | "plateaued-leak" | "healthy" | "load" | "warm-up" | "step" | "undecided";

export interface Growth {
  /** Per second, Theil–Sen with a 95 % interval. */
  readonly perSecond: number;
  readonly low: number;
  readonly high: number;
  readonly unit: Unit;
}

export interface Verdict {
  readonly signal: Signal;
  readonly kind: LeakKind;
  readonly status: Status;
  readonly shape: Shape;
  /** Null where there are too few samples for a slope. */
  readonly growth: Growth | null;
  readonly value: number;
  /** Value where the growth began (of a leak), else at the segment's first sample. */
  readonly from: number;
  /** Milliseconds since 1970: when the growth began; of what does not grow, when the segment began. */
  readonly sinceMs: number;
  /** Milliseconds since 1970 at which this status was first reached and kept; null while undecided. */
  readonly decidedMs: number | null;
  /** Upper bound of the chance that this is said of a signal that does not leak, over the whole segment; null unless a leak without proof. */
  readonly errorRate: number | null;
  /** How much of it the runtime itself proved leaked; 0: nothing. */
  readonly proven: number;
  /** Seconds until `signal.limit` at the present slope, of a part until the limit of the whole; null where there is no limit or no growth. */
  readonly exhaustionSeconds: number | null;
  /** The slope above which a leak would have been found by now; null where nothing is known. */
  readonly detectable: number | null;
  /** Sentences, in the order of the reasoning. */
  readonly evidence: readonly string[];
  /** What would change its mind, one sentence. */
  readonly changeOfMind: string;
  readonly location: Frame | null;
  readonly stack: readonly Frame[];
}
