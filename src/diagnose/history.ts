/**
 * What the past says of a process: each number's course since the process last started. Restarts come from process_start_time_seconds,
 * and where that is not kept from a counter that falls. Pure: the series are handed in.
 */
export interface HistorySeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970, ascending. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export interface Trend {
  readonly name: string;
  readonly metric: string;
  readonly unit: "count" | "bytes";
  /** Empty but for pools, which have the name of their database. */
  readonly labels: Readonly<Record<string, string>>;
  /** Since the process last started. */
  readonly first: number;
  readonly last: number;
  readonly least: number;
  readonly most: number;
  /** Median of the slopes between all pairs of samples (Theil–Sen): bursts do not bend it. Null with too few samples. */
  readonly perHour: number | null;
  /** The whole range, also before a restart: [seconds since 1970, value]. */
  readonly points: readonly (readonly [number, number])[];
}

export interface History {
  readonly server: string;
  readonly instance: Readonly<Record<string, string>>;
  /** Seconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly stepSeconds: number;
  /** Seconds since 1970 at which the process started anew within the range. */
  readonly restarts: readonly number[];
  readonly trends: readonly Trend[];
}

/** Start times are computed from a boot time that drifts with the clock; nobody restarts within so short a time of being scraped. */
const SAME_START_SECONDS = 3;
/** Below this a slope is noise with a number on it. */
const LEAST_POINTS = 5;
const MOST_POOLS = 4;

export function historyOf(
  meta: Omit<History, "restarts" | "trends">,
  series: readonly HistorySeries[],
  liveHeap: (nextGc: number, gogc: number, roots: number) => number | null,
): History {
  const by = (name: string): HistorySeries[] =>
    series.filter((s) => s.labels["__name__"] === name && s.times.length > 0);
  const { restarts, since } = restartsOf(by("process_start_time_seconds"), by("process_cpu_seconds_total"));
  const trends: Trend[] = [];
  const add = (name: string, unit: Trend["unit"], s: HistorySeries | undefined, labels: Trend["labels"] = {}): void => {
    const t = s === undefined ? null : trendOf(name, unit, s, labels, since);
    if (t !== null) trends.push(t);
  };
  add("goroutines", "count", joined(by("go_goroutines")));
  add("heap live", "bytes", joined(by("go_gc_heap_live_bytes")) ?? derivedHeap(by, liveHeap));
  add("descriptors", "count", joined(by("process_open_fds")));
  const pools = new Map<string, Trend>();
  for (const [metric, name] of [
    ["go_sql_in_use_connections", "sql in use"],
    ["go_sql_open_connections", "sql open"],
    ["go_sql_wait_count_total", "sql waits"],
  ] as const)
    for (const s of by(metric)) {
      const db = s.labels["db_name"] ?? "";
      const t = trendOf(name, "count", s, db === "" ? {} : { db_name: db }, since);
      if (t !== null) pools.set(`${name} ${db}`, t);
    }
  trends.push(...busiestPools([...pools.values()]));
  return { ...meta, restarts, trends };
}

/** Of many databases those whose pools are the fullest, each with all its rows. */
function busiestPools(rows: Trend[]): Trend[] {
  const most = new Map<string, number>();
  for (const t of rows) {
    const db = t.labels["db_name"] ?? "";
    most.set(db, Math.max(most.get(db) ?? 0, t.name === "sql waits" ? 0 : t.most));
  }
  const kept = new Set(
    [...most]
      .sort((a, b) => b[1] - a[1])
      .slice(0, MOST_POOLS)
      .map(([db]) => db),
  );
  return rows.filter((t) => kept.has(t.labels["db_name"] ?? ""));
}

/** Relabelling can split one process over several series (a new pod label after a rollout): one after the other, they are one course. */
function joined(all: readonly HistorySeries[]): HistorySeries | undefined {
  if (all.length <= 1) return all[0];
  const pairs: [number, number][] = [];
  for (const s of all) for (let i = 0; i < s.times.length; i++) pairs.push([s.times[i], s.values[i]]);
  pairs.sort((a, b) => a[0] - b[0]);
  const once = pairs.filter((p, i) => i === 0 || p[0] !== pairs[i - 1][0]);
  return {
    labels: all[0].labels,
    times: Float64Array.from(once, (p) => p[0]),
    values: Float64Array.from(once, (p) => p[1]),
  };
}

