/** What the analysis of one package gives: plain data that crosses threads and lies in the cache. Files are absolute. */
import type { Finding, Problem } from "../diag/finding.ts";
import type { Terms } from "../go/summary/asked.ts";
import type { PackageReach } from "../go/summary/reach.ts";
import type { ReachedBy } from "../rules/rule.ts";

export interface CheckedFinding extends Finding {
  /** A comment in the source says to keep quiet about it, with a reason. */
  readonly suppressed: boolean;
  /** Import path of its package. */
  readonly package: string;
  /** See `ReportDraft`; null where its package alone decides. */
  readonly reachedBy: ReachedBy | null;
  /** The fingerprint without its ordinal: the same for all findings of the package that are alike. */
  readonly kin: string;
  /** The same for findings of a rule about the same text, in whatever package and with whatever message. */
  readonly shape: string;
}

/** A function of another package whose body an analysis read. */
export interface Consulted {
  readonly file: string;
  /** As `functionKey` gives it. */
  readonly func: string;
}

/** A question about a function of another package. */
export interface Asked {
  /** Import path of its package. */
  readonly package: string;
  readonly about: Consulted;
  readonly terms: Terms;
}

/** An answer, and all bodies that it rests on. */
export interface Reply {
  /** As `answerText` gives it. */
  readonly answer: string;
  readonly bodies: readonly Consulted[];
}

/** What an analysis was told of a function of another package. */
export interface Told extends Asked, Reply {}

/** What an analysis rests on besides its package and all declarations. */
export interface PackageBasis {
  readonly bodies: readonly Consulted[];
  readonly answers: readonly Told[];
}

export interface PackageResult {
  /** Import path. */
  readonly path: string;
  /** In the order of output. */
  readonly findings: readonly CheckedFinding[];
  readonly problems: readonly Problem[];
  /** Imports that could not be found. */
  readonly missing: readonly string[];
  /** What of other packages' bodies counts; null where that is not known and every body does. */
  readonly consulted: PackageBasis | null;
  /** What it calls in the main modules; null for packages of other modules. */
  readonly reach: PackageReach | null;
  readonly files: number;
  readonly bytes: number;
  readonly functions: number;
  /**
   * Expressions that mean nothing that is known (names that are declared nowhere, members of missing packages), and imports and variables that
   * nothing uses. Fixes may not add any. Null: not counted.
   */
  readonly unknown: number | null;
  /** Rules or the front-end broke down on it: a fault of Stanch, told in `problems`. Never cached. */
  readonly faults: number;
  readonly milliseconds: number;
  /** Milliseconds by phase and rule: `load`, `types`, `rule http-body-unclosed` … */
  readonly timings: Readonly<Record<string, number>>;
}
