import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { findGo } from "../demo/toolchain.ts";
import { stanchCommand } from "./testing.ts";

const go = await findGo();
const missing = "missing" in go ? go.missing : process.platform === "linux" ? "" : "processes are read from /proc";
const required = process.env["CI"] === "true" && process.platform === "linux";
const why = missing === "" ? "" : ` (left out: ${missing})`;

test("without a toolchain it shows a recording, says so, and joins it to the source all the same", () => {
  // No go on the PATH: only node, and what the shell needs.
  const env = {
    ...process.env,
    PATH: "/nonexistent",
    GOROOT: "/nonexistent",
    GOMODCACHE: "/nonexistent",
    NO_COLOR: "1",
  };
  const r = spawnSync(process.execPath, [...stanchCommand(), "demo"], { encoding: "utf8", env });
  expect([r.status, r.stderr]).toEqual([0, ""]);
  const text = r.stdout.replace(/\s+/g, " ");
  expect(text).toContain("stanch demo, a recording: there is no go command on the PATH");
  expect(text).toContain("error context-never-done never-done/leaky/main.go:20");
  expect(text).toContain("nothing in never-done/fixed");
  expect(text).toMatch(
    /LEAK goroutine \S+ \(\+10\/s\) chan receive at main\.onEnd leaky\/main\.go:20 after \d+ s └ context-never-done at never-done\/leaky\/main\.go:20/,
  );
  expect(text).toMatch(/never-done, mended no leak in \d+ looks/);
  expect(text).toContain("└ http-body-unclosed at http-client/leaky/main.go:45");
  expect(text).toContain("└ sql-rows-unclosed at sql-pool/leaky/main.go:22");
  expect(text).toContain("+ page := make(chan string, 1)");
  expect(text).toContain("NEXT, on your own code");
});

test("an unknown service is a usage error, and nothing is started", () => {
  const r = spawnSync(process.execPath, [...stanchCommand(), "demo", "nothing"], { encoding: "utf8" });
  expect(r.status).toBe(2);
  expect(r.stderr).toMatch(/no service nothing; it has never-done, http-client, redis-client|no go command/);
});

interface Started {
  readonly child: ChildProcess;
  readonly pids: readonly number[];
  /** Where the binaries were built. */
  readonly folder: string;
  readonly exit: Promise<number | null>;
}

/** Two services, until they are watched. */
async function started(): Promise<Started> {
  const child = spawn(process.execPath, [...stanchCommand(), "demo", "never-done", "--duration", "10m"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  const exit = new Promise<number | null>((done) => void child.once("exit", (code) => done(code)));
  await new Promise<void>((done, fail) => {
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (text: string) => {
      out += text;
      if (out.includes("3 WATCH")) done();
    });
    child.once("exit", () => fail(new Error(`it ended: ${out}`)));
  });
  const pids = [...out.matchAll(/pid (\d+)/g)].map((m) => Number(m[1]));
  return { child, pids, folder: dirname(readlinkSync(`/proc/${pids[0]}/exe`)), exit };
}

/** Of all processes whose program lies in the folder: services, and what they started of themselves. */
function left(folder: string): number[] {
  return readdirSync("/proc")
    .filter((n) => /^\d+$/.test(n))
    .filter((n) => {
      try {
        return readlinkSync(`/proc/${n}/exe`).startsWith(folder);
      } catch {
        return false; // it ended meanwhile, or is somebody else's
      }
    })
    .map(Number);
}

async function untilGone(folder: string): Promise<number[]> {
  for (let i = 0; i < 200 && left(folder).length > 0; i++) await sleep(50);
  return left(folder);
}

test.skipIf(missing !== "" && !required)(
  `Ctrl-C stops all that was started and removes it${why}`,
  { timeout: 300_000 },
  async () => {
    const { child, pids, folder, exit } = await started();
    expect(pids).toHaveLength(2);
    // Each starts its load generator a moment later.
    for (let i = 0; i < 200 && left(folder).length < 4; i++) await sleep(50);
    expect(left(folder).length).toBeGreaterThanOrEqual(4);
    child.kill("SIGINT");
    expect(await exit).toBe(130);
    expect(await untilGone(folder)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  },
);

test.skipIf(missing !== "" && !required)(
  `the services end even where stanch is killed${why}`,
  { timeout: 300_000 },
  async () => {
    const { child, folder, exit } = await started();
    child.kill("SIGKILL");
    await exit;
    expect(await untilGone(folder)).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  },
);
