/**
 * A table of numbers over time, as spreadsheets and scripts write it:
 *
 *     time,goroutines,heap_bytes,fds,requests_total,start
 *     2026-11-25T10:00:00Z,104,31457280,12,3400,2026-11-25T09:00:00Z
 *
 * `time` in seconds, milliseconds (numbers from 10^11) or RFC 3339; without a zone it is UTC, so that the verdict does not depend on where
 * the file is read. A column is `KIND/NAME` or a name from `plainNames`. Empty cells, NaN and infinities are gaps.
 */
import { UsageError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import { counted } from "../../base/numbers.ts";
import type { Point, ProcessIdentity, Sample } from "../../series/sample.ts";
import type { Signal, SignalKind } from "../../series/signal.ts";
import type { Recording } from "./recording.ts";

type Meaning =
  | { readonly is: "time" | "start" | "pid" | "collections" | "target" }
  | { readonly is: "limit"; readonly of: string }
  | { readonly is: "proven"; readonly name: string }
  | { readonly is: "signal"; readonly signal: Signal };

const kinds: readonly SignalKind[] = ["goroutine", "heap", "fd", "socket", "pool", "load"];

function signal(kind: SignalKind, name: string, more: Partial<Signal> = {}): Signal {
  return {
    kind,
    name,
    unit: kind === "heap" ? "bytes" : "count",
    counter: false,
    sawtooth: false,
    limit: null,
    label: name === "total" ? words[kind] : name,
    location: null,
    stack: [],
    ...more,
  };
}

const words: Readonly<Record<SignalKind, string>> = {
  goroutine: "goroutines",
  heap: "live heap",
  fd: "descriptors",
  socket: "sockets",
  pool: "pool",
  load: "load",
};

const plainNames: Readonly<Record<string, Meaning>> = {
  time: { is: "time" },
  timestamp: { is: "time" },
  start: { is: "start" },
  process_start_time_seconds: { is: "start" },
  pid: { is: "pid" },
  target: { is: "target" },
  collections: { is: "collections" },
  num_gc: { is: "collections" },
  goroutines: { is: "signal", signal: signal("goroutine", "total") },
  go_goroutines: { is: "signal", signal: signal("goroutine", "total") },
  heap_bytes: { is: "signal", signal: signal("heap", "total") },
  heap_live_bytes: { is: "signal", signal: signal("heap", "total") },
  go_gc_heap_live_bytes: { is: "signal", signal: signal("heap", "total") },
  heap_alloc_bytes: { is: "signal", signal: signal("heap", "total", { sawtooth: true, label: "allocated heap" }) },
  go_memstats_heap_alloc_bytes: {
    is: "signal",
    signal: signal("heap", "total", { sawtooth: true, label: "allocated heap" }),
  },
  fds: { is: "signal", signal: signal("fd", "total") },
  process_open_fds: { is: "signal", signal: signal("fd", "total") },
  sockets: { is: "signal", signal: signal("socket", "total") },
  connections: { is: "signal", signal: signal("load", "connections", { label: "inbound connections" }) },
  cpu_seconds: { is: "signal", signal: signal("load", "cpu", { counter: true, label: "CPU seconds" }) },
  process_cpu_seconds_total: { is: "signal", signal: signal("load", "cpu", { counter: true, label: "CPU seconds" }) },
  in_use: { is: "signal", signal: signal("pool", "pool in use", { label: "connections of the pool in use" }) },
  fds_limit: { is: "limit", of: "fd" },
  heap_limit: { is: "limit", of: "heap" },
  in_use_limit: { is: "limit", of: "pool" },
};

export function parseCsv(text: string, path: string): Recording[] {
  const rows = rowsOf(text);
  const first = rows.next();
  if (first.done === true) throw new UsageError(`${path} is empty`);
  const header = first.value.cells.map((c) => c.trim());
  const meanings = header.map((name, i) => meaningOf(name, i, path));
  if (!meanings.some((m) => m.is === "time"))
    throw new UsageError(`${path} has no column time: its header must name one`);
  if (!meanings.some((m) => m.is === "signal")) throw new UsageError(`${path} has no column with numbers of a process`);
  const byTarget = new Map<string, { samples: Sample[]; problems: string[] }>();
  const limited = new Map<string, Signal>();
  let badRows = 0;
  let firstBad = 0;
  for (const { cells, line } of rows) {
    if (cells.length === 1 && cells[0].trim() === "") continue;
    const sample = cells.length === header.length ? readRow(meanings, cells, limited) : null;
    if (sample === null) {
      if (badRows++ === 0) firstBad = line;
      continue;
    }
    let of = byTarget.get(sample.target);
    if (of === undefined) byTarget.set(sample.target, (of = { samples: [], problems: [] }));
    of.samples.push(sample.sample);
  }
  const out = [...byTarget].map(([target, r]) => ({ target: target === "" ? path : target, ...r }));
  if (out.length === 0)
    throw new UsageError(
      badRows === 0
        ? `${path} has a header and no rows`
        : `${path}:${firstBad}: a row that cannot be read, and none that can`,
    );
  if (badRows > 0)
    out[0].problems.push(`${counted(badRows, "row")} that cannot be read left out, the first in line ${firstBad}`);
  for (const r of out) {
    let late = 0;
    let newest = Number.NEGATIVE_INFINITY;
    for (const s of r.samples)
      if (s.timeMs <= newest) late++;
      else newest = s.timeMs;
    if (late > 0) r.problems.push(`${counted(late, "row")} not later than the one before left out`);
  }
  return out;
}

function meaningOf(name: string, column: number, path: string): Meaning {
  const plain = plainNames[name.toLowerCase()];
  if (plain !== undefined) return plain;
  const slash = name.indexOf("/");
  const kind = name.slice(0, Math.max(0, slash));
  if (kind === "proven") return { is: "proven", name: name.slice(slash + 1) };
  if (slash > 0 && kinds.includes(kind as SignalKind)) {
    const rest = name.slice(slash + 1);
    return {
      is: "signal",
      signal: signal(kind as SignalKind, rest, kind === "load" ? { counter: /_(?:total|count)$/.test(rest) } : {}),
    };
  }
  if (/_(?:total|count)$/.test(name)) return { is: "signal", signal: signal("load", name, { counter: true }) };
  const like = nearest(name.toLowerCase(), Object.keys(plainNames));
  throw new UsageError(
    `${path}: column ${column + 1}, ${JSON.stringify(name)}, is not known${like === null ? "" : ` (did you mean ${like}?)`}: write KIND/NAME with a kind of ${kinds.join(", ")}`,
  );
}

function readRow(
  meanings: readonly Meaning[],
  cells: readonly string[],
  limited: Map<string, Signal>,
): { target: string; sample: Sample } | null {
  let timeMs = Number.NaN;
  let startedMs: number | null = null;
  let pid: number | null = null;
  let collections: number | undefined;
  let target = "";
  const points: Point[] = [];
  const read = new Set<SignalKind>();
  const limits = new Map<string, number>();
  const proven = new Map<string, number>();
  meanings.forEach((m, i) => {
    const cell = cells[i].trim();
    switch (m.is) {
      case "time":
        timeMs = readTime(cell);
        break;
      case "start": {
        const t = readTime(cell);
        startedMs = Number.isFinite(t) ? t : null;
        break;
      }
      case "pid":
        pid = Number.isInteger(readNumber(cell)) ? readNumber(cell) : null;
        break;
      case "collections":
        if (Number.isFinite(readNumber(cell))) collections = readNumber(cell);
        break;
      case "target":
        target = cell;
        break;
      case "limit":
        if (readNumber(cell) > 0) limits.set(m.of, readNumber(cell));
        break;
      case "proven":
        if (readNumber(cell) > 0) proven.set(m.name, readNumber(cell));
        break;
      default:
        // A kind with a column was looked at; a cell without a number is a gap in it.
        if (m.signal.kind !== "load") read.add(m.signal.kind);
        points.push({ signal: m.signal, value: readNumber(cell) });
    }
  });
  if (!Number.isFinite(timeMs)) return null;
  const process: ProcessIdentity | null =
    startedMs === null && pid === null ? null : { pid, startedMs, goVersion: null, module: null, revision: null };
  return {
    target,
    sample: {
      timeMs,
      process,
      read,
      points: limits.size === 0 ? points : points.map((p) => withLimit(p, limits, limited)),
      ...(proven.size === 0 ? {} : { proven }),
      ...(collections === undefined ? {} : { collections }),
    },
  };
}

function withLimit(p: Point, limits: ReadonlyMap<string, number>, made: Map<string, Signal>): Point {
  const limit = limits.get(p.signal.kind);
  if (limit === undefined || (p.signal.name !== "total" && p.signal.kind !== "pool")) return p;
  const key = `${p.signal.kind}\t${p.signal.name}\t${limit}`;
  let s = made.get(key);
  if (s === undefined) made.set(key, (s = { ...p.signal, limit }));
  return { signal: s, value: p.value };
}

/** Milliseconds since 1970; NaN for what is no time. */
export function readTime(cell: string): number {
  if (/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(cell)) {
    const n = Number(cell);
    return Math.abs(n) >= 1e11 ? n : Math.round(n * 1e6) / 1e3;
  }
  const m = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)\s*(Z|UTC|[+-]\d\d:?\d\d)?)?$/i.exec(cell);
  if (m === null) return Number.NaN;
  const zone = m[3] === undefined || /^(?:z|utc)$/i.test(m[3]) ? "Z" : m[3].replace(/^([+-]\d\d):?(\d\d)$/, "$1:$2");
  return Date.parse(`${m[1]}T${(m[2] ?? "00:00").replace(",", ".")}${zone}`);
}

