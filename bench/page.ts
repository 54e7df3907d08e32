/**
 * The page in headless Chromium, against a server of made-up targets: first paint, interactions, long tasks with a thousand targets, frames while a
 * flame graph of 500,000 samples and a week of points are moved, and fifty pages that listen. Needs Chromium (Debian's) and a build (dist/web).
 *
 *     npx tsx bench/page.ts [--runs 5] [--targets 1000] [--samples 500000] [--only overview|flame|week|listeners]
 *     npx tsx bench/page.ts --looks 2400      # memory of `stanch serve`: as many looks as ten hours at 15 s, ten a second
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { serve } from "@hono/node-server";
import { chromium, type Browser, type Page } from "playwright-core";
import { ProfileBuilder } from "../src/profile/columns.ts";
import { encodePprof } from "../src/profile/encode.ts";
import type { TargetReply, TargetRow, VerdictView } from "../src/server/api.ts";
import { createApp } from "../src/server/app.ts";
import { Assets } from "../src/server/assets.ts";
import type { Backend } from "../src/server/backend.ts";
import { Events } from "../src/server/events.ts";
import { FakeTarget } from "../src/watch/testing.ts";

const root = new URL("..", import.meta.url).pathname;
const WEEK_MS = 7 * 86_400_000;

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

function row(i: number, turn: number): TargetRow {
  // One in fifty leaks all the time, a dozen others now and then, so that rows move.
  const leaks = i % 50 === 0 || (i + 7 * turn) % 83 === 0;
  const trail = Array.from({ length: 60 }, (_, k) => 100 + Math.round(leaks ? k * 5 : Math.sin(k + i + turn) * 4));
  const level = (kind: "goroutine" | "heap" | "fd"): TargetRow["levels"][number] => ({
    kind,
    unit: kind === "heap" ? "bytes" : "count",
    value: trail[59],
    trail,
  });
  return {
    name: `10.0.${i >> 8}.${i & 255}:6060`,
    address: `http://10.0.${i >> 8}.${i & 255}:6060`,
    labels: { job: "orders" },
    state: leaks ? "leak" : "healthy",
    leaks: leaks ? 1 : 0,
    worst: leaks
      ? {
          kind: "goroutine",
          name: "chan send|main.work|main.main",
          label: "chan send at main.work  app/main.go:41",
          growth: { perSecond: 0.5, low: 0.4, high: 0.6, unit: "count" },
          exhaustionSeconds: null,
          since: new Date(Date.now() - 3_600_000).toISOString(),
          finding: { rule: "goroutine-send-blocked", file: "main.go", line: 41, fingerprint: "f" },
        }
      : null,
    levels: [level("goroutine"), level("heap"), level("fd")],
    process: {
      pid: i,
      startedMs: Date.now() - WEEK_MS,
      goVersion: "go1.26.8",
      module: "example.com/orders",
      revision: "abc",
    },
    looks: 1000 + turn,
    lastMs: Date.now(),
    deployMs: null,
    failure: null,
  };
}

class MadeUp implements Backend {
  turn = 0;
  constructor(private readonly count: number) {}
  targets = (): ReturnType<Backend["targets"]> => ({
    nowMs: Date.now(),
    intervalMs: 15_000,
    version: "bench",
    stored: true,
    targets: Array.from({ length: this.count }, (_, i) => row(i, this.turn)),
  });
  target = (): TargetReply => ({ row: row(0, this.turn), verdicts: [] as VerdictView[], marks: [], problems: [] });
  /** What the server sends of a week at 15 s: thinned out to what was asked for. */
  series: Backend["series"] = (_, q) => {
    const fromMs = q.fromMs ?? Date.now() - WEEK_MS;
    const toMs = q.toMs ?? Date.now();
    const times = Array.from({ length: q.points }, (_, i) => fromMs + ((toMs - fromMs) * i) / q.points);
    const series = Array.from({ length: 6 }, (_, s) => ({
      kind: "goroutine" as const,
      name: `g${s}`,
      label: `chan receive at main.worker${s}`,
      unit: "count" as const,
      counter: false,
      limit: null,
      location: null,
      times,
      values: times.map((t, i) => 50 * (s + 1) + Math.sin(t / 3e6) * 20 + (i % 7)),
    }));
    return { fromMs, toMs, series };
  };
  goroutines = (): Promise<null> => Promise.resolve(null);
  profile = (): Promise<null> => Promise.resolve(null);
  storedProfiles = (): [] => [];
  storedProfile = (): null => null;
  diagnosis = (): Promise<null> => Promise.resolve(null);
  diagnosisMarkdown = (): Promise<null> => Promise.resolve(null);
  diagnosisHtml = (): Promise<null> => Promise.resolve(null);
  capture = (): Promise<null> => Promise.resolve(null);
  targetsOfAlert = (): [] => [];
  findings: Backend["findings"] = () =>
    Promise.resolve({ root: "", packages: 0, takenMs: 0, findings: [], problems: [] });
  fix = (): Promise<null> => Promise.resolve(null);
  revisions = (): [] => [];
  openBundle = (): Promise<string> => Promise.resolve("{}");
  source = (): null => null;
}

