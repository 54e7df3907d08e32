/**
 * Flame graph rows from a call tree: a box for each node, row by row, each row from left to right.
 *
 *     box i   start[i] .. start[i] + width[i] in units of the value, node[i] in the tree
 *     row d   boxes rowOffsets[d] .. rowOffsets[d+1)
 *
 * Width is the larger of both sides in a differential tree, so that what has gone stays visible.
 */
import type { CallTree } from "./calltree.ts";

export interface FlameRows {
  readonly count: number;
  readonly start: Float64Array;
  readonly width: Float64Array;
  /** Null where box and node are one, since none was left out. */
  readonly node: Uint32Array | null;
  readonly rowOffsets: Uint32Array;
}

/** Boxes without a width are left out, and those narrower than `least` (in value units), with all below them. */
export function flameRows(tree: CallTree, least = 0): FlameRows {
  const { count: n, parents, total, baseTotal, self, levels } = tree;
  // Of one profile without negative values the totals are it.
  const width = baseTotal === null && self.every((v) => v >= 0) ? total : widthsOf(tree);
  // Siblings lie next to each other, so that each box begins where the one before it ends, or its parent does.
  const start = new Float64Array(n);
  let left = 0;
  for (let i = 1; i < n; i++) {
    if (parents[i] !== parents[i - 1]) left = start[parents[i]];
    start[i] = left;
    left += width[i];
  }
  let few = false;
  for (let i = 1; i < n; i++) if (width[i] <= 0 || width[i] < least) few = true;
  if (!few) return { count: n, start, width, node: null, rowOffsets: levels };

  const kept = new Uint8Array(n);
  kept[0] = 1;
  const node: number[] = [0];
  const offsets: number[] = [0, 1];
  for (let d = 1; d + 1 < levels.length; d++) {
    for (let i = levels[d]; i < levels[d + 1]; i++) {
      if (kept[parents[i]] === 0 || width[i] <= 0 || width[i] < least) continue;
      kept[i] = 1;
      node.push(i);
    }
    if (node.length === offsets[d]) break;
    offsets.push(node.length);
  }
  return {
    count: node.length,
    start: Float64Array.from(node, (i) => start[i]),
    width: Float64Array.from(node, (i) => width[i]),
    node: Uint32Array.from(node),
    rowOffsets: Uint32Array.from(offsets),
  };
}

function widthsOf({ count, parents, total, baseTotal, self }: CallTree): Float64Array {
  const width = new Float64Array(count);
  for (let i = count - 1; i >= 0; i--) {
    let size = width[i] + (self[i] > 0 ? self[i] : 0);
    if (total[i] > size) size = total[i];
    if (baseTotal !== null && baseTotal[i] > size) size = baseTotal[i];
    width[i] = size;
    // Children may together outgrow the parent's own side: the parent must hold them all.
    if (i > 0) width[parents[i]] += size;
  }
  return width;
}
