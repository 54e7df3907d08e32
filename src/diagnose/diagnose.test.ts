import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ProfileBuilder, total } from "../profile/columns.ts";
import { dumpToProfile, parseDump } from "../profile/dump.ts";
import { groupGoroutines } from "../profile/group.ts";
import { profileFromText } from "../profile/stack-text.ts";
import { diagnose, isLeaking } from "./diagnose.ts";
import type { Connections, Look } from "./evidence.ts";
import { signatures } from "./signatures.ts";
import { attachTrace } from "./trace.ts";

const connection = (over: Partial<Connections>): Connections => ({
  transport: "tcp",
  state: "ESTABLISHED",
  direction: "out",
  peer: "10.0.0.7",
  port: 8080,
  count: 1,
  unread: 0,
  fds: [],
  ...over,
});

/** Goroutines as text columns, or as a dump. */
function look(goroutines: string, over: Partial<Look> = {}): Look {
  const dump = goroutines.trimStart().startsWith("goroutine ");
  const profile = dump
    ? dumpToProfile(parseDump(new TextEncoder().encode(goroutines)))
    : profileFromText(goroutines || "0\nmain.main");
  return {
    takenMs: 1_000_000,
    target: "t",
    process: { pid: 1, name: "svc", startTicks: 5, startedMs: 0, rssBytes: 1, threads: 1, maxFds: 1024 },
    build: null,
    goroutines: {
      total: total(profile, 0),
      groups: groupGoroutines(profile),
      from: dump ? "dump" : "profile",
      truncated: "",
    },
    proven: null,
    heap: null,
    liveHeapBytes: null,
    fds: null,
    sockets: null,
    metrics: [],
    ...over,
  };
}
/** Rows of a heap profile whose every object was sampled: stack, bytes ever allocated, bytes live, bytes of an object. */
function heapOf(...rows: (readonly [stack: readonly string[], allocated: number, live: number, size: number])[]) {
  const b = new ProfileBuilder([
    { type: "alloc_objects", unit: "count" },
    { type: "alloc_space", unit: "bytes" },
    { type: "inuse_objects", unit: "count" },
    { type: "inuse_space", unit: "bytes" },
  ]);
  b.period = 1;
  for (const [stack, allocated, live, size] of rows)
    b.sample(
      stack.map((f) => b.frame(f, f.startsWith("main.") ? "/m.go" : "/go/src/x.go", 20)),
      [allocated / size, allocated, live / size, live],
    );
  return b.done();
}
const sockets = (...groups: Connections[]): Look["sockets"] => ({
  groups,
  unowned: [],
  listening: [],
  total: groups.reduce((n, g) => n + g.count, 0),
});
const later = (l: Look): Look => ({ ...l, takenMs: l.takenMs + 30_000 });
const brief = (l: Look, earlier: Look | null = null) =>
  diagnose(l, earlier).suspects.map((s) => `${s.status} ${s.signature ?? s.wait ?? s.kind} ${s.count}`);

const repeat = (n: number, text: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => text(i)).join("\n");

