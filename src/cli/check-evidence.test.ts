/** `check --with-evidence` as people call it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { writeBundle } from "../probe/bundle.ts";
import { ProfileBuilder } from "../profile/columns.ts";
import { encodePprof } from "../profile/encode.ts";
import { stanchCommand } from "./testing.ts";

afterAll(removeTrees);
const leak = (name: string): string =>
  `package main\n\nimport "time"\n\nfunc ${name}() int {\n\tout := make(chan int)\n\tgo func() {\n\t\tout <- work()\n\t}()\n\tselect {\n\tcase v := <-out:\n\t\treturn v\n\tcase <-time.After(time.Second):\n\t\treturn 0\n\t}\n}\n`;
const tree = makeTree({
  "go.mod": "module example.com/m\n\ngo 1.22\n",
  "a.go": leak("first"),
  "b.go": leak("second"),
  "probe/probe.go":
    'package probe\n\nimport "net/http"\n\nvar keep func(*http.Client)\n\nfunc scrape(w http.ResponseWriter, r *http.Request) { keep(&http.Client{Transport: &http.Transport{}}) }\n',
  "main.go": "package main\n\nfunc work() int { return 1 }\n\nfunc main() { for { first(); second() } }\n",
});

/** A look at `count` goroutines with this stack, leaf first. */
async function bundle(name: string, count: number, stack: readonly [string, string, number][]): Promise<void> {
  const b = new ProfileBuilder([{ type: "goroutine", unit: "count" }]);
  b.periodType = { type: "goroutine", unit: "count" };
  b.period = 1;
  b.sample(
    stack.map(([func, file, line]) => b.frame(func, file, line)),
    [count],
  );
  await writeBundle(
    join(tree, name),
    {
      takenMs: Date.UTC(2026, 0, 5),
      target: "orders:6060",
      process: null,
      build: null,
      fds: null,
      sockets: null,
      pprof: null,
      profiles: new Map([["goroutine", encodePprof(b.done())]]),
      memstats: null,
      metrics: [],
      costs: [],
      skipped: [],
      problems: [],
    },
    { toolVersion: "test", redact: false },
  );
}

beforeAll(async () => {
  await bundle("live.tgz", 700, [
    ["runtime.gopark", "runtime/proc.go", 4],
    ["runtime.chansend1", "runtime/chan.go", 5],
    ["main.second.func1", join(tree, "b.go"), 8],
  ]);
  await bundle("idle.tgz", 400, [
    ["runtime.gopark", "runtime/proc.go", 4],
    ["internal/poll.runtime_pollWait", "runtime/netpoll.go", 5],
    ["net/http.(*persistConn).readLoop", "net/http/transport.go", 2330],
  ]);
});

function stanch(...args: string[]): { status: number | null; out: string; err: string } {
  const env = { ...process.env, NO_COLOR: "1", GOFLAGS: "", STANCH_CACHE: "off" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...stanchCommand(), ...args], {
    cwd: tree,
    encoding: "utf8",
    env,
  });
  return { status, out: stdout, err: stderr };
}

interface CheckJson {
  findings: { file: string; live: { target: string; count: number; tie: string }[] }[];
}

test("what bleeds is first, with its numbers, in every format", () => {
  const text = stanch("check", "./...", "--with-evidence", "live.tgz");
  expect([text.status, text.err]).toEqual([1, ""]);
  expect(text.out).toMatch(
    /^Bleeding now: 1\n[^]*--> b\.go:6[^]*= live: 700 goroutines, likely: .*, in orders:6060\n[^]*Without a sign of it in what runs: 1\n[^]*--> a\.go:6/,
  );
  const json = JSON.parse(stanch("check", "./...", "--with-evidence", "live.tgz", "--format", "json").out) as CheckJson;
  expect(json.findings.map((f) => [f.file, f.live.map((l) => [l.target, l.count, l.tie])])).toEqual([
    ["b.go", [["orders:6060", 700, "line"]]],
    ["a.go", []],
  ]);
  expect(stanch("check", "./...", "--with-evidence", "live.tgz", "--format", "html").out).toMatch(
    /class="live"><b>Live<\/b> 700 goroutines/,
  );
  expect(stanch("check", "./...", "--format", "json").out).not.toContain('"live"');
});

test("what the source alone does not tell is shown where a process tells it", () => {
  const args = ["check", "./probe", "--rules", "http-transport-per-call"];
  expect(stanch(...args)).toMatchObject({ status: 0, out: expect.stringContaining("No leaks found") as string });
  const quiet = stanch(...args, "--with-evidence", "live.tgz");
  expect(quiet.out).not.toContain("probe.go");
  const bleeding = stanch(...args, "--with-evidence", "idle.tgz");
  expect(bleeding.status).toBe(1);
  expect(bleeding.out).toMatch(
    /^Bleeding now: 1\n\nerror\[http-transport-per-call\]: [^]*that may keep it[^]*--> probe\/probe\.go:7[^]*= live: 400 goroutines/,
  );
});

test("what bleeds and is left out by a baseline is named; what cannot be read is refused", () => {
  expect(stanch("check", "./...", "--baseline", "base.json", "--update-baseline").status).toBe(0);
  const known = stanch("check", "./...", "--baseline", "base.json", "--with-evidence", "live.tgz");
  expect([known.status, known.out]).toEqual([
    0,
    expect.stringContaining("live: goroutine-send-blocked at b.go:6 bleeds, and is left out"),
  ]);
  const bad = stanch("check", "./...", "--with-evidence", "a.go");
  expect([bad.status, bad.err]).toEqual([2, expect.stringMatching(/a\.go is no bundle or was cut short/)]);
});
