import { expect, test } from "vitest";
import { parsePage, sections } from "./page.ts";

const fence = "```";
function page(...blocks: string[]): string {
  return ["# some-rule", ...sections.map((s) => `## ${s}`), ...blocks].join("\n");
}

test("wants, versions, files", () => {
  const { blocks } = parsePage(
    [
      "# some-rule",
      `${fence}go`,
      "// go 1.22",
      "-- a/a.go --",
      "package a",
      'func f() {} // want "one" note "two \\"x\\"" /th.ee/',
      "-- b.go --",
      "var x = http.DefaultClient",
      fence,
    ].join("\n"),
  );
  expect(blocks).toHaveLength(1);
  const [b] = blocks;
  expect(b.goVersion).toEqual({ major: 1, minor: 22 });
  expect(b.files.map((f) => [f.path, f.text])).toEqual([
    ["a/a.go", 'package a\nfunc f() {} // want "one" note "two \\"x\\"" /th.ee/'],
    ["b.go", 'package demo; import "net/http"; var x = http.DefaultClient'],
  ]);
  expect(b.wants).toEqual([
    { file: "a/a.go", line: 2, severity: null, pattern: "one" },
    { file: "a/a.go", line: 2, severity: "note", pattern: 'two "x"' },
    { file: "a/a.go", line: 2, severity: null, pattern: /th.ee/s },
  ]);
});

test("an import of the same name is not added again", () => {
  const { blocks } = parsePage(
    ["# r", `${fence}go`, 'import "example.org/json"', "", "func f() { json.Marshal(1) }", fence].join("\n"),
  );
  expect(blocks[0].files[0].text).toBe('package demo; import "example.org/json"\n\nfunc f() { json.Marshal(1) }');
});

test("what is wrong with a page is said", () => {
  const problems = (text: string): readonly string[] => parsePage(text).problems;
  expect(problems("")).toEqual([
    "line 1: the page has no title",
    `sections are missing: ${sections.join(", ")}`,
    "no block shows what the rule finds",
    "no block shows when it stays silent",
  ]);
  expect(problems(page(`${fence}go`, "x"))).toContain("line 7: the block is not closed");
  expect(problems(page(`${fence}go what`, "x", fence))).toContain('line 7: "go what" is no kind of block');
  expect(problems(page(`${fence}go fixed`, 'x // want "y"', fence))).toContain("line 7: a fixed block wants findings");
  expect(problems(page(`${fence}go`, "x // want y", fence))).toContain("line 8: cannot read the want: y");
  expect(problems(["# a", "## Fix", "## Why it leaks"].join("\n")).join()).toContain("out of order");
  expect(problems("# a\n# b")).toContain("line 2: a second title");
});
