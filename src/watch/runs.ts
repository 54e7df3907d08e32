/** The runs of a process within a recording, each judged by itself: what an earlier revision leaked, and what it did not. */
import { isRestart, type ProcessIdentity } from "../series/sample.ts";
import { Judge, type JudgeOptions } from "./detectors/judge.ts";
import type { Recording } from "./recordings/recording.ts";
import type { Verdict } from "./verdict.ts";

export interface Run {
  /** Null where the recording does not say who ran. */
  readonly process: ProcessIdentity | null;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly looks: number;
  /** Leaks, the worst first, then one for each kind that has none. */
  readonly verdicts: readonly Verdict[];
}

/** A service that crashes all day: its last runs tell enough. */
const MOST_RUNS = 50;

/** Oldest first. */
export function runsOf(recording: Recording, options: JudgeOptions): Run[] {
  const runs: Run[] = [];
  let judge = new Judge(options);
  let process: ProcessIdentity | null = null;
  let firstMs = Number.NaN;
  let lastMs = Number.NaN;
  let looks = 0;
  const end = (): void => {
    if (looks > 0) runs.push({ process, firstMs, lastMs, looks, verdicts: judge.verdicts() });
    if (runs.length > MOST_RUNS) runs.shift();
  };
  for (const sample of recording.samples) {
    if (!Number.isFinite(sample.timeMs) || sample.timeMs <= lastMs) continue;
    if (isRestart(process, sample.process)) {
      end();
      judge = new Judge(options);
      looks = 0;
    }
    process = sample.process ?? process;
    judge.push(sample);
    if (looks === 0) firstMs = sample.timeMs;
    lastMs = sample.timeMs;
    looks++;
  }
  end();
  return runs;
}

/** With fewer looks a run says little of what it leaked. */
const ENOUGH = 30;

/**
 * The longest run of the last revision that is none of those that run now. Where revisions are unknown: the last other process that was
 * looked at often enough. Null: it holds only what runs now.
 */
export function runBefore(runs: readonly Run[], now: readonly ProcessIdentity[]): Run | null {
  const revisions = new Set(now.flatMap((p) => (p.revision === null ? [] : [p.revision])));
  const isOther = ({ process }: Run): boolean =>
    process?.revision != null && revisions.size > 0 && !revisions.has(process.revision);
  const revision = runs.findLast(isOther)?.process?.revision;
  if (revision !== undefined)
    return runs.filter((r) => r.process?.revision === revision).reduce((a, b) => (b.looks >= a.looks ? b : a));
  const others = runs.filter(({ process }) => process === null || !now.some((p) => isSame(p, process)));
  return others.findLast((r) => r.looks >= ENOUGH) ?? others.at(-1) ?? null;
}

/** Known to be one process; where a fact is missing they are taken for two. */
function isSame(a: ProcessIdentity, b: ProcessIdentity): boolean {
  const started = a.startedMs !== null && b.startedMs !== null;
  const pids = a.pid !== null && b.pid !== null;
  return (started || pids) && !isRestart(a, b);
}
