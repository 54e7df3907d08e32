/**
 * A flame graph as columns, one entry a box: row by row, each row from left to right, so that what is seen is found by bisection. Box 0 is the
 * root above all. Made in the worker (profiles/lay.ts) and handed over without a copy.
 */
export interface Boxes {
  readonly count: number;
  /** In units of the value, as `width`. */
  readonly start: Float64Array;
  /** The larger of both sides where there is a base. */
  readonly width: Float64Array;
  /** Boxes of row d: rows[d] .. rows[d+1]. */
  readonly rows: Uint32Array;
  /** The box below which a box hangs, -1 for the root. */
  readonly parents: Int32Array;
  /** Row in `names` and `files`, -1 for the root. */
  readonly frames: Int32Array;
  readonly total: Float64Array;
  /** Of the base; null without one. */
  readonly baseTotal: Float64Array | null;
  readonly names: readonly string[];
  readonly files: readonly string[];
}

export function nameOf(boxes: Boxes, box: number): string {
  return box === 0 ? "all" : boxes.names[boxes.frames[box]];
}

export function depthOf(boxes: Boxes, box: number): number {
  let low = 0;
  let high = boxes.rows.length - 1;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (boxes.rows[mid] <= box) low = mid;
    else high = mid;
  }
  return low;
}

/** The first box of low .. high that ends beyond x, or `high`. */
export function firstBeyond(boxes: Boxes, low: number, high: number, x: number): number {
  const { start, width } = boxes;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (start[mid] + width[mid] <= x) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** The same from a box of the row that begins before x, for a step that is short against the row: so it stays near in memory. */
export function nextBeyond({ start, width }: Boxes, box: number, end: number, x: number): number {
  let step = 1;
  let low = box;
  while (low + step < end && start[low + step] < x) {
    low += step;
    step *= 2;
  }
  let high = Math.min(end, low + step);
  // The last that begins before x is at low or above, and below high.
  while (high - low > 1) {
    const mid = (low + high) >>> 1;
    if (start[mid] < x) low = mid;
    else high = mid;
  }
  return start[low] + width[low] > x ? low : low + 1;
}

/** The box of a row that covers x, or -1. */
export function boxAt(boxes: Boxes, x: number, depth: number): number {
  if (depth < 0 || depth + 1 >= boxes.rows.length) return -1;
  const end = boxes.rows[depth + 1];
  const box = firstBeyond(boxes, boxes.rows[depth], end, x);
  return box < end && boxes.start[box] <= x ? box : -1;
}

/** Names a box by the names of its stack, the same in another profile of the program; short enough for an address. */
export function wordOf(boxes: Boxes, box: number): string {
  const stack: string[] = [];
  for (let b = box; b > 0; b = boxes.parents[b]) stack.push(nameOf(boxes, b));
  let hash = 0;
  for (const name of stack.reverse()) hash = mixed(hash, hashOf(name));
  return (hash >>> 0).toString(36);
}

/** The box of that word, or -1. */
export function boxOf(boxes: Boxes, word: string): number {
  const wanted = Number.parseInt(word, 36) >>> 0;
  if (!/^[\da-z]{1,7}$/.test(word)) return -1;
  const names = Int32Array.from(boxes.names, hashOf);
  const hashes = new Int32Array(boxes.count);
  for (let b = 1; b < boxes.count; b++) {
    hashes[b] = mixed(hashes[boxes.parents[b]], names[boxes.frames[b]]);
    if (hashes[b] >>> 0 === wanted) return b;
  }
  return -1;
}

function mixed(a: number, b: number): number {
  return (Math.imul(a ^ b, 0x9e3779b1) + b) | 0;
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
