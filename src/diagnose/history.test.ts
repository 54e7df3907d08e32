import { describe, expect, it } from "vitest";
import { cells, historyOf, type HistorySeries } from "./history.ts";

const meta = { server: "http://prom:9090", instance: { job: "a" }, start: 0, end: 3600, stepSeconds: 60 };
const noHeap = (): null => null;

function series(name: string, values: readonly number[], labels: Record<string, string> = {}): HistorySeries {
  return {
    labels: { __name__: name, ...labels },
    times: Float64Array.from(values, (_, i) => i * 60),
    values: Float64Array.from(values),
  };
}

const line = (n: number, f: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => f(i));

describe("historyOf", () => {
  it("measures a slope that bursts do not bend", () => {
    const h = historyOf(
      meta,
      [
        series(
          "go_goroutines",
          line(61, (i) => 100 + i * 2 + (i % 10 === 3 ? 5000 : 0)),
        ),
      ],
      noHeap,
    );
    expect(h.trends).toHaveLength(1);
    expect(h.trends[0]).toMatchObject({ name: "goroutines", first: 100, last: 220, most: 5206 });
    expect(h.trends[0].perHour).toBeCloseTo(120, 0);
    expect(h.restarts).toEqual([]);
  });

  it("counts from the last restart, by the start time", () => {
    const start = line(61, (i) => (i < 20 ? -500 : i < 40 ? 1170.5 : 2380) + (i % 2) * 0.9);
    const h = historyOf(
      meta,
      [
        series(
          "go_goroutines",
          line(61, (i) => 50 + (i % 20) * 10),
        ),
        series("process_start_time_seconds", start),
      ],
      noHeap,
    );
    // Half a second of drift is no restart.
    expect(h.restarts).toEqual([1170.5, 2380]);
    expect(h.trends[0]).toMatchObject({ first: 50, last: 50 });
    expect(h.trends[0].perHour).toBeGreaterThan(400);
    expect(h.trends[0].points).toHaveLength(61);
  });

  it("sees restarts in a counter that falls where no start time is kept", () => {
    const h = historyOf(
      meta,
      [
        series(
          "go_goroutines",
          line(30, () => 7),
        ),
        series(
          "process_cpu_seconds_total",
          line(30, (i) => (i < 12 ? i : i - 12)),
        ),
      ],
      noHeap,
    );
    expect(h.restarts).toEqual([720]);
    expect(h.trends[0].perHour).toBe(0);
  });

  it("derives the live heap where the gauge is not kept", () => {
    const h = historyOf(
      meta,
      [
        series(
          "go_memstats_next_gc_bytes",
          line(10, (i) => 1000 + i * 10),
        ),
        series(
          "go_gc_gogc_percent",
          line(10, () => 200),
        ),
        series(
          "go_memstats_stack_inuse_bytes",
          line(10, () => 5),
        ),
      ],
      (next, gogc, roots) => next + gogc + roots,
    );
    expect(h.trends[0]).toMatchObject({ name: "heap live", unit: "bytes", first: 1205, last: 1295 });
  });

  it("keeps the fullest pools of many, whole", () => {
    const all = line(20, (i) => i).flatMap((i) => [
      series(
        "go_sql_in_use_connections",
        line(6, () => i),
        { db_name: `db${i}` },
      ),
      series(
        "go_sql_wait_count_total",
        line(6, (k) => k * 1e6),
        { db_name: `db${i}` },
      ),
    ]);
    const { trends } = historyOf(meta, all, noHeap);
    expect([...new Set(trends.map((t) => t.labels["db_name"]))].sort()).toEqual(["db16", "db17", "db18", "db19"]);
    expect(trends).toHaveLength(8);
  });

  it("bears gaps, NaN, single points, too many points and nothing", () => {
    expect(historyOf(meta, [], noHeap).trends).toEqual([]);
    expect(historyOf(meta, [series("go_goroutines", [Number.NaN, Number.POSITIVE_INFINITY])], noHeap).trends).toEqual(
      [],
    );
    const one = historyOf(meta, [series("go_goroutines", [5])], noHeap).trends[0];
    expect(one).toMatchObject({ first: 5, last: 5, perHour: null });
    expect(cells(one, 0, 3600, 4)).toEqual([5, Number.NaN, Number.NaN, Number.NaN]);
    const many = historyOf(
      meta,
      [
        series(
          "go_goroutines",
          line(200_000, (i) => i),
        ),
      ],
      noHeap,
    ).trends[0];
    expect(many.perHour).toBeCloseTo(60, 5);
    const twice = historyOf(
      meta,
      [series("go_goroutines", [1, 2], { pod: "a" }), series("go_goroutines", [3, 4, 5], { pod: "b" })],
      noHeap,
    );
    expect(twice.trends[0].points).toEqual([
      [0, 1],
      [60, 2],
      [120, 5],
    ]);
  });
});
