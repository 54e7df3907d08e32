import { describe, expect, test } from "vitest";
import { growthStart, largestStep } from "./change-point.ts";
import {
  binomialTail,
  incompleteBeta,
  normalQuantile,
  normalTail,
  studentQuantile,
  studentTail,
} from "./distributions.ts";
import { drift, fallTest } from "./drift.ts";
import { mannKendall } from "./mann-kendall.ts";
import { mad, mean, median, quantile, rankCorrelation, ranks, variance } from "./order.ts";
import { Random } from "./random.ts";
import { theilSen } from "./theil-sen.ts";

/** Reference values are SciPy 1's: t.sf, t.isf, norm.sf, binom.sf, betainc, theilslopes, spearmanr, ttest_ind. */
function close(actual: number, expected: number, relative = 1e-9): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(Math.abs(expected) * relative);
}

describe("distributions", () => {
  test("Student's t, far into its tail", () => {
    close(studentTail(2, 5), 0.050969739414929174);
    close(studentTail(8, 23), 2.1445957598381123e-8);
    close(studentTail(-1.5, 11), 0.919120991472273);
    close(studentTail(25, 7), 2.0898485588297177e-8);
    close(studentTail(0.3, 100), 0.3823999401501518);
    expect(studentTail(Number.POSITIVE_INFINITY, 5)).toBe(0);
    expect(studentTail(Number.NaN, 5)).toBeNaN();
  });

  test("and back", () => {
    close(studentQuantile(0.025, 10), 2.2281388519862753);
    close(studentQuantile(1e-8, 23), 8.359778810256069);
    close(studentQuantile(1e-12, 11), 33.507191552725054, 1e-8);
    close(studentQuantile(0.975, 10), -2.2281388519862753);
  });

  test("normal", () => {
    close(normalTail(0.5), 0.3085375387259869);
    close(normalTail(1.9), 0.028716559816001803);
    close(normalTail(2.9), 0.0018658133003840375);
    close(normalTail(6), 9.865876450376946e-10);
    close(normalTail(12), 1.776482112077653e-33);
    close(normalTail(-1), 0.8413447460685429);
    close(normalQuantile(0.025), 1.959963984540054);
    close(normalQuantile(0.975), -1.959963984540054);
  });

  test("binomial and beta", () => {
    close(binomialTail(9, 10, 0.5), 0.0107421875);
    close(binomialTail(5, 40, 0.05), 0.0480282602542153);
    close(binomialTail(30, 31, 0.125), 2.2012374699287113e-26, 1e-8);
    expect(binomialTail(0, 10, 0.5)).toBe(1);
    expect(binomialTail(11, 10, 0.5)).toBe(0);
    close(incompleteBeta(0.2, 2, 3), 0.1808);
    close(incompleteBeta(0.01, 30, 2), 3.07e-59, 1e-8);
  });
});

describe("order", () => {
  const v = [3, 1, 4, 1, 5, 9, 2, 6];

  test("quantiles, median, spread", () => {
    expect([0, 0.25, 0.5, 1].map((q) => quantile(v, q))).toEqual([1, 1.75, 3.5, 9]);
    close(quantile(v, 0.9), 6.9);
    close(mad(v), 2.965204437011204, 1e-7);
    expect(median([])).toBeNaN();
    expect(mean([1, 2, 6])).toBe(3);
    expect(variance([2, 4, 6])).toBe(4);
    expect(variance([2])).toBeNaN();
  });

  test("ranks share ties", () => {
    expect([...ranks([10, 20, 10, 5])]).toEqual([2.5, 4, 2.5, 1]);
    close(rankCorrelation([1, 2, 3, 4, 5, 6, 7], [2, 1, 4, 3, 7, 7, 5]), 0.8108437164260032);
    expect(rankCorrelation([1, 2, 3], [4, 4, 4])).toBe(0);
  });
});

describe("Theil–Sen", () => {
  const y = [3.1, 2.9, 3.4, 3.3, 3.9, 3.6, 4.4, 4.0, 4.8, 9.9, 4.9, 5.3];
  const x = y.map((_, i) => i * 15);

  test("one wild value does not bend it; the interval is Sen's", () => {
    const s = theilSen(x, y);
    close(s?.slope ?? 0, 0.014629629629629633);
    close(s?.low ?? 0, 0.011666666666666669);
    close(s?.high ?? 0, 0.02);
  });

  test("autocorrelation widens the interval", () => {
    const narrow = theilSen(x, y);
    const wide = theilSen(x, y, { inflation: 4 });
    expect((wide?.high ?? 0) - (wide?.low ?? 0)).toBeGreaterThan((narrow?.high ?? 0) - (narrow?.low ?? 0));
  });

  test("gaps are left out; too little gives nothing", () => {
    expect(theilSen([0, 1, 2, 3], [1, Number.NaN, 3, 4])?.slope).toBe(1);
    expect(theilSen([0, 1], [1, 2])).toBeNull();
    expect(theilSen([1, 1, 1], [1, 2, 3])).toBeNull();
  });
});

