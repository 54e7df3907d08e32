/** What was before the first look, as samples: from a Prometheus server that scrapes the target. Only totals, pools and loads: it knows no stacks. */
import { fetchHistory, type FetchedHistory, type HistoryRequest } from "../probe/history.ts";
import { inOrder, type Point, type ProcessIdentity, type Sample } from "../series/sample.ts";
import { loadPoints } from "./loads.ts";
import { goalSolved } from "./sampler.ts";
import { Signals } from "./signals.ts";

export async function pastOf(request: HistoryRequest): Promise<Sample[]> {
  return samplesOfHistory(await fetchHistory(request));
}

/** One sample for each moment of the server's answer; `alone`: no looks will follow. The signals have the names that looks give them, so that the looks go on from there. */
export function samplesOfHistory(history: Pick<FetchedHistory, "series">, alone = false): Sample[] {
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
    // Before looks only the gauge: what is derived from the collector's goal is another measure than they have.
    total("heap", value("go_gc_heap_live_bytes") ?? (alone ? (goalSolved(value) ?? undefined) : undefined));
    points.push(...signals.pools(metrics));
    points.push(...loadPoints(signals, { heap: null, metrics, cpuSeconds: null, readCalls: null, sockets: null }));
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
      points: inOrder(points),
      ...(collections === undefined ? {} : { collections }),
    });
  }
  return out;
}
