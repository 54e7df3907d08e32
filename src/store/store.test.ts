import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Sample } from "../series/sample.ts";
import type { Signal } from "../series/signal.ts";
import { signal as plainSignal } from "../series/testing.ts";
import { Driver } from "./driver.ts";
import { SCHEMA_VERSION, upgrade } from "./schema.ts";
import { openStore, openStoreReader } from "./sqlite.ts";

const scratch = mkdtempSync(join(tmpdir(), "stanch-store-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let files = 0;
const fresh = (): string => join(scratch, `s${files++}.stanch`);

function signal(name: string, more: Partial<Signal> = {}): Signal {
  const frame = { function: "main.f", file: "f.go", line: 3 };
  return plainSignal("goroutine", name, { location: frame, stack: [frame], ...more });
}

const total = signal("total");
const group = signal("chan send|main.f");

function look(i: number, step = 15_000): Sample {
  return {
    timeMs: 1_700_000_000_000 + i * step + (i % 3),
    process: { pid: 7, startedMs: 1_699_999_000_000, goVersion: "go1.27.4", module: "m", revision: "abc" },
    read: new Set(["goroutine"]),
    points: [...(i % 4 === 3 ? [] : [{ signal: group, value: i / 2 }]), { signal: total, value: 100 + i }],
    collections: i,
  };
}

test("what was appended comes back, joined into blocks or not, also beside the writer and from a copy", () => {
  const path = fresh();
  const store = openStore(path);
  const looks = Array.from({ length: 300 }, (_, i) => look(i));
  looks.forEach((s, i) => {
    store.append("api", s);
    if (i % 7 === 0) store.flush();
  });
  store.append("other", look(0));
  store.flush();
  const reader = openStoreReader(path);
  expect([...reader.samples("api")]).toEqual(looks);
  while (store.maintain(looks[299].timeMs, 1000)) {}
  expect([...reader.samples("api")]).toEqual(looks);
  expect(reader.targets().map((t) => [t.name, t.looks, t.process?.pid])).toEqual([
    ["api", 300, 7],
    ["other", 1, 7],
  ]);
  const some = [...reader.samples("api", { fromMs: looks[10].timeMs, toMs: looks[20].timeMs })];
  expect(some).toEqual(looks.slice(10, 21));
  const [series] = reader.series("api", "goroutine\ttotal", { toMs: looks[4].timeMs });
  expect([...series.values]).toEqual([100, 101, 102, 103, 104]);
  expect(series.signal).toEqual(total);
  reader.close();
  store.close();
  const copy = fresh();
  copyFileSync(path, copy);
  const again = openStoreReader(copy);
  expect([...again.samples("api")].length).toBe(300);
  again.close();
});

test("marks, verdict changes and profiles; equal profiles are kept once", () => {
  const path = fresh();
  const store = openStore(path);
  store.mark({ timeMs: 5, target: null, kind: "deploy", text: "v2" });
  store.mark({ timeMs: 6, target: "api", kind: "alarm", text: "leak" });
  store.verdictChange({
    timeMs: 7,
    target: "api",
    kind: "goroutine",
    name: "g",
    status: "leak",
    shape: "leak",
    verdict: { a: 1 },
  });
  const bytes = new TextEncoder().encode("profile".repeat(100));
  const hash = store.addProfile("api", 7, "goroutine", bytes);
  store.addProfile("api", 8, "goroutine", bytes);
  store.flush();
  expect(store.marks("api").map((m) => m.kind)).toEqual(["deploy", "alarm"]);
  expect(store.marks("web").map((m) => m.kind)).toEqual(["deploy"]);
  expect(store.verdictChanges("api", { fromMs: 7 })).toMatchObject([{ status: "leak", verdict: { a: 1 } }]);
  expect(store.profiles("api").map((p) => [p.timeMs, p.hash])).toEqual([
    [7, hash],
    [8, hash],
  ]);
  expect(Buffer.from(bytes).equals(store.profile(hash) ?? new Uint8Array())).toBe(true);
  expect(store.profile("00")).toBeNull();
  store.close();
});

test("what is past is downsampled, then deleted", () => {
  const store = openStore(fresh(), { retention: { wholeMs: 3_600_000, stepMs: 300_000, totalMs: 7_200_000 } });
  for (let i = 0; i < 480; i++) store.append("api", look(i));
  store.flush();
  const now = look(480).timeMs;
  while (store.maintain(now, 1000)) {}
  const kept = [...store.samples("api")];
  const old = kept.filter((s) => s.timeMs < now - 3_600_000);
  const recent = kept.filter((s) => s.timeMs >= now - 3_600_000);
  expect(recent.length).toBeGreaterThanOrEqual(238);
  expect(old.length).toBeLessThanOrEqual(30);
  expect(old.length).toBeGreaterThanOrEqual(10);
  while (store.maintain(now + 7_200_000, 1000)) {}
  expect([...store.samples("api")].length).toBeLessThanOrEqual(1);
  store.close();
});

test("a second writer is refused in one line; a dead one's store is taken over with its lock", () => {
  const path = fresh();
  const store = openStore(path);
  expect(() => openStore(path)).toThrow(
    /is being written by another stanch \(pid \d+\): give this one its own --store/,
  );
  store.append("api", look(0));
  store.close();
  expect(existsSync(`${path}.owner`)).toBe(false);
  // Killed in the middle of a transaction, its pid since given to another process.
  writeFileSync(`${path}.owner`, JSON.stringify({ pid: process.pid, start: "1", host: hostname(), nonce: "x" }));
  mkdirSync(`${path}.lock`);
  // Made in this very millisecond, or by a clock that was put back since.
  const soon = Date.now() / 1000 + 60;
  utimesSync(`${path}.lock`, soon, soon);
  const next = openStore(path);
  expect([...next.samples("api")].length).toBe(1);
  next.close();
  // Cut while it was written.
  writeFileSync(`${path}.owner`, '{"pid": 4');
  openStore(path).close();
});

test("a reader's lock that stayed behind is taken away", () => {
  const path = fresh();
  openStore(path).close();
  mkdirSync(`${path}.lock`);
  const past = Date.now() / 1000 - 60;
  utimesSync(`${path}.lock`, past, past);
  openStore(path).close();
});

test("what is no store, or damaged, or of a later version, is a typed error", () => {
  const path = fresh();
  writeFileSync(path, "this is a text, and a long one at that. ".repeat(50));
  expect(() => openStore(path)).toThrow(expect.objectContaining({ fault: "damaged" }));
  expect(() => openStoreReader(path)).toThrow(expect.objectContaining({ fault: "damaged" }));
  expect(() => openStoreReader(join(scratch, "none"))).toThrow(expect.objectContaining({ fault: "unreadable" }));
  expect(() => openStore(join(scratch, "no", "folder.stanch"))).toThrow(/cannot open/);
  const other = fresh();
  const db = new Driver(other);
  db.exec("CREATE TABLE x (a)");
  db.close();
  expect(() => openStore(other)).toThrow(/no store of Stanch/);
  const newer = fresh();
  openStore(newer).close();
  const n = new Driver(newer);
  n.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  n.close();
  expect(() => openStore(newer)).toThrow(expect.objectContaining({ fault: "newer" }));
  expect(existsSync(`${newer}.owner`)).toBe(false);
});

test("a store cut short is an error, not a crash", () => {
  const path = fresh();
  const store = openStore(path);
  for (let i = 0; i < 400; i++) store.append("api", look(i));
  store.close();
  truncateSync(path, 9000);
  expect(() => {
    const r = openStoreReader(path);
    try {
      return [...r.samples("api")];
    } finally {
      r.close();
    }
  }).toThrow(/damaged/);
});

test("a store of version 1 is brought up and read before that too", () => {
  const path = fresh();
  const db = new Driver(path);
  upgrade(db, path, 1);
  db.exec(
    "INSERT INTO target (name) VALUES ('api'); INSERT INTO mark (time_ms, target, kind, text) VALUES (1, 1, 'start', 'x')",
  );
  db.close();
  const reader = openStoreReader(path);
  expect(reader.marks("api").length).toBe(1);
  expect(reader.profiles("api")).toEqual([]);
  reader.close();
  const store = openStore(path);
  store.addProfile("api", 1, "heap", Uint8Array.of(1));
  store.append("api", look(1));
  store.flush();
  expect(store.profiles("api").length).toBe(1);
  store.close();
});

/** Runs a script of our own source in another process. */
function child(script: string, shell?: string): ReturnType<typeof spawn> {
  const file = join(scratch, `child${files++}.ts`);
  writeFileSync(file, script);
  const root = new URL("../../", import.meta.url).pathname;
  const args = ["--import", "tsx", file];
  return shell === undefined
    ? spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] })
    : spawn("bash", ["-c", `${shell}; exec "$0" "$@"`, process.execPath, ...args], {
        cwd: root,
        stdio: ["ignore", "pipe", "pipe"],
      });
}

