/** One look at one target, as numbers. */
import type { Signal, SignalKind } from "./signal.ts";

/** Who runs. Another `startedMs` (or pid, where start times are unknown) is another process: its numbers start anew. */
export interface ProcessIdentity {
  readonly pid: number | null;
  /** Milliseconds since 1970, null where unknown. Derived from a boot time that drifts: differences up to 3 s are the same start. */
  readonly startedMs: number | null;
  readonly goVersion: string | null;
  /** Path of the main module. */
  readonly module: string | null;
  /** Revision of the main module's source. */
  readonly revision: string | null;
}

export interface Point {
  readonly signal: Signal;
  /** NaN and infinities are gaps. */
  readonly value: number;
}

export interface Sample {
  /** Milliseconds since 1970. A sample that is not later than the one before it is left out. */
  readonly timeMs: number;
  /** Null: as before. */
  readonly process: ProcessIdentity | null;
  /** Kinds that were read whole: a signal of such a kind without a point is 0 now; of any other kind, a gap. */
  readonly read: ReadonlySet<SignalKind>;
  readonly points: readonly Point[];
  /** What the runtime proved leaked (goroutineleak), by name of the goroutine signal. */
  readonly proven?: ReadonlyMap<string, number>;
  /** Collections so far (NumGC), where known. */
  readonly collections?: number;
}

/** In one order wherever they come from, because what is equal is told apart by order: a recording must say what was said live. */
export function inOrder(points: Point[]): Point[] {
  const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return points.sort((a, b) => before(a.signal.kind, b.signal.kind) || before(a.signal.name, b.signal.name));
}

/** Start times come from /proc and from metrics, which round. */
const SAME_START_MS = 3000;

/** Whether `after` is another process than `before`; unknown facts do not tell processes apart. */
export function isRestart(before: ProcessIdentity | null, after: ProcessIdentity | null): boolean {
  if (before === null || after === null) return false;
  if (before.pid !== null && after.pid !== null && before.pid !== after.pid) return true;
  if (before.startedMs !== null && after.startedMs !== null)
    return Math.abs(before.startedMs - after.startedMs) > SAME_START_MS;
  return false;
}
