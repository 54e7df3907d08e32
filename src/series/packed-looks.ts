/**
 * Some looks of one target as bytes: times once for all signals, then a run of values for each. docs/formats/chunk.md draws it. Signals are
 * written as numbers; who they are is kept beside, once for all blocks. A signal that is absent from a look and one that is a gap (NaN) are
 * two things, because an absent one of a kind that was read whole is zero.
 */
import { BitReader, BitWriter } from "./bits.ts";
import { decodeTimes, decodeValues, encodeTimes, encodeValues } from "./chunk.ts";
import { inOrder, type Point, type ProcessIdentity, type Sample } from "./sample.ts";
import type { Signal, SignalKind } from "./signal.ts";

const VERSION = 1;
/** A bit each in the mask of kinds read; never reordered. */
const kinds: readonly SignalKind[] = ["goroutine", "heap", "fd", "socket", "pool", "load"];

const flags = { process: 1, collections: 2, proven: 4 } as const;

export function encodeBlock(samples: readonly Sample[], idOf: (signal: Signal) => number): Uint8Array {
  const n = samples.length;
  const out = new BitWriter();
  out.byte(VERSION);
  out.varint(n);
  run(out, encodeTimes(samples.map((s) => s.timeMs)));
  run(out, encodeValues(samples.map((s) => maskOf(s.read))));
  const has =
    (samples.some((s) => s.process !== null) ? flags.process : 0) |
    (samples.some((s) => s.collections !== undefined) ? flags.collections : 0) |
    (samples.some((s) => s.proven !== undefined) ? flags.proven : 0);
  out.byte(has);
  if ((has & flags.process) !== 0) {
    // Who runs changes rarely: written where it differs from the look before.
    const changes: [number, ProcessIdentity | null][] = [];
    let before: string | null = null;
    samples.forEach(({ process }, i) => {
      const text = JSON.stringify(process);
      if (text !== before) changes.push([i, process]);
      before = text;
    });
    text(out, JSON.stringify(changes));
  }
  if ((has & flags.collections) !== 0)
    column(
      out,
      samples.map((s) => s.collections),
    );
  if ((has & flags.proven) !== 0)
    text(out, JSON.stringify(samples.flatMap((s, i) => (s.proven === undefined ? [] : [[i, [...s.proven]]]))));
  const columns = new Map<number, (number | undefined)[]>();
  samples.forEach((s, i) => {
    for (const { signal, value } of s.points) {
      const id = idOf(signal);
      let c = columns.get(id);
      if (c === undefined) columns.set(id, (c = Array.from<undefined>({ length: n })));
      c[i] = value;
    }
  });
  out.varint(columns.size);
  let before = 0;
  for (const id of [...columns.keys()].sort((a, b) => a - b)) {
    out.varint(id - before);
    before = id;
    column(out, columns.get(id) ?? []);
  }
  return out.done();
}

export interface Column {
  readonly id: number;
  /** Undefined: absent from that look. */
  readonly values: readonly (number | undefined)[];
}

export interface DecodedBlock {
  readonly times: Float64Array;
  readonly read: readonly ReadonlySet<SignalKind>[];
  readonly process: readonly (ProcessIdentity | null)[];
  readonly collections: readonly (number | undefined)[] | null;
  readonly proven: ReadonlyMap<number, ReadonlyMap<string, number>>;
  readonly columns: readonly Column[];
}

