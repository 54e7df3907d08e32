/** An alert: a leak verdict that somebody is told of, once when it begins and once when it is over. */
import { span } from "../../base/durations.ts";
import { amount } from "../../base/numbers.ts";
import type { Verdict } from "../verdict.ts";

export interface Alert {
  /** Equal for the same signal of the same target. */
  readonly fingerprint: string;
  readonly status: "firing" | "resolved";
  readonly target: string;
  readonly targetLabels: Readonly<Record<string, string>>;
  readonly verdict: Verdict;
  readonly startsMs: number;
  /** Null while it fires. */
  readonly endsMs: number | null;
  /** File with the evidence, null where none could be taken. */
  readonly bundle: string | null;
  /** Why it is over, or why there is no bundle; "". */
  readonly note: string;
}

/** Takes alerts and returns at once. What happens to them on their way is told through `onProblem` when the sink is made. */
export interface Sink {
  send(alerts: readonly Alert[]): void;
  /** Waits for what is under way, no longer than `ms`. */
  close(ms: number): Promise<void>;
}

export function summaryOf(a: Alert): string {
  const v = a.verdict;
  const at = v.location === null ? v.signal.label : `${v.location.function} (${v.location.file}:${v.location.line})`;
  return a.status === "firing" ? `${a.target} leaks: ${v.kind} at ${at}` : `${a.target}: ${v.kind} at ${at} is over`;
}

export function descriptionOf(a: Alert): string {
  const v = a.verdict;
  const parts = [...v.evidence];
  if (v.proven > 0) parts.push(`The runtime itself proved ${v.proven} of them unreachable.`);
  if (v.exhaustionSeconds !== null && v.signal.limit !== null)
    parts.push(
      `The limit of ${amount(v.signal.limit, v.signal.unit)} is reached in ${span(v.exhaustionSeconds)} at this pace.`,
    );
  if (v.changeOfMind !== "" && a.status === "firing") parts.push(`What would end this: ${v.changeOfMind}`);
  if (a.note !== "") parts.push(a.note);
  return parts.map((p) => (/[.!?]$/.test(p) ? p : `${p}.`)).join(" ");
}

/** Labels are the identity of an alert: nothing in them changes while it fires. */
export function labelsOf(a: Alert): Record<string, string> {
  const v = a.verdict;
  return {
    ...a.targetLabels,
    alertname: "StanchLeak",
    severity: "warning",
    instance: a.target,
    kind: v.kind,
    signal: v.signal.name,
    ...(v.location === null ? {} : { function: v.location.function }),
  };
}

export function annotationsOf(a: Alert): Record<string, string> {
  const v = a.verdict;
  return {
    summary: summaryOf(a),
    description: descriptionOf(a),
    since: new Date(v.sinceMs).toISOString(),
    value: String(v.value),
    ...(v.growth === null ? {} : { growth: `${v.growth.perSecond} ${v.growth.unit}/s` }),
    ...(v.location === null ? {} : { line: `${v.location.file}:${v.location.line}` }),
    ...(a.bundle === null ? {} : { bundle: a.bundle }),
  };
}
