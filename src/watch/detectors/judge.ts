/**
 * Judges one target. Pure: samples in, verdicts out; the same samples give the same verdicts, whenever and wherever they are pushed.
 *
 *     const judge = new Judge(defaults);
 *     for (const sample of samples) judge.push(sample);
 *     judge.verdicts();
 */
import type { Sample } from "../../series/sample.ts";
import type { Verdict } from "../verdict.ts";

export interface JudgeOptions {
  /** Chance per signal and segment that a healthy one is called a leak. */
  readonly errorRate: number;
  /** Growth below this is not worth a word, however sure. */
  readonly least: { readonly count: number; readonly bytes: number };
}

export const judgeDefaults: JudgeOptions = { errorRate: 1e-4, least: { count: 8, bytes: 256 << 10 } };

export class Judge {
  constructor(readonly options: JudgeOptions = judgeDefaults) {}

  /** Takes the next sample; returns whether a verdict changed its status or shape. */
  push(_sample: Sample): boolean {
    return false;
  }

  /** Leaks first (worst first), then one verdict per kind that was read. */
  verdicts(): readonly Verdict[] {
    return [];
  }
}
