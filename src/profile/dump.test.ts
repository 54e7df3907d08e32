import { describe, expect, it } from "vitest";
import { DUMP_LIMIT, DumpParser, dumpToProfile, parseDump } from "./dump.ts";
import { parseHeaderLabels, parseStatus } from "./dump-header.ts";
import { groupGoroutines } from "./group.ts";
import { statuses } from "./waits.ts";

const dumpOf = (text: string) => parseDump(new TextEncoder().encode(text));
const stack = (d: ReturnType<typeof parseDump>, i: number): string[] => {
  const out: string[] = [];
  for (let k = d.stackOffsets[d.stackRows[i]]; k < d.stackOffsets[d.stackRows[i] + 1]; k++) {
    const f = d.stackFrames[k];
    out.push(`${d.frameFuncs[f]} ${d.frameFiles[f]}:${d.frameLines[f]}`);
  }
  return out;
};

describe("parseStatus", () => {
  for (const status of statuses)
    it(`knows ${status}`, () => {
      expect(parseStatus(status)).toMatchObject({ status, minutes: 0, locked: false });
      expect(parseStatus(`${status}, 12 minutes, locked to thread`)).toMatchObject({
        status,
        minutes: 12,
        locked: true,
      });
    });
  it("tells marks from reasons with parentheses", () => {
    expect(parseStatus("chan receive (nil chan) (leaked)")).toMatchObject({
      status: "chan receive (nil chan)",
      leaked: true,
    });
    expect(parseStatus("select (no cases) (scan), 3 minutes")).toMatchObject({
      status: "select (no cases)",
      scan: true,
      minutes: 3,
    });
    expect(parseStatus("chan receive (leaked)")).toMatchObject({ status: "chan receive", leaked: true, minutes: 0 });
    expect(parseStatus("select (durable), synctest bubble 4")).toMatchObject({ durable: true, bubble: 4 });
  });
  it("keeps a reason that no version has yet", () =>
    expect(parseStatus("quantum wait, 2 minutes")).toMatchObject({ status: "quantum wait", minutes: 2 }));
});

describe("parseHeaderLabels", () => {
  it("reads bare and quoted, keys and values", () =>
    expect(parseHeaderLabels('req: 42, tenant: "acme, \\"corp\\"", "odd key": x').map((l) => [l.key, l.text])).toEqual([
      ["req", "42"],
      ["tenant", 'acme, "corp"'],
      ["odd key", "x"],
    ]));
});

const sample = `goroutine 1 [running]:
main.main()
	/src/main.go:10 +0x1d

goroutine 18 gp=0xc000007340 m=nil [chan send, 5 minutes]:
runtime.gopark(0x0?, 0xc00?, 0x1?, 0x2?, 0x3?)
	/go/src/runtime/proc.go:398 +0xce fp=0xc000 sp=0xc001 pc=0x43
main.(*box[...]).send(...)
	/src/a b.go:53
main.abandoned.func1({0xc000, 0x3}, 0x1)
	/src/main.go:54 +0x25
...12 frames elided...
created by main.abandoned in goroutine 1
	/src/main.go:53 +0x6f
[originating from goroutine 1]:
main.main(...)
	/src/main.go:9
created by main.before
	/src/main.go:2 +0x1
`;

describe("DumpParser", () => {
  it("reads frames, places, creators, elisions and ancestors", () => {
    const d = dumpOf(sample);
    expect([...d.ids]).toEqual([1, 18]);
    expect(stack(d, 1)).toEqual([
      "runtime.gopark /go/src/runtime/proc.go:398",
      "main.(*box[...]).send /src/a b.go:53",
      "main.abandoned.func1 /src/main.go:54",
    ]);
    expect(d.frameFuncs[d.creatorFrames[1]]).toBe("main.abandoned");
    expect(d.creatorIds[1]).toBe(1);
    expect([...d.elided]).toEqual([0, 1]);
    expect(d.ancestorStacks[1]).toBeGreaterThanOrEqual(0);
    expect(d.truncated).toBe("");
  });

  it("gives the same whatever the chunks", () => {
    const bytes = new TextEncoder().encode(sample);
    const whole = dumpToProfile(parseDump(bytes));
    for (const size of [1, 2, 7, 64, 100]) {
      const parser = new DumpParser();
      for (let i = 0; i < bytes.length; i += size) parser.push(bytes.subarray(i, i + size));
      expect(dumpToProfile(parser.finish())).toEqual(whole);
    }
  });

  it("finds a dump inside a log, behind a prefix, with what came before and after", () => {
    const log = `starting\nfatal error: all goroutines are asleep - deadlock!\n\n${sample}exit status 2\nbye\n`;
    const prefixed = log
      .split("\n")
      .map((l) => `2026-11-23T14:00:00.000Z stderr F ${l}`)
      .join("\n");
    for (const text of [log, prefixed, log.replaceAll("\n", "\r\n")]) {
      const d = dumpOf(text);
      expect(d.count).toBe(2);
      expect(d.reasons).toEqual(["fatal error: all goroutines are asleep - deadlock!"]);
      expect(
        groupGoroutines(dumpToProfile(d))
          .map((g) => g.site.func)
          .sort(),
      ).toEqual(["main.(*box[...]).send", "main.main"]);
    }
  });

  it("notices a running goroutine whose stack cannot be had", () => {
    const d = dumpOf(
      "goroutine 7 [running]:\n\tgoroutine running on other thread; stack unavailable\ncreated by main.f\n\t/m.go:3 +0x1\n",
    );
    expect([...d.unavailable]).toEqual([1]);
    expect(d.frameFuncs[d.creatorFrames[0]]).toBe("main.f");
  });

  it("says that a dump of exactly 64 MiB was cut, and does not hold it", () => {
    // Long argument lists, so that 64 MiB are not half a million goroutines in a unit test.
    const args = "0xc000123456, ".repeat(140).slice(0, -2);
    const one = new TextEncoder().encode(
      Array.from(
        { length: 500 },
        (_, i) =>
          `goroutine ${i + 5} [select]:\nmain.f(${args}, 0xc${i})\n\t/src/main.go:12 +0x1\ncreated by main.g in goroutine 1\n\t/src/main.go:40 +0x59\n\n`,
      ).join(""),
    );
    const parser = new DumpParser();
    let left = DUMP_LIMIT;
    while (left > 0) {
      const n = Math.min(left, one.length);
      parser.push(one.subarray(0, n));
      left -= n;
    }
    const d = parser.finish();
    expect(d.truncated).toMatch(/64 MiB/);
    expect(d.stackOffsets.length).toBeLessThan(10);
    expect(d.count).toBeGreaterThan(25_000);
  });

  it("survives a line without end", () => {
    const parser = new DumpParser();
    parser.push(new TextEncoder().encode("goroutine 1 [select]:\nmain.f("));
    for (let i = 0; i < 64; i++) parser.push(new Uint8Array(1 << 16).fill(120));
    expect(parser.finish().count).toBe(1);
  });

  it("reads nothing from text that only mentions goroutines", () =>
    expect(dumpOf("goroutine 5 is [late]: no\ngoroutine x [y]:\n").count).toBe(0));
});
