/**
 * One signal's verdict in the making: looks at its trend when a look is due, and remembers since when it is sure of what.
 *
 *     undecided ──surely grows, nothing explains it──► leak ──level falls back──► healthy
 *         │                                             └──stays at its height──► plateaued-leak ──for long──► warm-up
 *         └──no growth in sight──► healthy, load, warm-up, step
 */
import type { Blocks, Column } from "../../series/blocks.ts";
import { studentQuantile } from "../../stats/distributions.ts";
import { growthStart, largestStep } from "../../stats/change-point.ts";
import { mannKendall } from "../../stats/mann-kendall.ts";
import { mean, rankCorrelation, variance } from "../../stats/order.ts";
import { theilSen, type Slope } from "../../stats/theil-sen.ts";
import type { Shape, Status } from "../verdict.ts";
import type { Explained } from "./load.ts";
import { meansOver } from "./levels.ts";
import { bound, spend } from "./sequential.ts";
import { GROUPS, quantumOf, riseOf, trendOf, windows, type Rise, type Trend } from "./trend.ts";

/** What a look at one signal knows of the others. */
export interface Scene {
  readonly blocks: Blocks;
  readonly loads: readonly Column[];
  /** Inbound connections, where they are counted. */
  readonly connections: Column | null;
  /** Those that the process dialled to itself, where it does. */
  readonly ownConnections: Column | null;
  /** From 1. */
  readonly look: number;
  /** Milliseconds that the process had run at the first sample; null where unknown. */
  readonly ageMs: number | null;
}

export interface CourseOptions {
  readonly errorRate: number;
  readonly least: number;
}

/** Why growth that is there is not called a leak. */
export type Doubt =
  | "few"
  | "unsure"
  | "load"
  | "slowing"
  | "stopped"
  | "small"
  | "no-load-signal"
  | "shared-with-connections";

/** With this many samples a signal without growth is healthy. */
const ENOUGH = 30;
/** Without a load to compare with, growth must be straight over this many samples, or this many where nothing ever came down. */
const ENOUGH_ALONE = 240;
const ENOUGH_ALONE_STEADY = 120;
/** What fills up needs this many samples until its slowing down shows, and growth counts as even from this pace on. */
const ENOUGH_TO_FILL = 40;
const STEADY_PACE = 0.85;
/** A window that begins within so many times its own length of the process's start may still see it warm up. */
const YOUTH = 8;
/** A cache may take long to fill. Who looks less than every five seconds is not in a hurry. */
const HEAP_PATIENCE_MS = 20 * 60_000;
/** A fall or bend less likely than this by chance is one. */
const CLEAR = 0.05;
/** How weak a hint of growth keeps a signal from being called healthy. */
const HINT = 0.02;

export class Course {
  status: Status = "undecided";
  shape: Shape = "undecided";
  doubt: Doubt | null = "few";
  /** Least p-value of any growth at the last look, uncorrected. */
  hint = 1;
  decidedMs: number | null = null;
  /** Chance to be wrong when this was called a leak, over all looks of the segment. */
  errorRate = 1;
  slope: Slope | null = null;
  /** Per second. */
  detectable: number | null = null;
  sinceMs = Number.NaN;
  from = Number.NaN;
  peak = Number.NaN;
  explained: Explained | null = null;
  explainedShare = 0;
  /** Of the deciding window: seconds it covers, z of Mann–Kendall, factor of autocorrelation. */
  window: { readonly seconds: number; readonly z: number; readonly inflation: number } | null = null;
  /** Correlation of the level with the load that moves with it. */
  follows: { readonly name: string; readonly correlation: number } | null = null;
  step: { readonly atMs: number; readonly before: number; readonly after: number } | null = null;
  private fullMs = Number.NaN;
  private loads: readonly Column[] = [];
  /** The whole segment at the last look, and what a test of that look may spend. */
  private whole: Rise | null = null;
  private wholeP = 1;

  constructor(
    readonly column: Column,
    private readonly options: CourseOptions,
  ) {}

  look(scene: Scene): void {
    const { blocks } = scene;
    const before = this.status;
    this.loads = scene.loads;
    if (this.status === "leak") this.lookAgain(blocks, scene.loads);
    else this.lookFirst(scene);
    if (this.status !== before) this.decidedMs = this.status === "undecided" ? null : blocks.lastMs;
  }

