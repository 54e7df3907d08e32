/** Runs a recording through a judge. Nothing here looks at a clock: the same recording gives the same verdicts anywhere. */
import { isRestart, type ProcessIdentity } from "../series/sample.ts";
import { signalId } from "../series/signal.ts";
import { Judge, type JudgeOptions } from "./detectors/judge.ts";
import type { Recording } from "./recordings/recording.ts";
import type { Verdict } from "./verdict.ts";

export interface Step {
  readonly timeMs: number;
  readonly looks: number;
  readonly verdict: Verdict;
  readonly before: Verdict | null;
}

export interface Replayed {
  readonly target: string;
  readonly process: ProcessIdentity | null;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly looks: number;
  readonly problems: readonly string[];
  readonly verdicts: readonly Verdict[];
  readonly restarts: readonly number[];
  /** Values of each signal, where they were asked for: [milliseconds since 1970, value or NaN]. */
  readonly values: ReadonlyMap<string, readonly (readonly [number, number])[]>;
}

export interface ReplayOptions {
  readonly judge: JudgeOptions;
  /** Called whenever a verdict becomes another. */
  readonly onStep?: (step: Step) => void;
  readonly keepValues: boolean;
}

/** Verdicts that are no leaks change without notice: they are asked for this often. */
const ASK_EVERY = 20;

export function replay(recording: Recording, options: ReplayOptions): Replayed {
  const judge = new Judge(options.judge);
  let process: ProcessIdentity | null = null;
  let firstMs: number | null = null;
  let lastMs: number | null = null;
  let looks = 0;
  const restarts: number[] = [];
  const values = new Map<string, [number, number][]>();
  let said = new Map<string, Verdict>();
  for (const sample of recording.samples) {
    looks++;
    if (isRestart(process, sample.process)) restarts.push(sample.timeMs);
    process = sample.process ?? process;
    const later = lastMs === null || sample.timeMs > lastMs;
    const changed = judge.push(sample);
    if (!later || !Number.isFinite(sample.timeMs)) continue;
    firstMs ??= sample.timeMs;
    lastMs = sample.timeMs;
    if (options.keepValues)
      for (const { signal, value } of sample.points) {
        const id = signalId(signal);
        let list = values.get(id);
        if (list === undefined) values.set(id, (list = []));
        list.push([sample.timeMs, value]);
      }
    if (options.onStep !== undefined && (changed || looks % ASK_EVERY === 0))
      said = tell(judge, said, sample.timeMs, looks, options.onStep);
  }
  return {
    target: recording.target,
    process,
    firstMs,
    lastMs,
    looks,
    problems: recording.problems,
    verdicts: judge.verdicts(),
    restarts,
    values,
  };
}

function tell(
  judge: Judge,
  said: ReadonlyMap<string, Verdict>,
  timeMs: number,
  looks: number,
  onStep: (step: Step) => void,
): Map<string, Verdict> {
  const now = new Map<string, Verdict>();
  for (const verdict of judge.verdicts()) {
    const id = signalId(verdict.signal);
    now.set(id, verdict);
    const before = said.get(id) ?? null;
    if (before === null || before.status !== verdict.status || before.shape !== verdict.shape)
      onStep({ timeMs, looks, verdict, before });
  }
  return now;
}
