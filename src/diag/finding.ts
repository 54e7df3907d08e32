/**
 * A finding: what a rule says of a line of source. Plain data that survives JSON; the shape of `stanch.check/1`
 * (docs/formats/check-json.md) is this one plus `suppressed`.
 */

/** error: a leak on some feasible path. warning: under a condition the code does not rule out. note: a cost or hazard. */
export type Severity = "error" | "warning" | "note";

/** How sure the rule is of what it says. Rules that are not sure say nothing; low is what only a live command asks for. */
export type Confidence = "high" | "medium" | "low";

/** What the source alone cannot tell from a leak: reported for who has a process to hold it against. */
export function isUnsure(f: { readonly confidence: Confidence }): boolean {
  return f.confidence === "low";
}

/** Lines and columns start at 1; columns count UTF-8 bytes. */
export interface Place {
  /** Relative to the root of the run, with forward slashes; absolute for files outside of it. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One step of the way from the acquisition to the leak. */
export interface PathStep extends Place {
  readonly message: string;
}

/** `start` and `end` are UTF-8 byte offsets into the file as it was read; edits do not overlap. */
export interface Edit {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Fix {
  /** In the imperative: "Close the body when the function returns". */
  readonly title: string;
  readonly edits: readonly Edit[];
}

export interface Finding extends Place {
  readonly rule: string;
  readonly severity: Severity;
  /** Why it is but a note where its rule says more, as a clause; null where it is none, or the rule makes nothing but notes. */
  readonly noteBecause: string | null;
  readonly confidence: Confidence;
  readonly message: string;
  readonly endLine: number;
  readonly endColumn: number;
  /** `pkg/path.Func`, `(*pkg/path.Type).Method`, `pkg/path.Func.func1`; empty at package level. */
  readonly function: string;
  /** Stable while the finding is the same one: see fingerprint.ts. */
  readonly fingerprint: string;
  readonly path: readonly PathStep[];
  readonly fix: Fix | null;
}

/** Order of output: by file, position, rule. Total, so that workers and caches cannot change it. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message) ||
    compareText(a.fingerprint, b.fingerprint)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Something that kept part of the source from being analysed: an unreadable file, a syntax error. */
export interface Problem {
  readonly file: string;
  /** 0 where the problem is the whole file's. */
  readonly line: number;
  readonly message: string;
}
