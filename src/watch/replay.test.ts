import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ProcReader } from "../probe/procfs.ts";
import type { Sample } from "../series/sample.ts";
import { openStore } from "../store/sqlite.ts";
import { Judge, judgeDefaults } from "./detectors/judge.ts";
import { openRecordings } from "./recordings/open.ts";
import { parseCsv, readTime } from "./recordings/csv.ts";
import { replay } from "./replay.ts";
import { Sampler } from "./sampler.ts";
import { FakeTarget } from "./testing.ts";

const scratch = mkdtempSync(join(tmpdir(), "stanch-replay-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let files = 0;
function file(text: string, ext = "csv"): string {
  const path = join(scratch, `r${files++}.${ext}`);
  writeFileSync(path, text);
  return path;
}
const options = { judge: judgeDefaults, keepValues: false };

test("what watch said, replaying its store says again, byte for byte", async () => {
  const t = await new FakeTarget().listen();
  const sampler = new Sampler(t.url, { proc: new ProcReader(join(scratch, "none")) });
  const path = join(scratch, "s.stanch");
  const store = openStore(path);
  const judge = new Judge();
  for (let i = 0; i < 260; i++) {
    // Groups of equal size that come in another order each time: what is equal must not be told apart by that.
    const equal = i % 2 === 0 ? { "main.b": 3, "main.a": 3 } : { "main.a": 3, "main.b": 3 };
    t.groups = { ...equal, "main.worker": 10 + (i % 5), "main.leak": i * 2, [`main.rare${i % 11}`]: 1 };
    t.heap = { "main.load": (1 << 20) + (i % 7) * 4096, "main.cache": i * 70_000 };
    t.metrics = {
      process_start_time_seconds: i < 20 ? 1000 : 5000,
      http_requests_total: i * 100 + (i % 13),
      go_gc_duration_seconds_count: i >> 1,
      process_open_fds: i % 9 === 0 ? Number.NaN : 10,
    };
    const { sample } = await sampler.look(10_000_000 + i * 15_000 + (i % 4), AbortSignal.timeout(10_000));
    const proven: Sample =
      i === 100 ? { ...sample, proven: new Map([["chan receive|main.leak|main.main.func", 80]]) } : sample;
    judge.push(proven);
    store.append("api", proven);
    if (i % 50 === 0) store.flush();
  }
  await sampler.close();
  await t.close();
  store.flush();
  while (store.maintain(0, 1000)) {}
  store.close();
  const [recording] = await openRecordings([path]);
  const again = replay(recording, options);
  expect(judge.verdicts().some((v) => v.status === "leak")).toBe(true);
  expect(JSON.stringify(again.verdicts)).toBe(JSON.stringify(judge.verdicts()));
});

test("groups of equal size are no reason to say something else", async () => {
  const t = await new FakeTarget().listen();
  const sampler = new Sampler(t.url, { proc: new ProcReader(join(scratch, "none")) });
  const path = join(scratch, "equal.stanch");
  // The store numbers signals in the order in which it first sees them: here that of another target.
  const store = openStore(path);
  const judge = new Judge();
  for (let i = 0; i < 60; i++) {
    const n = 1 + Math.floor(i / 10);
    t.groups = { "main.serve": n, "main.load": n, "main.accept": n };
    const { sample } = await sampler.look(10_000_000 + i * 15_000, AbortSignal.timeout(10_000));
    judge.push(sample);
    if (i === 0) store.append("other", { ...sample, points: [...sample.points].reverse() });
    store.append("api", sample);
  }
  await sampler.close();
  await t.close();
  store.close();
  const recording = (await openRecordings([path])).find((r) => r.target === "api");
  expect(JSON.stringify(recording === undefined ? null : replay(recording, options).verdicts)).toBe(
    JSON.stringify(judge.verdicts()),
  );
});

describe("tables", () => {
  const rows = (n: number, row: (i: number) => string): string =>
    Array.from({ length: n }, (_, i) => row(i)).join("\n");

  test("seconds, milliseconds and RFC 3339 with any zone are the same moments", () => {
    expect(readTime("1700000000")).toBe(1_700_000_000_000);
    expect(readTime("1700000000.25")).toBe(1_700_000_000_250);
    expect(readTime("1700000000250")).toBe(1_700_000_000_250);
    expect(readTime("2023-11-14T22:13:20Z")).toBe(1_700_000_000_000);
    expect(readTime("2023-11-14 23:13:20+01:00")).toBe(1_700_000_000_000);
    expect(readTime("2023-11-14T22:13:20.250+0000")).toBe(1_700_000_000_250);
    // Without a zone it is UTC, wherever it is read.
    expect(readTime("2023-11-14 22:13:20")).toBe(1_700_000_000_000);
    for (const bad of ["", "yesterday", "14.11.2023", "2023-11-14T25:00"]) expect(readTime(bad)).toBeNaN();
  });

  test("a leak in a table is found, with plain names, groups, limits and another separator", async () => {
    const path = file(
      `time;goroutines;goroutine/chan send|main.f;fds;fds_limit;requests_total;start\n${rows(
        400,
        (i) => `${1_700_000_000 + i * 15};${100 + i};${i};12;1024;${i * 10};1699990000`,
      )}`,
    );
    const [r] = await openRecordings([path]);
    const out = replay(r, options);
    expect(out.verdicts[0]).toMatchObject({ kind: "goroutine", status: "leak", signal: { name: "chan send|main.f" } });
    expect(out.verdicts.find((v) => v.kind === "fd")?.signal.limit).toBe(1024);
  });

  test("NaN, infinities, empty cells, duplicates and disorder do not change what is said", async () => {
    const clean = `time,goroutines\n${rows(300, (i) => `${1_700_000_000 + i * 15},${50 + i}`)}`;
    const dirty = clean
      .split("\n")
      .flatMap((l, i) => {
        if (i < 2) return [l];
        const t = 1_700_000_000 + (i - 1) * 15 + 1;
        return i % 40 === 0 ? [l, l, `${t},NaN`, `${t + 1},+Inf`, `${t + 2},`, `1600000000,9999`] : [l];
      })
      .join("\r\n");
    const [a] = parseCsv(clean, "a");
    const [b] = parseCsv(dirty, "b");
    const one = replay(a, options).verdicts[0];
    const two = replay(b, options).verdicts[0];
    expect([one.status, two.status]).toEqual(["leak", "leak"]);
    expect(two.growth?.perSecond).toBeCloseTo(one.growth?.perSecond ?? 0, 2);
    expect(b.problems).toEqual(["14 rows not later than the one before left out"]);
  });

  test("quoted cells, comments, several targets and rows that cannot be read", () => {
    const out = parseCsv(
      '# made by hand\ntime,target,"goroutine/a, ""b"""\n1,x,5\n1,y,6\nnonsense,x,1\n2,x,"7"\n3,x\n',
      "t.csv",
    );
    expect(out.map((r) => [r.target, [...r.samples].map((s) => s.points[0].value)])).toEqual([
      ["x", [5, 7]],
      ["y", [6]],
    ]);
    expect([...out[0].samples][0].points[0].signal.name).toBe('a, "b"');
    expect(out[0].problems[0]).toMatch(/2 rows that cannot be read left out, the first in line 5/);
  });

  test.each([
    ["", /is empty/],
    ["a,b\n1,2\n", /is not known/],
    ["goroutines\n1\n", /no column time/],
    ["time,goroutine\n1,2\n", /did you mean goroutines/],
    ["time,start\n1,2\n", /no column with numbers/],
    ["time,goroutines\n", /a header and no rows/],
    ["time,goroutines\nx,1\n", /:2: a row that cannot be read/],
  ])("what is no table is an error in one line: %j", (text, message) => {
    expect(() => [...parseCsv(text, "t.csv")]).toThrow(message);
  });
});

describe("answers of a Prometheus server", () => {
  const series = (name: string, value: (i: number) => number | string): unknown => ({
    metric: { __name__: name, job: "api", instance: "a:1" },
    values: Array.from({ length: 400 }, (_, i) => [1_700_000_000 + i * 15, String(value(i))]),
  });

  test("goroutines that grow without load are a leak; a restart begins anew", async () => {
    const body = (restart: number): string =>
      JSON.stringify({
        status: "success",
        data: {
          resultType: "matrix",
          result: [
            series("go_goroutines", (i) => 100 + (i >= restart ? i - restart : i)),
            series("process_start_time_seconds", (i) => (i >= restart ? 1_700_000_000 + restart * 15 : 1_699_000_000)),
            series("process_open_fds", (i) => (i === 7 ? "NaN" : 20)),
          ],
        },
      });
    const [whole] = await openRecordings([file(body(1000), "json")]);
    expect(whole.target).toBe("api a:1");
    expect(replay(whole, options).verdicts[0]).toMatchObject({ kind: "goroutine", status: "leak" });
    const [cut] = await openRecordings([file(body(395), "json")]);
    const after = replay(cut, options);
    expect(after.restarts.length).toBe(1);
    expect(after.verdicts.some((v) => v.status === "leak")).toBe(false);
  });

  test.each([
    ["{", /is no JSON/],
    ['{"status":"error","error":"x"}', /not the answer/],
    ['{"status":"success","data":{"resultType":"matrix","result":[]}}', /none of the numbers/],
  ])("anything else is an error in one line: %s", async (text, message) => {
    await expect(openRecordings([file(text, "json")])).rejects.toThrow(message);
  });
});

test("bytes that are nothing of the kind are an error", async () => {
  await expect(openRecordings([file("\u0000\u0001\u0002", "bin")])).rejects.toThrow(/is no recording/);
  await expect(openRecordings([scratch])).rejects.toThrow(/is a folder/);
  await expect(openRecordings([join(scratch, "absent")])).rejects.toThrow(/cannot read/);
});
