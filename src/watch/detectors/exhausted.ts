/**
 * A pool at its maximum. Busy pools are there too, but they have free connections now and then, and they got there with the load; a pool
 * that leaks went up one lost connection at a time and never had one back.
 *
 *     in use   ▁▁▂▂▂▃▃▄▄▅▅▆▆███████████    every level held until the next, then the maximum, never a free one
 */
import type { Blocks, Column } from "../../series/blocks.ts";
import { levelsOf } from "./levels.ts";

/** Samples at the maximum before it counts as stuck. */
const LEAST_STUCK = 20;
const LEAST_LEVELS = 3;

/** Blocks since when the pool has been full, null where it is not stuck. */
export function stuckSince(blocks: Blocks, column: Column): number | null {
  const { limit } = column.signal;
  if (column.signal.kind !== "pool" || limit === null || limit <= 0) return null;
  let from = blocks.count;
  while (from > 0 && column.lowAt(from - 1) >= limit) from--;
  return (blocks.count - from) * blocks.width >= LEAST_STUCK ? from : null;
}

/** Whether it climbed there step by step without ever coming down by more than one level. */
export function climbed(blocks: Blocks, column: Column, since: number): boolean {
  const limit = column.signal.limit ?? 0;
  // The floor of each block before: what was never given back in it.
  const { values } = levelsOf(blocks, column, { from: 0, to: Math.min(since + 1, blocks.count) }, 24);
  if (values.length < LEAST_LEVELS) return false;
  let levels = 1;
  let floor = values[0];
  for (const v of values) {
    if (v < floor - 0.1 * limit) return false;
    if (v > floor) levels++;
    floor = Math.max(floor, v);
  }
  return levels >= LEAST_LEVELS && values[0] <= 0.5 * limit;
}
