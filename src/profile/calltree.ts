/**
 * The merged call tree: all stacks laid over each other from the root. Columns, parents before children; node 0 is the root above all
 * stacks. With a base profile every node carries both values, which is what a differential flame graph draws.
 */
import { nameAddress, type Profile } from "./columns.ts";
import { GrowableF64, GrowableI32 } from "./growable.ts";
import { strictName } from "./names.ts";

export interface CallTree {
  readonly count: number;
  /** Parent node, -1 for the root. */
  readonly parents: Int32Array;
  /** Row in `names`; -1 for the root. */
  readonly frames: Int32Array;
  readonly names: readonly string[];
  readonly files: readonly string[];
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** Of the base profile; all zero without one. */
  readonly baseTotal: Float64Array;
}

/** `type` and `baseType` are sample type indexes of their profiles. Frames are told apart by function, not by line. */
export function buildCallTree(p: Profile, type: number, base?: { profile: Profile; type: number }): CallTree {
  const rows = new Map<string, number>();
  const names: string[] = [];
  const files: string[] = [];
  const parents = new GrowableI32(1024);
  const frames = new GrowableI32(1024);
  const self = new GrowableF64(1024);
  const total = new GrowableF64(1024);
  const baseTotal = new GrowableF64(1024);
  // First child and next sibling: most nodes have one child, and a map entry per node would cost more than the node.
  const firstChild = new GrowableI32(1024);
  const nextSibling = new GrowableI32(1024);
  // Wide nodes get a map of their own, or a hostile profile would make the search quadratic.
  const wide = new Map<number, Map<number, number>>();
  const newNode = (parent: number, frame: number): number => {
    parents.push(parent);
    frames.push(frame);
    self.push(0);
    total.push(0);
    baseTotal.push(0);
    firstChild.push(-1);
    nextSibling.push(-1);
    return parents.length - 1;
  };
  newNode(-1, -1);
  const child = (parent: number, frame: number): number => {
    const map = wide.get(parent);
    if (map !== undefined) {
      let node = map.get(frame);
      if (node === undefined) {
        node = newNode(parent, frame);
        map.set(frame, node);
      }
      return node;
    }
    let steps = 0;
    for (let c = firstChild.data[parent]; c >= 0; c = nextSibling.data[c]) {
      if (frames.data[c] === frame) return c;
      steps++;
    }
    const node = newNode(parent, frame);
    nextSibling.data[node] = firstChild.data[parent];
    firstChild.data[parent] = node;
    if (steps >= 32) {
      const children = new Map<number, number>();
      for (let c = firstChild.data[parent]; c >= 0; c = nextSibling.data[c]) children.set(frames.data[c], c);
      wide.set(parent, children);
    }
    return node;
  };
  const rowOf = (name: string, file: string): number => {
    let row = rows.get(name);
    if (row === undefined) {
      row = names.length;
      rows.set(name, row);
      names.push(name);
      files.push(file);
    }
    return row;
  };
  const add = (q: Profile, column: number, isBase: boolean): void => {
    const lineRows = new Int32Array(q.lineFunctions.length);
    for (let i = 0; i < lineRows.length; i++) {
      const f = q.lineFunctions[i];
      lineRows[i] =
        f < 0 ? rowOf("?", "") : rowOf(strictName(q.strings[q.functionNames[f]]), q.strings[q.functionFiles[f]]);
    }
    const width = q.sampleTypes.length;
    for (let s = 0; s < q.sampleCount; s++) {
      const value = q.values[s * width + column];
      if (value === 0) continue;
      const sums = isBase ? baseTotal : total;
      let node = 0;
      sums.data[0] += value;
      for (let i = q.stackOffsets[s + 1] - 1; i >= q.stackOffsets[s]; i--) {
        const l = q.locations[i];
        const from = q.lineOffsets[l];
        let at = q.lineOffsets[l + 1] - 1;
        if (at < from) {
          node = child(node, rowOf(nameAddress(q, l), ""));
          sums.data[node] += value;
        }
        for (; at >= from; at--) {
          node = child(node, lineRows[at]);
          sums.data[node] += value;
        }
      }
      if (!isBase) self.data[node] += value;
    }
  };
  add(p, type, false);
  if (base !== undefined) add(base.profile, base.type, true);
  return {
    count: parents.length,
    parents: parents.done(),
    frames: frames.done(),
    names,
    files,
    self: self.done(),
    total: total.done(),
    baseTotal: baseTotal.done(),
  };
}
