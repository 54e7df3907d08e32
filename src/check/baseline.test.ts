import { expect, test } from "vitest";
import { type BaselineEntry, baselineText, compareWithBaseline, parseBaseline } from "./baseline.ts";
import type { CheckedFinding } from "./result.ts";

function finding(fn: string, kin = "k", change: Partial<CheckedFinding> = {}): CheckedFinding {
  const place = { file: "a.go", line: 1, column: 1, endLine: 1, endColumn: 2 };
  const rest = { severity: "error", confidence: "high", message: "m", fingerprint: "f", path: [], fix: null } as const;
  return { rule: "r", package: "p", function: fn, kin, suppressed: false, ...place, ...rest, ...change };
}
const scope = { packages: new Set(["p"]), rules: new Set(["r"]) };
const written = (...list: CheckedFinding[]): BaselineEntry[] => parseBaseline(baselineText([], list, scope), "b");

test("what was there is known, what is added is new where it was added, what is gone is fixed", () => {
  const before = written(finding("F"), finding("G"), finding("H", "other"));
  const added = finding("A");
  const { fresh, known, fixed } = compareWithBaseline(before, [added, finding("F"), finding("G")], scope);
  expect(fresh).toEqual([added]);
  expect(known.map((f) => f.function)).toEqual(["F", "G"]);
  expect(fixed.map((e) => e.function)).toEqual(["H"]);
});

test("a renamed function makes nothing new", () => {
  const { fresh, fixed } = compareWithBaseline(
    written(finding("F"), finding("G")),
    [finding("G"), finding("Renamed")],
    scope,
  );
  expect([fresh, fixed]).toEqual([[], []]);
});

test("what this run did not look for is neither fixed nor forgotten", () => {
  const before = [...written(finding("F")), { rule: "r", package: "q", file: "q.go", function: "Q", kin: "x" }];
  before.push({ rule: "s", package: "p", file: "p.go", function: "P", kin: "y" });
  expect(compareWithBaseline(before, [], scope).fixed.map((e) => e.function)).toEqual(["F"]);
  expect(parseBaseline(baselineText(before, [], scope), "b").map((e) => e.function)).toEqual(["Q", "P"]);
});

test("suppressed findings are no news and no entries", () => {
  const quiet = finding("F", "k", { suppressed: true });
  expect(written(quiet)).toEqual([]);
  expect(compareWithBaseline([], [quiet], scope)).toEqual({ fresh: [quiet], known: [], fixed: [] });
});

test("the same findings in any order give the same bytes, a line each", () => {
  const [f, g] = [finding("F"), finding("G")];
  const text = baselineText([], [f, g], scope);
  expect(baselineText([], [g, f], scope)).toBe(text);
  expect(text.split("\n").filter((l) => l.includes('"kin"'))).toHaveLength(2);
});

test("files that are no baselines", () => {
  const message = (text: string): string => {
    try {
      parseBaseline(text, "b.json");
      return "";
    } catch (e) {
      return `${(e as Error).name}: ${(e as Error).message}`;
    }
  };
  expect(message("{")).toContain("UsageError: b.json is no baseline: it is not JSON");
  expect(message("{}")).toContain('its "schema" is not');
  expect(message("null")).toContain('its "schema" is not');
  expect(message('{"schema": "stanch.baseline/2"}')).toContain("newer Stanch");
  expect(message('{"schema": "stanch.baseline/1", "findings": [1]}')).toContain("damaged");
  expect(message("<<<<<<< HEAD\n{}\n=======\n")).toContain("conflict marks");
});
