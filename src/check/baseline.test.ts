import { expect, test } from "vitest";
import { type BaselineEntry, baselineText, compareWithBaseline, parseBaseline, shrunkText } from "./baseline.ts";
import type { CheckedFinding } from "./result.ts";

function finding(fn: string, kin = "k", change: Partial<CheckedFinding> = {}): CheckedFinding {
  const place = { file: "a.go", line: 1, column: 1, endLine: 1, endColumn: 2 };
  const rest = {
    severity: "error",
    noteBecause: null,
    confidence: "high",
    message: "m",
    fingerprint: "f",
    path: [],
    fix: null,
  } as const;
  return {
    rule: "r",
    package: "p",
    reachedBy: null,
    function: fn,
    kin,
    shape: `s${kin}`,
    suppressed: false,
    ...place,
    ...rest,
    ...change,
  };
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
  const before = [
    ...written(finding("F")),
    { rule: "r", package: "q", file: "q.go", function: "Q", kin: "x", shape: "" },
  ];
  before.push({ rule: "s", package: "p", file: "p.go", function: "P", kin: "y", shape: "" });
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

test("a package with another path takes its findings along; a deleted one's are fixed", () => {
  const before = written(finding("F"), finding("G", "other"));
  const gone = { ...scope, packages: new Set(["q"]), isGone: (path: string) => path === "p" };
  const moved = finding("q.F", "k2", { package: "q", shape: "sk" });
  const { fresh, known, fixed } = compareWithBaseline(before, [moved], gone);
  expect([fresh, known, fixed.map((e) => e.function)]).toEqual([[], [moved], ["G"]]);
  // While the old package is there, the new one is a copy.
  const both = { ...scope, packages: new Set(["p", "q"]) };
  expect(compareWithBaseline(before, [moved, finding("F"), finding("G", "other")], both).fresh).toEqual([moved]);
});

test("what is hidden is not fixed", () => {
  const before = written(finding("F"));
  expect(compareWithBaseline(before, [], { ...scope, isHidden: () => true }).fixed).toEqual([]);
});

test("shrinking takes out what is fixed and adds nothing", () => {
  const before = [...written(finding("F"), finding("G", "other")), { ...written(finding("Q"))[0], package: "q" }];
  const now = [finding("F2"), finding("New", "new")];
  const text = shrunkText(before, compareWithBaseline(before, now, scope), scope);
  expect(parseBaseline(text, "b").map((e) => `${e.package}.${e.function}`)).toEqual(["p.F2", "q.Q"]);
});

test("files of before there were shapes are read", () => {
  const old = JSON.stringify({
    schema: "stanch.baseline/1",
    findings: [{ rule: "r", package: "p", file: "a.go", function: "F", kin: "k" }],
  });
  expect(compareWithBaseline(parseBaseline(old, "b"), [finding("F")], scope).fresh).toEqual([]);
});

test("a leak that is said otherwise is the same one", () => {
  const before = written(finding("F", "never"), finding("G", "never"));
  const now = [finding("F", "path", { shape: "snever" }), finding("H", "path", { shape: "snever" })];
  expect(compareWithBaseline(before, now, scope)).toMatchObject({ fresh: [], fixed: [] });
});
