/** `watch` and `replay` as a user meets them, from a bundle like the one that ships. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeTarget } from "../watch/testing.ts";
import { bundleCommand } from "./testing.ts";

const root = new URL("../../", import.meta.url).pathname;
// Below the project, because the store's driver is found in node_modules.
mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
const scratch = mkdtempSync(join(root, "node_modules/.cache/stanch-watch-"));
let entry = "";
let leaky: FakeTarget;
let good: FakeTarget;
let timer: NodeJS.Timeout;
const hooks: { status: string; alerts: { annotations: Record<string, string> }[] }[] = [];
let hook: Server;
let hookUrl = "";

beforeAll(async () => {
  entry = await bundleCommand(scratch);
  leaky = await new FakeTarget().listen();
  good = await new FakeTarget().listen();
  leaky.metrics = { process_start_time_seconds: 1000, http_requests_total: 5 };
  let n = 0;
  timer = setInterval(() => {
    n += 40;
    leaky.groups = { "main.worker": 10, "main.leak": n };
  }, 50);
  hook = createServer((req, res) => {
    let body = "";
    req.setEncoding("utf8").on("data", (t: string) => (body += t));
    req.on("end", () => {
      hooks.push(JSON.parse(body) as (typeof hooks)[number]);
      res.end();
    });
  });
  await new Promise<void>((done) => void hook.listen(0, "127.0.0.1", done));
  hookUrl = `http://127.0.0.1:${(hook.address() as { port: number }).port}/`;
});
afterAll(async () => {
  clearInterval(timer);
  await leaky.close();
  await good.close();
  hook.closeAllConnections();
  hook.close();
  rmSync(scratch, { recursive: true });
});

function stanch(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return stanchUntil(null, ...args);
}

/** Ends it (SIGTERM) once something has happened: a busy machine takes the time it takes. */
function stanchUntil(
  happened: (() => boolean) | null,
  ...args: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(process.execPath, [entry, ...args], {
      cwd: scratch,
      env: { ...process.env, NO_COLOR: "1" },
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (d: Buffer) => void (stdout += d.toString()));
    child.stderr?.on("data", (d: Buffer) => void (stderr += d.toString()));
    const poll = setInterval(() => {
      if (happened?.() !== true) return;
      clearInterval(poll);
      child.kill("SIGTERM");
    }, 100);
    child.on("close", (status) => {
      clearInterval(poll);
      resolve({ status, stdout, stderr });
    });
  });
}

interface WatchJson {
  schema: string;
  targets: {
    target: string;
    looks: number;
    error: string | null;
    verdicts: { kind: string; status: string; location: unknown }[];
  }[];
}

