import { execFileSync } from "node:child_process";
import { createServer, connect } from "node:net";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { readBuildInfo } from "./buildinfo.ts";
import { readBundle, writeBundle } from "./bundle.ts";
import type { Snapshot } from "./collect.ts";
import { liveHeap, memStatsFromHeapText, parseExpvar } from "./expvar.ts";
import { expectedStallMs, planCapture, defaultBudget } from "./policy.ts";
import { ProcReader, readFds, readProcess } from "./procfs.ts";
import { parseExposition } from "./prometheus-text.ts";
import {
  addressText,
  connectionsOf,
  ownSockets,
  parseSockets,
  readListeners,
  readSockets,
  SocketTable,
} from "./sockets.ts";
import { readMaps, traceProgram } from "./ebpf.ts";
import { parseTarget } from "./target.ts";
import { LeakProfileTurn } from "./turn.ts";
import { decodePprof } from "../profile/pprof.ts";
import { labelsOf } from "../profile/columns.ts";

const scratch = mkdtempSync(join(tmpdir(), "stanch-probe-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const captures = new URL("../../testdata/captures/", import.meta.url).pathname;

describe("sockets", () => {
  it("reads IPv4 and IPv6 rows, states, queues and inodes", () => {
    const text =
      Buffer.from(`  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 103256 1 0000000000000000 100 0 0 10 0
 50001: 0100007F:C350 0200000A:01BB 08 00000010:00000001 02:000A1B2C 00000000  1000        0 4294967400 1 0000000000000000 20 4 30 10 -1
garbage
   2: 0100
`);
    const t = new SocketTable();
    parseSockets(text, 0, text.length, 0, 1, t);
    expect(t.count).toBe(2);
    expect([t.localText(0), t.localPort[0], t.state[0], t.inode[0]]).toEqual(["127.0.0.1", 8080, 10, 103256]);
    expect([t.peerText(1), t.peerPort[1], t.state[1], t.rxQueue[1], t.txQueue[1], t.inode[1]]).toEqual([
      "10.0.0.2",
      443,
      8,
      1,
      16,
      4294967400,
    ]);
    const six = Buffer.from(
      "   0: 00000000000000000000000001000000:1F90 B80D0120000000000000000001000000:C350 01 00000000:00000000 00:00000000 00000000     0        0 7 1\n" +
        "   1: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000200007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 8 1\n",
    );
    const u = new SocketTable();
    parseSockets(six, 0, six.length, 0, 4, u);
    expect([u.localText(0), u.peerText(0), u.localText(1), u.peerText(1)]).toEqual([
      "::1",
      "2001:db8::1",
      "127.0.0.1",
      "127.0.0.2",
    ]);
    expect(addressText(Uint32Array.of(0, 0, 0, 0), 0)).toBe("::");
  });

  it("sees this process's own connections, with direction and unread bytes", async () => {
    const server = createServer(() => {});
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as { port: number };
    const socket = connect(port, "127.0.0.1");
    await new Promise<void>((done) => socket.once("connect", () => done()));
    const proc = new ProcReader();
    const own = ownSockets(await readSockets(proc, process.pid), readFds(proc, process.pid));
    expect(own.listening.some((l) => l.port === port)).toBe(true);
    const listeners = ownSockets(readListeners(proc, process.pid), readFds(proc, process.pid));
    expect(listeners.listening).toEqual(own.listening);
    expect(own.groups.find((g) => g.direction === "out" && g.port === port)).toMatchObject({
      state: "ESTABLISHED",
      peer: "127.0.0.1",
      count: 1,
    });
    // Both ends are this process's, and the one that dialled is the cause of the other.
    expect(own.groups.find((g) => g.direction === "in" && g.port === port)).toMatchObject({
      count: 1,
      fromOurselves: 1,
    });
    const local = (socket.address() as { port: number }).port;
    expect(own.groups.find((g) => g.direction === "out" && g.port === port)?.localPorts).toEqual([local]);
    const fds = readFds(proc, process.pid);
    expect([...connectionsOf(await readSockets(proc, process.pid), fds, new Set(fds.numbers)).values()]).toContainEqual(
      {
        direction: "out",
        peer: "127.0.0.1",
        port,
        state: "ESTABLISHED",
      },
    );
    socket.destroy();
    server.close();
  });
});

describe("readListeners", () => {
  it("reads every listener, of both files, and stops at the connections behind them", async () => {
    const root = join(scratch, "listeners");
    mkdirSync(join(root, "1/net"), { recursive: true });
    const row = (i: number, address: string, state: string): string =>
      `${String(i).padStart(4)}: ${address}:${(i % 65536).toString(16).toUpperCase().padStart(4, "0")} ${address}:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${1000 + i} 1 0000000000000000 100 0 0 10 0\n`;
    const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    const rows = (n: number, address: string, state: string): string =>
      Array.from({ length: n }, (_, i) => row(i, address, state)).join("");
    writeFileSync(join(root, "1/net/tcp"), head + rows(5000, "0100007F", "0A") + rows(20_000, "0100007F", "01"));
    writeFileSync(join(root, "1/net/tcp6"), head + rows(3, "0".repeat(32), "0A"));
    const table = readListeners(new ProcReader(root), 1);
    let found = 0;
    for (let r = 0; r < table.count; r++) if (table.state[r] === 10) found++;
    expect(found).toBe(5003);
    expect(table.count).toBeLessThan(9000);
    expect((await readSockets(new ProcReader(root), 1)).count).toBe(25_003);
  });
});

describe("procfs", () => {
  const root = join(scratch, "proc");
  const make = (pid: number, files: Record<string, string>): void => {
    mkdirSync(join(root, `${pid}/fd`), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, `${pid}/${name}`), text);
  };
  mkdirSync(root);
  writeFileSync(join(root, "stat"), "cpu 1\nbtime 1700000000\n");
  make(42, {
    stat: `42 (odd ) name) S 1 42 42 0 -1 4194560 ${Array.from({ length: 12 }, () => "0").join(" ")} 777 5 5`,
    status: "Name:\todd\nUid:\t1000\t1000\nThreads:\t9\nVmRSS:\t  2048 kB\n",
    cmdline: "/bin/svc\0-secret\0",
    limits: "Limit Soft Hard Units\nMax open files            1024                 4096                 files\n",
    cgroup: "0::/system.slice/svc.service\n",
  });
  symlinkSync("socket:[991]", join(root, "42/fd/3"));
  symlinkSync("/var/log/a.log (deleted)", join(root, "42/fd/4"));
  symlinkSync("anon_inode:[eventpoll]", join(root, "42/fd/5"));

  it("reads a process, also one with a name made to confuse", () => {
    const problems: string[] = [];
    expect(readProcess(new ProcReader(root), 42, problems)).toMatchObject({
      name: "odd ) name",
      startTicks: 777,
      threads: 9,
      rssBytes: 2048 * 1024,
      maxFds: 1024,
      uid: 1000,
      cmdline: ["/bin/svc", "-secret"],
      cgroup: "/system.slice/svc.service",
    });
  });
  it("tells descriptors apart", () => {
    const fds = readFds(new ProcReader(root), 42);
    expect(fds.count).toBe(3);
    expect([...fds.inodes]).toContain(991);
  });
  it("says that there is no such process", () =>
    expect(() => readProcess(new ProcReader(root), 43, [])).toThrow(/no process 43/));
});

describe("build info", () => {
  // The smallest ELF that carries the block: header, one section table, the block.
  const elf = (block: Buffer): Buffer => {
    const head = Buffer.alloc(64);
    head.writeUInt32BE(0x7f454c46, 0);
    head[4] = 2;
    head[5] = 1;
    const names = Buffer.from("\0.go.buildinfo\0", "latin1");
    const table = 64 + Math.ceil((block.length + names.length) / 16) * 16;
    head.writeBigUInt64LE(BigInt(table), 40);
    head.writeUInt16LE(64, 58);
    head.writeUInt16LE(2, 60);
    head.writeUInt16LE(1, 62);
    const sections = Buffer.alloc(128);
    sections.writeUInt32LE(1, 0);
    sections.writeBigUInt64LE(64n, 24);
    sections.writeBigUInt64LE(BigInt(block.length), 32);
    sections.writeBigUInt64LE(BigInt(64 + block.length), 64 + 24);
    sections.writeBigUInt64LE(BigInt(names.length), 64 + 32);
    return Buffer.concat([head, block, names, Buffer.alloc(table - 64 - block.length - names.length), sections]);
  };
  const inline = (version: string, mod: string): Buffer => {
    const head = Buffer.alloc(32);
    head.write("\xff Go buildinf:", 0, "latin1");
    head[14] = 8;
    head[15] = 2;
    const str = (s: string): Buffer => {
      const b = Buffer.from(s, "latin1");
      return Buffer.concat([Buffer.from([(b.length & 0x7f) | 0x80, b.length >> 7]), b]);
    };
    const all = Buffer.concat([head, str(version), str(mod)]);
    return Buffer.concat([all, Buffer.alloc((16 - (all.length % 16)) % 16)]);
  };
  const write = (bytes: Buffer): string => {
    const path = join(scratch, `exe${Math.random()}`);
    writeFileSync(path, bytes);
    return path;
  };
  const frame = "0123456789abcdef";

  it("reads version, modules, replacements and settings", () => {
    const mod = `${frame}path\texample.com/a/cmd\nmod\texample.com/a\tv1.2.3\th1:x\ndep\tgithub.com/b/c\tv2.0.0\th1:y\n=>\t../c\t\t\nbuild\t-trimpath=true\nbuild\tCGO_ENABLED=0\nbuild\tvcs.revision=abc\n${frame}`;
    expect(readBuildInfo(write(elf(inline("go1.27.4 X:goroutineleakprofile", mod))))).toMatchObject({
      goVersion: "go1.27.4",
      goMinor: 27,
      experiments: "goroutineleakprofile",
      path: "example.com/a/cmd",
      main: { path: "example.com/a", version: "v1.2.3" },
      deps: [{ path: "github.com/b/c", version: "v2.0.0", replacedBy: "../c" }],
      trimpath: true,
      cgo: false,
    });
  });
  it("says null of what is no Go program, and never crashes on a damaged one", () => {
    expect(readBuildInfo(process.execPath)).toBeNull();
    expect(readBuildInfo(write(Buffer.from("#!/bin/sh\n")))).toBeNull();
    const good = elf(inline("go1.20", "path\tx\n"));
    for (let i = 0; i < good.length; i++)
      for (const v of [0, 0xff]) {
        const bad = Buffer.from(good);
        bad[i] = v;
        try {
          readBuildInfo(write(bad.subarray(0, i % 7 === 0 ? i : bad.length)));
        } catch (e) {
          expect(String(e)).toMatch(/damaged/);
        }
      }
  });
});

describe("parseExposition", () => {
  it("reads labels, escapes, timestamps, exemplars and odd numbers", () => {
    const { samples, badLines } = parseExposition(
      `# HELP a b
# TYPE go_goroutines gauge
go_goroutines 12
x{a="1",b="say \\"hi\\"\\n",} 1.5e3 1700000000000
y_total{a="{}=,"} 3 # {trace_id="abc"} 1 1.5
z NaN
w +Inf
  spaced{ k = "v" }   7
{broken 1
v{a="1" 2
u notanumber
# EOF
`,
    );
    expect(samples.map((s) => [s.name, s.labels, s.value])).toEqual([
      ["go_goroutines", {}, 12],
      ["x", { a: "1", b: 'say "hi"\n' }, 1500],
      ["y_total", { a: "{}=," }, 3],
      ["z", {}, Number.NaN],
      ["w", {}, Number.POSITIVE_INFINITY],
      ["spaced", { k: "v" }, 7],
    ]);
    expect(badLines).toBe(3);
  });
});

describe("memory numbers", () => {
  it("reads expvar and refuses what is none", () => {
    expect(parseExpvar('{"cmdline":["a"],"memstats":{"HeapAlloc":5,"NextGC":9},"hits":3}')).toMatchObject({
      cmdline: ["a"],
      memstats: { heapAlloc: 5, nextGc: 9 },
      numbers: { hits: 3 },
    });
    expect(() => parseExpvar("<html>")).toThrow(/no JSON/);
    expect(() => parseExpvar("[1]")).toThrow(/no JSON object/);
  });
  it("reads them from the end of a heap text", () => {
    const stats = memStatsFromHeapText(readFileSync(`${captures}go-1.27.4/heap.d1.txt`, "utf8"));
    expect(stats?.heapAlloc).toBeGreaterThan(1 << 20);
    expect(stats?.numGc).toBeGreaterThan(0);
  });
  it("solves the collector's goal for the live heap", () => {
    const live = 100 << 20;
    const roots = 3 << 20;
    for (const gogc of [50, 100, 400])
      expect(liveHeap(live + (live + roots) * (gogc / 100), gogc, roots)).toBeCloseTo(live, -2);
    expect(liveHeap(4 << 20, 100, 0)).toBeNull();
    expect(liveHeap(1e9, -1, 0)).toBeNull();
  });
});

describe("policy", () => {
  const base = {
    budget: defaultBudget,
    profiles: new Set(["goroutine", "heap", "goroutineleak"]),
    wantLeakProfile: true,
    sinceLeakProfileMs: null,
    forceDump: false,
  };
  it("takes evidence in the order in which later steps cannot spoil earlier ones", () =>
    expect(planCapture({ ...base, size: { goroutines: 1000, goMinor: 27 } }).steps).toEqual([
      "dump",
      "goroutine",
      "process",
      "heap",
      "goroutineleak",
    ]));
  it("leaves the full dump out where it would stop the target too long, or nobody knows", () => {
    for (const goroutines of [5000, 100_000, null])
      expect(planCapture({ ...base, size: { goroutines, goMinor: 27 } }).steps).not.toContain("dump");
    expect(planCapture({ ...base, size: { goroutines: 100_000, goMinor: 27 }, forceDump: true }).steps).toContain(
      "dump",
    );
  });
  it("asks for the leak profile rarely", () => {
    const size = { goroutines: 100, goMinor: 27 };
    expect(planCapture({ ...base, size, sinceLeakProfileMs: 60_000 }).steps).not.toContain("goroutineleak");
    expect(planCapture({ ...base, size, sinceLeakProfileMs: 5 * 3_600_000 }).steps).toContain("goroutineleak");
    expect(planCapture({ ...base, size, profiles: new Set(["goroutine", "heap"]) }).skipped.join()).toMatch(
      /not served/,
    );
  });
  it("agrees with what was measured, within a factor of two above it", () => {
    for (const [what, n, measured] of [
      ["goroutine", 100_000, 4],
      ["goroutine", 1_000_000, 34],
      ["dump", 10_000, 68],
      ["dump", 100_000, 2060],
      ["goroutineleak", 1_000_000, 359],
    ] as const) {
      const expected = expectedStallMs(what, { goroutines: n, goMinor: 27 });
      expect(expected).toBeGreaterThan(measured * 0.6);
      expect(expected).toBeLessThan(measured * 2);
    }
  });
});

describe("goroutineleak turns", () => {
  it("are one at a time, and remembered", () => {
    const a = new LeakProfileTurn("t", scratch);
    const b = new LeakProfileTurn("t", scratch);
    expect(a.take()).toBeNull();
    expect(() => b.take()).toThrow(/another Stanch/);
    a.done(true);
    expect(b.take()).toBeLessThan(60_000);
    b.done(false);
    expect(new LeakProfileTurn("other", scratch).take()).toBeNull();
  });
});

describe("tracing", () => {
  it("writes probes only for functions that are there, and none that return", () => {
    const target = { pid: 5, exe: "/proc/5/exe" };
    const all = traceProgram(target, 10, "x64", () => true);
    expect(all).toContain('uprobe:"/proc/5/exe":"internal/poll.(*FD).Init" /pid == 5/');
    expect(all).not.toContain("uretprobe");
    expect(traceProgram(target, 10, "x64", (f) => f.startsWith("internal/poll"))).not.toMatch(/dialg|database/);
    expect(traceProgram(target, 10, "arm64", () => true)).toContain('reg("r28")');
    expect(() => traceProgram(target, 10, "x64", () => false)).toThrow(/none of the functions/);
    expect(() => traceProgram(target, 10, "mips", () => true)).toThrow(/not there for mips/);
  });
  it("reads bpftrace's maps and leaves out what was cut short", () => {
    const maps = readMaps(
      '{"type": "attached_probes", "data": {"probes": 3}}\n\n{"type": "map", "data": {"@now": 12}}\n{"type": "map", "data": {"@at": {"7": 5}}}\n{"type": "ma',
    );
    expect(maps.get("@now")).toBe(12);
    expect(maps.get("@at")).toEqual({ "7": 5 });
  });
});

describe("targets", () => {
  it("reads every spelling", () => {
    expect(parseTarget("4711")).toMatchObject({ kind: "pid", pid: 4711 });
    expect(parseTarget("http://h:6060/x")).toMatchObject({ kind: "url", url: "http://h:6060/x" });
    expect(parseTarget("h:6060")).toMatchObject({ url: "http://h:6060/" });
    expect(parseTarget(":6060")).toMatchObject({ url: "http://127.0.0.1:6060/" });
    expect(parseTarget("[::1]:6060/debug")).toMatchObject({ url: "http://[::1]:6060/debug" });
    expect(parseTarget("unix:/run/a.sock:/debug/pprof")).toMatchObject({
      url: "http://localhost/debug/pprof",
      http: { socketPath: "/run/a.sock" },
    });
    for (const bad of ["nothing.tgz", "", "http://", "a b"])
      expect(() => parseTarget(bad)).toThrow(/no such target|not a URL/);
    expect(() => parseTarget(scratch)).toThrow(/folder/);
  });
});

describe("bundles", () => {
  const look: Snapshot = {
    takenMs: Date.parse("2026-11-23T12:00:00Z"),
    target: "t",
    process: {
      pid: 5,
      startTicks: 7,
      startedMs: 1,
      name: "svc",
      cmdline: ["svc", "--password=x"],
      uid: 0,
      threads: 3,
      rssBytes: 4,
      rssAnonBytes: 2,
      vmBytes: 9,
      maxFds: Number.POSITIVE_INFINITY,
      cgroup: "/",
      netNamespace: null,
      foreignNet: false,
      exe: "/svc",
    },
    build: null,
    fds: {
      count: 2,
      numbers: Int32Array.of(3, 4),
      kinds: Uint8Array.of(0, 2),
      inodes: Float64Array.of(99, 0),
      targets: ["", "/a"],
    },
    sockets: { groups: [], listening: [{ address: "127.0.0.1", port: 1 }], total: 1, unowned: [], other: 0 },
    pprof: null,
    profiles: new Map([
      ["goroutine", new Uint8Array(gunzipSync(readFileSync(`${captures}go-1.27.4/goroutine.pb.gz`)))],
      ["dump", new Uint8Array(gunzipSync(readFileSync(`${captures}go-1.27.4/goroutine.d2.txt.gz`)))],
    ]),
    memstats: null,
    metrics: [{ name: "go_goroutines", labels: { db_name: "secret" }, value: Number.NaN }],
    costs: [],
    skipped: ["a"],
    problems: ["b"],
  };
  const path = join(scratch, "look.tgz");

  it("come back as they went, and tar reads them", async () => {
    await writeBundle(path, look, { toolVersion: "1", redact: false });
    const back = await readBundle(path);
    expect(back.process).toEqual(look.process);
    expect(back.fds).toEqual(look.fds);
    expect(back.profiles.get("goroutine")?.length).toBe(look.profiles.get("goroutine")?.length);
    expect(back.metrics).toEqual(look.metrics);
    expect(execFileSync("tar", ["tzf", path], { encoding: "utf8" }).split("\n")[0]).toBe("manifest.json");
  });

  it("leave out arguments and labels on request, everywhere", async () => {
    const redacted = join(scratch, "redacted.tgz");
    await writeBundle(redacted, look, { toolVersion: "1", redact: true });
    const dir = mkdtempSync(join(scratch, "x"));
    execFileSync("tar", ["xzf", redacted, "-C", dir]);
    execFileSync("gunzip", [join(dir, "profiles/goroutine.pb.gz")]);
    const all = execFileSync(
      "cat",
      ["manifest.json", "process.json", "metrics.json", "profiles/goroutine.pb", "profiles/goroutine-dump.txt"].map(
        (f) => join(dir, f),
      ),
      { maxBuffer: 1 << 26 },
    ).toString("latin1");
    for (const secret of ["password", "acme", "secret"]) expect(all).not.toContain(secret);
    const p = decodePprof((await readBundle(redacted)).profiles.get("goroutine") ?? new Uint8Array(0));
    const values = new Set<string>();
    for (let s = 0; s < p.sampleCount; s++) for (const l of labelsOf(p, s)) values.add(l.text);
    expect(values.size).toBe(2); // two labels, told apart still
  });

  it("that are cut short, newer or none are refused in one line", async () => {
    const bytes = readFileSync(path);
    const at = (name: string, b: Uint8Array): string => {
      writeFileSync(join(scratch, name), b);
      return join(scratch, name);
    };
    await expect(readBundle(at("cut.tgz", bytes.subarray(0, bytes.length >> 1)))).rejects.toThrow(/cut short/);
    await expect(readBundle(at("none.tgz", gzipSync("hello")))).rejects.toThrow(/no bundle|cut short/);
    await expect(readBundle(at("text.tgz", Buffer.from("hello")))).rejects.toThrow(/no bundle/);
    await expect(readBundle(join(scratch, "absent"))).rejects.toThrow(/cannot read/);
    const tar = gunzipSync(bytes);
    const newer = Buffer.from(tar.toString("latin1").replace("stanch.bundle/1", "stanch.bundle/9"), "latin1");
    await expect(readBundle(at("newer.tgz", gzipSync(newer)))).rejects.toThrow(/version 9; this Stanch reads up to 1/);
  });
});
