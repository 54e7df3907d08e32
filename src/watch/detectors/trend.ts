/**
 * Whether a signal grows for good. Windows: everything since the start, the last half, quarter and eighth, so that what begins late is
 * found too; each in 24 and in 12 groups. A window is a leak's where the drift of its levels, less what the load explains, is surer than the
 * look may spend, and the growth neither slows down nor has stopped.
 */
import type { Blocks, Column } from "../../series/blocks.ts";
import { drift, fallTest, type Drift } from "../../stats/drift.ts";
import { explainedGrowth, workLengths, type Explained } from "./load.ts";
import { incrementsOf, levelsOf, meansOver, type Levels, type Span } from "./levels.ts";

export const GROUPS = [24, 12] as const;
/** Below this nothing is tested. */
const LEAST_GROUPS = 12;

/** What every look asks of every window. */
export interface Rise {
  readonly span: Span;
  readonly levels: Levels;
  readonly rises: Float64Array;
  /** Of each step, with mean 1. */
  readonly lengths: Float64Array;
  /** The same in time or in work, whichever makes the rise surer. */
  readonly clock: Float64Array;
  /** Per group. */
  readonly raw: Drift;
}

/** What is asked where something rises. */
export interface Trend extends Rise {
  /** Less what the load explains; null where that is more than the growth. */
  readonly net: Drift | null;
  readonly explained: Explained | null;
  /** Growth over the window. */
  readonly growth: number;
  /** Chance of so much of a fall between the first and the second half of the increments if there were none. */
  readonly slowing: number;
  /** The same for a bend of any kind: up, down, or in the middle. */
  readonly bend: number;
  /** Mean rise in the second half of the window over that in the first; in time or in work, whichever slows less. */
  readonly pace: number;
  /** Growth in the last quarter as a share of what the mean would have brought: 1 for a straight line. In time or work as well. */
  readonly recent: number;
}

/** What the level moves by when one thing comes, in the signal's unit. */
export function quantumOf(column: Column): number {
  const { kind, name } = column.signal;
  if (kind !== "heap") return 1;
  // A sampled object of a heap profile stands for 512 KiB (MemProfileRate); totals come from the collector, in spans of 8 KiB.
  return name === "total" ? 8 << 10 : 512 << 10;
}

/** All windows that can be tested, the longest first. */
export function windows(blocks: Blocks): Span[] {
  const out: Span[] = [];
  for (const part of [1, 2, 4, 8]) {
    const n = Math.floor(blocks.count / part);
    if (n >= LEAST_GROUPS) out.push({ from: blocks.count - n, to: blocks.count });
  }
  return out;
}

export function riseOf(
  blocks: Blocks,
  column: Column,
  span: Span,
  groups: number,
  loads: readonly Column[],
): Rise | null {
  const levels = levelsOf(blocks, column, span, groups);
  if (levels.values.length < LEAST_GROUPS) return null;
  const { rises, lengths } = incrementsOf(levels);
  const quantum = quantumOf(column);
  const byTime = drift(rises, quantum, lengths);
  if (byTime === null) return null;
  const rise: Rise = { span, levels, rises, lengths, clock: lengths, raw: byTime };
  // Where nothing rises no other clock makes it.
  if (byTime.mean <= 0 || loads.length === 0) return rise;
  const work = workLengths(levels, loads[0], lengths);
  const byWork = work === null ? null : drift(rises, quantum, work);
  return work !== null && byWork !== null && byWork.p < byTime.p ? { ...rise, clock: work, raw: byWork } : rise;
}

export function trendOf(rise: Rise, column: Column, loads: readonly Column[]): Trend {
  const { levels, rises, lengths, clock, raw } = rise;
  const quantum = quantumOf(column);
  // Of steps of one length: what follows compares parts of the window, and a gap is no jump.
  const d = rises.map((v, i) => v / lengths[i]);
  const growth = raw.mean * d.length;
  const explained = growth > 0 ? explainedGrowth(levels, loads) : null;
  let net: Drift | null = raw;
  if (explained !== null && explained.growth > 0) {
    const share = explained.growth / d.length;
    net =
      share >= raw.mean
        ? null
        : drift(
            rises.map((v, i) => v - share * clock[i]),
            quantum,
            clock,
          );
  }
  const half = Math.floor(d.length / 2);
  const third = Math.floor(d.length / 3);
  const [early, late] = [d.subarray(0, half), d.subarray(d.length - half)];
  const middle = d.subarray(third, d.length - third);
  const outer = Float64Array.from([...d.subarray(0, third), ...d.subarray(d.length - third)]);
  const slowing = Math.max(fallTest(early, late, quantum), slowingPerLoad(d, quantum, levels, loads));
  const quarter = Math.floor(d.length / 4);
  return {
    ...rise,
    net,
    explained,
    growth,
    slowing,
    bend: Math.min(
      fallTest(early, late, quantum),
      fallTest(late, early, quantum),
      fallTest(middle, outer, quantum),
      fallTest(outer, middle, quantum),
    ),
    // Where fewer requests come there is less growth, and as much for each.
    pace: Math.max(paceIn(rises, lengths), paceIn(rises, clock)),
    recent:
      raw.mean > 0 ? Math.max(...[lengths, clock].map((l) => rateIn(rises, l, d.length - quarter))) / raw.mean : 0,
  };
}

/** Rise for each unit of length from step `from` on, up to step `to`. */
function rateIn(rises: Float64Array, lengths: Float64Array, from: number, to = rises.length): number {
  let rise = 0;
  let length = 0;
  for (let i = from; i < to; i++) {
    rise += rises[i];
    length += lengths[i];
  }
  return rise / length;
}

function paceIn(rises: Float64Array, lengths: Float64Array): number {
  const half = Math.floor(rises.length / 2);
  const early = rateIn(rises, lengths, 0, half);
  return early > 0 ? rateIn(rises, lengths, rises.length - half) / early : Number.POSITIVE_INFINITY;
}

/** A leak per request slows down when requests do: growth for each unit of load must slow down too. 0: no load to ask. */
function slowingPerLoad(d: Float64Array, quantum: number, levels: Levels, loads: readonly Column[]): number {
  let most = 0;
  for (const by of loads) {
    const load = meansOver(by, levels.spans);
    const per: number[] = [];
    let sum = 0;
    for (let i = 0; i < d.length; i++) {
      const l = (load[i] + load[i + 1]) / 2;
      if (!(l > 0)) continue;
      per.push(d[i] / l);
      sum += l;
    }
    const half = Math.floor(per.length / 2);
    if (half < 4) continue;
    const [a, b] = [per.slice(0, half), per.slice(per.length - half)];
    most = Math.max(most, fallTest(a, b, (quantum * per.length) / sum));
  }
  return most;
}