/** Where the gauge is not kept: the collector's goal, solved for what it found live. */
function derivedHeap(
  by: (name: string) => HistorySeries[],
  liveHeap: (nextGc: number, gogc: number, roots: number) => number | null,
): HistorySeries | undefined {
  const next = joined(by("go_memstats_next_gc_bytes"));
  if (next === undefined) return undefined;
  const gogc = asMap(joined(by("go_gc_gogc_percent")));
  const stacks = asMap(joined(by("go_memstats_stack_inuse_bytes")));
  const values = next.values.map(
    (v, i) => liveHeap(v, gogc.get(next.times[i]) ?? 100, stacks.get(next.times[i]) ?? 0) ?? Number.NaN,
  );
  return { labels: next.labels, times: next.times, values };
}

function asMap(s: HistorySeries | undefined): Map<number, number> {
  const out = new Map<number, number>();
  s?.times.forEach((t, i) => out.set(t, s.values[i]));
  return out;
}

/**
 * `since` is the first sample of the process that runs last, which is later than its start: until its first scrape, and for minutes after
 * a missed one, a server repeats what the process before it had.
 */
function restartsOf(
  starts: readonly HistorySeries[],
  counters: readonly HistorySeries[],
): { restarts: number[]; since: number } {
  const restarts: number[] = [];
  let since = Number.NEGATIVE_INFINITY;
  const start = joined(starts);
  if (start !== undefined) {
    let before = Number.NaN;
    for (let i = 0; i < start.values.length; i++) {
      const v = start.values[i];
      if (!Number.isFinite(v)) continue;
      if (v > before + SAME_START_SECONDS) {
        restarts.push(v);
        since = start.times[i];
      }
      before = v;
    }
    return { restarts, since };
  }
  const counter = joined(counters);
  let before = Number.NaN;
  counter?.values.forEach((v, i) => {
    if (v < before) {
      since = counter.times[i];
      restarts.push(since);
    }
    if (Number.isFinite(v)) before = v;
  });
  return { restarts, since };
}

function trendOf(
  name: string,
  unit: Trend["unit"],
  s: HistorySeries,
  labels: Trend["labels"],
  since: number,
): Trend | null {
  const points: [number, number][] = [];
  for (let i = 0; i < s.times.length; i++) if (Number.isFinite(s.values[i])) points.push([s.times[i], s.values[i]]);
  const now = points.filter(([t]) => t >= since);
  if (now.length === 0) return null;
  const values = now.map(([, v]) => v);
  return {
    name,
    metric: s.labels["__name__"] ?? "",
    unit,
    labels,
    first: values[0],
    last: values[values.length - 1],
    least: Math.min(...values),
    most: Math.max(...values),
    perHour: now.length < LEAST_POINTS ? null : slopePerHour(now),
    points,
  };
}

/** Median of the slopes of all pairs. With the 240 points that are asked for, 28,680 of them. */
function slopePerHour(all: readonly (readonly [number, number])[]): number | null {
  // A server that sends more than was asked for does not get to choose the time that n² takes.
  const every = Math.ceil(all.length / 400);
  const points = every === 1 ? all : all.filter((_, i) => i % every === 0);
  const n = points.length;
  const slopes = new Float64Array((n * (n - 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const dt = points[j][0] - points[i][0];
      if (dt > 0) slopes[at++] = (points[j][1] - points[i][1]) / dt;
    }
  if (at === 0) return null;
  const sorted = slopes.subarray(0, at).sort();
  const mid = at >> 1;
  return (at % 2 === 1 ? sorted[mid] : (sorted[mid - 1] + sorted[mid]) / 2) * 3600;
}

/** One cell per slice of the range: the mean of its samples, NaN where there are none. */
export function cells(t: Trend, start: number, end: number, width: number): number[] {
  const sums = new Float64Array(width);
  const counts = new Uint32Array(width);
  for (const [time, value] of t.points) {
    const cell = Math.min(width - 1, Math.floor(((time - start) / Math.max(1, end - start)) * width));
    if (cell < 0) continue;
    sums[cell] += value;
    counts[cell]++;
  }
  return [...sums].map((sum, i) => (counts[i] === 0 ? Number.NaN : sum / counts[i]));
}
