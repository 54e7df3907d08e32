/**
 * The store beside plain rows in the same SQLite, and beside Debian's Prometheus holding the same samples (where `prometheus` and `promtool`
 * are installed): ingest, size, whole series, an hour of a series. Ratios in one run, medians of three.
 *
 *     npx tsx bench/store.ts [--targets 10] [--hours 8]
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { queryInstant } from "../src/probe/prometheus-api.ts";
import { HttpClient } from "../src/probe/http.ts";
import type { Sample } from "../src/series/sample.ts";
import { signalId, type Signal, type SignalKind } from "../src/series/signal.ts";
import { Random } from "../src/stats/random.ts";
import { Driver } from "../src/store/driver.ts";
import { openStore } from "../src/store/sqlite.ts";
import { median } from "./live-target.ts";

const work = join(dirname(fileURLToPath(import.meta.url)), ".work");
const STEP = 15_000;
const SIGNALS = 100;
const BATCH = 20;
const RUNS = 3;

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

/**
 * What signals do, as seen in looks at real services: most groups of goroutines and kinds of descriptors stay the same, some breathe, heap
 * sites move in steps of what a sample stands for, counters run.
 */
function makeLooks(targets: number, looks: number): Map<string, Sample[]> {
  const r = new Random(7);
  const kinds: SignalKind[] = ["goroutine", "heap", "fd", "socket", "load"];
  const out = new Map<string, Sample[]>();
  for (let t = 0; t < targets; t++) {
    const signals = Array.from({ length: SIGNALS }, (_, i): Signal => ({
      kind: i < 45 ? "goroutine" : i < 75 ? "heap" : i < 82 ? "fd" : i < 92 ? "socket" : kinds[4],
      name: `signal ${i}`,
      unit: i >= 45 && i < 75 ? "bytes" : "count",
      counter: i >= 92,
      sawtooth: false,
      limit: null,
      label: `chan receive at work.(*Pool).run  app/work${i}.go:41`,
      location: { function: `example.com/app/work.(*Pool).run${i}`, file: `/src/app/work${i}.go`, line: 41 },
      stack: Array.from({ length: 8 }, (_, k) => ({
        function: `example.com/app/f${k}`,
        file: `/src/app/f${k}.go`,
        line: k,
      })),
    }));
    const state = signals.map((_, i) => (i % 3 === 0 ? 1 : Math.floor(r.next() * 200)));
    const samples: Sample[] = [];
    for (let n = 0; n < looks; n++)
      samples.push({
        timeMs: 1_764_000_000_000 + n * STEP + Math.floor(r.next() * 12),
        process: {
          pid: 100 + t,
          startedMs: 1_763_000_000_000,
          goVersion: "go1.27.4",
          module: "example.com/app",
          revision: null,
        },
        read: new Set(["goroutine", "heap", "fd", "socket"]),
        points: signals.map((signal, i) => {
          if (signal.counter) state[i] += i === 99 ? r.next() : Math.floor(r.next() * 500);
          else if (signal.kind === "heap")
            return { signal, value: (state[i] % 40) * 262_144 + (r.next() < 0.3 ? 524_288 : 0) };
          else if (i % 3 === 1 && r.next() < 0.5) return { signal, value: state[i] + Math.floor(r.next() * 7) };
          return { signal, value: state[i] };
        }),
      });
    out.set(`t${t}`, samples);
  }
  return out;
}

interface Figures {
  ingestMs: number;
  bytes: number;
  wholeMs: number;
  hourMs: number;
}

interface Ask {
  readonly target: string;
  readonly id: string;
  readonly fromMs: number;
}

function asks(looks: ReadonlyMap<string, readonly Sample[]>, n: number): Ask[] {
  const r = new Random(11);
  const names = [...looks.keys()];
  return Array.from({ length: n }, () => {
    const target = names[Math.floor(r.next() * names.length)];
    const samples = looks.get(target) ?? [];
    const { signal } = samples[0].points[Math.floor(r.next() * SIGNALS)];
    return {
      target,
      id: signalId(signal),
      fromMs: samples[Math.floor(r.next() * Math.max(1, samples.length - 240))].timeMs,
    };
  });
}

