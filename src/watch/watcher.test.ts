import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { ProcReader } from "../probe/procfs.ts";
import type { Sample } from "../series/sample.ts";
import { Judge } from "./detectors/judge.ts";
import { Sampler } from "./sampler.ts";
import { FixedTargets, namedTarget, type TargetSource, type WatchTarget } from "./targets.ts";
import { FakeTarget, type Mode } from "./testing.ts";
import { Watcher, type WatchEvent } from "./watcher.ts";

const scratch = mkdtempSync(join(tmpdir(), "stanch-watch-"));
afterAll(() => rmSync(scratch, { recursive: true }));
/** A /proc in which nobody listens: targets are as if on another host. */
const nobody = new ProcReader(join(scratch, "none"));

const fakes: FakeTarget[] = [];
afterEach(async () => {
  await Promise.all(fakes.splice(0).map((f) => f.close()));
});
async function fake(): Promise<FakeTarget> {
  const f = await new FakeTarget().listen();
  fakes.push(f);
  return f;
}

const patient = (): AbortSignal => AbortSignal.timeout(20_000);

describe("one look", () => {
  test("groups, heap and loads, with what counters and limits say", async () => {
    const t = await fake();
    t.metrics = {
      process_start_time_seconds: 1_700_000_000,
      process_open_fds: 9,
      process_max_fds: 1024,
      process_cpu_seconds_total: 3.5,
      go_gc_duration_seconds_count: 17,
      go_gc_gomemlimit_bytes: 1 << 30,
      'go_sql_in_use_connections{db_name="orders"}': 4,
      'go_sql_max_open_connections{db_name="orders"}': 10,
      'http_requests_total{code="200"}': 7,
      'http_requests_total{code="500"}': 1,
      promhttp_metric_handler_requests_total: 99,
    };
    const s = new Sampler(t.url, { proc: nobody });
    const { sample } = await s.look(5000, patient());
    await s.close();
    const value = (kind: string, name: string): number | undefined =>
      sample.points.find((p) => p.signal.kind === kind && p.signal.name === name)?.value;
    expect(value("goroutine", "total")).toBe(10);
    expect(value("goroutine", "chan receive|main.worker|main.main.func")).toBe(10);
    expect(value("heap", "total")).toBe(1 << 20);
    expect(value("heap", "main.load main.go")).toBe(1 << 20);
    expect(value("fd", "total")).toBe(9);
    expect(value("pool", "orders in use")).toBe(4);
    expect(value("load", "http_requests_total")).toBe(8);
    expect(value("load", "cpu")).toBe(3.5);
    expect(sample.points.some((p) => p.signal.name.startsWith("promhttp"))).toBe(false);
    const limit = (kind: string): number | null | undefined =>
      sample.points.find((p) => p.signal.kind === kind && (p.signal.name === "total" || kind === "pool"))?.signal.limit;
    expect([limit("fd"), limit("heap"), limit("pool")]).toEqual([1024, 1 << 30, 10]);
    expect([...sample.read].sort()).toEqual(["goroutine", "heap", "pool"]);
    expect(sample.process?.startedMs).toBe(1_700_000_000_000);
    expect(sample.collections).toBe(17);
  });

  test("metrics alone are totals, and groups a gap", async () => {
    const t = await fake();
    t.mode = "no profiles";
    t.metrics = { go_goroutines: 12, go_gc_heap_live_bytes: 5e6, process_open_fds: 3 };
    const s = new Sampler(t.url, { proc: nobody });
    const { sample } = await s.look(5000, patient());
    await s.close();
    expect(sample.points.filter((p) => p.signal.kind !== "load").map((p) => [p.signal.kind, p.value])).toEqual([
      ["fd", 3],
      ["goroutine", 12],
      ["heap", 5e6],
    ]);
    expect(sample.read.size).toBe(0);
  });

  test("a restart, and another program on the port without any start time, are other processes", async () => {
    const t = await fake();
    t.metrics = { process_start_time_seconds: 1000, process_cpu_seconds_total: 50 };
    const s = new Sampler(t.url, { proc: nobody });
    const first = (await s.look(1_000_000, patient())).sample.process;
    t.metrics["process_start_time_seconds"] = 2000;
    const second = (await s.look(2_000_000, patient())).sample.process;
    expect([first?.startedMs, second?.startedMs]).toEqual([1_000_000, 2_000_000]);
    await s.close();
    const u = await fake();
    u.metrics = { process_cpu_seconds_total: 50 };
    const r = new Sampler(u.url, { proc: nobody });
    expect((await r.look(1_000_000, patient())).sample.process?.startedMs).toBeNull();
    u.metrics["process_cpu_seconds_total"] = 1;
    expect((await r.look(1_015_000, patient())).sample.process?.startedMs).toBe(1_015_000);
    expect((await r.look(1_030_000, patient())).sample.process?.startedMs).toBe(1_015_000);
    await r.close();
  });

  test.each<[Mode, RegExp]>([
    ["garbage", /./],
    ["other program", /no pprof was found/],
    ["closes", /closed the connection/],
  ])("a target that %s: one line, and the next look works again", async (mode, message) => {
    const t = await fake();
    const s = new Sampler(t.url, { proc: nobody });
    t.mode = mode;
    await expect(s.look(1, patient())).rejects.toThrow(message);
    t.mode = "good";
    expect((await s.look(2, patient())).sample.points.length).toBeGreaterThan(2);
    await s.close();
  });

  test("a pid that is given to another process is over for good", async () => {
    const root = join(scratch, "proc");
    const write = (start: number): void => {
      mkdirSync(join(root, "77", "fd"), { recursive: true });
      mkdirSync(join(root, "77", "net"), { recursive: true });
      const fields = Array.from({ length: 50 }, () => "0");
      fields[0] = "S";
      fields[19] = String(start);
      writeFileSync(join(root, "77", "stat"), `77 (app) ${fields.join(" ")}\n`);
      writeFileSync(join(root, "77", "status"), "Name:\tapp\nUid:\t0\nThreads:\t3\nVmRSS:\t10 kB\n");
      writeFileSync(join(root, "77", "cmdline"), "app\0");
      writeFileSync(
        join(root, "77", "limits"),
        "Max open files            100                  100                  files\n",
      );
      writeFileSync(join(root, "77", "cgroup"), "0::/\n");
      writeFileSync(join(root, "77", "exe"), "no Go");
      for (const f of ["tcp", "tcp6", "udp", "udp6"]) writeFileSync(join(root, "77", "net", f), "header\n");
      writeFileSync(join(root, "stat"), "btime 1000\n");
    };
    write(500);
    const s = new Sampler("77", { proc: new ProcReader(root) });
    const { sample } = await s.look(1, patient());
    expect(sample.points.find((p) => p.signal.kind === "fd")).toMatchObject({ value: 0, signal: { limit: 100 } });
    write(900);
    await expect(s.look(2, patient())).rejects.toThrow(/ended, and its pid is another process now/);
    await expect(s.look(3, patient())).rejects.toThrow(/ended, and its pid is another process now/);
    await s.close();
  });
});

