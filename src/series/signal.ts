/** What can pile up in a process, and what it can be compared with. */

/** `load`: work done or asked for (requests, connections, CPU); it explains growth and is never itself a leak. */
export type SignalKind = "goroutine" | "heap" | "fd" | "socket" | "pool" | "load";

export const leakKinds = ["goroutine", "heap", "fd", "socket", "pool"] as const;

export type LeakKind = (typeof leakKinds)[number];

export type Unit = "count" | "bytes";

export interface Frame {
  readonly function: string;
  /** As the binary has it; "" where unknown. */
  readonly file: string;
  /** 0 where unknown. */
  readonly line: number;
}

/** One measured quantity of one target. Two signals are the same where `kind` and `name` are. */
export interface Signal {
  readonly kind: SignalKind;
  /**
   * Stable across restarts, builds and Go versions, so that a history goes on: `total`; the loose key of a goroutine group; the function and
   * file of an allocation site; a kind of descriptor; `PEER:PORT STATE`; a pool's name and number (`orders in use`).
   */
  readonly name: string;
  readonly unit: Unit;
  /** Only ever grows within one process (requests served, CPU seconds): it is the rate that counts. */
  readonly counter: boolean;
  /** Falls at every collection and rises between: only its floor says what is live (HeapAlloc; never a heap profile). */
  readonly sawtooth: boolean;
  /** Where it stops: descriptor limit, memory limit, pool maximum; null where there is none or it is unknown. */
  readonly limit: number | null;
  /** For people: `chan send at main.worker  app/work.go:41`. */
  readonly label: string;
  /** The line to look at: the first frame that is the program's own; null for what has no stack. */
  readonly location: Frame | null;
  /** Leaf first; empty for what has no stack. */
  readonly stack: readonly Frame[];
}

/** A load that is no measure of work: connections of the process with itself. */
export const OWN_CONNECTIONS = "own connections";

/** Key of a signal in maps and stores. */
export function signalId(s: { readonly kind: SignalKind; readonly name: string }): string {
  return `${s.kind}\t${s.name}`;
}
