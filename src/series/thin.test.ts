import { expect, test } from "vitest";
import { thin } from "./thin.ts";

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test("what is few enough stays as it is", () => {
  const s = { times: [1, 2, 5], values: [3, null, 4], counter: false };
  expect(thin([s], 3)).toEqual([{ times: [1, 2, 5], values: [3, null, 4] }]);
  expect(thin([], 10)).toEqual([]);
});

test("series of unlike lengths are cut at the same times, so that none has gaps where the other has points", () => {
  const all = { times: upTo(1000), values: upTo(1000), counter: false };
  const later = { times: upTo(1000).slice(301), values: upTo(699), counter: false };
  const [a, b] = thin([all, later], 100);
  expect(a.times.length).toBe(100);
  expect(a.values.every((v) => v !== null)).toBe(true);
  for (const t of b.times) expect(a.times).toContain(t);
  expect(b.values.every((v) => v !== null)).toBe(true);
  expect(b.times[0]).toBe(309);
});

test("levels are means, counters their last value, and gaps stay gaps", () => {
  const times = upTo(10);
  const level = { times, values: times.map((t) => (t > 3 && t < 6 ? null : t)), counter: false };
  const counter = { ...level, values: times, counter: true };
  const [a, b] = thin([level, counter], 5);
  expect(a.values).toEqual([0.5, 2.5, null, 6.5, 8.5]);
  expect(b.values).toEqual([1, 3, 5, 7, 9]);
  expect(b.times).toEqual([1, 3, 5, 7, 9]);
});
