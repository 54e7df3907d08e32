/** Where a series changes: a level that jumps, or a growth that begins. Values only: the axis is equally spaced. */
import { mean } from "./order.ts";

export interface Step {
  /** Index of the first value after the change. */
  readonly at: number;
  readonly before: number;
  readonly after: number;
  /** Share of the variance that one step explains, 0 to 1. */
  readonly explained: number;
}

/** The one step that explains most; null for fewer than six values or a constant series. */
export function largestStep(y: ArrayLike<number>): Step | null {
  const n = y.length;
  if (n < 6) return null;
  const total = mean(y);
  let all = 0;
  for (let i = 0; i < n; i++) all += (y[i] - total) ** 2;
  if (all === 0) return null;
  let left = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += y[i];
  let best: Step | null = null;
  for (let at = 1; at < n; at++) {
    left += y[at - 1];
    // Two values on either side at least: one is an outlier.
    if (at < 2 || at > n - 2) continue;
    const before = left / at;
    const after = (sum - left) / (n - at);
    const explained = (at * (before - total) ** 2 + (n - at) * (after - total) ** 2) / all;
    if (best === null || explained > best.explained) best = { at, before, after, explained };
  }
  return best;
}

/**
 * Where growth begins: the knee of the best "flat, then a line" in least squares. 0: it grew from the start. With the knee at k the model
 * is y = a + b·max(0, i - k); each k costs one regression.
 */
export function growthStart(y: ArrayLike<number>): number {
  const n = y.length;
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < n - 2; k++) {
    let sx = 0;
    let sxx = 0;
    let sy = 0;
    let sxy = 0;
    let syy = 0;
    for (let i = 0; i < n; i++) {
      const x = i > k ? i - k : 0;
      sx += x;
      sxx += x * x;
      sy += y[i];
      sxy += x * y[i];
      syy += y[i] * y[i];
    }
    const cxx = sxx - (sx * sx) / n;
    const cxy = sxy - (sx * sy) / n;
    const rest = syy - (sy * sy) / n - (cxx > 0 ? (cxy * cxy) / cxx : 0);
    // Later knees fit a little better by chance: only a clear gain moves it.
    if (rest < least * 0.98) {
      least = rest;
      best = k;
    }
  }
  return best;
}
