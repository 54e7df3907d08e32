/**
 * What a target's signals did since its process started, in bounded memory: blocks of equal numbers of samples on one shared axis.
 *
 *     samples   s0 s1 s2 s3 s4 s5 s6 …       width 2
 *     blocks    [s0 s1][s2 s3][s4 s5][s6 …   start, mean time; per signal: mean, lowest
 *
 * When all blocks are full, neighbours are joined and the width doubles: between CAPACITY / 2 and CAPACITY blocks cover the whole time,
 * whatever its length. A signal that never changed costs one number. One that shows up late was 0 before.
 */
import { signalId, type Signal, type SignalKind } from "./signal.ts";
import type { Sample } from "./sample.ts";

/** 128 to 256 blocks: the shortest window that is tested (an eighth) still has 16. */
export const CAPACITY = 256;

export class Column {
  signal: Signal;
  /**
   * Means and lowest values by block, exact to 24 bits; null while every sample had the value `constant`. Counters come as rates per second.
   */
  mean: Float32Array | null = null;
  low: Float32Array | null = null;
  constant: number;
  last = Number.NaN;
  /** Moves between samples, summed: up, down. What leaks never comes down. */
  up = 0;
  down = 0;
  /** A counter's last reading. */
  reading = Number.NaN;
  readingMs = Number.NaN;
  /** Of the open block. */
  private sum = 0;
  private count = 0;
  private least = Number.POSITIVE_INFINITY;

  constructor(signal: Signal, constant: number) {
    this.signal = signal;
    this.constant = constant;
  }

  /** `blocks`: closed ones so far; `open`: samples in the open block before this one. */
  add(value: number, blocks: number, open: number): void {
    if (this.mean === null) {
      if (value === this.constant) return;
      this.mean = new Float32Array(CAPACITY).fill(Number.NaN).fill(this.constant, 0, blocks);
      this.low = Float32Array.from(this.mean);
      this.sum = Number.isNaN(this.constant) ? 0 : this.constant * open;
      this.count = Number.isNaN(this.constant) ? 0 : open;
      this.least = this.count > 0 ? this.constant : Number.POSITIVE_INFINITY;
    }
    if (Number.isNaN(value)) return;
    this.sum += value;
    this.count++;
    if (value < this.least) this.least = value;
  }

  close(block: number): void {
    if (this.mean === null || this.low === null) return;
    this.mean[block] = this.count > 0 ? this.sum / this.count : Number.NaN;
    this.low[block] = this.count > 0 ? this.least : Number.NaN;
    this.sum = 0;
    this.count = 0;
    this.least = Number.POSITIVE_INFINITY;
  }

  join(): void {
    if (this.mean === null || this.low === null) return;
    for (let i = 0; i < CAPACITY / 2; i++) {
      const [a, b] = [this.mean[2 * i], this.mean[2 * i + 1]];
      this.mean[i] = Number.isNaN(a) ? b : Number.isNaN(b) ? a : (a + b) / 2;
      const [c, d] = [this.low[2 * i], this.low[2 * i + 1]];
      this.low[i] = Number.isNaN(c) ? d : Number.isNaN(d) ? c : Math.min(c, d);
    }
    this.mean.fill(Number.NaN, CAPACITY / 2);
    this.low.fill(Number.NaN, CAPACITY / 2);
  }

  meanAt(block: number): number {
    return this.mean === null ? this.constant : this.mean[block];
  }

  lowAt(block: number): number {
    return this.low === null ? this.constant : this.low[block];
  }
}

export class Blocks {
  readonly columns = new Map<string, Column>();
  /** Mean time of each block, milliseconds since `startMs`. */
  readonly times = new Float64Array(CAPACITY);
  /** Closed blocks. */
  count = 0;
  /** Samples in a block. */
  width = 1;
  samples = 0;
  startMs = Number.NaN;
  lastMs = Number.NaN;
  private open = 0;
  private timeSum = 0;
  private readonly kindsRead = new Set<SignalKind>();

  /** Signals beyond this many are left out: hostile names must not fill the memory. */
  constructor(private readonly mostColumns = 512) {}

  push(sample: Sample): void {
    if (this.samples === 0) this.startMs = sample.timeMs;
    const seen = new Set<Column>();
    for (const { signal, value } of sample.points) {
      const id = signalId(signal);
      let column = this.columns.get(id);
      if (column === undefined) {
        if (this.columns.size >= this.mostColumns) continue;
        // A kind that was read before and lacked this signal had none of it.
        const before = this.samples === 0 ? value : this.kindsRead.has(signal.kind) ? 0 : Number.NaN;
        column = new Column(signal, signal.counter || !Number.isFinite(before) ? Number.NaN : before);
        this.columns.set(id, column);
      }
      if (seen.has(column)) continue;
      seen.add(column);
      // Facts about it may change (a limit, the line after a deploy).
      column.signal = signal;
      this.take(column, Number.isFinite(value) ? value : Number.NaN, sample.timeMs);
    }
    for (const column of this.columns.values())
      if (!seen.has(column)) {
        const { kind, counter } = column.signal;
        this.take(column, !counter && kind !== "load" && sample.read.has(kind) ? 0 : Number.NaN, sample.timeMs);
      }
    for (const kind of sample.read) this.kindsRead.add(kind);
    this.timeSum += sample.timeMs - this.startMs;
    this.open++;
    this.samples++;
    this.lastMs = sample.timeMs;
    if (this.open === this.width) this.close();
  }

  private take(column: Column, value: number, timeMs: number): void {
    let v = value;
    if (column.signal.counter && !Number.isNaN(value)) {
      const seconds = (timeMs - column.readingMs) / 1000;
      // A counter that falls was reset: nothing is known of the time between.
      v = value >= column.reading && seconds > 0 ? (value - column.reading) / seconds : Number.NaN;
      column.reading = value;
      column.readingMs = timeMs;
    }
    column.add(v, this.count, this.open);
    if (!Number.isNaN(v)) {
      if (v > column.last) column.up += v - column.last;
      else if (v < column.last) column.down += column.last - v;
      column.last = v;
    }
  }

  private close(): void {
    this.times[this.count] = this.timeSum / this.open;
    for (const column of this.columns.values()) column.close(this.count);
    this.count++;
    this.open = 0;
    this.timeSum = 0;
    if (this.count < CAPACITY) return;
    for (let i = 0; i < CAPACITY / 2; i++) this.times[i] = (this.times[2 * i] + this.times[2 * i + 1]) / 2;
    for (const column of this.columns.values()) column.join();
    this.count = CAPACITY / 2;
    this.width *= 2;
  }
}
