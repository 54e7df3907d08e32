import { expect, test } from "vitest";
import { decodeBlock, encodeBlock, samplesOf } from "./packed-looks.ts";
import { decodeTimes, decodeValues, encodeTimes, encodeValues } from "./chunk.ts";
import { downsample } from "./downsample.ts";
import type { ProcessIdentity, Sample } from "./sample.ts";
import type { Signal, SignalKind } from "./signal.ts";
import { signal } from "./testing.ts";

/** Numbers from a seed, so that a failure can be seen again (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function bits(values: ArrayLike<number>): string[] {
  const view = new DataView(new ArrayBuffer(8));
  return Array.from(values, (v) => {
    view.setFloat64(0, v);
    return view.getBigUint64(0).toString(16);
  });
}

test.each<[string, number[]]>([
  ["nothing", []],
  ["one", [42]],
  ["constant", [7, 7, 7]],
  ["constant fraction", [0.1, 0.1]],
  ["counts", [1, 2, 2, 3, 900, 0, -5, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53 - 1)]],
  ["minus zero", [0, -0, 0]],
  ["gaps and infinities", [1, Number.NaN, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3]],
  ["only gaps", [Number.NaN, Number.NaN]],
  ["extremes", [Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, Number.EPSILON, 1 / 3]],
  ["beyond whole doubles", [2 ** 60, 2 ** 60 + 512, 2 ** 63]],
])("values come back to the bit: %s", (_, values) => {
  expect(bits(decodeValues(encodeValues(values), values.length))).toEqual(bits(values));
});

test("any values and times come back to the bit", () => {
  const r = random(1);
  for (let round = 0; round < 400; round++) {
    const n = 1 + Math.floor(r() * 200);
    const shape = round % 5;
    let v = 0;
    const values = Array.from({ length: n }, () => {
      if (shape === 0) return Math.floor(r() * 100);
      if (shape === 1) return (v += Math.floor(r() * 1e6));
      if (shape === 2) return (v += r());
      if (shape === 3) return r() < 0.1 ? Number.NaN : r() * 10 ** (r() * 600 - 300);
      return r() < 0.5 ? v : (v = Math.floor(r() * 2 ** 53));
    });
    expect(bits(decodeValues(encodeValues(values), n))).toEqual(bits(values));
    let t = 1.7e12;
    const times = Array.from({ length: n }, () => (t += shape === 2 ? r() * 1e5 : 15_000 + Math.floor(r() * 40) - 20));
    expect(bits(decodeTimes(encodeTimes(times), n))).toEqual(bits(times));
  }
});

test("times that do not ascend, and whole numbers that take all their bits", () => {
  const times = [5, 5, 4, -3, 1e15, 0.25, Number.MAX_SAFE_INTEGER];
  expect([...decodeTimes(encodeTimes(times), times.length)]).toEqual(times);
});

test("a chunk that was cut is an error and never an endless loop", () => {
  const r = random(2);
  const bytes = encodeValues(Array.from({ length: 120 }, () => r()));
  for (let n = 0; n < bytes.length - 1; n++) expect(() => decodeValues(bytes.subarray(0, n), 120)).toThrow(RangeError);
});

test("steady counts take little", () => {
  const r = random(3);
  const counts = Array.from({ length: 120 }, (_, i) => 400 + Math.floor(i / 4) + Math.floor(r() * 3));
  expect(encodeValues(counts).length).toBeLessThan(110);
});

const who: ProcessIdentity = { pid: 7, startedMs: 1000, goVersion: "go1.27.4", module: "m", revision: null };

function ids(): { idOf: (s: Signal) => number; signalOf: (id: number) => Signal } {
  const list: Signal[] = [];
  return {
    idOf: (s) => {
      const at = list.indexOf(s);
      return at >= 0 ? at + 1 : list.push(s);
    },
    signalOf: (id) => list[id - 1],
  };
}

test("looks come back whole: absent is not a gap, identity, proof and collections too", () => {
  const a = signal("goroutine", "a");
  const b = signal("heap", "b");
  const samples: Sample[] = [
    { timeMs: 1000, process: null, read: new Set(["goroutine"]), points: [{ signal: a, value: 3 }] },
    {
      timeMs: 16_003,
      process: who,
      read: new Set(["goroutine", "heap"]),
      points: [{ signal: b, value: Number.NaN }],
      collections: 4,
    },
    { timeMs: 31_001, process: who, read: new Set(), points: [], proven: new Map([["a", 2]]) },
    {
      timeMs: 46_000,
      process: { ...who, pid: 8 },
      read: new Set(["load"]),
      points: [
        { signal: a, value: 5 },
        { signal: b, value: 0.5 },
      ],
      collections: 5,
    },
  ];
  const { idOf, signalOf } = ids();
  expect(samplesOf(decodeBlock(encodeBlock(samples, idOf)), signalOf)).toEqual(samples);
});

test("one column can be read alone; damage is an error", () => {
  const list = ids();
  const s = signal("fd", "total");
  const bytes = encodeBlock(
    Array.from({ length: 20 }, (_, i) => ({
      timeMs: i * 1000,
      process: who,
      read: new Set<SignalKind>(["fd"]),
      points: [
        { signal: s, value: i },
        { signal: signal("fd", "x"), value: 1 },
      ],
    })),
    list.idOf,
  );
  const block = decodeBlock(bytes, (id) => id === 1);
  expect(block.columns.length).toBe(1);
  expect(block.columns[0].values).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(() => decodeBlock(Uint8Array.of(9))).toThrow(/later version/);
  for (let n = 1; n < bytes.length; n++) expect(() => decodeBlock(bytes.subarray(0, n))).toThrow();
});

test("downsampling keeps counters, floors and medians, and never joins two processes", () => {
  const counter = signal("load", "requests", { counter: true });
  const tooth = signal("heap", "alloc", { sawtooth: true });
  const plain = signal("goroutine", "total");
  const look = (timeMs: number, v: number, process = who): Sample => ({
    timeMs,
    process,
    read: new Set(["goroutine"]),
    points: [
      { signal: counter, value: v * 10 },
      { signal: tooth, value: v },
      { signal: plain, value: v },
    ],
  });
  const out = downsample(
    [look(0, 5), look(10, 1), look(20, 100), look(30, 4, { ...who, pid: 9, startedMs: 90_000 }), look(100, 2)],
    100,
  );
  expect(out.map((s) => [s.timeMs, s.process?.pid, ...s.points.map((p) => p.value)])).toEqual([
    [20, 7, 1000, 1, 5],
    [30, 9, 40, 4, 4],
    [100, 7, 20, 2, 2],
  ]);
});
