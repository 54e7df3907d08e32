import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { phase, Schedule } from "./schedule.ts";

const options = { intervalMs: 1000, concurrency: 2, deadlineMs: 500, mostBackoffMs: 8000 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("each target keeps its rhythm", async () => {
  const at: number[] = [];
  const s = new Schedule(options, () => Date.now());
  const start = Date.now();
  s.add("a", () => (at.push(Date.now() - start), Promise.resolve(true)));
  await vi.advanceTimersByTimeAsync(3500);
  expect(at).toEqual([0, 1000, 2000, 3000]);
});

test("a target that hangs is aborted at its deadline, comes ever more rarely, and slows nobody", async () => {
  const s = new Schedule(options, () => Date.now());
  const start = Date.now();
  const good: number[] = [];
  const bad: number[] = [];
  const hang = (signal: AbortSignal): Promise<boolean> => {
    bad.push(Date.now() - start);
    return new Promise((done) => signal.addEventListener("abort", () => done(false)));
  };
  for (const n of ["h1", "h2", "h3", "h4"]) s.add(n, hang);
  s.add("good", () => (good.push(Date.now() - start), Promise.resolve(true)), 500);
  await vi.advanceTimersByTimeAsync(20_000);
  // At first it waits behind those of whom nothing is known; then it keeps its rhythm.
  expect(good.filter((t) => t > 2000).length).toBeGreaterThanOrEqual(35);
  expect(bad.length / 4).toBeLessThan(7);
});

test("no more looks at once than allowed, and none while paused", async () => {
  let running = 0;
  let most = 0;
  let looks = 0;
  const s = new Schedule(options, () => Date.now());
  for (let i = 0; i < 9; i++)
    s.add(`t${i}`, async () => {
      looks++;
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, 100));
      running--;
      return true;
    });
  await vi.advanceTimersByTimeAsync(3000);
  expect(most).toBe(2);
  s.pause(true);
  const before = looks;
  await vi.advanceTimersByTimeAsync(3000);
  expect(looks - before).toBeLessThanOrEqual(2);
  s.pause(false);
  await vi.advanceTimersByTimeAsync(1000);
  expect(looks).toBeGreaterThan(before + 2);
});

test("names are spread evenly over the interval", () => {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 1000; i++) tenths[Math.floor(phase(`10.0.${i >> 8}.${i & 255}:6060`) * 10)]++;
  expect(Math.max(...tenths)).toBeLessThan(160);
});