  /** What the runtime proved needs no statistics. */
  prove(blocks: Blocks): void {
    this.call(blocks, "leak");
  }

  /** Another detector saw it: a pool at its maximum, descriptors that only the collector closes. */
  plateau(blocks: Blocks): void {
    this.call(blocks, "plateaued-leak");
  }

  private call(blocks: Blocks, shape: Shape): void {
    if (this.status === "leak") return;
    this.status = "leak";
    this.shape = shape;
    this.doubt = null;
    this.decidedMs = blocks.lastMs;
    this.measure(blocks, { from: 0, to: blocks.count });
  }

  /** Slope and shape of what is no leak: nobody asks for them at every look. */
  describe(blocks: Blocks): void {
    if (this.status === "leak") return;
    this.measure(blocks, { from: 0, to: blocks.count });
    this.detectable = this.whole === null ? null : detectableBy(this.whole, quantumOf(this.column), this.wholeP);
    if (this.status === "healthy") this.shape = this.calmShape(blocks);
  }

  private lookFirst(scene: Scene): void {
    const { blocks, loads, look } = scene;
    const { column, options } = this;
    this.step = null;
    if (column.mean === null) {
      this.from = column.last;
      this.settle(blocks.samples < ENOUGH ? "few" : null);
      return;
    }
    let best: Trend | null = null;
    let bestP = 1;
    this.hint = 1;
    let doubt: Doubt = "unsure";
    let doubtful: Trend | null = null;
    for (const span of windows(blocks))
      for (const groups of GROUPS) {
        const rise = riseOf(blocks, column, span, groups, loads);
        if (rise === null) continue;
        this.hint = Math.min(this.hint, rise.raw.p);
        if (span.from === 0 && groups === GROUPS[0]) {
          this.from = rise.levels.values[0];
          this.whole = rise;
          this.wholeP = spend(options.errorRate, look);
        }
        if (rise.raw.p > options.errorRate) continue;
        const t = trendOf(rise, column, loads);
        const why = this.doubtOf(t, scene);
        if (why !== null) {
          if (doubtful === null || t.raw.p < doubtful.raw.p) {
            doubt = why;
            doubtful = t;
          }
          continue;
        }
        const p = bound(t.net?.p ?? 1, look);
        if (p < bestP) {
          bestP = p;
          best = t;
        }
      }
    if (best !== null && bestP <= options.errorRate && this.rises(blocks, best)) {
      this.status = "leak";
      this.shape = "leak";
      this.doubt = null;
      this.errorRate = bestP;
      this.explained = best.explained;
      this.explainedShare = share(best);
      this.measure(blocks, best.span);
      return;
    }
    this.explained = doubtful?.explained ?? null;
    this.explainedShare = doubtful === null ? 0 : share(doubtful);
    if (blocks.samples < ENOUGH) this.settle("few");
    else if (doubtful !== null) this.settle(doubt);
    else if (this.hint < HINT && !this.isStep(blocks)) this.settle("unsure");
    else this.settle(null);
  }

  /** Undecided for a reason, or healthy without one. */
  private settle(doubt: Doubt | null): void {
    this.doubt = doubt;
    this.status = doubt === null ? "healthy" : "undecided";
    this.shape = this.status;
  }

  private doubtOf(t: Trend, { blocks, loads, look, connections, ownConnections, ageMs }: Scene): Doubt | null {
    const { column, options } = this;
    const samples = (t.span.to - t.span.from) * blocks.width;
    if (t.growth < options.least) return "small";
    if (t.net === null || bound(t.net.p, look) > options.errorRate)
      return t.explained !== null && t.explained.growth > 0.2 * t.growth ? "load" : "unsure";
    if (t.recent < 0.3) return "stopped";
    if (t.slowing < CLEAR) return "slowing";
    const heap = column.signal.kind === "heap";
    const windowMs = blocks.times[t.span.to - 1] - blocks.times[t.span.from];
    if (heap || (ageMs ?? 0) + blocks.times[t.span.from] < YOUTH * windowMs) {
      // Things fill after a start, evenly at first; caches at any time.
      if (samples < ENOUGH_TO_FILL || (heap && windowMs > 5000 * samples && windowMs < HEAP_PATIENCE_MS)) return "few";
      if (t.pace < STEADY_PACE) return "slowing";
    }
    if (connections !== null && perConnection(column, connections, t)) return "shared-with-connections";
    // The end that dialled is what leaks; the one that serves it only waits for it.
    if (ownConnections !== null && serves(column) && perConnection(column, ownConnections, t))
      return "shared-with-connections";
    if (loads.length === 0) {
      const steady = column.down <= 0.02 * column.up;
      if (t.bend < CLEAR || samples < (steady ? ENOUGH_ALONE_STEADY : ENOUGH_ALONE)) return "no-load-signal";
    }
    return null;
  }

