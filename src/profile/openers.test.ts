import { expect, test } from "vitest";
import { ProfileBuilder, type Profile } from "./columns.ts";
import { openersOf } from "./openers.ts";

type Row = readonly [stack: readonly string[], allocated: number, used: number, size: number];

/** Frames as `function` at line 7 of the file that its package would have. */
function heap(rate: number, ...rows: Row[]): Profile {
  const b = new ProfileBuilder([
    { type: "alloc_objects", unit: "count" },
    { type: "alloc_space", unit: "bytes" },
    { type: "inuse_objects", unit: "count" },
    { type: "inuse_space", unit: "bytes" },
  ]);
  b.period = rate;
  for (const [stack, allocated, used, size] of rows)
    b.sample(
      stack.map((f) => b.frame(f, f.startsWith("main.") ? "/src/app/main.go" : `/go/src/${f.split(".")[0]}.go`, 7)),
      [allocated, allocated * size, used, used * size],
    );
  return b.done();
}
const brief = (p: Profile): string[] => openersOf(p).map((o) => `${o.kind} ${o.key} held ${o.held} opened ${o.opened}`);

const opened = ["os.newFile", "os.openFileNolog", "os.OpenFile", "os.CreateTemp"];

test("the line that opens files, dials and makes pipes, by what is open and what was opened", () => {
  expect(
    brief(
      heap(
        1,
        [[...opened, "main.report", "main.main"], 40, 9, 152],
        [["net.newFD", "net.socket", "net.(*sysDialer).dialTCP", "net.Dial", "main.feed"], 4, 4, 208],
        [["os.newFile", "os.Pipe", "os/exec.(*Cmd).StdoutPipe", "main.run"], 6, 0, 152],
      ),
    ),
  ).toEqual([
    "file main.report main.go held 9 opened 40",
    "socket main.feed main.go held 4 opened 4",
    "pipe main.run main.go held 0 opened 6",
  ]);
});

test("objects beside the descriptor's own, accepted connections and our own looks are left out", () => {
  expect(
    brief(
      heap(
        1,
        [[...opened, "main.report"], 40, 9, 8],
        [["os.joinPath", "os.CreateTemp", "main.report"], 40, 9, 96],
        [["net.newFD", "net.(*netFD).accept", "net.(*TCPListener).Accept", "main.serve"], 9, 9, 208],
        [[...opened, "runtime/pprof.(*profileBuilder).readMapping", "main.handler"], 9, 9, 152],
        [[...opened, "net/http.(*Server).Serve"], 9, 9, 152],
      ),
    ),
  ).toEqual([]);
});

test("estimates become the samples that they were made of", () => {
  // One object of 152 bytes in 512 KiB: each sample stands for some 3,450.
  const scaled = 1 / -Math.expm1(-152 / (512 << 10));
  expect(brief(heap(512 << 10, [[...opened, "main.report"], 5 * scaled, scaled, 152]))).toEqual([
    "file main.report main.go held 1 opened 5",
  ]);
});

test("a profile of goroutines has no openers", () => {
  const b = new ProfileBuilder([{ type: "goroutine", unit: "count" }]);
  b.sample([b.frame("os.newFile", "os/file.go", 1), b.frame("main.f", "main.go", 2)], [3]);
  expect(openersOf(b.done())).toEqual([]);
});
