/**
 * The past of one process as a Prometheus server kept it. Three questions: which scraped instance is it, what did its numbers do, and
 * (through process_start_time_seconds) when was it another process. At most POINTS samples of each series are asked for, of one instance
 * only, so that the answer is small whatever the server holds.
 */
import { ProbeError } from "./errors.ts";
import { HttpClient, type HttpOptions } from "./http.ts";
import { queryInstant, queryRange, type RangeSeries } from "./prometheus-api.ts";

export interface HistoryRequest {
  /** Base address of the server, with a prefix where it has one; `user:password@` is sent as basic authentication. */
  readonly server: string;
  readonly http: HttpOptions;
  /** Milliseconds to look back from `endMs`. */
  readonly rangeMs: number;
  /** Milliseconds since 1970. */
  readonly endMs: number;
  /** Label matchers, `job="x",pod=~"y.*"`, with or without braces; null: the instance is found by the ports. */
  readonly match: string | null;
  /** Ports on which the process may be scraped. */
  readonly ports: readonly number[];
  /** Host names and addresses under which it may be known, the likeliest first; the last word where ports are not enough. */
  readonly hosts: readonly string[];
  /** Milliseconds since 1970; null where the process was not seen. */
  readonly startedMs: number | null;
}

export interface FetchedHistory {
  /** Without credentials. */
  readonly server: string;
  /** `job` and `instance` of the series. */
  readonly instance: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  readonly stepSeconds: number;
  readonly series: readonly RangeSeries[];
  /** Received. */
  readonly milliseconds: number;
}

/** Enough for a sparkline and a slope. */
const POINTS = 240;
const LEAST_STEP_SECONDS = 5;
/** Start times are computed from a boot time that drifts with the clock. */
const SAME_START_SECONDS = 3;

const names = [
  "process_start_time_seconds",
  "process_cpu_seconds_total",
  "go_goroutines",
  "process_open_fds",
  "go_gc_heap_live_bytes",
  "go_memstats_next_gc_bytes",
  "go_memstats_stack_inuse_bytes",
  "go_gc_gogc_percent",
  "go_sql_open_connections",
  "go_sql_in_use_connections",
  "go_sql_wait_count_total",
  "go_sql_max_open_connections",
  "process_max_fds",
  "go_gc_duration_seconds_count",
  "go_memstats_mallocs_total",
  "go_memstats_alloc_bytes_total",
  "go_sched_goroutines_created_goroutines_total",
];

export async function fetchHistory(r: HistoryRequest): Promise<FetchedHistory> {
  const { base, headers } = address(r.server);
  const client = new HttpClient({ ...r.http, headers: { ...headers, ...r.http.headers } });
  const started = performance.now();
  try {
    const end = Math.floor(r.endMs / 1000);
    const seconds = Math.max(60, Math.round(r.rangeMs / 1000));
    const instance = await findInstance(client, base, r, end, seconds);
    const stepSeconds = Math.max(LEAST_STEP_SECONDS, Math.ceil(seconds / POINTS));
    const own = Object.entries(instance).map(([k, v]) => `${k}=${JSON.stringify(v)}`);
    const series = await queryRange(client, base, {
      query: selector([`__name__=~"${names.join("|")}"`, ...own, ...matchers(r.match)]),
      start: end - seconds,
      end,
      stepSeconds,
    });
    if (series.length === 0) throw new ProbeError("status", `Prometheus at ${base} has no numbers of this process`);
    return {
      server: base,
      instance,
      start: end - seconds,
      end,
      stepSeconds,
      series,
      milliseconds: performance.now() - started,
    };
  } finally {
    await client.close();
  }
}

function address(server: string): { base: string; headers: Record<string, string> } {
  let url: URL;
  try {
    url = new URL(/^https?:\/\//i.test(server) ? server : `http://${server}`);
  } catch {
    throw new ProbeError("refused", `not the address of a Prometheus server: ${server}`);
  }
  const headers: Record<string, string> = {};
  if (url.username !== "") {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
    url.username = "";
    url.password = "";
  }
  url.search = "";
  url.hash = "";
  return { base: url.href.replace(/\/$/, ""), headers };
}

function matchers(match: string | null): string[] {
  if (match === null) return [];
  const inner = match
    .trim()
    .replace(/^\{([^]*)\}$/, "$1")
    .replace(/,\s*$/, "")
    .trim();
  return inner === "" ? [] : [inner];
}

function selector(parts: readonly string[]): string {
  return `{${parts.join(",")}}`;
}

/** The one instance that is the process; what is not certain is asked back with the choices named. */
async function findInstance(
  client: HttpClient,
  base: string,
  r: HistoryRequest,
  end: number,
  seconds: number,
): Promise<Record<string, string>> {
  const given = matchers(r.match);
  if (given.length === 0 && r.ports.length === 0)
    throw new ProbeError(
      "unsupported",
      `history: no port of this process is known; name its series: --history-match 'job="…"'`,
    );
  const parts = given.length > 0 ? given : [`instance=~".+:(?:${[...new Set(r.ports)].slice(0, 64).join("|")})"`];
  // A process that has ended has no current value, but one within the range.
  let found = await lastOf(client, base, "process_start_time_seconds", parts, end, seconds);
  const haveStart = found.length > 0;
  if (!haveStart) found = await lastOf(client, base, "go_goroutines", parts, end, seconds);
  const what = given.length > 0 ? selector(given) : `port ${[...new Set(r.ports)].slice(0, 4).join(", ")}`;
  if (found.length === 0)
    throw new ProbeError(
      "status",
      `Prometheus at ${base} knows no process with ${what} in this time; name its series: --history-match 'job="…"'`,
    );
  let left = found;
  const narrow = (keep: (s: RangeSeries) => boolean): void => {
    const some = left.length > 1 ? left.filter(keep) : [];
    if (some.length > 0) left = some;
  };
  // The start time is the identity of a process; a host name only resembles one.
  const { startedMs } = r;
  if (haveStart && startedMs !== null)
    narrow((s) => Math.abs((s.values[0] ?? Number.NaN) - startedMs / 1000) <= SAME_START_SECONDS);
  for (const host of r.hosts) {
    if (left.length === 1) break;
    narrow((s) => hostOf(s.labels["instance"] ?? "") === host);
  }
  if (left.length > 1) {
    const choices = left
      .slice(0, 4)
      .map((s) => `job=${s.labels["job"] ?? "?"} instance=${s.labels["instance"] ?? "?"}`);
    throw new ProbeError(
      "status",
      `Prometheus at ${base} knows ${left.length} processes with ${what} (${choices.join("; ")}${left.length > 4 ? "; …" : ""}): choose with --history-match`,
    );
  }
  const { labels } = left[0];
  const out: Record<string, string> = {};
  for (const key of ["job", "instance"]) if (labels[key] !== undefined) out[key] = labels[key];
  return out;
}

function lastOf(
  client: HttpClient,
  base: string,
  metric: string,
  parts: readonly string[],
  end: number,
  seconds: number,
): Promise<RangeSeries[]> {
  return queryInstant(client, base, `last_over_time(${metric}${selector(parts)}[${seconds}s])`, end);
}

function hostOf(instance: string): string {
  return instance
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
}
