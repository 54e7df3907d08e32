/**
 * `PackageReach` as it lies in the cache. Its strings are full names with signatures, and each stands in a dozen packages' answers: written out they
 * are nine tenths of a file (24 MB for kubernetes, 5 MB so). Here they are numbers in a table that all packages of the file share, and records are lists of
 * key and value by turns.
 */
import type { Calls, PackageReach } from "../go/summary/reach.ts";
import type { Names } from "./names-table.ts";

type Numbers = readonly number[];

/** Once (null as there), finitely, 1 where a process begins with it. */
type StoredCalls = readonly [once: Numbers | null, finitely: Numbers, begins: 0 | 1];

type Pairs<T> = readonly (number | T)[];

export interface StoredReach {
  readonly rarely: Pairs<StoredCalls>;
  /** 1: again and again. */
  readonly repeats: Pairs<Numbers | 1>;
  readonly asks: Pairs<Numbers>;
  readonly types: Pairs<Numbers>;
  readonly often: Numbers;
  readonly keepsProcess: boolean;
  readonly isMain: boolean;
}

export function storeReach(reach: PackageReach, names: Names): StoredReach {
  const numbers = (list: readonly string[]): Numbers => list.map(names.numberOf);
  const pairs = <T, S>(record: Readonly<Record<string, T>>, store: (t: T) => S): Pairs<S> =>
    Object.entries(record).flatMap(([key, t]): [number, S] => [names.numberOf(key), store(t)]);
  return {
    rarely: pairs(reach.rarely, ({ once, finitely, begins }): StoredCalls => [
      once === null ? null : numbers(once),
      numbers(finitely),
      begins ? 1 : 0,
    ]),
    repeats: pairs(reach.repeats, (by) => (by === true ? 1 : numbers(by))),
    asks: pairs(reach.asks, numbers),
    types: pairs(reach.types, numbers),
    often: numbers(reach.often),
    keepsProcess: reach.keepsProcess,
    isMain: reach.isMain,
  };
}

/** Damage is found by the hash of the file, not here. */
export function readReach(stored: StoredReach, { all }: Names): PackageReach {
  const list = (numbers: Numbers): readonly string[] => numbers.map((n) => all[n]);
  const record = <S, T>(pairs: Pairs<S>, read: (s: S) => T): Readonly<Record<string, T>> => {
    const out: [string, T][] = [];
    for (let i = 0; i < pairs.length; i += 2) out.push([all[pairs[i] as number], read(pairs[i + 1] as S)]);
    return Object.fromEntries(out);
  };
  return {
    rarely: record(stored.rarely, ([once, finitely, begins]: StoredCalls): Calls => ({
      once: once === null ? null : list(once),
      finitely: list(finitely),
      begins: begins === 1,
    })),
    repeats: record(stored.repeats, (by: Numbers | 1) => (by === 1 ? true : list(by))),
    asks: record(stored.asks, list),
    types: record(stored.types, list),
    often: list(stored.often),
    keepsProcess: stored.keepsProcess,
    isMain: stored.isMain,
  };
}
