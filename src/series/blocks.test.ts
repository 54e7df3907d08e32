import { describe, expect, test } from "vitest";
import { Blocks, CAPACITY } from "./blocks.ts";
import { isRestart, type Sample } from "./sample.ts";
import type { Signal, SignalKind } from "./signal.ts";
import { signal } from "./testing.ts";

const worker = signal("goroutine", "worker");

function sample(timeMs: number, points: [Signal, number][], read: SignalKind[] = ["goroutine"]): Sample {
  return { timeMs, process: null, read: new Set(read), points: points.map(([s, value]) => ({ signal: s, value })) };
}

describe("blocks", () => {
  test("join when full and keep the mean and the floor", () => {
    const blocks = new Blocks();
    for (let i = 0; i < CAPACITY * 4; i++) blocks.push(sample(i * 1000, [[worker, i % 2 === 0 ? 0 : 10]]));
    expect(blocks.width).toBe(8);
    expect(blocks.count).toBe(CAPACITY / 2);
    const column = blocks.columns.get("goroutine\tworker");
    expect(column?.meanAt(3)).toBe(5);
    expect(column?.lowAt(3)).toBe(0);
    expect(blocks.times[0]).toBe(3500);
  });

  test("what never changes costs nothing; what shows up late was 0 before", () => {
    const blocks = new Blocks();
    for (let i = 0; i < 10; i++) blocks.push(sample(i * 1000, i < 5 ? [] : [[worker, 4]]));
    const column = blocks.columns.get("goroutine\tworker");
    expect(Array.from({ length: 10 }, (_, b) => column?.meanAt(b))).toEqual([0, 0, 0, 0, 0, 4, 4, 4, 4, 4]);
    const still = new Blocks();
    for (let i = 0; i < 10; i++) still.push(sample(i * 1000, [[worker, 7]]));
    expect(still.columns.get("goroutine\tworker")?.mean).toBeNull();
    expect(still.columns.get("goroutine\tworker")?.meanAt(2)).toBe(7);
  });

  test("a kind that was not read is a gap, one that was read without it is 0", () => {
    const blocks = new Blocks();
    blocks.push(sample(0, [[worker, 3]]));
    blocks.push(sample(1, [], []));
    blocks.push(sample(2, []));
    const column = blocks.columns.get("goroutine\tworker");
    expect([0, 1, 2].map((b) => column?.meanAt(b))).toEqual([3, Number.NaN, 0]);
    expect(column?.last).toBe(0);
    expect([column?.up, column?.down]).toEqual([0, 3]);
  });

  test("counters become rates; one that falls says nothing", () => {
    const requests = signal("load", "requests", { counter: true });
    const blocks = new Blocks();
    for (const [at, value] of [
      [0, 100],
      [2000, 300],
      [4000, 50],
      [6000, 70],
    ])
      blocks.push(sample(at, [[requests, value]], ["load"]));
    const column = blocks.columns.get("load\trequests");
    expect([0, 1, 2, 3].map((b) => column?.meanAt(b))).toEqual([Number.NaN, 100, Number.NaN, 10]);
  });

  test("NaN, infinities and doubled signals", () => {
    const blocks = new Blocks();
    blocks.push(
      sample(0, [
        [worker, Number.POSITIVE_INFINITY],
        [worker, 5],
      ]),
    );
    blocks.push(sample(1, [[worker, 6]]));
    const column = blocks.columns.get("goroutine\tworker");
    expect([0, 1].map((b) => column?.meanAt(b))).toEqual([Number.NaN, 6]);
  });

  test("more names than it keeps are left out", () => {
    const blocks = new Blocks(3);
    blocks.push(
      sample(
        0,
        Array.from({ length: 10 }, (_, i) => [signal("goroutine", `g${i}`), i]),
      ),
    );
    expect(blocks.columns.size).toBe(3);
  });
});

test("who is another process", () => {
  const one = { pid: 5, startedMs: 1_000_000, goVersion: null, module: null, revision: null };
  expect(isRestart(one, { ...one, startedMs: 1_002_000 })).toBe(false);
  expect(isRestart(one, { ...one, startedMs: 1_010_000 })).toBe(true);
  expect(isRestart({ ...one, startedMs: null }, { ...one, pid: 6 })).toBe(true);
  // Replicas of one deploy start together.
  expect(isRestart(one, { ...one, pid: 6 })).toBe(true);
  expect(isRestart(one, { ...one, pid: null })).toBe(false);
  expect(isRestart(null, one)).toBe(false);
});