describe("Mann–Kendall", () => {
  test("S counts pairs that rise less those that fall", () => {
    const t = mannKendall([5, 4, 6, 7, 6, 8, 9, 8, 10, 12]);
    expect(t?.s).toBe(37);
    expect(t?.pRise).toBeLessThan(0.005);
  });

  test("a wave of long memory is no trend once it is corrected for", () => {
    const wave = Array.from({ length: 60 }, (_, i) => Math.sin(i / 10));
    expect(mannKendall(wave)?.inflation).toBeGreaterThan(3);
    expect(mannKendall(wave)?.pRise).toBeGreaterThan(0.05);
  });

  test("a constant says nothing", () => {
    expect(mannKendall([2, 2, 2, 2, 2])).toEqual({ s: 0, z: 0, pRise: 0.5, inflation: 1 });
    expect(mannKendall([1, 2, 3])).toBeNull();
  });
});

describe("drift", () => {
  test("is Student's t of the increments", () => {
    const d = drift([1, 2, 3, 2, 2], 0);
    close(d?.t ?? 0, 2 / (Math.sqrt(0.5) / Math.sqrt(5)));
    expect(d?.df).toBe(4);
  });

  test("things that come one by one make Poisson noise at least", () => {
    // An even ramp of 1 a step for 16 steps: no surer than four standard deviations.
    expect(drift(new Float64Array(16).fill(1), 1)?.t).toBeCloseTo(4, 12);
    expect(drift([0, 0, 0, 0, 0], 1)?.p).toBe(0.5);
    expect(drift([1, 2, 3], 1)).toBeNull();
  });

  test("steps of different lengths: the same rate is the same drift", () => {
    const even = drift([2, 2.2, 1.8, 2.1, 1.9, 2], 0);
    const gap = drift([2, 2.2, 1.8, 10, 2.1, 1.9], 0, [0.6, 0.6, 0.6, 3, 0.6, 0.6]);
    expect(gap?.mean).toBeCloseTo(20 / 6, 9);
    expect(gap?.t).toBeGreaterThan((even?.t ?? 0) / 3);
  });

  test("a random walk is not called a drift more often than said", () => {
    const random = new Random(11);
    let hits = 0;
    for (let i = 0; i < 4000; i++)
      if (
        (drift(
          Float64Array.from({ length: 23 }, () => random.normal()),
          0,
        )?.p ?? 1) < 0.01
      )
        hits++;
    expect(hits).toBeGreaterThan(15);
    expect(hits).toBeLessThan(70);
  });

  test("a fall between two halves is Welch's test", () => {
    close(fallTest([5, 6, 7, 8], [2, 3, 3, 2.5], 0), 0.0028314763696326234, 1e-7);
    expect(fallTest([1, 1, 1], [1, 1, 1], 0)).toBe(1);
    expect(fallTest([2, 2, 2], [1, 1, 1], 0)).toBe(0);
  });
});

describe("change points", () => {
  test("the largest step", () => {
    expect(largestStep([1, 1, 1, 1, 5, 5, 5, 5])).toEqual({ at: 4, before: 1, after: 5, explained: 1 });
    // One outlier is no step, a line is none either.
    expect(largestStep([1, 1, 1, 9, 1, 1, 1, 1])?.explained).toBeLessThan(0.5);
    expect(largestStep(Array.from({ length: 40 }, (_, i) => i))?.explained).toBeLessThan(0.8);
    expect(largestStep([2, 2, 2, 2, 2, 2])).toBeNull();
  });

  test("where growth begins", () => {
    const y = Array.from({ length: 60 }, (_, i) => 10 + Math.max(0, i - 25) * 2 + (i % 2));
    expect(Math.abs(growthStart(y) - 25)).toBeLessThanOrEqual(2);
    expect(growthStart(Array.from({ length: 30 }, (_, i) => i * 3))).toBe(0);
  });
});

test("random numbers are the same everywhere", () => {
  const random = new Random(1);
  const drawn = Array.from({ length: 50_000 }, () => random.normal());
  expect(Math.abs(mean(drawn))).toBeLessThan(0.02);
  expect(Math.abs(variance(drawn) - 1)).toBeLessThan(0.03);
  const counts = Array.from({ length: 20_000 }, () => random.poisson(3.5));
  expect(Math.abs(mean(counts) - 3.5)).toBeLessThan(0.06);
  expect(new Random(7).next()).toBe(new Random(7).next());
});
