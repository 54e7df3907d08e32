/**
 * The merged call tree: all stacks laid over each other from the root. Columns, breadth first, siblings in order of their names and next to
 * each other; node 0 is the root above all stacks. With a base profile every node carries both values, which is what a differential flame
 * graph draws.
 */
import { nameAddress, type Profile } from "./columns.ts";
import { strictName } from "./names.ts";

export interface CallTree {
  readonly count: number;
  /** Parent node, -1 for the root. Never falls from one node to the next. */
  readonly parents: Int32Array;
  /** Row in `names`; -1 for the root. */
  readonly frames: Int32Array;
  /** In ascending order, each once. */
  readonly names: readonly string[];
  readonly files: readonly string[];
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** Of the base profile; null without one. */
  readonly baseTotal: Float64Array | null;
  /** Nodes of depth d: levels[d] .. levels[d+1]. */
  readonly levels: Uint32Array;
}

export interface TreeOptions {
  /** Sample type index of the base in its own profile. */
  readonly base?: { readonly profile: Profile; readonly type: number };
  /** Told of the part that is done, 0 to 1, now and then. */
  readonly onProgress?: (done: number) => void;
}

/** `type` is a sample type index. Frames are told apart by function, not by line. Time is linear in the frames but for a logarithm of the samples. */
export function buildCallTree(p: Profile, type: number, options: TreeOptions = {}): CallTree {
  const { base, onProgress } = options;
  const names = new Names();
  const stacks = new Stacks(base === undefined ? [p] : [p, base.profile]);
  stacks.add(p, type, names, 0);
  if (base !== undefined) stacks.add(base.profile, base.type, names, 1);
  const { ranks, sorted } = names.done();
  const all = stacks.frameCount;
  for (let i = 0; i < all; i++) stacks.frames[i] = ranks[stacks.frames[i]];

  const nodes = new Nodes(all + 1, base !== undefined);
  nodes.add(-1, -1);
  const levels: number[] = [0];
  // Level by level: the stacks of one node lie together, are put in order of their next frame, and each run of one frame is a child.
  // So every pass runs forward over arrays, which for a million nodes is far quicker than to hop from child to child.
  const order = new Uint32Array(stacks.count);
  let groups = new Uint32Array(stacks.count + 1);
  let nextGroups = new Uint32Array(stacks.count + 1);
  for (let s = 0; s < stacks.count; s++) {
    order[s] = s;
    nodes.count(0, stacks.values[s], stacks.sides[s]);
  }
  groups[1] = stacks.count;
  let groupCount = 1;
  const sorter = new Sorter(sorted.names.length, stacks.count);
  let seen = 0;
  let scattered = false;
  for (let first = 0; groupCount > 0;) {
    const firstBelow = nodes.length;
    levels.push(firstBelow);
    const kept = stacks.step(order, groups, groupCount, first, nodes, sorter.keys);
    nodes.reserve(kept);
    let found = 0;
    const { values, sides } = stacks;
    const { keys } = sorter;
    for (let g = 0; g < groupCount; g++) {
      const from = groups[g];
      const to = groups[g + 1];
      sorter.sort(order, from, to);
      let last = -1;
      for (let k = from; k < to; k++) {
        const frame = keys[k];
        if (frame !== last) {
          nextGroups[found++] = k;
          nodes.add(first + g, frame);
          last = frame;
        }
        const s = order[k];
        nodes.count(firstBelow + found - 1, values[s], sides[s]);
      }
    }
    nextGroups[found] = kept;
    [groups, nextGroups] = [nextGroups, groups];
    groupCount = found;
    first = firstBelow;
    seen += kept;
    // Sorted far apart, every stack would be a miss of the cache from now on. It pays once what moves stays near.
    if (sorter.moved > 0) scattered = true;
    else if (scattered) {
      stacks.arrange(order, kept);
      scattered = false;
    }
    sorter.moved = 0;
    onProgress?.(seen / Math.max(1, all));
  }
  return { ...nodes.done(), ...sorted, levels: Uint32Array.from(levels) };
}

/** Nodes for which there is room from the start: pages that are not touched cost nothing. */
const ROOM = 1 << 22;

/** The columns of the tree while it grows. */
class Nodes {
  length = 0;
  private parents: Int32Array;
  private frames: Int32Array;
  private self: Float64Array;
  private total: Float64Array;
  private baseTotal: Float64Array;

  /** `most`: there will never be more. */
  constructor(
    private readonly most: number,
    private readonly hasBase: boolean,
  ) {
    const room = Math.min(most, ROOM);
    this.parents = new Int32Array(room);
    this.frames = new Int32Array(room);
    this.self = new Float64Array(room);
    this.total = new Float64Array(room);
    this.baseTotal = new Float64Array(hasBase ? room : 0);
  }

