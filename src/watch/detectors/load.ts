/**
 * How much of a growth the load can explain. What serves requests (goroutines, connections, buffers) is at most proportional to them: if
 * the load rose by a fifth, so may this. Nothing is fitted, so that noise in the load costs little and a trend in it is never missed.
 */
import type { Blocks, Column } from "../../series/blocks.ts";
import { readOpener } from "../../series/openers.ts";
import { OWN_CONNECTIONS, type Signal } from "../../series/signal.ts";
import { mean } from "../../stats/order.ts";
import { meansOver, type Levels } from "./levels.ts";

/** Queues grow faster than what fills them. */
const SUPERLINEAR = 1.5;
/** One-sided 95 %: the load's own growth is known no better than its noise lets it. */
const MARGIN = 1.645;

/**
 * What asks for work is better to compare with than work done, because a leak makes work too; connections come last, because they pile up
 * with what hangs behind them.
 */
export function loadsOf(blocks: Blocks): Column[] {
  const all = [...blocks.columns.values()].filter((c) => c.signal.kind === "load" && isAsked(c.signal));
  for (const rank of [0, 1, 2, 3]) {
    const some = all.filter((c) => loadRank(c.signal) === rank && !isSilent(c));
    if (some.length > 0) return some;
  }
  return [];
}

/** What somebody asked for; who opens what, and what the process dials to itself, is its own doing. */
function isAsked(s: Signal): boolean {
  return readOpener(s) === null && s.name !== OWN_CONNECTIONS;
}

function loadRank(s: Signal): number {
  // CPU comes in hundredths of a second, allocations by samples of half a megabyte: both are noise where little is done.
  if (/^(?:cpu|alloc)/i.test(s.name)) return 2;
  if (s.name === "read calls") return 1;
  return s.counter ? 0 : /^conn/i.test(s.name) ? 3 : 0;
}

/**
 * How long each step between groups was in units of work: a leak for each request keeps step with requests, whatever waves they come in.
 * Of mean 1; null where the load is not known throughout.
 */
export function workLengths(levels: Levels, load: Column, lengths: Float64Array): Float64Array | null {
  const of = meansOver(load, levels.spans);
  const work = lengths.map((length, i) => length * Math.max(0, (of[i] + of[i + 1]) / 2));
  const all = mean(work);
  if (!(all > 0)) return null;
  // What grows while next to nothing is asked must not count for infinitely much.
  return work.map((w) => Math.max(LEAST_WORK, w / all));
}

/** Of a step's mean share of the work. */
const LEAST_WORK = 0.05;

/** A counter that never counted says nothing. */
function isSilent(c: Column): boolean {
  return c.mean === null && (c.constant === 0 || Number.isNaN(c.constant));
}

export interface Explained {
  readonly by: Column;
  /** Growth of the load over the window: its last quarter over its beginning, as a factor. */
  readonly factor: number;
  /** Growth of the signal that it may account for, in the signal's unit. */
  readonly growth: number;
}

/** Groups at the beginning that are the level before: few, so that of a leak from the start they hold little. */
const BEFORE = 2;

/** The load that explains most of the growth over these groups; null where no load was seen. */
export function explainedGrowth(levels: Levels, loads: readonly Column[]): Explained | null {
  const n = levels.values.length;
  const quarter = Math.max(BEFORE, Math.floor(n / 4));
  const base = Math.max(0, mean(levels.values.subarray(0, BEFORE)));
  const end = Math.max(0, mean(levels.values.subarray(n - quarter)));
  let best: Explained | null = null;
  for (const by of loads) {
    const load = meansOver(by, levels.spans);
    const first = load.subarray(0, BEFORE).filter((v) => !Number.isNaN(v));
    const last = load.subarray(n - quarter).filter((v) => !Number.isNaN(v));
    if (first.length === 0 || last.length === 0) continue;
    const before = mean(first);
    const after = mean(last);
    const noise = spreadAround(load) * Math.sqrt(1 / first.length + 1 / last.length);
    const rise = Math.max(0, after - before + MARGIN * noise);
    // From nothing, anything is proportional.
    const growth = before > 0 ? SUPERLINEAR * base * (rise / before) : after > 0 ? SUPERLINEAR * end : 0;
    const factor = before > 0 ? after / before : after > 0 ? Number.POSITIVE_INFINITY : 1;
    if (best === null || growth > best.growth) best = { by, factor, growth };
  }
  return best;
}

/** Standard deviation by the differences of neighbours (von Neumann): a trend is no noise. */
function spreadAround(values: Float64Array): number {
  let sum = 0;
  let n = 0;
  for (let i = 1; i < values.length; i++) {
    const d = values[i] - values[i - 1];
    if (Number.isNaN(d)) continue;
    sum += d * d;
    n++;
  }
  return n === 0 ? 0 : Math.sqrt(sum / n / 2);
}