const writer = (path: string, body: string): string => `
  import { openStore } from ${JSON.stringify(new URL("./sqlite.ts", import.meta.url).href)};
  const signal = { kind: "goroutine", name: "total", unit: "count", counter: false, sawtooth: false, limit: null, label: "", location: null, stack: [] };
  const look = (i) => ({ timeMs: 1e12 + i, process: null, read: new Set(["goroutine"]), points: [{ signal, value: i }] });
  const store = openStore(${JSON.stringify(path)});
  const have = [...store.samples("api")].length;
  ${body}
`;

test("killed in the middle of writing, it opens again and nothing that was flushed is lost", async () => {
  const path = fresh();
  let committed = 0;
  for (let round = 0; round < 3; round++) {
    const p = child(
      writer(
        path,
        `for (let i = have; ; i++) { store.append("api", look(i)); store.flush(); process.stdout.write(i + 1 + "\\n"); store.maintain(1e12 + i, 5); }`,
      ),
    );
    let out = "";
    p.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (out.split("\n").length > 20 + round * 9) p.kill("SIGKILL");
    });
    await new Promise((done) => p.once("close", done));
    const lines = out.split("\n").slice(0, -1);
    committed = Number(lines[lines.length - 1]);
    const store = openStore(path);
    const values = [...store.samples("api")].map((s) => s.points[0].value);
    store.close();
    expect(values.length).toBeGreaterThanOrEqual(committed);
    expect(values).toEqual(Array.from({ length: values.length }, (_, i) => i));
  }
});

