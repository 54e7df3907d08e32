import { expect, test } from "vitest";
import { fdKinds, type FdTable } from "../probe/procfs.ts";
import type { SocketGroup } from "../probe/sockets.ts";
import { ProfileBuilder, type Profile } from "../profile/columns.ts";
import { MOST, Signals } from "./signals.ts";

/** One goroutine group per name, parked in chan receive. */
function goroutines(groups: Readonly<Record<string, number>>): Profile {
  const b = new ProfileBuilder([{ type: "goroutine", unit: "count" }]);
  for (const [name, n] of Object.entries(groups))
    b.sample(
      [
        b.frame("runtime.gopark", "runtime/proc.go", 400),
        b.frame("runtime.chanrecv1", "runtime/chan.go", 500),
        b.frame("github.com/dep/queue.(*Q).Pop", "/go/pkg/mod/github.com/dep/queue@v1.0.0/q.go", 9),
        b.frame(name, "/src/app/work.go", 41),
      ],
      [n],
    );
  return b.done();
}

test("a group is named loosely and located at the first frame of the program's own module", () => {
  const s = new Signals();
  s.module = "example.com/app";
  const [total, group] = s.goroutines(goroutines({ "example.com/app/work.run.func1": 7 }));
  expect([total.signal.name, total.value]).toEqual(["total", 7]);
  expect(group.signal).toMatchObject({
    kind: "goroutine",
    name: "chan receive|github.com/dep/queue.(*Q).Pop|example.com/app/work.run.func",
    label: "chan receive at work.run.func1  app/work.go:41",
    location: { function: "example.com/app/work.run.func1", file: "/src/app/work.go", line: 41 },
  });
  // Without knowledge of the module, the build path tells it from the module cache.
  expect(new Signals().goroutines(goroutines({ "x.y/z.run": 1 }))[1].signal.location?.function).toBe("x.y/z.run");
});

test("the same signal object comes back at every look", () => {
  const s = new Signals();
  const first = s.goroutines(goroutines({ "main.a": 1 }));
  const second = s.goroutines(goroutines({ "main.a": 2 }));
  expect(second[1].signal).toBe(first[1].signal);
});

test("no more groups than a bound are followed; a new one that grows large replaces a small one", () => {
  const s = new Signals();
  const many: Record<string, number> = {};
  for (let i = 0; i < 300; i++) many[`main.w${String(i).padStart(3, "0")}x`] = 10 + (i % 7);
  const first = s.goroutines(goroutines(many));
  expect(first.length).toBe(MOST.goroutine);
  const again = s.goroutines(goroutines(many));
  expect(again.map((p) => p.signal.name).sort()).toEqual(first.map((p) => p.signal.name).sort());
  const grown = s.goroutines(goroutines({ ...many, "main.leak": 400 }));
  expect(grown.length).toBe(MOST.goroutine);
  expect(grown.some((p) => p.signal.name.includes("main.leak") && p.value === 400)).toBe(true);
});

function descriptors(...targets: string[]): FdTable {
  return {
    count: targets.length,
    numbers: Int32Array.from(targets, (_, i) => i + 3),
    kinds: Uint8Array.from(targets, (t) => fdKinds.indexOf(t === "" ? "socket" : "file")),
    inodes: new Float64Array(targets.length),
    targets,
  };
}
const group = (over: Partial<SocketGroup>): SocketGroup => ({
  transport: "tcp",
  state: "ESTABLISHED",
  direction: "out",
  peer: "127.0.0.1",
  port: 8080,
  count: 40,
  unread: 0,
  fromOurselves: 0,
  fds: [],
  localPorts: [],
  ...over,
});

test("a connection of the process with itself counts once, at the end that dialled", () => {
  const points = new Signals().sockets({
    groups: [group({}), group({ direction: "in", count: 43, fromOurselves: 40 })],
    listening: [{ address: "127.0.0.1", port: 8080 }],
    total: 84,
    unowned: [],
    other: 0,
  });
  expect(points.map((p) => [p.signal.name, p.value])).toEqual([
    ["total", 44],
    ["127.0.0.1:8080 ESTABLISHED", 40],
    [":8080 in ESTABLISHED", 3],
  ]);
});

test("files are counted by kind and by what their names have in common", () => {
  const points = new Signals().descriptors(descriptors("", "/tmp/r1", "/tmp/r22", "/tmp/r333", "/var/log/app.log"));
  expect(points.map((p) => [p.signal.name, p.value])).toEqual([
    ["total", 5],
    ["file", 4],
    ["file /tmp/r*", 3],
    ["socket", 1],
  ]);
});

test("what the tracing probe saw opened is told of every signal that counts it", () => {
  const at = (func: string, line: number) => ({ func, file: "/src/app/main.go", line });
  const frames = [at("os.newFile", 1), at("main.report", 9)];
  const points = new Signals().traced(
    [
      { fds: [4, 5, 99], frames },
      { fds: [3], frames: [at("net.(*netFD).dial", 1), at("main.feed", 7)] },
      { fds: [6], frames: [at("net.(*TCPListener).accept", 1), at("main.serve", 5)] },
    ],
    descriptors("", "/tmp/r1", "/tmp/r22", ""),
    new Map([[3, group({})]]),
  );
  expect(points.map((p) => [p.signal.kind, p.signal.name, p.value, p.signal.location?.line])).toEqual([
    ["load", "traced fd file by main.report main.go", 2, 9],
    ["load", "traced fd file /tmp/r* by main.report main.go", 2, 9],
    ["load", "traced fd socket by main.feed main.go", 1, 7],
    ["load", "traced socket 127.0.0.1:8080 ESTABLISHED by main.feed main.go", 1, 7],
  ]);
});

test("an allocating function is told with the line that holds most, as it grows", () => {
  const heap = (...lines: [line: number, bytes: number][]): Profile => {
    const b = new ProfileBuilder([{ type: "inuse_space", unit: "bytes" }]);
    for (const [line, bytes] of lines) b.sample([b.frame("main.keep", "/src/app/main.go", line)], [bytes]);
    return b.done();
  };
  const signals = new Signals();
  const line = (p: Profile): number | undefined => signals.heap(p, null)[1].signal.location?.line;
  const before = signals.heap(heap([22, 900]), null)[1].signal;
  expect([line(heap([22, 900], [24, 800])), line(heap([22, 900], [24, 950]))]).toEqual([22, 24]);
  // Not at every look: one signal for as long as it is no larger than twice what it was.
  const then = signals.heap(heap([22, 1100], [24, 950]), null)[1].signal;
  expect([then.location?.line, then.name]).toEqual([24, before.name]);
  expect(line(heap([22, 9000], [24, 950]))).toBe(22);
});