/** Stacks of up to 24 frames out of 4,000 functions. */
function largeProfile(samples: number): Uint8Array {
  const b = new ProfileBuilder([{ type: "inuse_space", unit: "bytes" }]);
  let seed = 1;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % n;
  };
  const frames = Array.from({ length: 4000 }, (_, i) =>
    b.frame(`example.com/app/pkg${i % 40}.(*T${i % 200}).method${i}`, `/src/pkg${i % 40}/f.go`, i),
  );
  for (let s = 0; s < samples; s++) {
    const depth = 6 + random(18);
    const stack = Array.from({ length: depth }, (_, d) => frames[(d * 131 + random(1 + (depth - d) * 3)) % 4000]);
    b.sample(stack, [512 + random(4096)]);
  }
  return gzipSync(encodePprof(b.done()), { level: 1 });
}

function said(values: readonly number[], unit = "ms", digits = 0): string {
  const sorted = [...values].sort((a, b) => a - b);
  const f = (v: number): string => v.toFixed(digits);
  return `${f(sorted[sorted.length >> 1])} ${unit} (${f(sorted[0])} to ${f(sorted[sorted.length - 1])})`;
}

async function open(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(address);
  return page;
}

async function firstPaint(page: Page): Promise<number> {
  await page.waitForFunction("performance.getEntriesByName('first-contentful-paint').length > 0");
  return page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime");
}

/** From what a person does to the frame after the one that shows it. */
async function interaction(page: Page, script: string): Promise<number> {
  return page.evaluate<number>(
    `new Promise((done) => { const t = performance.now(); ${script}; requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - t))); })`,
  );
}

/** Frames a second while `script` runs before each, and the longest frame. */
async function frames(page: Page, script: string, seconds: number): Promise<{ fps: number; longest: number }> {
  return page.evaluate<{ fps: number; longest: number }>(
    `new Promise((done) => { const start = performance.now(); let last = start, n = 0, longest = 0; const step = (now) => { const t = performance.now(); longest = Math.max(longest, t - last); last = t; n++; if (t - start > ${seconds * 1000}) { done({ fps: n / ((t - start) / 1000), longest }); return; } const i = n; ${script}; requestAnimationFrame(step); }; requestAnimationFrame(step); })`,
  );
}

/** Frames of an empty page: what this machine gives at this minute, above which no page comes. */
async function emptyPage(browser: Browser): Promise<string> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const { fps, longest } = await frames(page, "", 3);
  await page.close();
  return `an empty page ${fps.toFixed(0)}, the longest ${longest.toFixed(0)} ms; load ${loadavg()[0].toFixed(1)}`;
}

interface Bench {
  readonly browser: Browser;
  readonly base: string;
  readonly dir: string;
  readonly backend: MadeUp;
  readonly events: Events;
  readonly runs: number;
  readonly count: number;
}

const parts = { overview, flame, week, listeners } as const;