/** In the order in which looks come: all targets, then again. */
function* arrival(looks: ReadonlyMap<string, readonly Sample[]>): Generator<[string, Sample]> {
  const lists = [...looks];
  for (let n = 0; n < lists[0][1].length; n++) for (const [target, samples] of lists) yield [target, samples[n]];
}

function ours(looks: ReadonlyMap<string, readonly Sample[]>, whole: readonly Ask[], hours: readonly Ask[]): Figures {
  const path = join(work, "bench.stanch");
  rmSync(path, { force: true });
  const store = openStore(path);
  let at = performance.now();
  let n = 0;
  for (const [target, sample] of arrival(looks)) {
    store.append(target, sample);
    if (++n % BATCH === 0) {
      store.flush();
      store.maintain(sample.timeMs, 40);
    }
  }
  store.flush();
  while (store.maintain(0, 1000)) {}
  const ingestMs = performance.now() - at;
  at = performance.now();
  for (const a of whole)
    if (store.series(a.target, a.id)[0].values.length !== looks.get(a.target)?.length) throw new Error("lost samples");
  const wholeMs = performance.now() - at;
  at = performance.now();
  for (const a of hours)
    if (store.series(a.target, a.id, { fromMs: a.fromMs, toMs: a.fromMs + 3_600_000 })[0].values.length < 230)
      throw new Error("lost samples");
  const hourMs = performance.now() - at;
  store.close();
  return { ingestMs, bytes: statSync(path).size, wholeMs, hourMs };
}

function rows(looks: ReadonlyMap<string, readonly Sample[]>, whole: readonly Ask[], hours: readonly Ask[]): Figures {
  const path = join(work, "bench-rows.sqlite");
  rmSync(path, { force: true });
  const db = new Driver(path);
  db.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192");
  db.exec("CREATE TABLE sample (series INTEGER, time INTEGER, value REAL, PRIMARY KEY (series, time)) WITHOUT ROWID");
  const ids = new Map<string, number>();
  const idOf = (target: string, id: string): number => {
    const key = `${target}\t${id}`;
    let n = ids.get(key);
    if (n === undefined) ids.set(key, (n = ids.size));
    return n;
  };
  let at = performance.now();
  let batch: [string, Sample][] = [];
  const flush = (): void => {
    db.transaction(() => {
      for (const [target, s] of batch)
        for (const p of s.points)
          db.run("INSERT INTO sample VALUES (?, ?, ?)", idOf(target, signalId(p.signal)), s.timeMs, p.value);
    });
    batch = [];
  };
  for (const look of arrival(looks)) {
    batch.push(look);
    if (batch.length === BATCH) flush();
  }
  flush();
  const ingestMs = performance.now() - at;
  const read = (a: Ask, from: number, to: number): number =>
    db.all("SELECT time, value FROM sample WHERE series = ? AND time BETWEEN ? AND ?", idOf(a.target, a.id), from, to)
      .length;
  at = performance.now();
  for (const a of whole) if (read(a, 0, 1e15) !== looks.get(a.target)?.length) throw new Error("lost samples");
  const wholeMs = performance.now() - at;
  at = performance.now();
  for (const a of hours) if (read(a, a.fromMs, a.fromMs + 3_600_000) < 230) throw new Error("lost samples");
  const hourMs = performance.now() - at;
  db.close();
  return { ingestMs, bytes: statSync(path).size, wholeMs, hourMs };
}