describe("watching", () => {
  const target = (url: string): WatchTarget => namedTarget(url, {}, null);
  const until = async (ready: () => boolean): Promise<void> => {
    for (let i = 0; i < 1000 && !ready(); i++) await new Promise((done) => setTimeout(done, 10));
    expect(ready()).toBe(true);
  };
  const run = async (
    sources: readonly TargetSource[],
    schedule: { intervalMs: number; deadlineMs: number; concurrency?: number; mostBackoffMs?: number },
    more: Partial<ConstructorParameters<typeof Watcher>[1]> = {},
  ): Promise<{ watcher: Watcher; events: WatchEvent[] }> => {
    const events: WatchEvent[] = [];
    const watcher = new Watcher(sources, {
      schedule,
      proc: nobody,
      onEvent: (e) => void events.push(e),
      refreshMs: 20,
      ...more,
    });
    await watcher.start();
    return { watcher, events };
  };

  test.each<Mode>(["hangs", "trickles"])("a target that %s is told once and slows no other", async (mode) => {
    const bad = await fake();
    const good = await fake();
    bad.mode = mode;
    const { watcher, events } = await run([new FixedTargets([target(bad.url), target(good.url)])], {
      intervalMs: 50,
      deadlineMs: 120,
      concurrency: 2,
      mostBackoffMs: 300,
    });
    const looks = (): number => events.filter((e) => e.type === "look" && e.target.target.name === good.url).length;
    const failedOnce = (e: WatchEvent): boolean => e.type === "failed" && e.target.target.name === bad.url;
    await until(() => looks() >= 15 && events.some(failedOnce));
    // On a busy machine the good one may be late too: of the bad one alone.
    const failed = events.filter(failedOnce);
    expect(failed.filter((e) => e.type === "failed" && e.first).length).toBe(1);
    expect(failed[0]).toMatchObject({ message: expect.stringMatching(/did not answer in time/) });
    bad.mode = "good";
    await until(() => events.some((e) => e.type === "recovered"));
    await watcher.stop();
  });

  test("a leak is found and told; the restart that ends it too", async () => {
    const t = await fake();
    t.metrics = { process_start_time_seconds: 1000 };
    let now = 2_000_000;
    let leaked = 0;
    const events: WatchEvent[] = [];
    const watcher = new Watcher([new FixedTargets([target(t.url)])], {
      schedule: { intervalMs: 5, deadlineMs: 5000 },
      proc: nobody,
      clock: () => (now += 15_000),
      onEvent: (e) => {
        events.push(e);
        if (e.type === "look") t.groups = { "main.worker": 10, "main.leak": (leaked += 3) };
      },
    });
    await watcher.start();
    await until(() => events.some((e) => e.type === "verdict" && e.verdict.status === "leak"));
    expect(events.find((e) => e.type === "verdict")).toMatchObject({
      verdict: {
        kind: "goroutine",
        location: { function: "main.leak", line: 10 },
        signal: { name: expect.stringContaining("main.leak") },
      },
    });
    t.metrics["process_start_time_seconds"] = 2500;
    leaked = 0;
    await until(() => events.some((e) => e.type === "over"));
    expect(events.some((e) => e.type === "restarted")).toBe(true);
    await watcher.stop();
  });

  test("a clock that jumps back adds nothing; going on, it is watched again", async () => {
    const t = await fake();
    const times = [1000, 2000, 500, 600, 3000, 4000];
    let i = 0;
    const { watcher, events } = await run(
      [new FixedTargets([target(t.url)])],
      { intervalMs: 5, deadlineMs: 5000 },
      {
        clock: () => times[Math.min(i++, times.length - 1)],
      },
    );
    await until(() => events.filter((e) => e.type === "look").length >= 6);
    const w = [...watcher.targets.values()][0];
    expect(w.lastMs).toBe(4000);
    expect(w.judge.samples).toBe(4);
    await watcher.stop();
  });

  test("targets come and go with their source", async () => {
    const a = await fake();
    const b = await fake();
    let list = [target(a.url)];
    const { watcher, events } = await run([{ list: () => Promise.resolve(list) }], {
      intervalMs: 20,
      deadlineMs: 5000,
    });
    await until(() => events.some((e) => e.type === "look"));
    list = [target(b.url)];
    await until(() => events.some((e) => e.type === "look" && e.target.target.name === b.url));
    expect(events.filter((e) => e.type === "removed").map((e) => e.target.target.name)).toEqual([a.url]);
    await watcher.stop();
    const before = a.requests + b.requests;
    await new Promise((done) => setTimeout(done, 60));
    expect(a.requests + b.requests).toBe(before);
  });

  test("the past goes first, and a leak in it is told with the first look", async () => {
    const t = await fake();
    const s = new Sampler(t.url, { proc: nobody });
    const past: Sample[] = [];
    const judge = new Judge();
    for (let i = 0; i < 300; i++) {
      t.groups = { "main.worker": 10, "main.leak": i };
      const { sample } = await s.look(i * 15_000, patient());
      past.push(sample);
      judge.push(sample);
    }
    await s.close();
    expect(judge.verdicts()[0].status).toBe("leak");
    const { watcher, events } = await run(
      [new FixedTargets([target(t.url)])],
      { intervalMs: 20, deadlineMs: 5000 },
      {
        past: () => Promise.resolve(past),
        clock: () => 300 * 15_000,
      },
    );
    await until(() => events.some((e) => e.type === "judged"));
    const first = events.findIndex((e) => e.type === "look");
    expect(events[first + 1]).toMatchObject({ type: "verdict", verdict: { status: "leak" } });
    await watcher.stop();
  });
});