test("a full disk: one clear error, what was gathered stays, and what was flushed is still there", async () => {
  const path = fresh();
  // No file may grow beyond 200 KiB; the signal that would end us is off, so that the write fails as on a full disk.
  const p = child(
    writer(
      path,
      `let flushed = 0, fault = "";
       for (let i = 0; i < 20000 && fault === ""; ) {
         for (const end = i + 40; i < end; i++) store.append("api", { ...look(i), points: [{ signal, value: Math.sin(i) }] });
         try { store.flush(); flushed = i; } catch (e) { fault = e.fault + " " + e.message; }
       }
       let again = "";
       try { store.flush(); } catch (e) { again = e.fault; }
       console.log(JSON.stringify({ flushed, fault, again, read: [...store.samples("api")].length }));
       try { store.close(); } catch {}`,
    ),
    "trap '' XFSZ; ulimit -f 200",
  );
  let out = "";
  p.stdout?.setEncoding("utf8").on("data", (t: string) => (out += t));
  p.stderr?.setEncoding("utf8").on("data", (t: string) => (out += t));
  await new Promise((done) => p.once("close", done));
  const result = JSON.parse(out) as { flushed: number; fault: string; again: string; read: number };
  expect(result.fault).toMatch(/^full .*cannot be written/);
  expect(result.again).toBe("full");
  expect(result.flushed).toBeGreaterThan(100);
  expect(result.read).toBe(result.flushed);
  const store = openStore(path);
  expect([...store.samples("api")].length).toBe(result.flushed);
  store.close();
});
