/**
 * Kills a process that writes to a store with SIGKILL, again and again, at moments of chance: nothing that was flushed may be lost, and the
 * store must open each time.
 *
 *     npx tsx bench/store-kill.ts [--rounds 200]
 */
import { fork } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Sample } from "../src/series/sample.ts";
import type { Signal } from "../src/series/signal.ts";
import { openStore } from "../src/store/sqlite.ts";

const file = fileURLToPath(import.meta.url);
const path = join(dirname(file), ".work/kill.stanch");

const signals: Signal[] = Array.from({ length: 40 }, (_, i) => ({
  kind: "goroutine",
  name: `g${i}`,
  unit: "count",
  counter: false,
  sawtooth: false,
  limit: null,
  label: "",
  location: null,
  stack: [],
}));

function look(i: number): Sample {
  return {
    timeMs: 1e12 + i * 15_000,
    process: null,
    read: new Set(["goroutine"]),
    points: signals.map((signal, k) => ({ signal, value: i * (k + 1) })),
  };
}

/** Writes as fast as it can, with all that a watch does: looks, marks, profiles, joining, deleting. Says what it has flushed. */
function write(from: number): void {
  const store = openStore(path, { retention: { wholeMs: 3e9, stepMs: 300_000, totalMs: 1e12 } });
  for (let i = from; ; i++) {
    store.append("api", look(i));
    if (i % 5 === 0) store.mark({ timeMs: 1e12 + i, target: "api", kind: "deploy", text: String(i) });
    if (i % 17 === 0) store.addProfile("api", 1e12 + i, "heap", Buffer.from(`profile ${i} `.repeat(2000)));
    if (i % 3 === 0) {
      store.flush();
      process.send?.(i + 1);
      store.maintain(1e12 + i * 15_000, 20);
    }
  }
}

async function main(): Promise<void> {
  const at = process.argv.indexOf("--rounds");
  const rounds = at < 0 ? 200 : Number(process.argv[at + 1]);
  mkdirSync(dirname(path), { recursive: true });
  for (const end of ["", "-journal", ".owner"]) rmSync(path + end, { force: true });
  rmSync(`${path}.lock`, { force: true, recursive: true });
  let flushed = 0;
  let looks = 0;
  let hot = 0;
  for (let round = 1; round <= rounds; round++) {
    const child = fork(file, ["--write", String(looks)], { execArgv: process.execArgv, stdio: "inherit" });
    let first: () => void = () => {};
    const begun = new Promise<void>((done) => (first = done));
    child.on("message", (n) => {
      flushed = Math.max(flushed, n as number);
      first();
    });
    await begun;
    await new Promise((done) => setTimeout(done, Math.random() * 120));
    child.kill("SIGKILL");
    await new Promise((done) => child.once("close", done));
    if (statSync(`${path}-journal`, { throwIfNoEntry: false }) !== undefined) hot++;
    const store = openStore(path);
    let i = 0;
    for (const s of store.samples("api")) {
      if (s.timeMs !== 1e12 + i * 15_000 || s.points.length !== signals.length || s.points[7].value !== i * 8)
        throw new Error(`round ${round}: look ${i} is not what was written`);
      i++;
    }
    if (i < flushed) throw new Error(`round ${round}: ${flushed} looks were flushed, ${i} are there`);
    for (const p of store.profiles("api"))
      if (store.profile(p.hash) === null) throw new Error(`round ${round}: a profile is missing`);
    looks = i;
    store.close();
    if (round % 20 === 0)
      console.log(
        `${round} kills (${hot} in the middle of a transaction): ${looks} looks, all ${flushed} flushed are there`,
      );
  }
}

if (process.argv[2] === "--write") write(Number(process.argv[3]));
else await main();