  reserve(more: number): void {
    const { length } = this;
    if (length + more <= this.parents.length) return;
    const room = Math.min(this.most, Math.max(length + more, this.parents.length * 2));
    const wider = <T extends Int32Array | Float64Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.parents = wider(new Int32Array(room), this.parents);
    this.frames = wider(new Int32Array(room), this.frames);
    this.self = wider(new Float64Array(room), this.self);
    this.total = wider(new Float64Array(room), this.total);
    if (this.hasBase) this.baseTotal = wider(new Float64Array(room), this.baseTotal);
  }

  add(parent: number, frame: number): void {
    const at = this.length++;
    this.parents[at] = parent;
    this.frames[at] = frame;
  }

  count(node: number, value: number, side: number): void {
    if (side === 0) this.total[node] += value;
    else this.baseTotal[node] += value;
  }

  end(node: number, value: number, side: number): void {
    if (side === 0) this.self[node] += value;
  }

  done(): Pick<CallTree, "count" | "parents" | "frames" | "self" | "total" | "baseTotal"> {
    const { length: n } = this;
    return {
      count: n,
      parents: this.parents.slice(0, n),
      frames: this.frames.slice(0, n),
      self: this.self.slice(0, n),
      total: this.total.slice(0, n),
      baseTotal: this.hasBase ? this.baseTotal.slice(0, n) : null,
    };
  }
}

class Names {
  private readonly rows = new Map<string, number>();
  private readonly names: string[] = [];
  private readonly files: string[] = [];

  row(name: string, file: string): number {
    let row = this.rows.get(name);
    if (row === undefined) {
      row = this.names.length;
      this.rows.set(name, row);
      this.names.push(name);
      this.files.push(file);
    }
    return row;
  }

  /** The rank of each row among all names, and the names by rank. */
  done(): { ranks: Uint32Array; sorted: { names: string[]; files: string[] } } {
    const { names, files } = this;
    const byName = names.map((_, i) => i).sort((a, b) => (names[a] < names[b] ? -1 : 1));
    const ranks = new Uint32Array(names.length);
    byName.forEach((row, rank) => (ranks[row] = rank));
    return { ranks, sorted: { names: byName.map((i) => names[i]), files: byName.map((i) => files[i]) } };
  }
}

/** The stacks of both profiles one after the other, root first, inlined calls spread out; those without a value are left out. */
class Stacks {
  count = 0;
  frameCount = 0;
  /** Where the next frame of a stack is, and where its last one ends. */
  private next: Uint32Array;
  private ends: Uint32Array;
  values: Float64Array;
  /** 0: of the profile, 1: of its base. */
  sides: Uint8Array;
  frames: Uint32Array;

  constructor(profiles: readonly Profile[]) {
    const samples = profiles.reduce((n, p) => n + p.sampleCount, 0);
    this.next = new Uint32Array(samples);
    this.ends = new Uint32Array(samples);
    this.values = new Float64Array(samples);
    this.sides = new Uint8Array(samples);
    this.frames = new Uint32Array(profiles.reduce((n, p) => n + p.locations.length, 0) + 64);
  }

  add(p: Profile, type: number, names: Names, side: 0 | 1): void {
    const lineRows = new Int32Array(p.lineFunctions.length);
    for (let i = 0; i < lineRows.length; i++) {
      const f = p.lineFunctions[i];
      lineRows[i] =
        f < 0
          ? names.row("?", "")
          : names.row(strictName(p.strings[p.functionNames[f]]), p.strings[p.functionFiles[f]]);
    }
    const bareRows = new Int32Array(p.locationCount).fill(-1);
    const width = p.sampleTypes.length;
    for (let s = 0; s < p.sampleCount; s++) {
      const value = p.values[s * width + type];
      if (value === 0) continue;
      this.next[this.count] = this.frameCount;
      for (let i = p.stackOffsets[s + 1] - 1; i >= p.stackOffsets[s]; i--) {
        const l = p.locations[i];
        const from = p.lineOffsets[l];
        let at = p.lineOffsets[l + 1] - 1;
        if (at < from) {
          if (bareRows[l] < 0) bareRows[l] = names.row(nameAddress(p, l), "");
          this.push(bareRows[l]);
        }
        for (; at >= from; at--) this.push(lineRows[at]);
      }
      this.ends[this.count] = this.frameCount;
      this.values[this.count] = value;
      this.sides[this.count] = side;
      this.count++;
    }
  }