describe("goroutines", () => {
  const healthy = `
  1                 8                        2                            4
  runtime.main      main.start               net/http.(*conn).serve       main.(*pool).work@w.go:9
  main.main@m.go:3  main.worker@w.go:5       bufio.(*Reader).Peek         runtime.chanrecv1
  runtime.selectgo  runtime.chanrecv1        internal/poll.runtime_pollWait
`;
  it("finds nothing in a small healthy program, with one look or two", () => {
    expect(brief(look(healthy))).toEqual([]);
    expect(brief(later(look(healthy)), look(healthy))).toEqual([]);
    expect(isLeaking(diagnose(look(healthy)))).toBe(false);
  });

  it("calls growth at one line likely, and a steady pile only possible", () => {
    const at = (n: number): Look => look(`${n}\nmain.fetch.func1@f.go:12\nruntime.chanrecv1`);
    expect(brief(at(40))).toEqual(["possible chan receive 40"]);
    expect(brief(later(at(46)), at(40))).toEqual(["likely chan receive 46"]);
    expect(brief(later(at(40)), at(40))).toEqual(["possible chan receive 40"]);
    expect(brief(later(at(4)), at(3))).toEqual([]);
    // 3 of 1,000 is breath.
    expect(brief(later(at(1003)), at(1000))).toEqual(["possible chan receive 1003"]);
  });

  it("knows that nobody can end a nil channel or an empty select, but leaves main its own", () => {
    const nil = repeat(2, (i) => `goroutine ${i + 5} [chan receive (nil chan)]:\nmain.f()\n\t/m.go:3 +0x1\n`);
    expect(brief(look(nil))).toEqual(["leak chan receive (nil chan) 2"]);
    expect(brief(look("goroutine 1 [select (no cases)]:\nmain.main()\n\t/m.go:3 +0x1\n"))).toEqual([]);
  });

  it("takes the runtime's word for it", () => {
    const text = repeat(3, (i) => `goroutine ${i + 5} [select (leaked)]:\nmain.f()\n\t/m.go:3 +0x1\n`);
    expect(diagnose(look(text)).suspects[0]).toMatchObject({
      status: "leak",
      count: 3,
      location: { function: "main.f", line: 3 },
    });
    const proven = groupGoroutines(profileFromText("3\nmain.g@g.go:8\nruntime.chansend1"));
    expect(brief(look("9\nmain.g@g.go:8\nruntime.chansend1", { proven }))).toEqual(["leak chan send 9"]);
  });

  it("points at the creator where the stack holds no line of the program", () => {
    const text = repeat(
      30,
      (i) =>
        `goroutine ${i + 9} [sleep]:\ntime.Sleep(0x1)\n\t/go/src/time/sleep.go:1 +0x1\ncreated by main.poll in goroutine 1\n\t/p.go:7 +0x1\n`,
    );
    const [s] = diagnose(later(look(text)), look("1\nmain.main")).suspects;
    expect(s).toMatchObject({ status: "likely", location: { function: "main.poll", line: 7 } });
  });

  it("tells open bodies from idle connections, and joins them to the peer with that many connections", () => {
    const read =
      "goroutine N [select]:\nnet/http.(*persistConn).readLoop(0x1)\n\t/go/src/net/http/transport.go:2 +0x1\ncreated by net/http.(*Transport).dialConn in goroutine 4\n\t/go/src/net/http/transport.go:1 +0x1\n";
    const s = sockets(
      connection({ count: 30, fds: [7] }),
      connection({ peer: "10.0.0.9", port: 5432, count: 30 }),
      connection({ peer: "10.0.0.8", count: 4 }),
    );
    const d = diagnose(
      look(
        repeat(30, (i) => read.replace("N", String(i + 5))),
        { sockets: s },
      ),
    );
    expect(d.suspects[0]).toMatchObject({ signature: "http-body-open", status: "likely", rule: "http-body-unclosed" });
    expect(d.suspects[0].connections[0]).toMatchObject({ peer: "10.0.0.7", count: 30 });
    const idle =
      "30\nnet/http.(*persistConn).readLoop@t.go:1\nnet/http.(*persistConn).Read\ninternal/poll.runtime_pollWait";
    expect(brief(look(idle))).toEqual(["possible http-idle-connections 30"]);
  });

  it("counts open transactions and pools", () => {
    expect(
      brief(later(look("9\ndatabase/sql.(*Tx).awaitDone@sql.go:1\nruntime.chanrecv1")), look("1\nmain.main")),
    ).toEqual(["likely sql-tx-open 9"]);
    expect(brief(look("3\ndatabase/sql.(*DB).connectionOpener@sql.go:1\nruntime.selectgo"))).toEqual([]);
    expect(brief(look("40\ndatabase/sql.(*DB).connectionOpener@sql.go:1\nruntime.selectgo"))).toEqual([
      "possible sql-open-many 40",
    ]);
    expect(
      brief(look("5\nnet/http.(*conn).serve\nmain.h@h.go:2\ndatabase/sql.(*DB).conn@sql.go:1\nruntime.selectgo")),
    ).toEqual(["possible sql-pool-waiting 5"]);
  });

  it("names the holders of a pool above those who wait for it", () => {
    const text = `
  22                                      4
  database/sql.(*Tx).awaitDone@sql.go:1   main.pay@p.go:4
  runtime.chanrecv1                       database/sql.(*DB).conn@sql.go:9
`;
    expect(brief(look(text))).toEqual(["likely sql-tx-open 22", "possible sql-pool-waiting 4"]);
  });

  it("finds every kind that the recipe parks, on six versions of Go", () => {
    for (const v of ["1.18.10", "1.20.14", "1.21.13", "1.23.12", "1.25.5", "1.27.4"]) {
      const path = new URL(`../../testdata/captures/go-${v}/goroutine.d2.txt.gz`, import.meta.url);
      const now = look(gunzipSync(readFileSync(path)).toString("utf8"));
      const found = diagnose(later(now), look("1\nmain.main")).suspects.map((s) => s.location?.function ?? "");
      for (const f of [
        "main.abandonedSend.func1",
        "main.(*worker).lockForever",
        "main.(*worker).condForever",
        "main.deep",
      ])
        expect([v, found]).toEqual([v, expect.arrayContaining([f])]);
    }
  });
});

