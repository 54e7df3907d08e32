/**
 * Mann–Kendall's test for a trend, with the correction of Hamed and Rao (1998) for autocorrelation: the variance of S is widened by the
 * autocorrelations of the ranks of what is left when the trend is taken out.
 */
import { normalTail } from "./distributions.ts";
import { mean, ranks } from "./order.ts";
import { theilSen } from "./theil-sen.ts";

export interface TrendTest {
  /** Pairs that rise minus pairs that fall. */
  readonly s: number;
  readonly z: number;
  /** One-sided: the chance of as much of a rise where there is none. */
  readonly pRise: number;
  /** Factor on the variance of S; 1: no autocorrelation. */
  readonly inflation: number;
}

/** Equally spaced values; NaN is left out. Null for fewer than four values. */
export function mannKendall(values: ArrayLike<number>): TrendTest | null {
  const y = Float64Array.from(values).filter((v) => Number.isFinite(v));
  const n = y.length;
  if (n < 4) return null;
  let s = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) s += Math.sign(y[j] - y[i]);
  let variance = n * (n - 1) * (2 * n + 5);
  for (const t of tieSizes(y)) variance -= t * (t - 1) * (2 * t + 5);
  variance /= 18;
  if (variance <= 0) return { s, z: 0, pRise: 0.5, inflation: 1 };
  const inflation = inflationOf(y);
  const z = (s - Math.sign(s)) / Math.sqrt(variance * inflation);
  return { s, z, pRise: normalTail(z), inflation };
}

function tieSizes(y: Float64Array): number[] {
  const counts = new Map<number, number>();
  for (const v of y) counts.set(v, (counts.get(v) ?? 0) + 1);
  return [...counts.values()].filter((c) => c > 1);
}

function inflationOf(y: Float64Array): number {
  const n = y.length;
  const x = Float64Array.from({ length: n }, (_, i) => i);
  const slope = theilSen(x, y)?.slope ?? 0;
  const r = ranks(y.map((v, i) => v - slope * i));
  const m = mean(r);
  let c0 = 0;
  for (const v of r) c0 += (v - m) ** 2;
  if (c0 === 0) return 1;
  let sum = 0;
  // Only lags that are significant at 95 % count; noise in the others would add up.
  const significant = 1.96 / Math.sqrt(n);
  for (let lag = 1; lag < n - 2; lag++) {
    let c = 0;
    for (let i = 0; i + lag < n; i++) c += (r[i] - m) * (r[i + lag] - m);
    const rho = c / c0;
    if (Math.abs(rho) > significant) sum += (n - lag) * (n - lag - 1) * (n - lag - 2) * rho;
  }
  return Math.max(1, 1 + (2 * sum) / (n * (n - 1) * (n - 2)));
}
