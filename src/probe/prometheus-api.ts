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

/** What one query may cost us: a server with a million series answers a loose selector with gigabytes. */
const LIMITS = { maxBytes: 16 << 20, headersMs: 15_000, totalMs: 15_000 };

export async function queryRange(client: HttpClient, base: string, q: RangeQuery): Promise<RangeSeries[]> {
  return ask(client, base, "query_range", {
    query: q.query,
    start: String(q.start),
    end: String(q.end),
    step: String(q.stepSeconds),
  });
}

/** The value at one moment (seconds since 1970): each series has one sample. */
export async function queryInstant(
  client: HttpClient,
  base: string,
  query: string,
  time: number,
): Promise<RangeSeries[]> {
  return ask(client, base, "query", { query, time: String(time) });
}

async function ask(
  client: HttpClient,
  base: string,
  path: "query" | "query_range",
  parameters: Readonly<Record<string, string>>,
): Promise<RangeSeries[]> {
  const url = new URL(`api/v1/${path}`, base.endsWith("/") ? base : `${base}/`);
  for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value);
  let reply;
  try {
    reply = await client.get(url, LIMITS);
  } catch (e) {
    // The query in the address says nothing to people: only the server's name is kept.
    if (!(e instanceof ProbeError)) throw e;
    throw new ProbeError(e.fault, e.message.replaceAll(url.href, base));
  }
  return readReply(Buffer.from(reply.body).toString("utf8"), reply.status, base);
}

/** Reads the answer of either query. What does not have the documented shape is left out; an answer without it is an error. */
export function readReply(text: string, status: number, base: string): RangeSeries[] {
  if (status === 401 || status === 403)
    throw new ProbeError("unauthorized", `Prometheus at ${base} wants credentials (HTTP ${status}): --history-header`);
  let root: { status?: unknown; error?: unknown; data?: { resultType?: unknown; result?: unknown } } | null;
  try {
    root = JSON.parse(text) as typeof root;
  } catch {
    throw new ProbeError("not-pprof", `${base} is not a Prometheus server (HTTP ${status}, no JSON)`);
  }
  if (root?.status !== "success")
    throw new ProbeError(
      "status",
      `Prometheus at ${base} refuses the query: ${typeof root?.error === "string" ? root.error.slice(0, 300) : `HTTP ${status}`}`,
    );
  const result = root.data?.result;
  const kind = root.data?.resultType;
  if (!Array.isArray(result) || (kind !== "matrix" && kind !== "vector"))
    throw new ProbeError("not-pprof", `${base} answers, but not with a range of samples`);
  const out: RangeSeries[] = [];
  for (const item of result as ({ metric?: unknown; values?: unknown; value?: unknown } | null)[]) {
    const list = kind === "vector" ? [item?.value] : item?.values;
    if (!Array.isArray(list)) continue;
    const pairs = (list as unknown[]).filter(isPair);
    const times = new Float64Array(pairs.length);
    const values = new Float64Array(pairs.length);
    pairs.forEach(([t, v], i) => {
      times[i] = t;
      values[i] = v === "+Inf" ? Number.POSITIVE_INFINITY : v === "-Inf" ? Number.NEGATIVE_INFINITY : Number(v);
    });
    out.push({ labels: stringsOf(item?.metric), times, values });
  }
  return out;
}

function isPair(v: unknown): v is [number, string] {
  return Array.isArray(v) && v.length === 2 && typeof v[0] === "number" && typeof v[1] === "string";
}

function stringsOf(metric: unknown): Record<string, string> {
  const out: Record<string, string> = {};
  if (typeof metric === "object" && metric !== null)
    for (const [key, value] of Object.entries(metric)) if (typeof value === "string") out[key] = value;
  return out;
}