describe("watch and replay", () => {
  it("finds the leak, alerts with evidence, keeps it in a store that replays to the same verdicts", async () => {
    const flags = `--interval 100ms --duration 50s --format json --store w.stanch --alert webhook:${hookUrl} --evidence ev --deploy-grace 0s`;
    // On a busy machine looks come late: the healthy one is decided after thirty.
    const told = (): boolean => hooks.length > 0 && good.looks >= 40;
    const r = await stanchUntil(told, "watch", leaky.url, good.url, ...flags.split(" "));
    // Said once, of the program whose leak was looked for in the source.
    expect(r.stderr).toBe(
      "stanch: /src/app/main.go of the program is not at hand: --source DIR says where the source is\n",
    );
    const json = JSON.parse(r.stdout) as WatchJson;
    expect(json.schema).toBe("stanch.watch/1");
    const leaks = json.targets[0].verdicts.filter((v) => v.status === "leak");
    expect(leaks[0]).toMatchObject({
      kind: "goroutine",
      location: { function: "main.leak", file: "/src/app/main.go", line: 10 },
    });
    expect(json.targets[1].verdicts.some((v) => v.status === "leak")).toBe(false);
    expect(r.status).toBe(1);
    expect(hooks[0].status).toBe("firing");
    expect(hooks[0].alerts[0].annotations["bundle"]).toBe(join("ev", readdirSync(join(scratch, "ev"))[0]));
    expect(existsSync(join(scratch, "w.stanch.owner"))).toBe(false);

    const again = await stanch("replay", "w.stanch", "--format", "json", "--svg", "w.svg");
    expect(again.status).toBe(1);
    const replayed = JSON.parse(again.stdout) as WatchJson;
    const of = (j: WatchJson, name: string): string =>
      JSON.stringify(j.targets.find((t) => t.target === name)?.verdicts);
    for (const t of [leaky.url, good.url]) expect(of(replayed, t)).toBe(of(json, t));
    expect(readFileSync(join(scratch, "w.svg"), "utf8")).toMatch(/^<svg [^]*<\/svg>\n$/);

    const one = await stanch("replay", "w.stanch", "--target", good.url, "--explain");
    expect([one.status, one.stdout.includes(leaky.url)]).toEqual([0, false]);
    expect(one.stdout).toContain("step by step");
  });

  it("streams events as lines of JSON", async () => {
    const r = await stanch("watch", good.url, "--interval", "200ms", "--duration", "1500ms", "--format", "ndjson");
    const events = r.stdout
      .trim()
      .split("\n")
      .map((l) => (JSON.parse(l) as { event: string }).event);
    expect([events[0], events.at(-1), events.includes("look")]).toEqual(["added", "end", true]);
    expect(r.status).toBe(0);
  });

  it("ends cleanly on SIGTERM, with what it knows", async () => {
    const child = spawn(
      process.execPath,
      [entry, "watch", good.url, "--interval", "200ms", "--format", "json", "--store", "term.stanch"],
      { cwd: scratch },
    );
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (t: string) => (out += t));
    for (let i = 0; i < 500 && !existsSync(join(scratch, "term.stanch")); i++)
      await new Promise((done) => setTimeout(done, 20));
    const before = good.requests;
    for (let i = 0; i < 500 && good.requests < before + 6; i++) await new Promise((done) => setTimeout(done, 20));
    child.kill("SIGTERM");
    const status = await new Promise((done) => child.once("close", done));
    expect(status).toBe(0);
    expect((JSON.parse(out) as WatchJson).targets[0].looks).toBeGreaterThan(0);
    expect(existsSync(join(scratch, "term.stanch.owner"))).toBe(false);
  });

  writeFileSync(join(scratch, "bad.json"), "[{}]");
  writeFileSync(join(scratch, "bad.csv"), "a,b\n1,2\n");
  const bad: [string[], RegExp][] = [
    [["watch"], /watch what\?/],
    [["watch", "nowhere"], /no such target/],
    [["watch", "bad.csv"], /is a file: stanch replay/],
    [["watch", "http://127.0.0.1:9/", "--duration", "500ms"], /nothing listens/],
    [["watch", "1", "--interval", "5"], /duration/],
    [["watch", "1", "--interval", "1ms"], /at least 100ms/],
    [["watch", "1", "--alert", "mail:me"], /stdout, exec:COMMAND/],
    [["watch", "1", "--store", "no/folder/x"], /cannot open/],
    [["watch", "1", "--store", "bad.csv"], /is no store of Stanch/],
    [["watch", "--file-sd", "bad.json"], /entry 1 has no list/],
    [["watch", "--host", "("], /not a regular expression/],
    [["watch", "1", "--format", "xml"], /text, json, ndjson/],
    [["replay"], /missing required argument/],
    [["replay", "absent"], /cannot read absent/],
    [["replay", "bad.csv"], /is not known/],
  ];
  for (const [args, message] of bad)
    it(`refuses \`${args.join(" ")}\` with exit code 2 and one line`, async () => {
      const r = await stanch(...args);
      expect(r.stderr).toMatch(message);
      expect(r.stderr).not.toMatch(/\n\s+at /);
      expect(r.status).toBe(2);
    });
});
