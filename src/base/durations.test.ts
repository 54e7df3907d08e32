import { expect, test } from "vitest";
import { nanoseconds, span, waited } from "./durations.ts";

test.each([
  [-3, "0 s"],
  [119.4, "119 s"],
  [150, "2 min"],
  [7199, "119 min"],
  [7200, "2 h"],
  [11_100, "3 h 5 min"],
  [172_800, "2 d"],
  [273_600, "3 d 4 h"],
])("%d seconds are %s", (s, text) => expect(span(s)).toBe(text));

test("goroutines have waited at least so long", () => {
  expect(waited({ least: 1, most: 1 })).toBe("≥ 1 min");
  expect(waited({ least: 3, most: 240 })).toBe("3 min to 4 h");
});

test.each([
  [0, "0 ns"],
  [850, "850 ns"],
  [12_300, "12 µs"],
  [3_400_000, "3.4 ms"],
  [1_250_000_000, "1.25 s"],
  [-3_400_000, "-3.4 ms"],
])("%d nanoseconds are %s", (n, text) => expect(nanoseconds(n)).toBe(text));