  /** Mann–Kendall agrees: it asks of ranks, so that no few values make the drift. */
  private rises(blocks: Blocks, t: Trend): boolean {
    const test = mannKendall(t.levels.values);
    if (test === null || test.pRise > 0.01) return false;
    this.window = {
      seconds: (blocks.times[t.span.to - 1] - blocks.times[t.span.from]) / 1000,
      z: test.z,
      inflation: test.inflation,
    };
    return true;
  }

  /** Slope, start and height of the growth within the span. */
  private measure(blocks: Blocks, span: { readonly from: number; readonly to: number }): void {
    const x: number[] = [];
    const y: number[] = [];
    const { column } = this;
    for (let b = span.from; b < span.to; b++) {
      const v = column.signal.sawtooth ? column.lowAt(b) : column.meanAt(b);
      if (Number.isNaN(v)) continue;
      x.push(blocks.times[b] / 1000);
      y.push(v);
    }
    if (x.length === 0) return;
    let start = 0;
    if (this.status === "leak" && y.length >= 6) start = Math.min(growthStart(y), y.length - 4);
    const test = mannKendall(y.slice(start));
    this.slope = theilSen(x.slice(start), y.slice(start), { inflation: test?.inflation ?? 1 });
    this.sinceMs = start === 0 && span.from === 0 ? blocks.startMs : blocks.startMs + x[start] * 1000;
    this.from = y[start];
    this.peak = y.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  }

  private lookAgain(blocks: Blocks, loads: readonly Column[]): void {
    const { column } = this;
    if (column.mean === null || blocks.count < 12) return;
    const recent: number[] = [];
    for (let b = Math.max(0, blocks.count - 6); b < blocks.count; b++)
      if (!Number.isNaN(column.meanAt(b))) recent.push(column.meanAt(b));
    if (recent.length === 0) return;
    const level = mean(recent);
    this.peak = Math.max(this.peak, level);
    const climbed = this.peak - this.from;
    if (climbed > 0 && level < this.from + 0.5 * climbed && this.shape !== "plateaued-leak") {
      // It came back down: what was held has been given back.
      this.settle(null);
      return;
    }
    const sinceBlock = this.blockAt(blocks, this.sinceMs);
    const span = { from: Math.floor((sinceBlock + blocks.count) / 2), to: blocks.count };
    const rise = riseOf(blocks, column, span, GROUPS[1], loads);
    const t = rise === null ? null : trendOf(rise, column, loads);
    const growing = t === null || (t.raw.p < 0.01 && t.recent > 0);
    if (growing) {
      this.fullMs = Number.NaN;
      if (this.shape === "plateaued-leak" && t !== null) this.shape = "leak";
    } else {
      if (Number.isNaN(this.fullMs)) this.fullMs = blocks.lastMs;
      if (blocks.lastMs - this.fullMs > 0.25 * (this.fullMs - this.sinceMs)) this.shape = "plateaued-leak";
      // Flat for three times as long as it grew, and never at a limit: it filled up, as caches and pools do.
      const { limit } = column.signal;
      const atLimit = limit !== null && level >= 0.95 * limit;
      if (!atLimit && this.errorRate < 1 && blocks.lastMs - this.fullMs > 3 * (this.fullMs - this.sinceMs)) {
        this.settle(null);
        return;
      }
    }
    const { sinceMs, from, peak } = this;
    this.measure(blocks, { from: Math.min(sinceBlock, Math.max(0, blocks.count - 12)), to: blocks.count });
    this.sinceMs = sinceMs;
    this.from = from;
    this.peak = Math.max(peak, this.peak);
  }

