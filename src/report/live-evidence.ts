/** What live processes show of findings, in words: the same in text, HTML and SARIF. */
import { bytes, count } from "../base/numbers.ts";
import type { Finding } from "../diag/finding.ts";
import type { LiveEvidence, LiveFindings } from "../diagnose/live.ts";
import type { Suspect } from "../diagnose/suspect.ts";

export interface ReportEvidence {
  readonly live: LiveFindings;
  readonly unexplained: readonly { readonly target: string; readonly suspect: Suspect }[];
  /** Findings that bleed and are not in the report. */
  readonly hidden: readonly Finding[];
  readonly notes: readonly string[];
}

/** `434 goroutines (307 before), likely: HTTP responses whose bodies are still open, in :6060`. */
export function liveText(e: LiveEvidence): string {
  const unsure = e.candidates > 1 ? `; one of ${e.candidates} findings that explain it` : "";
  return `${amount(e)}, ${e.status}: ${e.title}, in ${e.target}${unsure}`;
}

export function unexplainedText({ target, suspect: s }: ReportEvidence["unexplained"][number]): string {
  const at = s.location === null ? "" : ` at ${s.location.function} ${s.location.file}:${s.location.line}`;
  return `${amount(s)}, ${s.status}: ${s.title}${at}, in ${target}`;
}

function amount(e: Pick<LiveEvidence, "count" | "before" | "unit">): string {
  const show = e.unit === "bytes" ? bytes : count;
  const unit = e.unit === "bytes" ? "" : ` ${e.unit}`;
  return `${show(e.count)}${unit}${e.before === null ? "" : ` (${show(e.before)} before)`}`;
}
