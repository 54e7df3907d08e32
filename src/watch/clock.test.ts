import { expect, test } from "vitest";
import { steadyClock } from "./clock.ts";

test("set back, it goes on; set forward, it follows", () => {
  let wall = 1_000_000;
  let mono = 0;
  const clock = steadyClock(
    () => wall,
    () => mono,
  );
  const after = (ms: number, wallMs = ms): number => {
    mono += ms;
    wall += wallMs;
    return clock();
  };
  expect(after(15_000)).toBe(1_015_000);
  expect(after(15_000, -3_600_000)).toBe(1_030_000);
  expect(after(15_000)).toBe(1_045_000);
  expect(after(15_000, 7_200_000)).toBe(wall);
  expect(wall).toBeGreaterThan(1_060_000);
});
