/** A Prometheus server's query API: the history that a single look at a process cannot have. */
import { ProbeError } from "./errors.ts";
import type { HttpClient } from "./http.ts";

export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970. */
  readonly times: Float64Array;
  /** NaN where the server said NaN. */
  readonly values: Float64Array;
}

export interface RangeQuery {
  readonly query: string;
  /** Seconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly stepSeconds: number;
}

export async function queryRange(client: HttpClient, base: string, q: RangeQuery): Promise<RangeSeries[]> {
  const url = new URL("api/v1/query_range", base.endsWith("/") ? base : `${base}/`);
  url.searchParams.set("query", q.query);
  url.searchParams.set("start", String(q.start));
  url.searchParams.set("end", String(q.end));
  url.searchParams.set("step", String(q.stepSeconds));
  const reply = await client.get(url, { maxBytes: 64 << 20, totalMs: 30_000 });
  return readRangeReply(Buffer.from(reply.body).toString("utf8"), reply.status, base);
}

export function readRangeReply(text: string, status: number, base: string): RangeSeries[] {
  let root: { status?: unknown; error?: unknown; data?: { resultType?: unknown; result?: unknown } };
  try {
    root = JSON.parse(text) as typeof root;
  } catch {
    throw new ProbeError("not-pprof", `${base} is not a Prometheus server (HTTP ${status}, no JSON)`);
  }
  if (root?.status !== "success")
    throw new ProbeError(
      "status",
      `Prometheus at ${base} refuses the query: ${typeof root?.error === "string" ? root.error : `HTTP ${status}`}`,
    );
  const result = root.data?.result;
  if (!Array.isArray(result) || root.data?.resultType !== "matrix")
    throw new ProbeError("not-pprof", `${base} answers, but not with a range of samples`);
  const out: RangeSeries[] = [];
  for (const item of result as { metric?: Record<string, string>; values?: unknown }[]) {
    if (!Array.isArray(item.values)) continue;
    const pairs = item.values.filter((v): v is [number, string] => Array.isArray(v) && v.length === 2);
    const times = new Float64Array(pairs.length);
    const values = new Float64Array(pairs.length);
    pairs.forEach(([t, v], i) => {
      times[i] = t;
      values[i] = v === "+Inf" ? Number.POSITIVE_INFINITY : v === "-Inf" ? Number.NEGATIVE_INFINITY : Number(v);
    });
    out.push({ labels: item.metric ?? {}, times, values });
  }
  return out;
}
