/**
 * What the page and the server say to each other: the shapes behind docs/formats/openapi.json. Times are milliseconds since 1970, missing
 * numbers null. Everything that comes from a target (names, labels, paths, peers) is text and never markup.
 */

export type Kind = "goroutine" | "heap" | "fd" | "socket" | "pool";
export type State = "leak" | "undecided" | "healthy" | "failing" | "starting";

export interface FrameView {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

export interface GrowthView {
  readonly perSecond: number;
  readonly low: number;
  readonly high: number;
  readonly unit: "count" | "bytes";
}

export interface FindingView {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly fingerprint: string;
}

/** A verdict as `stanch watch --format json` prints it. */
export interface VerdictView {
  readonly kind: Kind;
  readonly name: string;
  readonly label: string;
  readonly status: "leak" | "healthy" | "undecided";
  readonly shape: string;
  readonly growth: GrowthView | null;
  readonly value: number | null;
  readonly from: number | null;
  readonly unit: "count" | "bytes";
  readonly limit: number | null;
  readonly since: string | null;
  readonly decidedAtSeconds: number | null;
  readonly errorRate: number | null;
  readonly proven: number;
  readonly exhaustionSeconds: number | null;
  readonly detectable: number | null;
  readonly location: FrameView | null;
  readonly stack: readonly FrameView[];
  readonly evidence: readonly string[];
  readonly changeOfMind: string;
  readonly finding: FindingView | null;
}

export interface ProcessView {
  readonly pid: number | null;
  readonly startedMs: number | null;
  readonly goVersion: string | null;
  readonly module: string | null;
  readonly revision: string | null;
}

/** One line of the overview. */
export interface TargetRow {
  readonly name: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: State;
  readonly leaks: number;
  /** The worst verdict in a few words, of several leaks one that names its line; null where there is none yet. */
  readonly worst: {
    readonly kind: Kind;
    readonly name: string;
    readonly label: string;
    readonly growth: GrowthView | null;
    /** Until the first limit that any leak meets. */
    readonly exhaustionSeconds: number | null;
    readonly since: string | null;
    /** What the source says of it; null while that is not known. */
    readonly finding: FindingView | null;
  } | null;
  /** Totals, with their last values for a sparkline. */
  readonly levels: readonly {
    readonly kind: Kind;
    readonly unit: "count" | "bytes";
    readonly value: number | null;
    readonly trail: readonly (number | null)[];
  }[];
  readonly process: ProcessView | null;
  readonly looks: number;
  readonly lastMs: number | null;
  readonly deployMs: number | null;
  /** Why it cannot be read; null while it can. */
  readonly failure: string | null;
}

export interface TargetsReply {
  readonly nowMs: number;
  readonly intervalMs: number;
  readonly version: string;
  /** Whether there is a store: without one the past is what fits in memory. */
  readonly stored: boolean;
  readonly targets: readonly TargetRow[];
}

export interface MarkView {
  readonly timeMs: number;
  readonly kind: "start" | "deploy" | "alarm" | "resolved";
  readonly text: string;
}

export interface TargetReply {
  readonly row: TargetRow;
  readonly verdicts: readonly VerdictView[];
  readonly marks: readonly MarkView[];
  readonly problems: readonly string[];
}

export interface SeriesView {
  readonly kind: Kind | "load";
  readonly name: string;
  readonly label: string;
  readonly unit: "count" | "bytes";
  readonly counter: boolean;
  readonly limit: number | null;
  readonly location: FrameView | null;
  /** Milliseconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

export interface SeriesReply {
  readonly fromMs: number;
  readonly toMs: number;
  readonly series: readonly SeriesView[];
}

export interface GroupView {
  readonly count: number;
  /** At the first look of the watch that this server still has; null where the group is not followed. */
  readonly before: number | null;
  readonly wait: string;
  /** What such goroutines are, where it is known. */
  readonly known: string | null;
  readonly minutes: { readonly least: number; readonly median: number; readonly most: number } | null;
  readonly leaked: number;
  readonly site: FrameView;
  readonly entry: FrameView;
  readonly creator: FrameView | null;
  readonly stack: readonly FrameView[];
}

export interface GroupsReply {
  readonly takenMs: number;
  readonly total: number;
  readonly from: "dump" | "profile";
  readonly truncated: string;
  readonly groups: readonly GroupView[];
}

export interface StoredProfileView {
  readonly timeMs: number;
  readonly name: string;
  readonly hash: string;
}

/** A finding of `stanch check`, with what the live side says of its line. */
export interface CheckedView extends FindingView {
  readonly severity: "error" | "warning" | "note";
  readonly message: string;
  readonly function: string;
  readonly column: number;
  readonly path: readonly { readonly file: string; readonly line: number; readonly message: string }[];
  /** What a fix would do, where the rule has one: /api/findings/FINGERPRINT/fix tries it. */
  readonly fix: string | null;
  /** Targets with a leak verdict that this finding explains. */
  readonly live: readonly {
    readonly target: string;
    readonly kind: Kind;
    readonly label: string;
    readonly tie: string;
    readonly value: number | null;
    readonly growth: GrowthView | null;
    readonly since: string | null;
  }[];
}

/** A fix that was tried. */
export interface FixReply {
  readonly title: string;
  /** Unified; null where it did not hold. */
  readonly diff: string | null;
  /** Why there is no diff; "". */
  readonly why: string;
}

/** One run of a target, as the store has it. */
export interface RevisionView {
  readonly revision: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  /** Leaks that it had when it was last seen. */
  readonly leaks: readonly VerdictView[];
}

export interface FindingsReply {
  readonly root: string;
  readonly packages: number;
  readonly takenMs: number;
  readonly findings: readonly CheckedView[];
  readonly problems: readonly string[];
}

export interface SourceReply {
  readonly file: string;
  readonly from: string;
  readonly firstLine: number;
  readonly lines: readonly string[];
  readonly note: string;
}

/** For rollout gates: small, and `status` is all one needs. */
export interface GateReply {
  readonly target: string;
  readonly status: State;
  readonly leaks: number;
  readonly looks: number;
  readonly worst: string | null;
}

export interface Failure {
  /** One sentence that says what to do. */
  readonly error: string;
}

/** What `/api/events` sends; the page asks again for what it shows. */
export type LiveEvent =
  | { readonly type: "hello"; readonly nowMs: number }
  | { readonly type: "looks"; readonly targets: readonly string[] }
  | { readonly type: "verdict"; readonly target: string; readonly verdict: VerdictView }
  | { readonly type: "over"; readonly target: string; readonly label: string; readonly why: string }
  | { readonly type: "state"; readonly target: string; readonly state: State; readonly message: string };
