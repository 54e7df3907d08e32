/**
 * Flame graph rows from a call tree: one box per node, ordered so that a row can be drawn or hit-tested left to right.
 *
 *     box i   depth[i], start[i] .. start[i] + width[i] in units of the value, node[i] in the tree
 *
 * Width is the larger of both sides in a differential tree, so that what has gone stays visible.
 */
import type { CallTree } from "./calltree.ts";

export interface FlameRows {
  readonly count: number;
  readonly depth: Uint16Array;
  readonly start: Float64Array;
  readonly width: Float64Array;
  readonly node: Uint32Array;
  /** Boxes of depth d: order[rowOffsets[d] .. rowOffsets[d+1]), left to right. */
  readonly order: Uint32Array;
  readonly rowOffsets: Uint32Array;
}

/** Boxes narrower than `least` (in value units) are left out with all below them. */
export function flameRows(tree: CallTree, least = 0): FlameRows {
  const n = tree.count;
  const size = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    size[i] += tree.self[i] > 0 ? tree.self[i] : 0;
    const own = Math.max(tree.total[i], tree.baseTotal[i], 0);
    if (own > size[i]) size[i] = own;
    // Children may together outgrow the parent's own side: the parent must hold them all.
    const parent = tree.parents[i];
    if (parent >= 0) size[parent] += size[i];
  }
  const childCount = new Uint32Array(n + 1);
  for (let i = 1; i < n; i++) childCount[tree.parents[i] + 1]++;
  for (let i = 0; i < n; i++) childCount[i + 1] += childCount[i];
  const children = new Uint32Array(Math.max(0, n - 1));
  const cursor = childCount.slice(0, n);
  for (let i = 1; i < n; i++) children[cursor[tree.parents[i]]++] = i;
  const depth = new Uint16Array(n);
  const start = new Float64Array(n);
  const kept: number[] = [0];
  for (let k = 0; k < kept.length; k++) {
    const i = kept[k];
    let x = start[i];
    const below = Array.from(children.subarray(childCount[i], childCount[i + 1]));
    below.sort((a, b) => {
      const x1 = tree.names[tree.frames[a]];
      const x2 = tree.names[tree.frames[b]];
      return x1 < x2 ? -1 : x1 > x2 ? 1 : 0;
    });
    for (const c of below) {
      if (size[c] <= 0 || size[c] < least) continue;
      depth[c] = Math.min(65_535, depth[i] + 1);
      start[c] = x;
      x += size[c];
      kept.push(c);
    }
  }
  // `kept` is in breadth-first order: rows follow each other, each from left to right.
  const count = kept.length;
  const out = {
    count,
    depth: new Uint16Array(count),
    start: new Float64Array(count),
    width: new Float64Array(count),
    node: new Uint32Array(count),
    order: new Uint32Array(count),
  };
  let deepest = 0;
  kept.forEach((i, k) => {
    out.depth[k] = depth[i];
    out.start[k] = start[i];
    out.width[k] = size[i];
    out.node[k] = i;
    out.order[k] = k;
    deepest = Math.max(deepest, depth[i]);
  });
  const rowOffsets = new Uint32Array(deepest + 2);
  for (let k = 0; k < count; k++) rowOffsets[out.depth[k] + 1]++;
  for (let d = 0; d <= deepest; d++) rowOffsets[d + 1] += rowOffsets[d];
  return { ...out, rowOffsets };
}
