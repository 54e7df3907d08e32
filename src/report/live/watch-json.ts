/** Schema stanch.watch/1; see docs/formats/watch.md. The same for `watch` and `replay`, byte for byte where the looks are the same. */
import type { ProcessIdentity } from "../../series/sample.ts";
import type { Verdict } from "../../watch/verdict.ts";

/** The finding of `stanch check` at a verdict's line. */
export interface VerdictFinding {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly fingerprint: string;
}

/** Joins a verdict to the source; null where nothing is known. */
export type FindingOf = (verdict: Verdict) => VerdictFinding | null;

export interface WatchedTarget {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly process: ProcessIdentity | null;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly looks: number;
  /** Why it cannot be read; null while it can. */
  readonly failure: string | null;
  readonly problems: readonly string[];
  readonly verdicts: readonly Verdict[];
}

export function watchJson(targets: readonly WatchedTarget[], finding: FindingOf = () => null): string {
  return `${JSON.stringify({ schema: "stanch.watch/1", targets: targets.map((t) => targetJson(t, finding)) }, null, 2)}\n`;
}

function targetJson(t: WatchedTarget, finding: FindingOf): unknown {
  return {
    target: t.name,
    labels: t.labels,
    process:
      t.process === null
        ? null
        : {
            pid: t.process.pid,
            started: iso(t.process.startedMs),
            goVersion: t.process.goVersion,
            module: t.process.module,
            revision: t.process.revision,
          },
    looks: t.looks,
    first: iso(t.firstMs),
    last: iso(t.lastMs),
    error: t.failure,
    problems: t.problems,
    verdicts: t.verdicts.map((v) => verdictJson(v, t.firstMs, finding)),
  };
}

/** `firstMs`: the first look, from which `decidedAtSeconds` counts. */
export function verdictJson(v: Verdict, firstMs: number | null, finding: FindingOf = () => null): unknown {
  return {
    kind: v.kind,
    name: v.signal.name,
    label: v.signal.label,
    status: v.status,
    shape: v.shape,
    growth: v.growth,
    value: number(v.value),
    from: number(v.from),
    unit: v.signal.unit,
    limit: v.signal.limit,
    since: iso(v.sinceMs),
    decidedAtSeconds: v.decidedMs === null || firstMs === null ? null : (v.decidedMs - firstMs) / 1000,
    errorRate: v.errorRate,
    proven: v.proven,
    exhaustionSeconds: v.exhaustionSeconds,
    detectable: v.detectable,
    location: v.location,
    stack: v.stack,
    evidence: v.evidence,
    changeOfMind: v.changeOfMind,
    finding: finding(v),
  };
}

function iso(ms: number | null): string | null {
  return ms === null || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15 ? null : new Date(ms).toISOString();
}

function number(v: number): number | null {
  return Number.isFinite(v) ? v : null;
}