describe("sockets, descriptors, pools", () => {
  it("reports CLOSE_WAIT and leaves a few in passing alone", () => {
    expect(brief(look("", { sockets: sockets(connection({ state: "CLOSE_WAIT", count: 4 })) }))).toEqual([]);
    const d = diagnose(look("", { sockets: sockets(connection({ state: "CLOSE_WAIT", count: 9, unread: 9 })) }));
    expect(d.suspects[0]).toMatchObject({ kind: "socket", status: "likely", count: 9 });
  });
  it("sees connections and files that grow, and a limit that is near", () => {
    const at = (n: number): Look =>
      look("", {
        sockets: sockets(connection({ count: n })),
        fds: {
          total: n * 10,
          byKind: [{ kind: "file", count: n }],
          repeated: [{ target: "/var/a", count: n }],
          files: [],
        },
      });
    expect(
      diagnose(later(at(90)), at(20))
        .suspects.map((s) => s.title)
        .toSorted(),
    ).toEqual([
      "connections to one peer that pile up",
      "descriptors near their limit",
      "one file opened again and again",
    ]);
    expect(diagnose(later(at(5)), at(5)).suspects).toEqual([]);
  });
  it("sees a pool that is used up, in Go's names and in HikariCP's", () => {
    const m = (name: string, value: number, labels: Record<string, string>) => ({ name, value, labels });
    const go = [
      m("go_sql_in_use_connections", 20, { db_name: "a" }),
      m("go_sql_max_open_connections", 20, { db_name: "a" }),
      m("go_sql_wait_count_total", 50, { db_name: "a" }),
    ];
    expect(diagnose(look("", { metrics: go })).suspects[0]).toMatchObject({ kind: "pool", status: "possible" });
    const before = look("", { metrics: [...go.slice(0, 2), m("go_sql_wait_count_total", 10, { db_name: "a" })] });
    expect(diagnose(later(look("", { metrics: go })), before).suspects[0]).toMatchObject({ status: "likely" });
    const hikari = [
      m("hikaricp_connections_active", 10, { pool: "p" }),
      m("hikaricp_connections_max", 10, { pool: "p" }),
      m("hikaricp_connections_pending", 3, { pool: "p" }),
    ];
    expect(diagnose(look("", { metrics: hikari })).suspects[0]).toMatchObject({ status: "likely" });
  });
  it("does not take more clients for a leak of the server", () => {
    const idle = (n: number): Look =>
      look(
        `${n}\nnet/http.(*conn).serve@/go/src/net/http/server.go:2103\nnet.(*netFD).Read\ninternal/poll.runtime_pollWait`,
      );
    expect(brief(later(idle(60)), idle(9))).toEqual(["possible http-server-idle 60"]);
    expect(isLeaking(diagnose(later(idle(60)), idle(9)))).toBe(false);
  });

  it("does not take workers that rest now for more of them", () => {
    const busy = look("40\nmain.worker@/m.go:5\nmain.work@/m.go:30");
    const resting = (n: number): Look => look(`${n}\nmain.worker@/m.go:9\nruntime.selectgo`);
    expect(isLeaking(diagnose(later(resting(40)), busy))).toBe(false);
    expect(brief(later(resting(80)), busy)).toEqual(["likely select 80"]);
  });

  it("takes a few more requests than a moment ago for what they are", () => {
    const handlers = (n: number): Look =>
      look(`${n}\nnet/http.(*conn).serve@/go/src/net/http/server.go:2103\nmain.work@/m.go:9\nruntime.selectgo`);
    expect(brief(later(handlers(3)), look(""))).toEqual([]);
    expect(brief(later(handlers(9)), handlers(4))).toEqual([]);
    expect(brief(later(handlers(40)), handlers(4))).toEqual(["likely http-handler-stuck 40"]);
    expect(brief(later(handlers(140)), handlers(100))).toEqual(["likely http-handler-stuck 140"]);
  });

  it("does not take another process's numbers for a baseline", () => {
    const old = look("1\nmain.main", {
      process: { pid: 1, name: "svc", startTicks: 4, startedMs: 0, rssBytes: 1, threads: 1, maxFds: 0 },
    });
    const d = diagnose(later(look("10\nmain.f@f.go:1\nruntime.chanrecv1")), old);
    expect(d.otherProcess).toBe(true);
    expect(d.suspects).toEqual([]);
  });
});