async function bench(): Promise<void> {
  const runs = option("runs", 5);
  const count = option("targets", 1000);
  const at = process.argv.indexOf("--only");
  const wanted = at < 0 ? Object.keys(parts) : (process.argv[at + 1] ?? "").split(",");
  const events = new Events();
  const backend = new MadeUp(count);
  const app = createApp({
    backend,
    events,
    assets: new Assets(join(root, "dist/web")),
    guard: { token: null, allowHosts: [], open: false },
    onFault: (e) => console.error(e),
  });
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  await new Promise((done) => server.once("listening", done));
  const base = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
  const dir = mkdtempSync(join(root, "node_modules/.cache/stanch-bench-"));
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    for (const part of wanted)
      await parts[part as keyof typeof parts]({ browser, base, dir, backend, events, runs, count });
  } finally {
    await browser.close();
    events.close();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function overview({ browser, base, backend, events, runs, count }: Bench): Promise<void> {
  const paints: number[] = [];
  const clicks: number[] = [];
  const typed: number[] = [];
  const all: Task[] = [];
  for (let i = 0; i < runs; i++) {
    const tasks = await Tasks.watch(browser, base);
    const { page } = tasks;
    await page.goto(base);
    paints.push(await firstPaint(page));
    await page.locator("tbody tr").first().waitFor();
    // All that one does in ten seconds, while every target is looked at each second and some begin or cease to leak.
    for (let k = 0; k < 10; k++) {
      backend.turn++;
      for (let t = 0; t < count; t++) events.look(row(t, 0).name);
      if (k % 3 === 0)
        clicks.push(await interaction(page, `document.querySelectorAll('.filters button')[${k % 2}].click()`));
      if (k % 3 === 1) typed.push(await interaction(page, type(k === 4 ? "10.0.1" : "10.0.")));
      if (k % 3 === 2) {
        await interaction(page, type(""));
        for (let n = 0; n < 10; n++) {
          await page.mouse.wheel(0, 1500);
          await page.waitForTimeout(50);
        }
      }
      await page.waitForTimeout(1000);
    }
    all.push(...(await tasks.stop()));
    await page.close();
  }
  const over = (list: readonly number[]): string => {
    const most = list.filter((ms) => ms > 50);
    return most.length === 0 ? "none" : `${most.length}, ${said(most)}`;
  };
  console.log(`overview with ${count} targets: first contentful paint ${said(paints)}`);
  console.log(`  a filter by click ${said(clicks)}, a letter in the search ${said(typed)}`);
  const told = (list: readonly Task[]): string =>
    `${over(list.map((t) => t.wall))}; of more than 50 ms of CPU: ${over(list.map((t) => t.cpu))} (the longest ${Math.max(0, ...list.map((t) => t.cpu)).toFixed(0)} ms)`;
  console.log(`  tasks over 50 ms while it is opened, in ${runs} loads: ${told(all.filter((t) => t.at < START_MS))}`);
  console.log(
    `  and afterwards, in ten rounds of looks, filters, words and scrolling each: ${told(all.filter((t) => t.at >= START_MS))}`,
  );
  console.log(`  (${await emptyPage(browser)})`);
}

function type(text: string): string {
  return `const s = document.querySelector('input[type=search]'); s.value = '${text}'; s.dispatchEvent(new Event('input', { bubbles: true }))`;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** Microseconds: of the clock, and of the thread's CPU, which other work on the machine does not lengthen. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string; readonly data?: { readonly url?: string } };
}

/** In milliseconds: by the clock, of CPU, and when after the first task it began. */
interface Task {
  readonly wall: number;
  readonly cpu: number;
  readonly at: number;
}

/** While a page is opened, the browser's own processes start too. */
const START_MS = 1000;

/** Every task of a page's main thread. */
class Tasks {
  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
    private readonly base: string,
  ) {}

  static async watch(browser: Browser, base: string): Promise<Tasks> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await browser.startTracing(page, {
      categories: ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"],
    });
    return new Tasks(browser, page, base);
  }

  async stop(): Promise<Task[]> {
    const { traceEvents } = JSON.parse((await this.browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
    // The browser's own pages (its address bar) have renderers too: only the one that ran a script from here counts.
    const renderers = new Set(
      traceEvents
        .filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain")
        .map((e) => `${e.pid} ${e.tid}`),
    );
    const main = new Set(
      traceEvents.filter((e) => e.args.data?.url?.startsWith(this.base) === true).map((e) => `${e.pid} ${e.tid}`),
    );
    for (const thread of main) if (!renderers.has(thread)) main.delete(thread);
    if (main.size !== 1) throw new Error(`${main.size} threads ran the page's scripts`);
    const tasks = traceEvents
      .filter((e) => e.ph === "X" && e.name.endsWith("ThreadControllerImpl::RunTask") && main.has(`${e.pid} ${e.tid}`))
      .sort((a, b) => a.ts - b.ts);
    // A loop within a task (tracing begins in one) has tasks of its own, which are not the outer one's time.
    const net = tasks.map((e) => ({ wall: (e.dur ?? 0) / 1000, cpu: (e.tdur ?? 0) / 1000 }));
    const open: number[] = [];
    for (const [i, e] of tasks.entries()) {
      while (open.length > 0 && tasks[open[open.length - 1]].ts + (tasks[open[open.length - 1]].dur ?? 0) <= e.ts)
        open.pop();
      const outer = open.at(-1);
      if (outer !== undefined) {
        net[outer].wall -= (e.dur ?? 0) / 1000;
        net[outer].cpu -= (e.tdur ?? 0) / 1000;
      }
      open.push(i);
    }
    return net.map((t, i) => ({ ...t, at: (tasks[i].ts - tasks[0].ts) / 1000 }));
  }
}

async function flame({ browser, base, dir }: Bench): Promise<void> {
  const samples = option("samples", 500_000);
  const file = join(dir, "large.pb.gz");
  writeFileSync(file, largeProfile(samples));
  console.log(`  (${await emptyPage(browser)})`);
  const page = await open(browser, `${base}/open`);
  const read = performance.now();
  await page.locator("input[type=file]").first().setInputFiles(file);
  await page.locator(".flame canvas").waitFor({ timeout: 300_000 });
  console.log(
    `flame graph of ${samples.toLocaleString("en-US")} samples (${(readFileSync(file).length / 1e6).toFixed(1)} MB): shown after ${((performance.now() - read) / 1000).toFixed(1)} s`,
  );
  const wheel = await frames(
    page,
    "const c = document.querySelector('.flame canvas'); const r = c.getBoundingClientRect(); c.dispatchEvent(new WheelEvent('wheel', { deltaY: i % 60 < 30 ? -60 : 60, clientX: r.left + r.width / 3, clientY: r.top + 80, bubbles: true, cancelable: true }))",
    5,
  );
  console.log(
    `  zoomed at each frame for 5 s: ${wheel.fps.toFixed(0)} frames a second, the longest ${wheel.longest.toFixed(0)} ms`,
  );
  await page.locator(".flame canvas").focus();
  const pan = await frames(
    page,
    "document.querySelector('.flame canvas').dispatchEvent(new KeyboardEvent('keydown', { key: i % 40 < 20 ? 'ArrowRight' : 'ArrowLeft', bubbles: true }))",
    5,
  );
  console.log(
    `  moved at each frame for 5 s: ${pan.fps.toFixed(0)} frames a second, the longest ${pan.longest.toFixed(0)} ms`,
  );
  console.log(`  (${await emptyPage(browser)})`);
  await page.close();
}

async function week({ browser, base, runs }: Bench): Promise<void> {
  const chart = await open(browser, `${base}/t/${encodeURIComponent(row(0, 0).name)}`);
  await chart.locator(".chart canvas").first().waitFor();
  const drag = await frames(
    chart,
    "const o = document.querySelector('.chart .u-over'); const r = o.getBoundingClientRect(); o.dispatchEvent(new MouseEvent('mousemove', { clientX: r.left + (i * 7) % r.width, clientY: r.top + 50, bubbles: true }))",
    5,
  );
  console.log(
    `a week of points, 6 signals (the server sends 600 points of each): cursor moved at each frame ${drag.fps.toFixed(0)} frames a second, the longest ${drag.longest.toFixed(0)} ms`,
  );
  const key = (keys: string): string =>
    `document.querySelector('.chart [role=img]').dispatchEvent(new KeyboardEvent('keydown', { key: ${keys}, bubbles: true }))`;
  const pan = await frames(chart, key("i % 40 < 20 ? 'ArrowLeft' : 'ArrowRight'"), 5);
  const zoom = await frames(chart, key("i % 20 < 10 ? '+' : '-'"), 5);
  console.log(
    `  moved at each frame ${pan.fps.toFixed(0)} frames a second, the longest ${pan.longest.toFixed(0)} ms; zoomed ${zoom.fps.toFixed(0)}, the longest ${zoom.longest.toFixed(0)} ms`,
  );
  const zooms: number[] = [];
  for (let i = 0; i < runs * 2; i++)
    zooms.push(await interaction(chart, `document.querySelectorAll('.filters button')[${1 + (i % 5)}].click()`));
  console.log(`  another range by click: ${said(zooms)}`);
  console.log(`  (${await emptyPage(browser)})`);
  await chart.close();
}

/** How late the last of fifty pages hears what happens. */
async function listeners({ base, events }: Bench): Promise<void> {
  const stop = new AbortController();
  const got: number[][] = [];
  await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const reply = await fetch(`${base}/api/events`, { signal: stop.signal });
      const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      got[i] = [];
      void (async () => {
        for (;;) {
          const { done } = await reader.read();
          if (done) return;
          got[i].push(performance.now());
        }
      })().catch(() => {});
    }),
  );
  const lags: number[] = [];
  for (let round = 0; round < 20; round++) {
    const before = got.map((g) => g.length);
    const at = performance.now();
    events.publish({ type: "state", target: "x", state: "failing", message: String(round) });
    await new Promise((done) => setTimeout(done, 100));
    lags.push(Math.max(...got.map((g, i) => (g[before[i]] ?? Number.POSITIVE_INFINITY) - at)));
  }
  stop.abort();
  console.log(`fifty pages that listen: the last of them hears after ${said(lags, "ms", 1)}`);
}

