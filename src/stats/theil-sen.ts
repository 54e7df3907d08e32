/**
 * Theil–Sen: the median of the slopes of all pairs, with Sen's interval (P. K. Sen, 1968): Kendall's S is about normal, so that the
 * slopes ranked N/2 ± z·σ(S)/2 bound the slope. Up to 29 % of the points may be anything.
 */
import { normalQuantile } from "./distributions.ts";
import { median, sortedQuantile } from "./order.ts";

export interface Slope {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
  /** Median of y - slope·x. */
  readonly intercept: number;
}

/** All pairs of more points than this would be millions: the rest is thinned out evenly. */
const MOST_POINTS = 512;

/**
 * Null for fewer than three points or where all x are equal. `inflation` is the factor by which autocorrelation widens the variance of S
 * (mann-kendall.ts); `level` the two-sided confidence.
 */
export function theilSen(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { level = 0.95, inflation = 1 }: { level?: number; inflation?: number } = {},
): Slope | null {
  const every = Math.ceil(x.length / MOST_POINTS);
  const xs: number[] = [];
  const ys: number[] = [];
  for (let i = 0; i < x.length; i += every)
    if (Number.isFinite(x[i]) && Number.isFinite(y[i])) {
      xs.push(x[i]);
      ys.push(y[i]);
    }
  const n = xs.length;
  if (n < 3) return null;
  const slopes = new Float64Array((n * (n - 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const dx = xs[j] - xs[i];
      if (dx !== 0) slopes[at++] = (ys[j] - ys[i]) / dx;
    }
  if (at === 0) return null;
  const sorted = slopes.subarray(0, at).sort();
  const slope = sortedQuantile(sorted, 0.5);
  const sigma = Math.sqrt(((n * (n - 1) * (2 * n + 5)) / 18) * Math.max(1, inflation));
  const half = (normalQuantile((1 - level) / 2) * sigma) / 2;
  return {
    slope,
    low: sorted[Math.max(0, Math.round(at / 2 - half) - 1)],
    high: sorted[Math.min(at - 1, Math.round(at / 2 + half))],
    intercept: median(ys.map((v, i) => v - slope * xs[i])),
  };
}
