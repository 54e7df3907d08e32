/** The ids by which a profile.proto's rows name each other, and the rows that they mean. */
import { ProfileError } from "./errors.ts";
import type { GrowableU32 } from "./growable.ts";

/**
 * Wire ids to a 32-bit name: small ids stand for themselves, the rest (2^31 and up, all 64 bits) are numbered as they come.
 * Samples may name locations before the locations arrive, so the naming must not depend on which comes first.
 */
export class IdNames {
  private readonly wide = new Map<bigint, number>();

  wideName(low: number, high: number): number {
    const id = (BigInt(high) << 32n) | BigInt(low);
    let k = this.wide.get(id);
    if (k === undefined) {
      k = this.wide.size;
      this.wide.set(id, k);
    }
    return (0x80000000 | k) >>> 0;
  }
}

/** From id names to rows. Dense ids (all real makers) go through an array, sparse ones through a map. */
export class RowIndex {
  private readonly dense: Int32Array | null;
  private readonly sparse: Map<number, number> | null;

  constructor(
    names: GrowableU32,
    private readonly what: string,
  ) {
    let max = 0;
    for (let i = 0; i < names.length; i++) if (names.data[i] > max) max = names.data[i];
    if (max <= names.length * 8 + 1024) {
      const dense = new Int32Array(max + 1).fill(-1);
      for (let i = 0; i < names.length; i++) {
        const name = names.data[i];
        if (dense[name] >= 0) throw new ProfileError(`profile has two ${what}s with id ${name}`);
        dense[name] = i;
      }
      this.dense = dense;
      this.sparse = null;
    } else {
      const sparse = new Map<number, number>();
      for (let i = 0; i < names.length; i++) {
        if (sparse.has(names.data[i])) throw new ProfileError(`profile has two ${what}s with one id`);
        sparse.set(names.data[i], i);
      }
      this.dense = null;
      this.sparse = sparse;
    }
  }

  /** -1 where there is no such row. */
  row(name: number): number {
    if (this.dense !== null) return name < this.dense.length ? this.dense[name] : -1;
    return this.sparse?.get(name) ?? -1;
  }
  /** Of a column of names, where 0 names nothing: -1. Throws ProfileError where `who` names what there is not. */
  rows(names: GrowableU32, who: string): Int32Array {
    const rows = new Int32Array(names.length);
    for (let i = 0; i < rows.length; i++) {
      const name = names.data[i];
      const row = this.row(name);
      if (row < 0 && name !== 0)
        throw new ProfileError(`${who} names ${this.what} ${name}, which the profile does not hold`);
      rows[i] = row;
    }
    return rows;
  }
}
