/**
 * Dominators, post-dominators and loops.
 *
 * Immediate dominators by Lengauer and Tarjan ("A fast algorithm for finding dominators in a flowgraph", 1979), in its
 * simple form of O(m log n): the iterative algorithms are quadratic on what generated code is made of, ten thousand
 * tests in a row that all lead to one return. Answers to "does a dominate b" come from an interval numbering of the tree,
 * in constant time.
 */
import type { Block, Cfg } from "./blocks.ts";

const NONE = -1;

/** A tree of dominance over block ids. */
export class DominatorTree {
  private readonly first: Int32Array;
  private readonly last: Int32Array;

  constructor(
    /** Per block id: the id of its immediate dominator; -1 for roots and for blocks outside the tree. */
    readonly parent: Int32Array,
    roots: readonly number[],
    inside: Uint8Array,
  ) {
    const n = parent.length;
    this.first = new Int32Array(n).fill(NONE);
    this.last = new Int32Array(n).fill(NONE);
    const { heads, nexts } = childLists(parent, inside);
    let clock = 0;
    const cursor = heads.slice();
    const stack: number[] = [];
    for (const root of roots) {
      stack.push(root);
      this.first[root] = clock++;
      while (stack.length > 0) {
        const at = stack[stack.length - 1];
        const child = cursor[at];
        if (child === NONE) {
          this.last[at] = clock++;
          stack.pop();
        } else {
          cursor[at] = nexts[child];
          this.first[child] = clock++;
          stack.push(child);
        }
      }
    }
  }

  /** True where every path to `b` (from `b`, for post-dominators) passes `a`; a block dominates itself. */
  dominates(a: Block, b: Block): boolean {
    const { first, last } = this;
    return first[a.id] !== NONE && first[a.id] <= first[b.id] && last[b.id] <= last[a.id];
  }
}

function childLists(parent: Int32Array, inside: Uint8Array): { heads: Int32Array; nexts: Int32Array } {
  const heads = new Int32Array(parent.length).fill(NONE);
  const nexts = new Int32Array(parent.length).fill(NONE);
  for (let i = parent.length - 1; i >= 0; i--) {
    if (inside[i] !== 0 && parent[i] !== NONE) {
      nexts[i] = heads[parent[i]];
      heads[parent[i]] = i;
    }
  }
  return { heads, nexts };
}

/**
 * The tree for a graph of `n` nodes with several roots, which hang under a virtual one.
 *
 * Nodes are numbered in depth-first preorder from 1; 0 is the virtual root. `semi[w]` is w's semidominator: the lowest
 * number from which w is reached by a path whose inner nodes are all numbered higher than w.
 */
function dominatorTree(
  n: number,
  roots: readonly number[],
  next: (id: number) => readonly number[],
  before: (id: number) => readonly number[],
): DominatorTree {
  const { order, number, above } = preorder(n, roots, next);
  const count = order.length;
  const semi = new Int32Array(count);
  const label = new Int32Array(count);
  const idom = new Int32Array(count);
  const ancestor = new Int32Array(count).fill(NONE);
  const bucket = new Int32Array(count).fill(NONE);
  const bucketNext = new Int32Array(count).fill(NONE);
  const isRoot = new Uint8Array(n);
  for (const root of roots) {
    isRoot[root] = 1;
  }
  for (let i = 0; i < count; i++) {
    semi[i] = label[i] = i;
  }

  const path: number[] = [];
  /** The node of lowest semidominator between v and the root of its tree in the forest; shortens the way for later. */
  const lowest = (v: number): number => {
    if (ancestor[v] === NONE) {
      return label[v];
    }
    for (let x = v; ancestor[ancestor[x]] !== NONE; x = ancestor[x]) {
      path.push(x);
    }
    for (let x = path.pop(); x !== undefined; x = path.pop()) {
      const up = ancestor[x];
      if (semi[label[up]] < semi[label[x]]) {
        label[x] = label[up];
      }
      ancestor[x] = ancestor[up];
    }
    return label[v];
  };

  for (let w = count - 1; w > 0; w--) {
    const id = order[w];
    if (isRoot[id] !== 0) {
      semi[w] = 0;
    } else {
      for (const from of before(id)) {
        if (number[from] !== NONE) {
          semi[w] = Math.min(semi[w], semi[lowest(number[from])]);
        }
      }
    }
    bucketNext[w] = bucket[semi[w]];
    bucket[semi[w]] = w;
    ancestor[w] = above[w];
    for (let v = bucket[above[w]]; v !== NONE; v = bucketNext[v]) {
      const u = lowest(v);
      idom[v] = semi[u] < semi[v] ? u : above[w];
    }
    bucket[above[w]] = NONE;
  }
  const parent = new Int32Array(n).fill(NONE);
  const inside = new Uint8Array(n);
  const tops: number[] = [];
  for (let w = 1; w < count; w++) {
    if (idom[w] !== semi[w]) {
      idom[w] = idom[idom[w]];
    }
    inside[order[w]] = 1;
    if (idom[w] === 0) {
      tops.push(order[w]);
    } else {
      parent[order[w]] = order[idom[w]];
    }
  }
  return new DominatorTree(parent, tops, inside);
}

interface Preorder {
  /** Ids by number; the first is the virtual root's and means nothing. */
  readonly order: readonly number[];
  /** Numbers by id; -1 for nodes that are not reached. */
  readonly number: Int32Array;
  /** By number: the number of the parent in the depth-first tree. */
  readonly above: readonly number[];
}

function preorder(n: number, roots: readonly number[], next: (id: number) => readonly number[]): Preorder {
  const number = new Int32Array(n).fill(NONE);
  const order = [NONE];
  const above = [NONE];
  const cursor = new Int32Array(n);
  const stack: number[] = [];
  const open = (id: number, from: number): void => {
    number[id] = order.length;
    order.push(id);
    above.push(from);
    stack.push(id);
  };
  for (const root of roots) {
    if (number[root] !== NONE) {
      continue;
    }
    open(root, 0);
    while (stack.length > 0) {
      const at = stack[stack.length - 1];
      const out = next(at);
      if (cursor[at] === out.length) {
        stack.pop();
      } else {
        const to = out[cursor[at]++];
        if (number[to] === NONE) {
          open(to, number[at]);
        }
      }
    }
  }
  return { order, number, above };
}

function successors(cfg: Cfg): number[][] {
  return cfg.blocks.map((b) => b.succs.map((e) => e.to.id));
}

function predecessors(cfg: Cfg): number[][] {
  return cfg.blocks.map((b) => b.preds.map((e) => e.from.id));
}

/** Dominators from the entry. Unreachable blocks are outside the tree: they neither dominate nor are dominated. */
export function dominators(cfg: Cfg): DominatorTree {
  const succs = successors(cfg);
  const preds = predecessors(cfg);
  return dominatorTree(
    cfg.blocks.length,
    [cfg.entry.id],
    (id) => succs[id],
    (id) => preds[id],
  );
}

/** Post-dominators towards exit, panic and stop together. Blocks that reach none of them are outside the tree. */
export function postDominators(cfg: Cfg): DominatorTree {
  const succs = successors(cfg);
  const preds = predecessors(cfg);
  return dominatorTree(
    cfg.blocks.length,
    [cfg.exit.id, cfg.panic.id, cfg.stop.id],
    (id) => preds[id],
    (id) => succs[id],
  );
}
