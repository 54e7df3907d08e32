/** `stanch gate` as a pipeline meets it: exit codes, what is told of each leak, and bad input. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeTarget } from "../watch/testing.ts";
import { bundleCommand } from "./testing.ts";

const root = new URL("../../", import.meta.url).pathname;
mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
const scratch = mkdtempSync(join(root, "node_modules/.cache/stanch-gate-"));
let entry = "";
let target: FakeTarget;
let timer: NodeJS.Timeout;
/** What each function leaks by now; they grow for as long as their names are here. */
let leaking: string[] = [];
let busy = true;

/** Another process of that revision. */
function deploy(revision: string, startedSeconds: number, leaks: string[]): void {
  leaking = leaks;
  target.groups = { "main.worker": 10 };
  target.metrics = {
    process_start_time_seconds: startedSeconds,
    [`go_build_info{path="example.com/app",version="${revision}"}`]: 1,
    http_requests_total: 5,
  };
}

beforeAll(async () => {
  entry = await bundleCommand(scratch);
  target = await new FakeTarget().listen(join(scratch, "app.sock"));
  timer = setInterval(() => {
    for (const f of leaking) target.groups = { ...target.groups, [f]: (target.groups[f] ?? 0) + 40 };
    if (busy && target.metrics !== null)
      target.metrics = { ...target.metrics, http_requests_total: (target.metrics["http_requests_total"] ?? 0) + 100 };
  }, 50);
});
afterAll(async () => {
  clearInterval(timer);
  await target.close();
  rmSync(scratch, { recursive: true });
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function stanch(...args: string[]): Promise<Ended> {
  return stanchUntil(null, ...args);
}

/** Ends it (SIGTERM) once something has happened: a busy machine takes the time it takes. */
function stanchUntil(happened: Promise<void> | null, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [entry, ...args], { cwd: scratch, env: { ...process.env, NO_COLOR: "1" } });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (d: Buffer) => void (stdout += d.toString()));
    child.stderr.on("data", (d: Buffer) => void (stderr += d.toString()));
    void happened?.then(() => child.kill("SIGTERM"));
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

/** However long they take. */
async function looks(n: number): Promise<void> {
  const until = target.looks + n;
  while (target.looks < until) await new Promise((done) => setTimeout(done, 20));
}

interface GateJson {
  schema: string;
  outcome: string;
  services: {
    name: string;
    instances: { restarts: number; load: string }[];
    leaks: {
      change: string;
      now: { location: { function: string } } | null;
      before: { location: { function: string } } | null;
    }[];
    noVerdict: string[];
    notes: string[];
  }[];
}

const short = ["--interval", "100ms", "--duration", "2s", "--max-wait", "40s", "--format", "json"];
const told = (j: GateJson): string[][] =>
  j.services[0].leaks.map((l) => [l.change, (l.now ?? l.before)?.location.function ?? ""]);

describe("gate", () => {
  it("tells what came, stayed and went between two revisions, in its exit code too", async () => {
    deploy("v1", 1000, ["main.old", "main.same"]);
    const first = await stanch("gate", target.url, ...short, "--store", "v1.stanch");
    expect([first.status, (JSON.parse(first.stdout) as GateJson).services[0].notes[0]]).toEqual([
      1,
      "There is no baseline: every leak counts as one that came.",
    ]);
    deploy("v2", 2000, ["main.same", "main.fresh"]);
    const second = await stanch("gate", target.url, ...short, "--store", "v2.stanch", "--baseline", "v1.stanch");
    const json = JSON.parse(second.stdout) as GateJson;
    expect([json.schema, json.outcome, json.services[0].name]).toEqual(["stanch.gate/1", "failed", "example.com/app"]);
    expect(told(json)).toEqual([
      ["came", "main.fresh"],
      ["stayed", "main.same"],
      ["went", "main.old"],
    ]);
    expect(second.status).toBe(1);

    deploy("v3", 3000, []);
    const text = ["--interval", "100ms", "--duration", "2s", "--max-wait", "40s"];
    const third = await stanch("gate", target.url, ...text, "--baseline", "v2.stanch");
    expect(third.stdout).toMatch(/rev v2 → v3/);
    expect(third.stdout).toMatch(/went +goroutine .*main\.fresh/);
    expect([third.status, third.stdout.trim().split("\n").at(-1)]).toEqual([0, "Passed: 2 went."]);

    // The same revision with the same leak: nothing came.
    deploy("v2", 4000, ["main.same", "main.fresh"]);
    const fourth = await stanch(
      "gate",
      target.url,
      ...text,
      "--baseline",
      "v2.stanch",
      "--format",
      "markdown",
      "-o",
      "c.md",
    );
    expect([fourth.status, fourth.stdout]).toEqual([0, ""]);
    const markdown = readFileSync(join(scratch, "c.md"), "utf8");
    expect(markdown).toMatch(/^## ✅ Stanch gate: Passed: 2 stayed\./);
    expect(markdown).toMatch(/\| 🟠 stayed \| `goroutine /);
    const strict = await stanch("gate", target.url, ...short, "--baseline", "v2.stanch", "--fail-on", "stayed");
    expect(strict.status).toBe(1);
  });

  it("counts a leak that a restart ended, and says that there was a restart", async () => {
    deploy("v5", 5000, ["main.fresh"]);
    const restarted = looks(50).then(() => {
      deploy("v5", 5100, []);
      return looks(10);
    });
    const r = await stanchUntil(restarted, "gate", target.url, "--interval", "100ms", "--format", "json");
    const json = JSON.parse(r.stdout) as GateJson;
    expect(json.services[0].instances[0].restarts).toBe(1);
    expect(json.services[0].notes.join()).toContain("started anew once");
    expect([told(json), r.status]).toEqual([[["came", "main.fresh"]], 1]);
  });

  it("has exit code 4 for an idle process where load is required", async () => {
    deploy("v6", 6000, []);
    busy = false;
    const args = ["gate", target.url, "--interval", "100ms", "--duration", "2s", "--max-wait", "40s"];
    // It would wait for load as long as it may.
    const need = await stanchUntil(looks(45), ...args, "--require-load");
    const calm = await stanch(...args);
    busy = true;
    expect([need.status, need.stdout.trim().split("\n").at(-1)]).toEqual([
      4,
      expect.stringMatching(/^No verdict: .* had nothing to do \(http_requests_total \+0 in \d+ looks\)\. Ended early/),
    ]);
    expect([calm.status, calm.stdout]).toEqual([0, expect.stringContaining("had nothing to do")]);
  });

  it("refuses what it cannot compare with, in one line and exit code 2", async () => {
    const bundle = pack();
    bundle.entry({ name: "manifest.json" }, JSON.stringify({ schema: "stanch.bundle/9", target: "x" }));
    bundle.finalize();
    const chunks: Buffer[] = [];
    for await (const c of bundle) chunks.push(c as Buffer);
    writeFileSync(join(scratch, "newer.tgz"), gzipSync(Buffer.concat(chunks)));
    writeFileSync(join(scratch, "half.tgz"), gzipSync(Buffer.concat(chunks)).subarray(0, 60));
    writeFileSync(join(scratch, "two.csv"), "time,target,goroutines\n1,api,5\n2,api,5\n1,web,5\n2,web,5\n");
    deploy("v7", 7000, []);
    const bad: [string[], RegExp][] = [
      [
        ["gate", "http://127.0.0.1:9", "--duration", "1s", "--max-wait", "1s"],
        /nothing could be read in 1 s: .*nothing listens/,
      ],
      [["gate", target.url, "--baseline", "newer.tgz"], /bundle of version 9; this Stanch reads up to 1: update it/],
      [["gate", target.url, "--baseline", "half.tgz"], /no bundle or was cut short/],
      [["gate", target.url, "--baseline", "absent"], /cannot read absent/],
      [["gate", target.url, "--baseline", "two.csv"], /has nothing of example\.com\/app; it has api, web/],
      [["gate", target.url, "--baseline", "two.csv", "--baseline-target", "db"], /has no target db; it has api, web/],
      [["gate", target.url, "--duration", "10s", "--max-wait", "5s"], /shorter than/],
      [["gate", target.url, "--fail-on", "gone"], /came, stayed/],
      [["gate"], /watch what\?/],
    ];
    for (const [args, message] of bad) {
      const r = await stanch(...args);
      expect(r.stderr).toMatch(message);
      expect(r.stderr.trim().split("\n").length).toBeLessThan(3);
      expect(r.status).toBe(2);
    }
    // A baseline of the process that runs now is none.
    await stanch("gate", target.url, ...short, "--store", "v7.stanch");
    const self = await stanch("gate", target.url, ...short, "--baseline", "v7.stanch");
    expect([self.status, self.stderr]).toEqual([2, expect.stringContaining("only the process that runs now")]);
  });
});