describe("files that pile up", () => {
  const open = (n: number, kind: "file" | "deleted" = "deleted", heap: Look["heap"] = null, from = 0): Look =>
    look("", {
      heap,
      fds: {
        total: n + 5,
        byKind: [{ kind, count: n }],
        repeated: [],
        files: [{ name: "/tmp/report*", kind, count: n, fds: Array.from({ length: n }, (_, i) => from + i) }],
      },
    });

  it("are named by what their names have in common, also where each has its own", () => {
    expect(diagnose(open(12)).suspects[0]).toMatchObject({ status: "possible", subject: "/tmp/report*", count: 12 });
    expect(diagnose(open(12, "file")).suspects).toEqual([]);
    expect(diagnose(open(300, "file")).suspects[0]).toMatchObject({ status: "possible" });
    expect(diagnose(later(open(30, "file")), open(12, "file")).suspects[0]).toMatchObject({ status: "likely" });
    expect(diagnose(later(open(9, "file")), open(9, "file")).suspects).toEqual([]);
    // Of a large pile a few more are many where none of those before was closed, and chance where all were.
    const few = diagnose(later(open(310)), open(300)).suspects[0];
    expect(few).toMatchObject({ status: "likely", before: 300 });
    expect(few.evidence).toContain("all of the 300 that were open before are open still");
    expect(diagnose(later(open(310, "deleted", null, 5000)), open(300)).suspects[0].status).toBe("possible");
    expect(diagnose(later(open(8, "file", null, 50)), open(3, "file")).suspects).toEqual([]);
  });

  it("get the line that opens them from the heap profile, and from the trace", () => {
    const heap = heapOf([["os.newFile", "os.OpenFile", "main.report"], 9 * 152, 5 * 152, 152]);
    expect(diagnose(open(12, "deleted", heap)).suspects[0]).toMatchObject({
      location: { function: "main.report", line: 20 },
      evidence: [expect.anything(), "of the open ones the heap profile sampled 5: all were opened here"],
    });
    // Two lines that open the same, of which one was sampled: nobody knows.
    const one = heapOf([["os.newFile", "os.OpenFile", "main.report"], 3 * 152, 152, 152]);
    expect(diagnose(open(12, "deleted", one)).suspects[0].location).toBeNull();
    // Sockets are none of it.
    const other = heapOf([["net.newFD", "net.Dial", "main.dial"], 9 * 208, 9 * 208, 208]);
    expect(diagnose(open(12, "deleted", other)).suspects[0].location).toBeNull();
    const frames = ["internal/poll.(*FD).Init", "os.newFile", "main.report"].map((func, i) => ({
      func,
      file: func === "main.report" ? "/m.go" : "/go/x.go",
      line: 20 + i,
    }));
    const traced = (count: number) => [{ kind: "descriptor" as const, count, fds: [9], heldSeconds: 3, frames }];
    const [s] = attachTrace(diagnose(open(12)).suspects, traced(7), look(""));
    expect(s).toMatchObject({ location: { function: "main.report", line: 22 }, openedBy: { count: 7 } });
    expect(attachTrace(diagnose(open(12)).suspects, traced(1), look(""))[0].openedBy).toBeNull();
  });
});

describe("memory", () => {
  const MiB = 1 << 20;
  /** Live at main.keep, live elsewhere, ever allocated at main.keep; in MiB. */
  const held = (keep: number, rest: number, allocated: number): Look =>
    look("", {
      heap: heapOf(
        [["main.keep"], allocated * MiB, keep * MiB, 1024],
        [["bytes.growSlice"], rest * MiB, rest * MiB, 1024],
      ),
    });
  const words = (d: ReturnType<typeof diagnose>): string[] =>
    d.suspects.map((s) => `${s.status} ${s.title} ${s.count / MiB}`);

  it("that one line holds most of is told with one look, and not as growth", () => {
    const d = diagnose(held(80, 20, 500));
    expect(words(d)).toEqual(["possible most of the live memory is of one line 80"]);
    expect(d.suspects[0].meaning).toContain("not known to grow");
    expect(isLeaking(d)).toBe(false);
    expect(diagnose(held(80, 100, 500)).suspects).toEqual([]);
    expect(diagnose(held(20, 1, 500)).suspects).toEqual([]);
    // A package's variable is made once.
    const table = heapOf([["main.init", "runtime.doInit1"], 512 * MiB, 512 * MiB, 512 * MiB]);
    expect(diagnose(look("", { heap: table })).suspects).toEqual([]);
  });

  it("grows likely where nearly all that is allocated stays, however large the pile", () => {
    const d = diagnose(later(held(506, 20, 606)), held(500, 20, 600));
    expect(words(d)).toEqual(["likely live memory that grows at one line 506"]);
    expect(d.suspects[0].evidence).toContain("of 6.0 MiB that were allocated here meanwhile 6.0 MiB are still live");
  });

  it("is not said to be steady where no collection has ended in between", () => {
    const d = diagnose(later(held(500, 20, 600)), held(500, 20, 600));
    expect(d.suspects[0].meaning).toContain("no collection ended between the two looks");
  });

  it("of a cache that changes is large and no more", () => {
    // 60 MiB came, 6 more are live: it breathes.
    const d = diagnose(later(held(506, 20, 660)), held(500, 20, 600));
    expect(words(d)).toEqual(["possible most of the live memory is of one line 506"]);
    expect(d.suspects[0].meaning).toContain("not seen to grow");
  });
});

