/**
 * Natural loops: the blocks that can go round to a header which dominates them.
 *
 *     for a { for b { x } y }      loop 0: header a, blocks a b x y, parent -1
 *                                  loop 1: header b, blocks b x,     parent 0
 *
 * Cycles made by goto that have several entries are no natural loops; `irreducible` says that there are such.
 */
import type { Block, Cfg, Edge } from "./blocks.ts";
import { dominators } from "./dominators.ts";
import type { DominatorTree } from "./dominators.ts";

export interface Loop {
  readonly header: Block;
  /** Index of the loop around it in `Loops.all`, or -1. */
  parent: number;
  /** Edges from inside the loop to its header. */
  readonly back: Edge[];
}

export class Loops {
  constructor(
    /** Outer loops before inner ones. */
    readonly all: readonly Loop[],
    /** Per block id: index of the innermost loop, or -1. */
    readonly innermost: Int32Array,
    readonly irreducible: boolean,
  ) {}

  /** True where `block` belongs to the loop, nested loops included. */
  contains(loop: number, block: Block): boolean {
    for (let at = this.innermost[block.id]; at >= 0; at = this.all[at].parent) {
      if (at === loop) {
        return true;
      }
    }
    return false;
  }

  /** How many loops are around `block`. */
  depth(block: Block): number {
    let depth = 0;
    for (let at = this.innermost[block.id]; at >= 0; at = this.all[at].parent) {
      depth++;
    }
    return depth;
  }
}

/** Finds the loops of a graph. Time is nearly linear: finished inner loops are collapsed into their header. */
export function findLoops(cfg: Cfg, tree: DominatorTree = dominators(cfg)): Loops {
  const { order, retreating } = depthFirst(cfg);
  const back = new Map<number, Edge[]>();
  let irreducible = false;
  for (const edge of retreating) {
    if (tree.dominates(edge.to, edge.from)) {
      const list = back.get(edge.to.id);
      if (list === undefined) {
        back.set(edge.to.id, [edge]);
      } else {
        list.push(edge);
      }
    } else {
      irreducible = true;
    }
  }
  const headers = order.filter((id) => back.has(id));
  const all: Loop[] = headers.map((id) => ({ header: cfg.blocks[id], parent: -1, back: back.get(id) ?? [] }));
  const innermost = new Int32Array(cfg.blocks.length).fill(-1);

  // Inner loops first: later headers in reverse postorder. `into[x]` is the header x was collapsed into.
  const into = new Int32Array(cfg.blocks.length);
  for (let i = 0; i < into.length; i++) {
    into[i] = i;
  }
  const find = (x: number): number => {
    while (into[x] !== x) {
      into[x] = into[into[x]];
      x = into[x];
    }
    return x;
  };
  for (let index = all.length - 1; index >= 0; index--) {
    const { header, back: edges } = all[index];
    const work = edges.map((e) => find(e.from.id));
    innermost[header.id] = index;
    for (let id = work.pop(); id !== undefined; id = work.pop()) {
      if (id === header.id || into[id] !== id) {
        continue;
      }
      into[id] = header.id;
      if (innermost[id] < 0) {
        innermost[id] = index;
      } else {
        all[innermost[id]].parent = index;
      }
      for (const { from } of cfg.blocks[id].preds) {
        if (from.reachable) {
          work.push(find(from.id));
        }
      }
    }
  }
  return new Loops(all, innermost, irreducible);
}

/** Reachable blocks in reverse postorder, and the edges that lead back to a block on the current path. */
function depthFirst(cfg: Cfg): { order: number[]; retreating: Edge[] } {
  const NEW = 0;
  const OPEN = 1;
  const CLOSED = 2;
  const state = new Uint8Array(cfg.blocks.length);
  const cursor = new Int32Array(cfg.blocks.length);
  const order: number[] = [];
  const retreating: Edge[] = [];
  const stack: Block[] = [cfg.entry];
  state[cfg.entry.id] = OPEN;
  while (stack.length > 0) {
    const block = stack[stack.length - 1];
    if (cursor[block.id] === block.succs.length) {
      state[block.id] = CLOSED;
      order.push(block.id);
      stack.pop();
      continue;
    }
    const edge = block.succs[cursor[block.id]++];
    const { to } = edge;
    if (state[to.id] === NEW) {
      state[to.id] = OPEN;
      stack.push(to);
    } else if (state[to.id] === OPEN) {
      retreating.push(edge);
    }
  }
  return { order: order.reverse(), retreating };
}
