/** What was before the first look, as samples: from a Prometheus server that scrapes the target. Only totals, pools and loads: it knows no stacks. */
import { fetchHistory, type FetchedHistory, type HistoryRequest } from "../probe/history.ts";
import type { Point, ProcessIdentity, Sample } from "../series/sample.ts";
import { Signals } from "./signals.ts";

export async function pastOf(request: HistoryRequest): Promise<Sample[]> {
  return samplesOfHistory(await fetchHistory(request));
}

/** One sample for each moment of the server's answer. The signals have the names that looks give them, so that the looks go on from there. */
export function samplesOfHistory(history: Pick<FetchedHistory, "series">): Sample[] {
  const moments = new Map<number, { name: string; labels: Readonly<Record<string, string>>; value: number }[]>();
  for (const s of history.series) {
    const name = s.labels["__name__"] ?? "";
    for (let i = 0; i < s.times.length; i++) {
      const list = moments.get(s.times[i]);
      const metric = { name, labels: s.labels, value: s.values[i] };
      if (list === undefined) moments.set(s.times[i], [metric]);
      else list.push(metric);
    }
  }
  const signals = new Signals();
  const out: Sample[] = [];
  for (const [seconds, metrics] of [...moments].sort((a, b) => a[0] - b[0])) {
    const value = (name: string): number | undefined => {
      const found = metrics.filter((m) => m.name === name);
      return found.length === 0 ? undefined : found[0].value;
    };
    const points: Point[] = [];
    const total = (kind: "goroutine" | "heap" | "fd", v: number | undefined): void => {
      if (v !== undefined && Number.isFinite(v)) points.push(signals.total(kind, v));
    };
    const max = value("process_max_fds");
    if (max !== undefined && max > 0 && max < 2 ** 31) signals.limits = { ...signals.limits, descriptors: max };
    total("goroutine", value("go_goroutines"));
    total("fd", value("process_open_fds"));
    // Only the gauge: what is derived from the collector's goal is another measure than the looks have.
    total("heap", value("go_gc_heap_live_bytes"));
    points.push(...signals.pools(metrics));
    const load = (name: string, v: number | undefined, label: string, unit: "count" | "bytes" = "count"): void => {
      if (v !== undefined && Number.isFinite(v)) points.push(signals.load(name, v, true, label, unit));
    };
    load("cpu", value("process_cpu_seconds_total"), "CPU seconds");
    load("goroutines created", value("go_sched_goroutines_created_goroutines_total"), "goroutines created");
    load("allocated objects", value("go_memstats_mallocs_total"), "allocated objects");
    load("allocated bytes", value("go_memstats_alloc_bytes_total"), "allocated bytes", "bytes");
    if (points.length === 0) continue;
    const started = value("process_start_time_seconds");
    const process: ProcessIdentity | null =
      started === undefined || !Number.isFinite(started)
        ? null
        : { pid: null, startedMs: started * 1000, goVersion: null, module: null, revision: null };
    const collections = value("go_gc_duration_seconds_count");
    out.push({
      timeMs: seconds * 1000,
      process,
      // Its groups are not known, so that no kind was read whole.
      read: new Set(),
      points,
      ...(collections === undefined ? {} : { collections }),
    });
  }
  return out;
}