describe("gRPC connections", () => {
  const readers = (n: number): string =>
    `${n}\ngoogle.golang.org/grpc/internal/transport.(*http2Client).reader@/g/t.go:5\ninternal/poll.runtime_pollWait`;
  const at = (from: number, n: number, goroutines = readers(n)): Look =>
    look(goroutines, {
      sockets: sockets(connection({ count: n, localPorts: Array.from({ length: n }, (_, i) => 40_000 + from + i) })),
    });
  const replaced = (now: Look, then: Look) =>
    diagnose({ ...now, takenMs: then.takenMs + 10_000 }, then).suspects.filter(
      (s) => s.signature === "grpc-connections-replaced",
    );

  it("that are other ones after a few seconds are ended by the server", () => {
    const [s] = replaced(at(4, 12), at(0, 12));
    expect(s).toMatchObject({ status: "possible", rule: "grpc-keepalive-conflict", count: 12 });
    expect(s.evidence[0]).toBe(
      "4 of the 12 connections to 10.0.0.7:8080 are gone after 10 s and 4 new ones are there: each lives about 30 s",
    );
  });

  it("that stay, that only come, and those of others are no suspects", () => {
    expect(replaced(at(0, 12), at(0, 12))).toEqual([]);
    expect(replaced(at(0, 20), at(0, 12))).toEqual([]);
    expect(replaced(at(4, 12, readers(2)), at(0, 12))).toEqual([]);
  });
});

describe("goroutines that share a connection", () => {
  it("are one suspect that holds as many as began in one function", () => {
    const redis = "github.com/redis/go-redis/v9.(*channel)";
    const columns = (...rows: (string | number)[][]): string =>
      rows.map((r) => r.map((cell) => String(cell).padEnd(80)).join("")).join("\n");
    const at = (n: number, sending: number): Look =>
      look(
        columns(
          [n, n, sending],
          [
            `${redis}.initMsgChan.func1@p.go:9`,
            `${redis}.initHealthCheck.func1@p.go:5`,
            `${redis}.initMsgChan.func1@p.go:9`,
          ],
          ["net.(*conn).Read", "runtime.selectgo", "runtime.chansend1"],
          ["internal/poll.runtime_pollWait"],
        ),
      );
    expect(diagnose(later(at(200, 30)), at(100, 30)).suspects).toMatchObject([
      { signature: "redis-pubsub", count: 430, holds: 230 },
    ]);
  });
});

describe("trace", () => {
  it("gives a suspect the line that opened its connections", () => {
    const d = diagnose(look("", { sockets: sockets(connection({ state: "CLOSE_WAIT", count: 9, fds: [7, 8] })) }));
    const frames = [
      { func: "internal/poll.(*FD).Init", file: "/go/src/internal/poll/fd.go", line: 1 },
      { func: "main.dial", file: "/m.go", line: 12 },
    ];
    const [s] = attachTrace(
      d.suspects,
      [{ kind: "descriptor", count: 2, fds: [8, 9], heldSeconds: 3, frames }],
      look(""),
    );
    expect(s).toMatchObject({ location: { function: "main.dial", line: 12 }, openedBy: { count: 2 } });
  });
});

describe("signature table", () => {
  it("has one row per id, words for every pile, and rules that read like rules", () => {
    expect(new Set(signatures.map((s) => s.id)).size).toBe(signatures.length);
    for (const s of signatures) {
      if (s.role === "pile") expect([s.id, s.next.length > 0, s.meaning.length > 20]).toEqual([s.id, true, true]);
      if (s.rule !== null) expect(s.rule).toMatch(/^[a-z]+(-[a-z]+)+$/);
    }
  });
});
