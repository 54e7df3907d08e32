/**
 * The Prometheus text format and OpenMetrics: `name{label="value"} 1.5 1700000000000 # {trace_id="x"} 1`. One pass over the text, no
 * regular expressions; `wanted` decides by name before labels are read, because a busy service exposes far more than we look at.
 */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly samples: MetricSample[];
  /** Lines that could not be read. */
  readonly badLines: number;
}

/** The families that say something of leaks: Go and process collectors, database pools, gRPC, Redis, JVM and its pools. */
export function isLeakMetric(name: string): boolean {
  return /^(?:go_|process_|go_sql_|sql_|pgxpool_|grpc_|redis_|promhttp_|http_|net_conntrack_|jvm_|hikaricp_|jdbc_|druid_|envoy_server_|tomcat_|executor_)/.test(
    name,
  );
}

export function parseExposition(text: string, wanted: (name: string) => boolean = () => true): Exposition {
  const samples: MetricSample[] = [];
  const decided = new Map<string, boolean>();
  let badLines = 0;
  let pos = 0;
  const end = text.length;
  while (pos < end) {
    let stop = text.indexOf("\n", pos);
    if (stop < 0) stop = end;
    const from = skipBlank(text, pos, stop);
    pos = stop + 1;
    if (from >= stop || text.charCodeAt(from) === 35 /* # */ || text.charCodeAt(from) === 13) continue;
    let at = from;
    while (at < stop && isNameChar(text.charCodeAt(at))) at++;
    if (at === from) {
      badLines++;
      continue;
    }
    const name = text.slice(from, at);
    let want = decided.get(name);
    if (want === undefined) {
      want = wanted(name);
      if (decided.size < 100_000) decided.set(name, want);
    }
    if (!want) continue;
    const sample = readSample(text, name, at, stop);
    if (sample === null) badLines++;
    else samples.push(sample);
  }
  return { samples, badLines };
}

function readSample(text: string, name: string, at: number, stop: number): MetricSample | null {
  let labels: Record<string, string> = none;
  at = skipBlank(text, at, stop);
  if (text.charCodeAt(at) === 123 /* { */) {
    labels = {};
    at++;
    for (;;) {
      at = skipBlank(text, at, stop);
      if (at >= stop) return null;
      if (text.charCodeAt(at) === 125 /* } */) {
        at++;
        break;
      }
      const nameFrom = at;
      while (at < stop && isNameChar(text.charCodeAt(at))) at++;
      const key = text.slice(nameFrom, at);
      at = skipBlank(text, at, stop);
      if (key === "" || text.charCodeAt(at) !== 61 /* = */) return null;
      at = skipBlank(text, at + 1, stop);
      if (text.charCodeAt(at) !== 34 /* " */) return null;
      const valueFrom = ++at;
      let escaped = false;
      while (at < stop && text.charCodeAt(at) !== 34) {
        if (text.charCodeAt(at) === 92 /* \ */) {
          escaped = true;
          at++;
        }
        at++;
      }
      if (at >= stop) return null;
      const value = text.slice(valueFrom, at);
      labels[key] = escaped ? value.replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c)) : value;
      at = skipBlank(text, at + 1, stop);
      if (text.charCodeAt(at) === 44 /* , */) at++;
    }
  }
  at = skipBlank(text, at, stop);
  let valueEnd = at;
  while (valueEnd < stop && text.charCodeAt(valueEnd) > 32) valueEnd++;
  const value = readNumber(text.slice(at, valueEnd));
  return value === null ? null : { name, labels, value };
}

const none: Record<string, string> = Object.freeze({});

function readNumber(word: string): number | null {
  switch (word) {
    case "":
      return null;
    case "NaN":
      return Number.NaN;
    case "+Inf":
    case "Inf":
      return Number.POSITIVE_INFINITY;
    case "-Inf":
      return Number.NEGATIVE_INFINITY;
    default: {
      const n = Number(word);
      return Number.isNaN(n) ? null : n;
    }
  }
}

function isNameChar(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 58) || c === 95 || c === 46;
}

function skipBlank(text: string, at: number, stop: number): number {
  while (at < stop) {
    const c = text.charCodeAt(at);
    if (c !== 32 && c !== 9) break;
    at++;
  }
  return at;
}
