/** What the analysis of one package gives: plain data that crosses threads and lies in the cache. Files are absolute. */
import type { Finding, Problem } from "../diag/finding.ts";
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

export interface PackageResult {
  /** Import path. */
  readonly path: string;
  /** In the order of output. */
  readonly findings: readonly CheckedFinding[];
  readonly problems: readonly Problem[];
  /** Imports that could not be found. */
  readonly missing: readonly string[];
  /** Functions elsewhere whose bodies count; null where that is not known and every body counts. */
  readonly consulted: readonly Consulted[] | null;
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
