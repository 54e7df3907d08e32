/**
 * One process watches a thousand targets: CPU share of a core, memory over time, bytes in the store per target and day. The targets are one
 * loopback server in another process that replays a recorded profile (testdata/captures/go-1.27.4) with small changes, on a path each.
 *
 *     npx tsx bench/watch-many.ts [--targets 1000] [--interval 15] [--minutes 10] [--local]
 */
import { fork } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { ProcReader } from "../src/probe/procfs.ts";
import { encodePprof } from "../src/profile/encode.ts";
import { decodePprof } from "../src/profile/pprof.ts";
import type { Profile } from "../src/profile/columns.ts";
import { openStore } from "../src/store/sqlite.ts";
import { Recorder } from "../src/watch/recorder.ts";
import { FixedTargets } from "../src/watch/targets.ts";
import { Watcher } from "../src/watch/watcher.ts";

const here = dirname(fileURLToPath(import.meta.url));
const captures = join(here, "../testdata/captures/go-1.27.4");

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

/** A few dozen versions of a profile with other numbers: made once, so that the server costs next to nothing. */
function variants(name: string, change: (value: number, sample: number, round: number) => number): Buffer[] {
  const base = decodePprof(gunzipSync(readFileSync(join(captures, `${name}.pb.gz`))));
  return Array.from({ length: 48 }, (_, round) => {
    const width = base.sampleTypes.length;
    const values = base.values.map((v, i) => change(v, Math.floor(i / width), round));
    const profile: Profile = { ...base, values };
    return gzipSync(encodePprof(profile), { level: 1 });
  });
}

function serve(): void {
  const goroutines = variants("goroutine", (v, s, r) => Math.max(0, Math.round(v + ((r * (s + 3)) % 5) - 2)));
  const heaps = variants("heap", (v, s, r) =>
    v === 0 ? 0 : Math.max(1, Math.round(v * (1 + (((r * (s + 7)) % 9) - 4) / 100))),
  );
  const index =
    "<table><tr><td>322</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr><tr><td>3</td><td><a href='heap?debug=1'>heap</a></td></tr></table>";
  const rounds = new Map<string, number>();
  const started = Date.now() / 1000 - 1000;
  const server = createServer((req, res) => {
    const m = /^\/(\d+)(\/.*)$/.exec(req.url ?? "");
    if (m === null) {
      res.writeHead(404).end();
      return;
    }
    const [, target, path] = m;
    const round = rounds.get(target) ?? Number(target);
    if (path === "/debug/pprof/") res.end(index);
    else if (path === "/debug/pprof/goroutine") {
      rounds.set(target, round + 1);
      res.end(goroutines[round % goroutines.length]);
    } else if (path === "/debug/pprof/heap") res.end(heaps[round % heaps.length]);
    else if (path === "/metrics")
      res.end(
        `process_start_time_seconds ${started}\nprocess_cpu_seconds_total ${round * 0.7}\nprocess_open_fds ${40 + (round % 7)}\nprocess_max_fds 65536\n` +
          `go_gc_duration_seconds_count ${round * 3}\ngo_memstats_mallocs_total ${round * 5000}\nhttp_requests_total{code="200"} ${round * 321}\n` +
          `go_sql_in_use_connections{db_name="orders"} ${round % 5}\ngo_sql_max_open_connections{db_name="orders"} 20\n`,
      );
    else res.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as { port: number }).port));
  process.on("disconnect", () => process.exit(0));
}

async function main(): Promise<void> {
  const n = option("targets", 1000);
  const interval = option("interval", 15);
  const minutes = option("minutes", 10);
  const work = join(here, ".work");
  mkdirSync(work, { recursive: true });
  const path = join(work, "many.stanch");
  rmSync(path, { force: true });
  const server = fork(fileURLToPath(import.meta.url), ["--serve"], { execArgv: process.execArgv });
  const port = await new Promise<number>((done) => server.once("message", (p) => done(p as number)));
  const targets = Array.from({ length: n }, (_, i) => {
    const address = `http://127.0.0.1:${port}/${i}/`;
    return { name: `t${i}`, address, http: {}, metricsUrl: `${address}metrics`, intervalMs: null, labels: {} };
  });
  const store = openStore(path);
  const recorder = new Recorder(store, (m) => console.log(`store: ${m}`));
  let looks = 0;
  let failed = 0;
  let signals = 0;
  const leaks = new Set<string>();
  const watcher = new Watcher([new FixedTargets(targets)], {
    schedule: { intervalMs: interval * 1000 },
    // As a thousand targets are: on other hosts. With --local their process is found on this one, and /proc is read too.
    ...(process.argv.includes("--local") ? {} : { proc: new ProcReader("/nowhere") }),
    onEvent: (e) => {
      if (e.type === "look") {
        looks++;
        signals = e.sample.points.length;
        recorder.look(e.target.target.name, e.sample);
      } else if (e.type === "failed") failed++;
      else if (e.type === "verdict" && e.verdict.status === "leak")
        leaks.add(`${e.verdict.kind} ${e.verdict.signal.name}`);
    },
  });
  const ticks: number[] = [];
  let last = performance.now();
  // How late a timer of 50 ms comes: what a key in the view would have to wait for.
  const lag = setInterval(() => {
    const now = performance.now();
    ticks.push(now - last - 50);
    last = now;
  }, 50);
  await watcher.start();
  const cpu0 = process.cpuUsage();
  const t0 = performance.now();
  console.log(
    `${n} targets every ${interval} s; ${signals === 0 ? "" : signals} goroutine and heap profiles of ${captures.split("/").at(-1)}`,
  );
  console.log(" min   looks  failed  CPU of a core   RSS MiB   heap MiB  store MiB  lag p99 ms");
  let before = { cpu: cpu0.user + cpu0.system, at: t0, looks: 0 };
  const begun = Date.now();
  for (let m = 1; m <= minutes; m++) {
    await new Promise((done) => setTimeout(done, 60_000));
    const cpu = process.cpuUsage();
    const now = performance.now();
    const used = (cpu.user + cpu.system - before.cpu) / 1e6 / ((now - before.at) / 1000);
    const memory = process.memoryUsage();
    const sorted = ticks.splice(0).sort((a, b) => a - b);
    const late = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    console.log(
      `${String(m).padStart(4)} ${String(looks - before.looks).padStart(7)} ${String(failed).padStart(7)} ${(used * 100).toFixed(1).padStart(13)} % ${(memory.rss / 2 ** 20).toFixed(0).padStart(9)} ${(memory.heapUsed / 2 ** 20).toFixed(0).padStart(10)} ${(statSync(path).size / 2 ** 20).toFixed(1).padStart(10)} ${late.toFixed(0).padStart(11)}`,
    );
    before = { cpu: cpu.user + cpu.system, at: now, looks };
  }
  clearInterval(lag);
  await watcher.stop();
  recorder.close();
  server.disconnect();
  // Once all single looks have been joined into blocks, as they are in the long run.
  const again = openStore(path);
  while (again.maintain(Date.now(), 5000)) {}
  again.close();
  const days = (Date.now() - begun) / 86_400_000;
  console.log(
    `${signals} signals a look; ${(statSync(path).size / n / days / 2 ** 20).toFixed(2)} MiB per target and day as written in this time`,
  );
  console.log(leaks.size === 0 ? "no verdict of a leak" : `called leaks: ${[...leaks].slice(0, 5).join("; ")}`);
}

if (process.argv.includes("--serve")) serve();
else await main();
