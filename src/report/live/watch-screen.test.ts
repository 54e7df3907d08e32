import { expect, test } from "vitest";
import { signal } from "../../series/testing.ts";
import type { Verdict } from "../../watch/verdict.ts";
import { widthOf } from "../printable.ts";
import { bySeverity, detailScreen, helpScreen, listScreen, type Screen, type ScreenTarget } from "./watch-screen.ts";
import { verdictSvg } from "./verdict-svg.ts";

function verdict(status: Verdict["status"], label: string): Verdict {
  return {
    signal: signal("goroutine", label),
    kind: "goroutine",
    status,
    shape: status,
    growth: { perSecond: 0.5, low: 0.4, high: 0.6, unit: "count" },
    value: 1234,
    from: 10,
    sinceMs: 0,
    decidedMs: 60_000,
    errorRate: 1e-6,
    proven: 0,
    exhaustionSeconds: null,
    detectable: null,
    evidence: ["It grows and grows, and nothing that was asked of the process explains how much it grows.".repeat(2)],
    changeOfMind: "A fall.",
    location: { function: "example.com/app/work.(*Pool).run", file: "/src/app/work.go", line: 41 },
    stack: [{ function: "example.com/app/work.(*Pool).run", file: "/src/app/work.go", line: 41 }],
  };
}

function target(name: string, verdicts: Verdict[], failure: string | null = null): ScreenTarget {
  return {
    name,
    failure,
    looks: 5,
    firstMs: 0,
    who: "pid 7 · go1.27.4 · example.com/app",
    verdicts,
    finding: () => null,
    trail: () => Array.from({ length: 100 }, (_, i) => (i === 50 ? Number.NaN : i)),
  };
}

const targets = [
  target("healthy:1", [verdict("healthy", "goroutines")]),
  target("lost:2", [verdict("healthy", "goroutines")], "nothing listens at http://lost:2"),
  target("bleeding:3", [verdict("leak", "chan send at work.(*Pool).run  app/work.go:41"), verdict("healthy", "x")]),
  // What a target sends must not steer the terminal, and wide letters count twice.
  target("evil\u001b[2J\u202e名前名前名前名前名前名前名前名前", [verdict("undecided", "日本語".repeat(30))]),
].sort(bySeverity);

test("the bleeding come first, then the lost, then the undecided", () => {
  expect(targets.map((t) => t.name.slice(0, 4))).toEqual(["blee", "lost", "evil", "heal"]);
});

test("a leak whose line is known shows it in place of where the library waits, and with its rule from near", () => {
  const s: Screen = {
    columns: 120,
    rows: 24,
    nowMs: 100_000,
    startedMs: 0,
    intervalMs: 1000,
    paused: false,
    messages: [],
  };
  const rule = "http-transport-per-call";
  const joined: ScreenTarget = {
    ...target("api:1", [verdict("leak", "IO wait at http.(*persistConn).readLoop")]),
    finding: () => ({ rule, file: "main.go", line: 368, fingerprint: "f" }),
  };
  const bare = (lines: string[]): string => lines.join("\n").replace(/\u001b\[[\d;]*m/g, "");
  expect(bare(listScreen(s, [joined], 0))).toMatch(/LEAK .* api:1 .*main\.go:368 {2}http-transport-per-call/);
  expect(bare(detailScreen(s, joined, 0))).toContain(`source  ${rule} at main.go:368  (stanch explain ${rule})`);
});

test.each([20, 40, 60, 80, 100, 140, 250])(
  "no line is wider than the terminal, no screen higher: %i columns",
  (columns) => {
    for (const rows of [5, 10, 24, 60]) {
      const s: Screen = {
        columns,
        rows,
        nowMs: 100_000,
        startedMs: 0,
        intervalMs: 15_000,
        paused: true,
        messages: [
          "a message that is longer than most terminals are wide, and then goes on for a while longer than that",
          "b",
          "c",
          "d",
        ],
      };
      for (const screen of [
        listScreen(s, targets, 3),
        listScreen(s, [], 0),
        detailScreen(s, targets[0], 0),
        detailScreen(s, targets[0], 1000),
        detailScreen(s, targets[2], 0),
        helpScreen(s),
      ]) {
        expect(screen.length).toBe(rows);
        if (columns < 60) continue; // narrower than anybody uses: only the height must hold
        for (const line of screen) {
          const bare = line.replace(/\u001b\[[\d;]*m/g, "");
          expect([bare, widthOf(bare) <= columns]).toEqual([bare, true]);
          expect(bare).not.toContain("\u001b");
        }
      }
    }
  },
);

test("a plot is one well-formed picture, whatever the names and values", () => {
  const values = Array.from({ length: 9000 }, (_, i): [number, number] => [
    i * 1000,
    i % 100 === 0 ? Number.NaN : i === 4321 ? 1e6 : i,
  ]);
  const plot = {
    target: 'a<b>&"c"',
    firstMs: 0,
    lastMs: 9_000_000,
    restarts: [5000],
    panels: [
      { verdict: verdict("leak", "x\u0001<y>"), values },
      { verdict: verdict("healthy", "none"), values: [] },
    ],
  };
  const svg = verdictSvg([plot]);
  expect(svg).toBe(verdictSvg([plot]));
  expect(svg).not.toMatch(/NaN|Infinity|undefined|\u0001|<y>|<b>/);
  expect(svg.length).toBeLessThan(60_000);
  // The spike that lasted one look is still there.
  expect(svg).toContain("1,050,000");
});
