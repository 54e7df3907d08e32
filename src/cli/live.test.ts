/** The commands as a user meets them: output, exit codes, one-line errors. Run from a bundle, because that is what ships. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleCommand } from "./testing.ts";

const root = new URL("../../", import.meta.url).pathname;
const captures = join(root, "testdata/captures/go-1.27.4");
const scratch = mkdtempSync(join(tmpdir(), "stanch-cli-"));
let entry = "";
let server: Server;
let address = "";

/** A target made of captures; `growth` makes the second dump larger. */
let asked = 0;
beforeAll(async () => {
  entry = await bundleCommand(scratch);
  const page =
    "<table><tr><td>322</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr><tr><td>3</td><td><a href='heap?debug=1'>heap</a></td></tr></table>";
  server = createServer((req, res) => {
    const url = req.url ?? "";
    if (url === "/debug/pprof/") res.end(page);
    else if (url === "/debug/pprof/goroutine?debug=2") {
      const text = gunzipSync(readFileSync(join(captures, "goroutine.d2.txt.gz"))).toString();
      const more = "goroutine 9999 [chan send]:\nmain.abandonedSend.func1()\n\t/x/main.go:53 +0x1\n\n".repeat(
        asked++ > 0 ? 40 : 0,
      );
      res.end(more + text);
    } else if (url === "/debug/pprof/goroutine") res.end(readFileSync(join(captures, "goroutine.pb.gz")));
    else if (url === "/debug/pprof/heap") res.end(readFileSync(join(captures, "heap.pb.gz")));
    else if (url.startsWith("/prom/api/v1/")) prometheus(new URL(url, "http://x"), res);
    else res.writeHead(404).end();
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  address = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(scratch, { recursive: true });
});

/** Keeps the target's goroutines: 60 more an hour since it restarted halfway through the range. */
function prometheus(url: URL, res: ServerResponse): void {
  const metric = { job: "api", instance: new URL(address).host };
  const end = Number(url.searchParams.get("end"));
  const start = Number(url.searchParams.get("start"));
  const half = (start + end) / 2;
  const times = Array.from({ length: 41 }, (_, i) => start + ((end - start) * i) / 40);
  const matrix = [
    {
      metric: { ...metric, __name__: "go_goroutines" },
      values: times.map((t) => [t, t < half ? "900" : String(100 + (t - half) / 60)]),
    },
    {
      metric: { ...metric, __name__: "process_start_time_seconds" },
      values: times.map((t) => [t, t < half ? "5" : String(half - 9)]),
    },
  ];
  const data = url.pathname.endsWith("query_range")
    ? { resultType: "matrix", result: matrix }
    : { resultType: "vector", result: [{ metric, value: [1, "5"] }] };
  res.end(JSON.stringify({ status: "success", data }));
}

/** Not spawnSync: the server above lives in this process. */
function stanch(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(process.execPath, [entry, ...args], {
      cwd: scratch,
      env: { ...process.env, NO_COLOR: "1" },
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (d: Buffer) => void (stdout += d.toString()));
    child.stderr?.on("data", (d: Buffer) => void (stderr += d.toString()));
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

describe("stanch", () => {
  it("says its version", async () =>
    expect(await stanch("--version")).toEqual({ status: 0, stdout: "0.0.0-test\n", stderr: "" }));

  const bad: [string[], RegExp][] = [
    [["diagnose", "nowhere.tgz"], /no such target/],
    [["diagnose", "999999999"], /no process 999999999/],
    [["diagnose", "http://127.0.0.1:9/"], /nothing listens at/],
    [["diagnose", "/tmp"], /is a folder/],
    [["diagnose", "1", "--every", "5"], /duration/],
    [["diagnose", "a", "b", "c"], /one target or two looks/],
    [["diagnose"], /diagnose what\?/],
    [["snap", "1"], /required option '-o/],
    [["snap", "http://127.0.0.1:9/", "-o", "x.tgz"], /nothing listens/],
    [["profile", "absent.pb.gz"], /cannot read absent/],
    [["profile", "/tmp"], /is a folder/],
    [["ps", "--format", "xml"], /text or json/],
    [["nonsense"], /unknown command/],
  ];
  for (const [args, message] of bad)
    it(`refuses \`${args.join(" ")}\` with exit code 2 and no stack trace`, async () => {
      const r = await stanch(...args);
      expect(r.stderr).toMatch(message);
      expect(r.stderr).not.toMatch(/\n\s+at /);
      expect(r.status).toBe(2);
      expect(r.stdout).toBe("");
    });

  it("refuses damaged profiles, naming the file", async () => {
    const good = readFileSync(join(captures, "heap.pb.gz"));
    const cases: [string, Uint8Array, RegExp][] = [
      ["cut.pb.gz", good.subarray(0, 700), /damaged or cut short/],
      ["cut.pb", gunzipSync(good).subarray(0, 700), /truncated/],
      ["page.html", Buffer.from("<!doctype html><p>"), /web page/],
      ["empty.pb", Buffer.alloc(0), /empty/],
      ["nothing.pb.gz", gzipSync(""), /empty/],
    ];
    for (const [name, bytes, message] of cases) {
      writeFileSync(join(scratch, name), bytes);
      const r = await stanch("profile", name);
      expect([name, r.status, r.stderr.trim().split("\n").length]).toEqual([name, 2, 1]);
      expect(r.stderr).toMatch(message);
    }
  });

  it("snaps, diagnoses the bundle, and compares it with a second look", async () => {
    const snap = await stanch("snap", address, "-o", "a.tgz");
    expect([snap.status, snap.stderr]).toEqual([0, ""]);
    const one = await stanch("diagnose", "a.tgz");
    expect(one.status).toBe(1); // nil channels are leaks whatever else is seen
    for (const word of ["1 OBSERVE", "2 CORRELATE", "3 TRACE", "4 ATTRIBUTE", "waiting on a nil channel"])
      expect(one.stdout).toContain(word);
    const two = await stanch("diagnose", "a.tgz", address, "--format", "json");
    const report = JSON.parse(two.stdout) as {
      schema: string;
      attribute: { status: string; wait: string; before: number; count: number }[];
    };
    expect(report.schema).toBe("stanch.diagnose/1");
    expect(
      report.attribute.some((s) => s.wait === "chan send" && s.count === s.before + 40 && s.status === "likely"),
    ).toBe(true);
  });

  it("shows the past that a Prometheus server keeps, also of a target without pprof or without an answer", async () => {
    const r = await stanch("diagnose", address, "--history", `${address}/prom`, "--history-range", "2h");
    expect(r.stdout).toContain("the last 2 h as Prometheus has it");
    expect(r.stdout).toMatch(/restarted once, last 60 min before the end/);
    expect(r.stdout).toMatch(/goroutines +█{12}▁{12} +100 → 160 +\+60\/h/);
    const gone = ["diagnose", "127.0.0.1:9", "--history", `${address}/prom`, "--history-match", 'job="api"'];
    const text = await stanch(...gone);
    expect([text.status, text.stderr]).toEqual([0, ""]);
    expect(text.stdout).toMatch(/goroutines .*\/h\n[^]*not seen: nothing listens at/);
    const json = JSON.parse((await stanch(...gone, "--format", "json")).stdout) as {
      observe: { history: { restarts: number[]; trends: { metric: string; perHour: number; points: number[][] }[] } };
    };
    expect(json.observe.history.restarts).toHaveLength(1);
    expect(json.observe.history.trends[0]).toMatchObject({ metric: "go_goroutines" });
    expect(json.observe.history.trends[0].points).toHaveLength(41);
    const silent = await stanch("diagnose", address, "--history", "127.0.0.1:9");
    expect(silent.stdout).toMatch(/not seen: history: nothing listens at http:..127.0.0.1:9\n/);
    const neither = await stanch("diagnose", "127.0.0.1:9", "--history", "127.0.0.1:9");
    expect([neither.status, neither.stdout]).toEqual([2, ""]);
  });

  it("lets no name steer the terminal", async () => {
    const text = `goroutine profile: total 30\n30 @ 0x1\n#\t0x1\tmain.\u001b]0;owned\u0007\u001b[31m.f\u202e+0x1\t/src/\u001b[2J.go:3\n`;
    writeFileSync(join(scratch, "evil.txt"), text);
    const { stdout, status } = await stanch("profile", "evil.txt", "--stacks");
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/[\u001b\u0007\u202e]/);
    expect(stdout).toContain("\\x1b");
  });

  it("knows targets by their names in stanch.yaml, and says which was meant", async () => {
    writeFileSync(join(scratch, "stanch.yaml"), `targets:\n  api: { url: "${address}" }\n`);
    try {
      const named = await stanch("diagnose", "api", "--no-check", "--format", "json");
      expect([named.status === 2, named.stderr]).toEqual([false, ""]);
      expect((JSON.parse(named.stdout) as { observe: { groups: unknown[] } }).observe.groups.length).toBeGreaterThan(0);
      expect((await stanch("diagnose", "apy")).stderr).toContain("has no target apy; did you mean api?");
    } finally {
      rmSync(join(scratch, "stanch.yaml"));
    }
  });

  it("shows profiles: groups, top, differences, JSON", async () => {
    const goroutine = join(captures, "goroutine.pb.gz");
    const heap = join(captures, "heap.pb.gz");
    expect((await stanch("profile", goroutine, "--most", "50")).stdout).toContain("main.abandonedSend.func1");
    expect((await stanch("profile", heap, "--type", "alloc_space")).stdout).toContain("alloc_space");
    expect((await stanch("profile", heap, "--type", "none")).stderr).toMatch(
      /no sample type none; there is alloc_objects/,
    );
    expect((await stanch("profile", goroutine, goroutine)).stdout).toContain("no group has changed");
    const json = JSON.parse((await stanch("profile", heap, "--format", "json")).stdout) as {
      schema: string;
      top: unknown[];
    };
    expect(json.schema).toBe("stanch.profile/1");
    expect(json.top.length).toBeGreaterThan(3);
  });

  it("ends quietly when its reader goes away", () => {
    const r = spawnSync(
      "sh",
      [
        "-c",
        `"${process.execPath}" "${entry}" profile "${captures}/goroutine.d2.txt.gz" --stacks --most 1000 | head -1`,
      ],
      { encoding: "utf8" },
    );
    expect(r.stderr).toBe("");
  });
});