/** Blocks made by promtool, then asked over loopback with range selectors, which return the samples as they are. */
async function prometheus(
  looks: ReadonlyMap<string, readonly Sample[]>,
  whole: readonly Ask[],
  hours: readonly Ask[],
): Promise<Figures> {
  const dir = join(work, "bench-prometheus");
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const text = join(dir, "samples.om");
  const lines: string[] = ["# TYPE s gauge\n"];
  const name = (id: string): string => id.replace("\t", "_").replaceAll(" ", "_");
  for (const [target, samples] of looks)
    for (const s of samples)
      for (const p of s.points)
        lines.push(`s{t="${target}",id="${name(signalId(p.signal))}"} ${p.value} ${(s.timeMs / 1000).toFixed(3)}\n`);
  lines.push("# EOF\n");
  writeFileSync(text, lines.join(""));
  let at = performance.now();
  execFileSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", text, join(dir, "data")], { stdio: "ignore" });
  const ingestMs = performance.now() - at;
  const bytes = sizeOf(join(dir, "data"));
  rmSync(text);
  writeFileSync(join(dir, "none.yml"), "{}\n");
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(dir, "none.yml")}`,
      `--storage.tsdb.path=${join(dir, "data")}`,
      "--web.listen-address=127.0.0.1:9591",
      "--storage.tsdb.retention.time=10y",
      "--log.level=error",
    ],
    { stdio: "ignore" },
  );
  const client = new HttpClient();
  const base = "http://127.0.0.1:9591";
  try {
    for (let i = 0; ; i++) {
      try {
        if ((await client.get(`${base}/-/ready`)).status === 200) break;
      } catch (e) {
        if (i > 200) throw e;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
    const ask = async (a: Ask, toMs: number, range: string): Promise<number> =>
      (await queryInstant(client, base, `s{t="${a.target}",id="${name(a.id)}"}[${range}]`, toMs / 1000))[0]?.times
        .length ?? 0;
    const last = Math.max(...[...looks.values()].map((l) => l[l.length - 1].timeMs));
    at = performance.now();
    let n = 0;
    for (const a of whole) n += await ask(a, last + 1000, "60d");
    const wholeMs = performance.now() - at;
    at = performance.now();
    let h = 0;
    for (const a of hours) h += await ask(a, a.fromMs + 3_600_000, "1h");
    const hourMs = performance.now() - at;
    if (n !== whole.length * (looks.values().next().value?.length ?? 0) || h < hours.length * 230)
      throw new Error(`Prometheus has ${n} and ${h} samples`);
    return { ingestMs, bytes, wholeMs, hourMs };
  } finally {
    await client.close();
    child.kill("SIGTERM");
    await new Promise((done) => child.once("close", done));
  }
}

function sizeOf(dir: string): number {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((f) => f.isFile())
    .reduce((sum, f) => sum + statSync(join(f.parentPath, f.name)).size, 0);
}

function show(title: string, all: readonly Figures[], base: readonly Figures[] | null, samples: number): void {
  const of = (pick: (f: Figures) => number): string => {
    const m = median(all.map(pick));
    const ratio = base === null ? "" : ` ×${median(all.map((f, i) => pick(f) / pick(base[i]))).toFixed(2)}`;
    return `${m >= 100 ? m.toFixed(0) : m.toFixed(1)}${ratio}`.padStart(15);
  };
  console.log(
    `${title.padEnd(22)}${of((f) => f.ingestMs)}${of((f) => f.bytes / 2 ** 20)}${of((f) => f.bytes / samples)}${of((f) => f.wholeMs)}${of((f) => f.hourMs)}`,
  );
}

const targets = option("targets", 10);
const looksEach = Math.round((option("hours", 8) * 3_600_000) / STEP);
mkdirSync(work, { recursive: true });
const looks = makeLooks(targets, looksEach);
const samples = targets * looksEach * SIGNALS;
const whole = asks(looks, 100);
const hours = asks(looks, 300);
console.log(
  `${targets} targets × ${looksEach} looks × ${SIGNALS} signals = ${(samples / 1e6).toFixed(2)} million samples; flushed every ${BATCH} looks`,
);
console.log(
  `${"".padEnd(22)}${["ingest ms", "MiB", "bytes/sample", "100 whole ms", "300 hours ms"].map((t) => t.padStart(15)).join("")}`,
);
const a: Figures[] = [];
const b: Figures[] = [];
const c: Figures[] = [];
const havePrometheus = spawnSync("promtool", ["--version"]).status === 0;
for (let i = 0; i < RUNS; i++) {
  a.push(ours(looks, whole, hours));
  b.push(rows(looks, whole, hours));
  if (havePrometheus) c.push(await prometheus(looks, whole, hours));
}
show("store", a, null, samples);
show("rows, same SQLite", b, a, samples);
if (havePrometheus) show("Prometheus", c, a, samples);
else console.log("Prometheus is not installed here");
const perDay = (median(a.map((f) => f.bytes)) / targets / looksEach) * (86_400_000 / STEP);
console.log(`${(perDay / 2 ** 20).toFixed(2)} MiB per target and day at 15 s with ${SIGNALS} signals`);