/** `only`: the columns that are wanted; the others are skipped. @throws RangeError on damage or a version that is not known. */
export function decodeBlock(bytes: Uint8Array, only: ((id: number) => boolean) | null = null): DecodedBlock {
  const input = new BitReader(bytes);
  const version = input.byte();
  if (version !== VERSION) throw new RangeError(`damaged block, or one of a later version (${version})`);
  const n = input.varint();
  if (n > 1 << 20) throw new RangeError("damaged block: too many looks");
  const times = decodeTimes(take(input), n);
  const read = [...decodeValues(take(input), n)].map(setOf);
  const has = input.byte();
  const process: (ProcessIdentity | null)[] = Array.from({ length: n }, () => null);
  if ((has & flags.process) !== 0) {
    const changes = JSON.parse(words(input)) as [number, ProcessIdentity | null][];
    changes.forEach(([from, who], i) => process.fill(who, from, changes[i + 1]?.[0] ?? n));
  }
  const collections = (has & flags.collections) !== 0 ? readColumn(input, n) : null;
  const proven = new Map<number, ReadonlyMap<string, number>>();
  if ((has & flags.proven) !== 0)
    for (const [i, entries] of JSON.parse(words(input)) as [number, [string, number][]][])
      proven.set(i, new Map(entries));
  const columns: Column[] = [];
  let id = 0;
  for (let left = input.varint(); left > 0; left--) {
    id += input.varint();
    const wanted = only === null || only(id);
    const values = readColumn(input, n, wanted);
    if (wanted) columns.push({ id, values });
  }
  return { times, read, process, collections, proven, columns };
}

export function samplesOf(block: DecodedBlock, signalOf: (id: number) => Signal): Sample[] {
  const signals = block.columns.map((c) => signalOf(c.id));
  return Array.from(block.times, (timeMs, i): Sample => {
    const points: Point[] = [];
    block.columns.forEach((c, k) => {
      const value = c.values[i];
      if (value !== undefined) points.push({ signal: signals[k], value });
    });
    inOrder(points);
    const collections = block.collections?.[i];
    const proven = block.proven.get(i);
    return {
      timeMs,
      process: block.process[i],
      read: block.read[i],
      points,
      ...(proven === undefined ? {} : { proven }),
      ...(collections === undefined ? {} : { collections }),
    };
  });
}

/** Where values are missing: lengths of runs, present first; then the values that are there. */
function column(out: BitWriter, values: readonly (number | undefined)[]): void {
  const there: number[] = [];
  const runs: number[] = [];
  let present = true;
  let length = 0;
  for (const v of values) {
    if ((v !== undefined) !== present) {
      runs.push(length);
      length = 0;
      present = !present;
    }
    length++;
    if (v !== undefined) there.push(v);
  }
  runs.push(length);
  const bytes = encodeValues(there);
  if (runs.length === 1) {
    // An even number: whole. The usual case costs nothing more.
    out.varint(bytes.length * 2);
  } else {
    out.varint(bytes.length * 2 + 1);
    out.varint(runs.length);
    for (const r of runs) out.varint(r);
  }
  out.append(bytes);
}

function readColumn(input: BitReader, n: number, wanted = true): readonly (number | undefined)[] {
  const size = input.varint();
  const runs: number[] = [];
  if (size % 2 === 1) for (let left = input.varint(); left > 0; left--) runs.push(input.varint());
  else runs.push(n);
  const bytes = input.take(Math.floor(size / 2));
  if (!wanted) return [];
  let count = 0;
  let all = 0;
  runs.forEach((r, i) => {
    all += r;
    if (i % 2 === 0) count += r;
  });
  if (all !== n) throw new RangeError("damaged block: a column of another length");
  const values = decodeValues(bytes, count);
  if (runs.length === 1) return Array.from(values);
  const out: (number | undefined)[] = [];
  let at = 0;
  runs.forEach((r, i) => {
    for (let k = 0; k < r; k++) out.push(i % 2 === 0 ? values[at++] : undefined);
  });
  return out;
}

function run(out: BitWriter, bytes: Uint8Array): void {
  out.varint(bytes.length);
  out.append(bytes);
}

function take(input: BitReader): Uint8Array {
  return input.take(input.varint());
}

function text(out: BitWriter, value: string): void {
  run(out, new TextEncoder().encode(value));
}

function words(input: BitReader): string {
  return new TextDecoder().decode(take(input));
}

function maskOf(read: ReadonlySet<SignalKind>): number {
  return kinds.reduce((mask, k, i) => (read.has(k) ? mask | (1 << i) : mask), 0);
}

const sets = new Map<number, ReadonlySet<SignalKind>>();

function setOf(mask: number): ReadonlySet<SignalKind> {
  let s = sets.get(mask);
  if (s === undefined) sets.set(mask, (s = new Set(kinds.filter((_, i) => (mask & (1 << i)) !== 0))));
  return s;
}
