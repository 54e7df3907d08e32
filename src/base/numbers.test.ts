import { expect, test } from "vitest";
import { amount, bytes, count, counted, oneIn, percent, rate, signed } from "./numbers.ts";

test.each([
  [0, "0 B"],
  [12.4, "12 B"],
  [-1023, "-1023 B"],
  [1536, "1.5 KiB"],
  [3 << 20, "3.0 MiB"],
  [345.6 * 2 ** 20, "346 MiB"],
  [2 ** 52, "4.0 PiB"],
  [2 ** 62, "4096 PiB"],
])("%d bytes are %s", (n, text) => expect(bytes(n)).toBe(text));

test.each([
  [1234.4, "count", "1,234"],
  [99.96, "count", "100"],
  [12.34, "count", "12.3"],
  [3, "count", "3"],
  [0.04, "count", "0"],
  [Number.NaN, "count", "–"],
  [Number.POSITIVE_INFINITY, "bytes", "–"],
  [1536, "bytes", "1.5 KiB"],
] as const)("%d (%s) is %s", (n, unit, text) => expect(amount(n, unit)).toBe(text));

test.each([
  [2.13, "count", "+2.1/s"],
  // Two digits would make a power of ten of it.
  [99.7, "count", "+99.7/s"],
  [1234, "count", "+1,234/s"],
  [0.02, "count", "+1.2/min"],
  [-0.004, "count", "−14.4/h"],
  [-0.00002, "count", "−1.7/day"],
  [1e-9, "count", "±0"],
  [0, "bytes", "±0"],
  [500, "bytes", "+29.3 KiB/min"],
  [0.001, "bytes", "+86 B/day"],
  [Number.NaN, "count", "–"],
] as const)("%d %s a second are %s", (n, unit, text) => expect(rate(n, unit)).toBe(text));

test.each([
  [0.05, "20"],
  [1e-5, "100,000"],
  [3e-7, "3,333,333"],
  [1e-7, "10^7"],
  [1e-9, "10^9"],
  [1.5e-13, "10^12"],
  [0, "10^12"],
])("a chance of %d is one in %s", (p, text) => expect(oneIn(p)).toBe(text));

test("signs, shares and nouns", () => {
  expect([signed(3, count), signed(-1234, count), signed(0, bytes)]).toEqual(["+3", "−1,234", "±0"]);
  expect([percent(1, 8), percent(-1, 3)]).toEqual(["12.5 %", "-33.3 %"]);
  expect([counted(1, "look"), counted(0, "look")]).toEqual(["1 look", "0 looks"]);
});
