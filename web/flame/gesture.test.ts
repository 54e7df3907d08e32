import { expect, test } from "vitest";
import { Gesture } from "./gesture.ts";
import type { View } from "./raster.ts";

const WIDTH = 400;
const TOTAL = 4000;
const view: View = { from: 1000, to: 2000, top: 30 };

/** What lies below a pixel. */
function below(v: View, x: number): number {
  return v.from + (x / WIDTH) * (v.to - v.from);
}

test("one finger pans, and not out of the graph", () => {
  const g = new Gesture();
  g.down(1, { x: 200, y: 50 }, view);
  expect(g.move(1, { x: 240, y: 40 }, WIDTH, TOTAL)).toEqual({ from: 900, to: 1900, top: 40 });
  expect(g.move(1, { x: 2000, y: 50 }, WIDTH, TOTAL)).toEqual({ from: 0, to: 1000, top: 30 });
  expect(g.move(1, { x: -2000, y: 50 }, WIDTH, TOTAL)).toEqual({ from: 3000, to: 4000, top: 30 });
  expect(g.move(2, { x: 0, y: 0 }, WIDTH, TOTAL)).toBeNull();
  expect(g.up(1, view)).toBe(false);
  expect(g.isActive).toBe(false);
});

test("two fingers keep what is below each of them, whichever came first", () => {
  for (const [first, second] of [
    [1, 2],
    [2, 1],
  ]) {
    const g = new Gesture();
    const at = { 1: { x: 100, y: 10 }, 2: { x: 200, y: 10 } } as const;
    g.down(first, at[first as 1 | 2], view);
    g.down(second, at[second as 1 | 2], view);
    g.move(1, { x: 80, y: 10 }, WIDTH, TOTAL);
    const v = g.move(2, { x: 320, y: 10 }, WIDTH, TOTAL) as View;
    expect(below(v, 80)).toBeCloseTo(below(view, 100));
    expect(below(v, 320)).toBeCloseTo(below(view, 200));
  }
});

test("two fingers zoom out to the whole at the most, and passing each other turns nothing round", () => {
  const g = new Gesture();
  g.down(1, { x: 100, y: 10 }, view);
  g.down(2, { x: 300, y: 10 }, view);
  expect(g.move(2, { x: 104, y: 10 }, WIDTH, TOTAL)).toMatchObject({ from: 0, to: TOTAL });
  expect(g.move(2, { x: 20, y: 10 }, WIDTH, TOTAL)).toMatchObject({ from: 1000, to: 2000 });
});

test("when one of two is lifted the other goes on from there, and neither was a tap", () => {
  const g = new Gesture();
  g.down(1, { x: 100, y: 10 }, view);
  g.down(2, { x: 200, y: 10 }, view);
  const zoomed = g.move(2, { x: 300, y: 10 }, WIDTH, TOTAL) as View;
  expect(g.up(1, zoomed)).toBe(false);
  expect(g.move(2, { x: 300, y: 10 }, WIDTH, TOTAL)).toEqual(zoomed);
  expect(g.up(2, zoomed)).toBe(false);
});

test("a finger that comes and goes is a tap; one that the browser takes to scroll is none", () => {
  const g = new Gesture();
  g.down(1, { x: 100, y: 10 }, view);
  g.move(1, { x: 101, y: 11 }, WIDTH, TOTAL);
  expect(g.up(1, view)).toBe(true);
  g.down(1, { x: 100, y: 10 }, view);
  g.cancel(1, view);
  expect(g.up(1, view)).toBe(false);
  expect(g.isActive).toBe(false);
  // A second gesture knows nothing of the first.
  g.down(3, { x: 100, y: 10 }, view);
  expect(g.up(3, view)).toBe(true);
});