  /**
   * One frame further: the next frame of each stack into `keys`; those at their end are counted to their node and leave `order` and `groups`
   * (both closed up in place). Gives how many are left.
   */
  step(
    order: Uint32Array,
    groups: Uint32Array,
    groupCount: number,
    first: number,
    nodes: Nodes,
    keys: Uint32Array,
  ): number {
    const { next, ends, frames, values, sides } = this;
    let kept = 0;
    for (let g = 0, from = groups[0]; g < groupCount; g++) {
      const to = groups[g + 1];
      groups[g] = kept;
      for (let k = from; k < to; k++) {
        const s = order[k];
        const at = next[s];
        if (at === ends[s]) nodes.end(first + g, values[s], sides[s]);
        else {
          next[s] = at + 1;
          order[kept] = s;
          keys[kept++] = frames[at];
        }
      }
      from = to;
    }
    groups[groupCount] = kept;
    return kept;
  }

  /** Lays what is left of the stacks out in the order that they are walked in; `order` is then 0, 1, 2… */
  arrange(order: Uint32Array, count: number): void {
    const { next, ends, frames, values, sides } = this;
    let size = 0;
    for (let k = 0; k < count; k++) size += ends[order[k]] - next[order[k]];
    const nextTo = new Uint32Array(count);
    const endsTo = new Uint32Array(count);
    const valuesTo = new Float64Array(count);
    const sidesTo = new Uint8Array(count);
    const framesTo = new Uint32Array(size);
    let at = 0;
    for (let k = 0; k < count; k++) {
      const s = order[k];
      nextTo[k] = at;
      const end = ends[s];
      for (let i = next[s]; i < end; i++) framesTo[at++] = frames[i];
      endsTo[k] = at;
      valuesTo[k] = values[s];
      sidesTo[k] = sides[s];
      order[k] = k;
    }
    this.next = nextTo;
    this.ends = endsTo;
    this.values = valuesTo;
    this.sides = sidesTo;
    this.frames = framesTo;
  }

  private push(row: number): void {
    if (this.frameCount === this.frames.length) {
      const next = new Uint32Array(this.frames.length * 2);
      next.set(this.frames);
      this.frames = next;
    }
    this.frames[this.frameCount++] = row;
  }
}

/** Stacks that fit into a cache together. */
const NEAR = 4096;

/** Puts a stretch of samples and their keys in order of the keys. Most stretches are one sample, or in order already. */
class Sorter {
  readonly keys: Uint32Array;
  /** Samples that were moved far since this was last set to 0. */
  moved = 0;
  private readonly counts: Uint32Array;
  private readonly spareKeys: Uint32Array;
  private readonly spareOrder: Uint32Array;
  private packed = new Float64Array(0);

  constructor(
    private readonly names: number,
    private readonly samples: number,
  ) {
    this.keys = new Uint32Array(samples);
    this.counts = new Uint32Array(names + 1);
    this.spareKeys = new Uint32Array(samples);
    this.spareOrder = new Uint32Array(samples);
  }

  sort(order: Uint32Array, from: number, to: number): void {
    const { keys } = this;
    let k = from + 1;
    while (k < to && keys[k - 1] <= keys[k]) k++;
    if (k >= to) return;
    const n = to - from;
    if (n <= 24) this.insert(order, k, from, to);
    else {
      if (n > NEAR) this.moved += n;
      if (n >= this.names) this.count(order, from, to);
      else this.pack(order, from, to);
    }
  }

  private insert(order: Uint32Array, unsorted: number, from: number, to: number): void {
    const { keys } = this;
    for (let k = unsorted; k < to; k++) {
      const key = keys[k];
      const s = order[k];
      let j = k - 1;
      for (; j >= from && keys[j] > key; j--) {
        keys[j + 1] = keys[j];
        order[j + 1] = order[j];
      }
      keys[j + 1] = key;
      order[j + 1] = s;
    }
  }

  private count(order: Uint32Array, from: number, to: number): void {
    const { keys, counts, spareKeys, spareOrder } = this;
    counts.fill(0);
    for (let k = from; k < to; k++) counts[keys[k] + 1]++;
    for (let i = 0; i < this.names; i++) counts[i + 1] += counts[i];
    for (let k = from; k < to; k++) {
      const at = counts[keys[k]]++;
      spareKeys[at] = keys[k];
      spareOrder[at] = order[k];
    }
    keys.set(spareKeys.subarray(0, to - from), from);
    order.set(spareOrder.subarray(0, to - from), from);
  }

  /** Key and sample in one double, exact: names times samples stay far below 2^53 in what fits in memory. */
  private pack(order: Uint32Array, from: number, to: number): void {
    const { keys, samples } = this;
    const n = to - from;
    if (this.packed.length < n) this.packed = new Float64Array(n * 2);
    const packed = this.packed.subarray(0, n);
    for (let k = 0; k < n; k++) packed[k] = keys[from + k] * samples + order[from + k];
    packed.sort();
    for (let k = 0; k < n; k++) {
      const key = Math.floor(packed[k] / samples);
      keys[from + k] = key;
      order[from + k] = packed[k] - key * samples;
    }
  }
}
