import { describe, expect, it } from "vitest";
import { total } from "../profile/columns.ts";
import { groupGoroutines } from "../profile/group.ts";
import { profileFromText } from "../profile/stack-text.ts";
import { diagnoseChange } from "./changes.ts";
import type { Look } from "./evidence.ts";

interface Life {
  readonly pid: number;
  readonly upSeconds: number;
}

function look({ pid, upSeconds }: Life, groups: readonly (readonly [number, string])[]): Look {
  const profiles = groups.map(([n, stack]) => profileFromText(`${n}\n${stack}`));
  const takenMs = 1_700_000_000_000 + pid * 1e6;
  return {
    takenMs,
    target: `pid ${pid}`,
    process: {
      pid,
      name: "svc",
      startTicks: pid,
      startedMs: takenMs - upSeconds * 1000,
      rssBytes: 1,
      threads: 1,
      maxFds: 1024,
    },
    build: null,
    goroutines: {
      total: profiles.reduce((n, p) => n + total(p, 0), 0),
      groups: profiles.flatMap(groupGoroutines),
      from: "profile",
      truncated: "",
    },
    proven: null,
    heap: null,
    liveHeapBytes: null,
    fds: null,
    sockets: null,
    metrics: [],
  };
}

const send = (func: string, line: number): string => `${func}@/src/m.go:${line}\nruntime.chansend1`;
const told = (before: Look, after: Look): unknown[] =>
  diagnoseChange(before, after).changes.list.map((c) => [
    c.change,
    c.suspect.location?.function,
    c.before,
    c.after,
    c.doubt !== "",
  ]);

describe("before and after", () => {
  const old = { pid: 1, upSeconds: 36_000 };
  const young = { pid: 2, upSeconds: 3600 };

  it("tells what came, what went and what got slower, whatever the lines", () => {
    const before = look(old, [
      [5000, send("main.gone", 3)],
      [5000, send("main.moved.func1", 9)],
      [5000, send("main.slower", 20)],
    ]);
    const after = look(young, [
      [80, send("main.fresh", 3)],
      [600, send("main.moved.func2", 70)],
      [30, send("main.slower", 21)],
    ]);
    expect(told(before, after)).toEqual([
      ["came", "main.fresh", 0, 80, false],
      ["stayed", "main.moved.func2", 5000, 600, true],
      ["fewer", "main.slower", 5000, 30, false],
      ["went", "main.gone", 5000, 0, false],
    ]);
  });

  it("does not say that a leak went where a few are there again", () => {
    const before = look(old, [[5000, send("main.f", 3)]]);
    // Too few to be a suspect, and as many as its pace gives in a minute.
    expect(told(before, look({ pid: 2, upSeconds: 30 }, [[4, send("main.f", 3)]]))).toEqual([
      ["stayed", "main.f", 5000, 4, true],
    ]);
    expect(told(before, look({ pid: 2, upSeconds: 30 }, [[1, "main.main@/src/m.go:1"]]))).toEqual([
      ["went", "main.f", 5000, 0, true],
    ]);
  });

  it("counts what was there before it was a pile, and compares numbers of one process", () => {
    const before = look(young, [[4, send("main.f", 3)]]);
    expect(told(before, look(young, [[90, send("main.f", 3)]]))).toEqual([["grew", "main.f", 4, 90, false]]);
    expect(told(look(young, [[90, send("main.f", 3)]]), look(young, [[40, send("main.f", 3)]]))).toEqual([
      ["fewer", "main.f", 90, 40, false],
    ]);
    expect(told(before, before)).toEqual([]);
  });
});
