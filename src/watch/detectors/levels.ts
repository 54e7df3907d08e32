/**
 * A column of blocks in few groups, each with one level: what the signal falls back to. Few groups make slow wobble small against their
 * distance, and one that is low in every group has no bursts in it.
 */
import type { Blocks, Column } from "../../series/blocks.ts";
import { quantile } from "../../stats/order.ts";

/** Closed blocks, `to` excluded. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Levels {
  /** Seconds since the segment began. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** First and last block of each group. */
  readonly spans: readonly Span[];
}

const FLOOR = 0.25;

/** Fewer groups than `groups` where there are fewer blocks; groups without a value are left out. */
export function levelsOf(blocks: Blocks, column: Column, span: Span, groups: number): Levels {
  const n = span.to - span.from;
  const count = Math.min(groups, n);
  const times: number[] = [];
  const values: number[] = [];
  const spans: Span[] = [];
  for (let g = 0; g < count; g++) {
    const from = span.from + Math.floor((g * n) / count);
    const to = span.from + Math.floor(((g + 1) * n) / count);
    const means: number[] = [];
    let least = Number.POSITIVE_INFINITY;
    const at: number[] = [];
    for (let b = from; b < to; b++) {
      const v = column.meanAt(b);
      if (Number.isNaN(v)) continue;
      means.push(v);
      least = Math.min(least, column.lowAt(b));
      at.push(blocks.times[b]);
    }
    if (means.length === 0) continue;
    // Where values rise, their lower quartile belongs to that of the times: a group astride a gap stays on the line.
    times.push(quantile(at, FLOOR) / 1000);
    // The floor of a sawtooth; else the lower quartile, which bursts do not lift.
    values.push(column.signal.sawtooth ? least : quantile(means, FLOOR));
    spans.push({ from, to });
  }
  return { times: Float64Array.from(times), values: Float64Array.from(values), spans };
}

/** Rises from group to group, and how long each took in units of their mean. */
export function incrementsOf({ times, values }: Levels): { rises: Float64Array; lengths: Float64Array } {
  const n = Math.max(0, values.length - 1);
  const rises = new Float64Array(n);
  const lengths = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    rises[i] = values[i + 1] - values[i];
    lengths[i] = ((times[i + 1] - times[i]) / (times[n] - times[0])) * n;
  }
  return { rises, lengths };
}

/** Means of another column over the same groups; NaN where it has none. */
export function meansOver(column: Column, spans: readonly Span[]): Float64Array {
  return Float64Array.from(spans, ({ from, to }) => {
    let sum = 0;
    let n = 0;
    for (let b = from; b < to; b++) {
      const v = column.meanAt(b);
      if (Number.isNaN(v)) continue;
      sum += v;
      n++;
    }
    return n === 0 ? Number.NaN : sum / n;
  });
}
