/** One row of the table of known stacks, and the two kinds of rows that say nothing of their own. */

export interface Signature {
  readonly id: string;
  /** All of these function names (loose) are in the stack. */
  readonly frames?: readonly string[];
  /** One of these is in the stack. */
  readonly anyFrame?: readonly string[];
  /** One of these waits. */
  readonly waits?: readonly string[];
  /** The goroutine was started with one of these. */
  readonly entries?: readonly string[];
  /** Needs a frame of the program's own or of a dependency. */
  readonly own?: boolean;
  /**
   * `resident`: part of a healthy program as long as there are no more than `upTo`. `companion`: always comes with another group, which
   * is the one to look at. `pile`: a leak when it piles up.
   */
  readonly role: "resident" | "companion" | "pile";
  readonly upTo?: number;
  readonly title: string;
  readonly meaning: string;
  readonly next: readonly string[];
  readonly rule: string | null;
  /** Which connections belong to it. */
  readonly connections?: {
    readonly direction: "in" | "out";
    readonly ports?: readonly number[];
    readonly notPorts?: readonly number[];
  };
}

/** Up to so many of them are part of any healthy program. */
export const resident = (id: string, frames: readonly string[], upTo = 4): Signature => ({
  id,
  anyFrame: frames,
  role: "resident",
  upTo,
  title: "background goroutines of the runtime or a library",
  meaning: "They live as long as the process; a few are normal.",
  next: [],
  rule: null,
});

/** Beside each goroutine of another group, which is the one to look at. */
export const companion = (id: string, frames: readonly string[]): Signature => ({
  ...resident(id, frames),
  role: "companion",
  title: "watchers of connections, one beside each",
  meaning: "They come and go with the connection or request that they watch.",
});
