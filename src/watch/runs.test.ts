import { describe, expect, it } from "vitest";
import type { ProcessIdentity, Sample } from "../series/sample.ts";
import { Busy } from "./busy.ts";
import { judgeDefaults } from "./detectors/judge.ts";
import { runBefore, runsOf } from "./runs.ts";
import { Signals } from "./signals.ts";

const start = Date.UTC(2026, 0, 1);

function process(revision: string | null, startedMs: number): ProcessIdentity {
  return { pid: null, startedMs, goVersion: null, module: "example.com/app", revision };
}

function samples(of: ProcessIdentity | null, fromMs: number, looks: number, value: (i: number) => number): Sample[] {
  const signals = new Signals();
  return Array.from({ length: looks }, (_, i) => ({
    timeMs: fromMs + i * 1000,
    process: of,
    read: new Set(["goroutine" as const]),
    points: [signals.total("goroutine", value(i)), signals.load("requests_total", i * 50, true, "requests_total")],
  }));
}

describe("runs of a recording", () => {
  const one = process("aaaa", start);
  const two = process("bbbb", start + 500_000);
  const recording = {
    target: "api",
    problems: [],
    samples: [
      ...samples(one, start, 120, (i) => 10 + i * 5),
      ...samples(process("aaaa", start + 200_000), start + 200_000, 8, () => 10),
      ...samples(two, start + 500_000, 60, () => 10),
    ],
  };

  it("are judged each by itself", () => {
    const runs = runsOf(recording, judgeDefaults);
    expect(runs.map((r) => [r.process?.revision, r.looks, r.verdicts.some((v) => v.status === "leak")])).toEqual([
      ["aaaa", 120, true],
      ["aaaa", 8, false],
      ["bbbb", 60, false],
    ]);
  });

  it("are compared with by the longest of the last other revision, or the last other process", () => {
    const runs = runsOf(recording, judgeDefaults);
    expect(runBefore(runs, [two])?.looks).toBe(120);
    expect(runBefore(runs, [process("cccc", start + 900_000)])?.process?.revision).toBe("bbbb");
    expect(runBefore(runs, [process(null, start + 500_000)])?.looks).toBe(120);
    expect(runBefore(runs.slice(2), [two])).toBeNull();
    const nameless = runsOf({ ...recording, samples: samples(null, start, 40, () => 1) }, judgeDefaults);
    expect(runBefore(nameless, [two])?.looks).toBe(40);
  });
});

describe("load", () => {
  const of = (value: (i: number) => number, name = "requests_total"): Busy => {
    const signals = new Signals();
    const busy = new Busy();
    for (let i = 0; i < 50; i++)
      busy.push({
        timeMs: start + i * 1000,
        process: null,
        read: new Set(),
        points: [signals.total("goroutine", 100), signals.load(name, value(i), true, name)],
      });
    return busy;
  };

  it("is what others ask for, not what our looks do", () => {
    expect(of((i) => 1000 + i * 3).load).toBe("idle");
    expect(of((i) => 1000 + i * 9).load).toBe("busy");
    expect(of((i) => 1000 + i * 9).why).toBe("requests_total +441 in 50 looks");
    expect(of((i) => i * 40_000, "allocated bytes").load).toBe("idle");
    expect(of((i) => i * 900_000, "allocated bytes").load).toBe("busy");
    expect(of((i) => i * 0.05, "cpu").load).toBe("idle");
    expect(of((i) => i * 0.4, "cpu").load).toBe("busy");
    expect(new Busy().load).toBe("unknown");
  });
});
