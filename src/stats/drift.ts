/**
 * A test for drift that holds for stationary noise and for random walks alike. The increments of a random walk are independent around
 * zero, those of stationary noise cancel each other: in both, their mean over its standard error is at most Student's t. A test on levels
 * (Mann–Kendall, a regression) takes a random walk for a trend one time in three.
 */
import { studentTail } from "./distributions.ts";
import { mean, variance } from "./order.ts";

export interface Drift {
  /** Per step. */
  readonly mean: number;
  /** Standard error of `mean`. */
  readonly error: number;
  readonly t: number;
  /** Degrees of freedom. */
  readonly df: number;
  /** One-sided: the chance of as much of a rise where there is none. */
  readonly p: number;
}

/**
 * `increments`: one per step. `lengths`: how long each step is, in units of their mean; both walks and arrivals spread with the root of
 * it. `quantum`: what the level moves by when one thing comes (a goroutine, an object): things that come one by one make at least Poisson
 * noise, quantum · mean, so that a short, even ramp is not surer than it can be. Null for fewer than five.
 */
export function drift(increments: ArrayLike<number>, quantum: number, lengths?: ArrayLike<number>): Drift | null {
  const n = increments.length;
  if (n < 5) return null;
  const m = mean(increments);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const length = lengths === undefined ? 1 : lengths[i];
    sum += (increments[i] - m * length) ** 2 / length;
  }
  const spread = Math.max(sum / (n - 1), Math.max(0, m) * quantum);
  const error = Math.sqrt(spread / n);
  if (error === 0) return { mean: m, error, t: 0, df: n - 1, p: 0.5 };
  const t = m / error;
  return { mean: m, error, t, df: n - 1, p: studentTail(t, n - 1) };
}

/** Welch's test: the chance of a fall from `before` to `after` as large as this where their means are the same. */
export function fallTest(before: ArrayLike<number>, after: ArrayLike<number>, quantum: number): number {
  const ma = mean(before);
  const mb = mean(after);
  const va = Math.max(variance(before), Math.max(0, ma) * quantum) / before.length;
  const vb = Math.max(variance(after), Math.max(0, mb) * quantum) / after.length;
  if (!(va + vb > 0)) return ma > mb ? 0 : 1;
  const df = (va + vb) ** 2 / (va ** 2 / (before.length - 1) + vb ** 2 / (after.length - 1));
  return studentTail((ma - mb) / Math.sqrt(va + vb), df);
}
