import { describe, expect, test } from "vitest";
import type { Sample } from "../../series/sample.ts";
import { signal } from "../../series/testing.ts";
import { Judge } from "./judge.ts";
import { parseStory, run, tell } from "./testing.ts";

const frame = { function: "main.work", file: "/src/main.go", line: 12 };
const worker = signal("goroutine", "chan send|main.work", {
  label: "chan send at main.work",
  location: frame,
  stack: [frame],
});

function sample(timeMs: number, value: number): Sample {
  return { timeMs, process: null, read: new Set(["goroutine"]), points: [{ signal: worker, value }] };
}

describe("a leak's verdict", () => {
  const story = parseStory(`
    every 15s for 2h
    load requests = 100 + noise 5
    fd socket limit 1024 = 20 + poisson 0.1/s + noise 1
    expect leak socket`);
  const { judge } = run(story);
  const leak = judge.verdicts()[0];

  test("has a slope with its interval, a start, an end and an error rate", () => {
    expect(leak.status).toBe("leak");
    const { perSecond, low, high } = leak.growth ?? { perSecond: 0, low: 0, high: 0 };
    expect(low).toBeLessThan(0.1);
    expect(high).toBeGreaterThan(0.095);
    expect(perSecond).toBeCloseTo(0.1, 1);
    expect(leak.exhaustionSeconds).toBeCloseTo((1024 - leak.value) / perSecond, 3);
    expect(leak.errorRate).toBeLessThan(1e-4);
    expect(leak.decidedMs).toBeGreaterThan(leak.sinceMs);
  });

  test("says why, and what would change its mind", () => {
    expect(leak.evidence.join(" ")).toMatch(/From \d+.* to \d+ in .*: \+6(\.\d)?\/min \(95 %: /);
    expect(leak.evidence.join(" ")).toContain("Load (requests)");
    expect(leak.changeOfMind).toMatch(/^A fall below \d+/);
  });
});

describe("totals and their parts", () => {
  test("a part runs into the limit of the whole", () => {
    const { judge } = run(
      parseStory(`
        every 15s for 2h
        load requests = 100 + noise 5
        fd total limit 1024 = 60 + 0.1/s + noise 1
        fd socket = 20 + 0.1/s + noise 1
        expect leak socket`),
    );
    const [leak] = judge.verdicts();
    expect([leak.signal.name, leak.signal.limit]).toEqual(["socket", null]);
    // 60 and 720 of 1,024 are taken.
    expect(leak.exhaustionSeconds ?? 0).toBeGreaterThan(2000);
    expect(leak.exhaustionSeconds ?? 0).toBeLessThan(2900);
  });

  test("a total that is made of leaking groups is not a second leak", () => {
    const { judge } = run(
      parseStory(`
        every 15s for 2h
        load requests = 100 + noise 5
        goroutine total = 30 + 0.2/s + noise 1
        goroutine a = 2 + 0.1/s + noise 1
        goroutine b = 2 + 0.1/s + noise 1`),
    );
    expect(
      judge
        .verdicts()
        .filter((v) => v.status === "leak")
        .map((v) => v.signal.name)
        .sort(),
    ).toEqual(["a", "b"]);
  });

  test("one verdict a kind where nothing leaks", () => {
    const { judge } = run(
      parseStory(`
        every 15s for 1h
        load requests = 100 + noise 5
        goroutine total = 30 + noise 1
        goroutine a = 5 + noise 1
        heap total = 30MiB + noise 1MiB
        fd socket = 9`),
    );
    expect(judge.verdicts().map((v) => [v.kind, v.signal.name, v.status])).toEqual([
      ["goroutine", "total", "healthy"],
      ["heap", "total", "healthy"],
      ["fd", "socket", "healthy"],
    ]);
  });
});

describe("what comes after", () => {
  test("given back: no leak any more", () => {
    const { leaks, judge } = run(
      parseStory(`
        every 15s for 6h
        load requests = 100 + noise 5
        goroutine worker = 20 + poisson 0.2/s until 2h + step -1400 at 3h + noise 2`),
    );
    expect(leaks.has("worker")).toBe(true);
    expect(judge.verdicts()[0].status).toBe("healthy");
  });

  test("stopped but still held: a plateau", () => {
    const { judge } = run(
      parseStory(`
        every 15s for 150m
        load requests = 100 + noise 5
        goroutine worker = 20 + poisson 0.2/s until 80m + noise 2`),
    );
    expect(judge.verdicts()[0]).toMatchObject({ status: "leak", shape: "plateaued-leak" });
  });

  test("a restart starts anew and remembers", () => {
    const { judge } = run(
      parseStory(`
        every 15s for 3h
        restart at 90m
        load requests = 100 + noise 5
        goroutine worker = 20 + poisson 0.2/s + noise 2`),
    );
    const [leak] = judge.verdicts();
    expect(leak.status).toBe("leak");
    expect(leak.evidence.at(-1)).toMatch(/^Before the last restart it leaked too: \+1?\d(\.\d)?\/min,/);
    expect(judge.samples).toBe(361);
  });
});

describe("odd samples", () => {
  test("disorder and doubles are left out, NaN is a gap", () => {
    const judge = new Judge();
    judge.push(sample(1000, 5));
    expect(judge.push(sample(1000, 900))).toBe(false);
    judge.push(sample(500, 900));
    judge.push(sample(Number.NaN, 900));
    judge.push(sample(2000, Number.NaN));
    judge.push(sample(3000, 6));
    expect(judge.samples).toBe(3);
    expect(judge.verdicts()[0]).toMatchObject({ value: 6, status: "undecided" });
  });

  test("no sample, no verdict", () => {
    expect(new Judge().verdicts()).toEqual([]);
  });

  test("a clock that jumps ahead by a year", () => {
    const judge = new Judge();
    for (let i = 0; i < 100; i++) judge.push(sample(i * 1000 + (i > 50 ? 3.15e10 : 0), 20 + (i % 3)));
    expect(judge.verdicts()[0].status).not.toBe("leak");
  });

  test("a counter that falls is a restart where nobody says who runs", () => {
    const story = parseStory(`
      every 15s for 1h
      restart at 30m
      load requests = 100 + noise 5
      goroutine worker = 20`);
    const judge = new Judge();
    for (const s of tell(story)) judge.push({ ...s, process: null });
    expect(judge.samples).toBe(121);
  });

  test("where it is comes along", () => {
    const judge = new Judge();
    for (let i = 0; i < 200; i++) judge.push(sample(i * 1000, 20 + i * 3));
    expect(judge.verdicts()[0]).toMatchObject({ location: frame, stack: [frame] });
  });
});