async function memory(looks: number): Promise<void> {
  mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
  const dir = mkdtempSync(join(root, "node_modules/.cache/stanch-bench-"));
  const fake = await new FakeTarget().listen();
  let n = 0;
  const timer = setInterval(() => {
    n++;
    fake.groups = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`main.worker${i}`, 10 + ((n + i) % 5)]));
  }, 100);
  const child = spawn(
    process.execPath,
    [
      join(root, "dist/stanch.mjs"),
      "serve",
      fake.url,
      "--interval",
      "100ms",
      "--listen",
      "127.0.0.1:0",
      "--no-check",
      "--store",
      join(dir, "m.stanch"),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    const line = await new Promise<string>((done) => child.stdout.setEncoding("utf8").once("data", done));
    const base = /http:\/\/[^\s/]+/.exec(line)?.[0] ?? "";
    const seen: string[] = [];
    for (let next = looks / 12; ;) {
      await new Promise((done) => setTimeout(done, 500));
      const { targets } = (await (await fetch(`${base}/api/targets`)).json()) as { targets: { looks: number }[] };
      const done = targets[0]?.looks ?? 0;
      if (done < next) continue;
      const text = await (await fetch(`${base}/metrics`)).text();
      const rss = Number(/^stanch_\S*memory\S* (\S+)/m.exec(text)?.[1] ?? Number.NaN);
      seen.push(`${done} looks: ${(rss / 2 ** 20).toFixed(0)} MiB`);
      next += looks / 12;
      if (done >= looks) break;
    }
    console.log(`memory of stanch serve at ten looks a second:\n  ${seen.join("\n  ")}`);
  } finally {
    clearInterval(timer);
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
    await fake.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

if (!existsSync(join(root, "dist/web/index.html"))) throw new Error("run node tools/build.mjs first");
const looks = option("looks", 0);
if (looks > 0) await memory(looks);
else await bench();
