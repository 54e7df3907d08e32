/** What a store keeps and gives back. Times are milliseconds since 1970; ranges take in both ends. */
import type { ProcessIdentity, Sample } from "../series/sample.ts";
import type { Signal } from "../series/signal.ts";

export type MarkKind = "start" | "deploy" | "alarm" | "resolved";

/** Something that happened at a moment: drawn over the series, and part of what a recording replays. */
export interface Mark {
  readonly timeMs: number;
  /** Null: of all targets. */
  readonly target: string | null;
  readonly kind: MarkKind;
  readonly text: string;
}

/** A verdict that became another one. `verdict` is stanch.watch/1's verdict as JSON. */
export interface VerdictChange {
  readonly timeMs: number;
  readonly target: string;
  readonly kind: string;
  readonly name: string;
  readonly status: string;
  readonly shape: string;
  readonly verdict: unknown;
}

export interface StoredProfile {
  readonly timeMs: number;
  readonly target: string;
  /** `goroutine`, `heap`, … */
  readonly name: string;
  /** SHA-256 of the uncompressed bytes, hexadecimal. */
  readonly hash: string;
}

export interface StoredTarget {
  readonly name: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly looks: number;
  readonly process: ProcessIdentity | null;
}

export interface Series {
  readonly signal: Signal;
  readonly times: Float64Array;
  /** NaN where there is no value. */
  readonly values: Float64Array;
}

export interface Range {
  readonly fromMs?: number;
  readonly toMs?: number;
}

export interface StoreReader {
  targets(): StoredTarget[];
  /** Looks of one target in order of time. */
  samples(target: string, range?: Range): IterableIterator<Sample>;
  /** Signals of a target in a range, one series each; `id` as `signalId` makes it, null for all. */
  series(target: string, id: string | null, range?: Range): Series[];
  marks(target: string | null, range?: Range): Mark[];
  verdictChanges(target: string | null, range?: Range): VerdictChange[];
  profiles(target: string, range?: Range): StoredProfile[];
  /** Uncompressed bytes; null where they have been deleted. */
  profile(hash: string): Uint8Array | null;
  close(): void;
}

/**
 * Writing gathers in memory and is kept by `flush`, all or nothing. What has been flushed survives the end of the process at any moment. A
 * flush that fails (full disk) throws StoreError, keeps what was gathered, and may be tried again.
 */
export interface Store extends StoreReader {
  append(target: string, sample: Sample): void;
  mark(mark: Mark): void;
  verdictChange(change: VerdictChange): void;
  /** Kept gzipped, once for all that have the same bytes. */
  addProfile(target: string, timeMs: number, name: string, bytes: Uint8Array): string;
  flush(): void;
  /** Joins looks into larger blocks, downsamples and deletes what is too old; stops after about `budgetMs`. Returns whether anything is left to do. */
  maintain(nowMs: number, budgetMs: number): boolean;
}