  private blockAt(blocks: Blocks, timeMs: number): number {
    let b = 0;
    while (b < blocks.count - 1 && blocks.startMs + blocks.times[b] < timeMs) b++;
    return b;
  }

  /** Nothing grows now: what was it that moved? */
  private calmShape(blocks: Blocks): Shape {
    this.follows = null;
    if (this.column.mean === null) return "healthy";
    const spans = Array.from({ length: blocks.count }, (_, b) => ({ from: b, to: b + 1 }));
    const y = meansOver(this.column, spans);
    const known = y.filter((v) => !Number.isNaN(v));
    if (known.length < 12) return "healthy";
    const range = Math.max(...known) - Math.min(...known);
    if (range < this.options.least) return "healthy";
    if (this.isStep(blocks)) return "step";
    const eighth = Math.max(2, Math.floor(known.length / 8));
    const early = known.subarray(0, eighth);
    const late = known.subarray(known.length >> 1);
    const climb = mean(late) - mean(early);
    const noise = Math.sqrt(variance(early) / early.length + variance(late) / late.length);
    if (climb >= this.options.least && climb > 5 * noise && climb > 0.3 * range) return "warm-up";
    for (const load of this.loads) {
      const l = meansOver(load, spans);
      const both = spans.map((_, i) => i).filter((i) => !Number.isNaN(l[i]) && !Number.isNaN(y[i]));
      if (both.length < 12) continue;
      const correlation = rankCorrelation(
        both.map((i) => l[i]),
        both.map((i) => y[i]),
      );
      if (correlation > 0.7 && correlation > (this.follows?.correlation ?? 0))
        this.follows = { name: load.signal.label, correlation };
    }
    return this.follows !== null ? "load" : "healthy";
  }

  private isStep(blocks: Blocks): boolean {
    const y: number[] = [];
    const at: number[] = [];
    for (let b = 0; b < blocks.count; b++)
      if (!Number.isNaN(this.column.meanAt(b))) {
        y.push(this.column.meanAt(b));
        at.push(blocks.times[b]);
      }
    const step = largestStep(y);
    this.step = null;
    // Nine tenths of all movement in one place; a line would leave a quarter unexplained.
    if (step === null || step.explained < 0.9 || Math.abs(step.after - step.before) < this.options.least) return false;
    this.step = { atMs: blocks.startMs + at[step.at], before: step.before, after: step.after };
    return true;
  }
}

/** Per second: the drift that would have been sure by now, against the noise that was seen and the grain of what comes. */
function detectableBy(t: Rise, quantum: number, p: number): number {
  const steps = t.raw.df + 1;
  const threshold = studentQuantile(p, t.raw.df);
  const noise = Math.sqrt(Math.max(0, t.raw.error ** 2 - (Math.max(0, t.raw.mean) * quantum) / steps));
  const { times } = t.levels;
  const step = (times[times.length - 1] - times[0]) / steps;
  return Math.max(threshold * noise, (threshold ** 2 * quantum) / steps) / step;
}

function share(t: Trend): number {
  return t.explained === null || t.growth <= 0 ? 0 : Math.min(1, t.explained.growth / t.growth);
}

/** Goroutines of servers known by name, one a connection. */
function serves({ signal }: Column): boolean {
  return (
    signal.kind === "goroutine" &&
    /\|(?:net\/http\.\(\*conn\)\.serve|google\.golang\.org\/grpc\.\(\*Server\)\.[^|]*)$/.test(signal.name)
  );
}

/**
 * One, two or three of it come with every inbound connection, and it merely waits for what the peer sends: clients that stay
 * connected, not something the program holds.
 */
function perConnection(column: Column, connections: Column, t: Trend): boolean {
  const { kind, name } = column.signal;
  if (!(kind === "goroutine" ? name.startsWith("IO wait|") : kind === "fd" || kind === "socket")) return false;
  if (/CLOSE_WAIT/.test(name)) return false;
  const c = meansOver(connections, t.levels.spans);
  const rise = c[c.length - 1] - c[0];
  if (!(rise > 0)) return false;
  const ratio = (t.levels.values[t.levels.values.length - 1] - t.levels.values[0]) / rise;
  return [1, 2, 3].some((k) => Math.abs(ratio - k) < 0.15 * k);
}