function readNumber(cell: string): number {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(cell) ? Number(cell) : Number.NaN;
}

/** Records of RFC 4180; the separator is the first of comma, semicolon or tab that the header has. Lines that begin with # are comments. */
function* rowsOf(text: string): IterableIterator<{ cells: string[]; line: number }> {
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 0;
  let separator = "";
  while (at < text.length) {
    line++;
    if (text[at] === "#") {
      const stop = text.indexOf("\n", at);
      at = stop < 0 ? text.length : stop + 1;
      continue;
    }
    if (separator === "") {
      const stop = text.indexOf("\n", at);
      const head = text.slice(at, stop < 0 ? text.length : stop);
      separator = [",", ";", "\t"].find((s) => head.includes(s)) ?? ",";
    }
    const cells: string[] = [];
    const from = line;
    for (;;) {
      let cell = "";
      if (text[at] === '"') {
        at++;
        for (;;) {
          const stop = text.indexOf('"', at);
          if (stop < 0) {
            cell += text.slice(at);
            at = text.length;
            break;
          }
          cell += text.slice(at, stop);
          at = stop + 1;
          if (text[at] !== '"') break;
          cell += '"';
          at++;
        }
        line += cell.split("\n").length - 1;
      }
      let stop = at;
      while (stop < text.length && text[stop] !== separator && text[stop] !== "\n") stop++;
      cell += text.slice(at, stop).replace(/\r$/, "");
      cells.push(cell);
      at = stop + 1;
      if (stop >= text.length || text[stop] === "\n") break;
    }
    yield { cells, line: from };
  }
}
