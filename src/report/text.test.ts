import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { jsonReport } from "./json.ts";
import { pageText } from "./page.ts";
import { fit, printable, widthOf, wrap } from "./printable.ts";
import { type TextFinding, type TextReport, textReport } from "./text.ts";

const source: Readonly<Record<string, string[]>> = {
  "api/client.go": [
    "package api",
    "",
    "func (c *Client) Fetch(url string) error {",
    "\tresp, err := http.Get(url)",
    "\tif err != nil {",
    "\t\treturn err",
    "\t}",
    "\tif resp.StatusCode != http.StatusOK {",
    "\t\treturn errStatus",
    "\t}",
  ],
  "wide.go": [
    '\ts := "日本語"; x := os.Open("\u001b[31mevil\u202e")',
    `\tf(${"aaaa, ".repeat(40)}os.Open(name)${", b".repeat(40)})`,
  ],
};

const leak: TextFinding = {
  rule: "http-body-unclosed",
  severity: "error",
  noteBecause: null,
  confidence: "high",
  message: "The response body of http.Get is not closed on every path: the return on line 9 leaves it open.",
  file: "api/client.go",
  line: 4,
  column: 15,
  endLine: 4,
  endColumn: 28,
  function: "(*example.com/api.Client).Fetch",
  fingerprint: "0123456789abcdef",
  path: [
    { file: "api/client.go", line: 4, column: 15, message: "http.Get acquires the body here" },
    { file: "api/client.go", line: 8, column: 5, message: "the condition is true" },
    { file: "api/client.go", line: 9, column: 3, message: "returns here with it open" },
  ],
  fix: { title: "Add `defer resp.Body.Close()`", edits: [{ file: "api/client.go", start: 1, end: 1, text: "x" }] },
  suppressed: false,
};
const stats = { packages: 2, files: 3, bytes: 10, functions: 4, milliseconds: 1234.5, peakRssBytes: 99, cached: 0 };
const nothing: TextReport = { findings: [], problems: [], missing: [], incomplete: 0, stats };

function text(report: Partial<TextReport>, options: { colour?: boolean; width?: number } = {}): string {
  const line = (file: string, n: number): Uint8Array | null => {
    const found = source[file]?.[n - 1];
    return found === undefined ? null : Buffer.from(found);
  };
  return textReport({ ...nothing, ...report }, { colour: false, width: 100, showSuppressed: false, line, ...options });
}

test("check ./...", () => {
  const elsewhere = {
    ...leak.path[1],
    file: "other/gone.go",
    line: 7,
    message: "handed to Wait, which does not close it",
  };
  const plain: TextFinding = { ...leak, severity: "note", path: [elsewhere], fix: null, function: "" };
  expect(text({ findings: [leak, plain, { ...leak, suppressed: true }] })).toMatchInlineSnapshot(`
    "error[http-body-unclosed]: The response body of http.Get is not closed on every path: the return on
    line 9 leaves it open.
      --> api/client.go:4:15 in (*example.com/api.Client).Fetch
       |
     4 |     resp, err := http.Get(url)
       |                  ^^^^^^^^^^^^^ 1: http.Get acquires the body here
    ...
     8 |     if resp.StatusCode != http.StatusOK {
       |        - 2: the condition is true
     9 |         return errStatus
       |         - 3: returns here with it open
       = fix: Add \`defer resp.Body.Close()\`
       = help: stanch explain http-body-unclosed

    note[http-body-unclosed]: The response body of http.Get is not closed on every path: the return on
    line 9 leaves it open.
      --> api/client.go:4:15
       |
     4 |     resp, err := http.Get(url)
       |                  ^^^^^^^^^^^^^
      ::: other/gone.go:7:5
       | 1: handed to Wait, which does not close it
       = help: stanch explain http-body-unclosed

    1 error, 1 note in 2 packages, 1 suppressed (3 files, 1.2 s)
    "
  `);
});

test("a note says why it is one, within the width", () => {
  const note = {
    ...leak,
    severity: "note" as const,
    noteBecause: "nothing but commands and the start of programs comes to example.com/api.Fetch in this module",
  };
  const lines = text({ findings: [note] }, { width: 60 }).split("\n");
  const from = lines.findIndex((l) => l.includes("a note because"));
  expect(lines.slice(from, from + 3).map((l) => l.trim())).toEqual([
    "= a note because nothing but commands and the start of",
    "programs comes to example.com/api.Fetch in this module",
    "= fix: Add `defer resp.Body.Close()`",
  ]);
});

test("check ./... | with nothing found", () => {
  expect(text({})).toMatchInlineSnapshot(`
    "No leaks found in 2 packages (3 files, 1.2 s)
    "
  `);
});

test("check ./... with problems and missing imports", () => {
  const problems = Array.from({ length: 22 }, (_, i) => ({ file: "x.go", line: i, message: `problem ${i}` }));
  const out = text({ problems, missing: ["a/b", "c", "d", "e"], incomplete: 1 });
  expect(out).toContain("problem: x.go: problem 0\nproblem: x.go:1: problem 1\n");
  expect(out).toContain("…and 2 more problems");
  expect(out).toContain("4 imports were not found (a/b, c, d, … 1 more): what 1 package does with them is not judged.");
});

test("wide characters, tabs and escapes", () => {
  const at = (line: number, column: number, endColumn: number): TextFinding => ({
    ...leak,
    file: "wide.go",
    line,
    column,
    endLine: line,
    endColumn,
    path: [],
    fix: null,
  });
  const first = Buffer.from(source["wide.go"][0]);
  const open = first.indexOf("os.Open") + 1;
  const out = text({ findings: [at(1, open, open + 7)] });
  expect(out).not.toContain("\u001b");
  expect(out).not.toContain("\u202e");
  expect(out).toMatchInlineSnapshot(`
    "error[http-body-unclosed]: The response body of http.Get is not closed on every path: the return on
    line 9 leaves it open.
      --> wide.go:1:25 in (*example.com/api.Client).Fetch
       |
     1 |     s := "日本語"; x := os.Open("␛[31mevil<U+202E>")
       |                         ^^^^^^^
       = help: stanch explain http-body-unclosed

    1 error in 2 packages (3 files, 1.2 s)
    "
  `);
  const far = source["wide.go"][1].indexOf("os.Open") + 1;
  const cut = text({ findings: [at(2, far, far + 13)] }, { width: 60 }).split("\n");
  const pointer = cut.findIndex((l) => l.includes("^"));
  const [shown, carets] = [cut[pointer - 1], cut[pointer]];
  expect(shown.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("os.Open(name)");
  expect(widthOf(shown)).toBeLessThanOrEqual(60);
});

test("colours only where they are wanted", () => {
  expect(text({ findings: [leak] }, { colour: true })).toContain("\u001b[1;31merror[http-body-unclosed]\u001b[0m");
  expect(text({ findings: [leak] })).not.toContain("\u001b");
});

test("positions beyond the source do not break it", () => {
  for (const f of [
    { ...leak, line: 99 },
    { ...leak, column: 500, endColumn: 900 },
    { ...leak, endLine: 9, endColumn: 1 },
  ])
    expect(text({ findings: [f] })).toContain("error[http-body-unclosed]");
});

test("check --format json", () => {
  const report = {
    root: "/m",
    findings: [{ ...leak, path: leak.path.slice(0, 1) }],
    problems: [{ file: "x.go", line: 0, message: "m" }],
    stats,
  };
  expect(jsonReport(report, "1.2.3")).toMatchInlineSnapshot(`
    "{
      "schema": "stanch.check/1",
      "tool": {
        "name": "stanch",
        "version": "1.2.3"
      },
      "root": "/m",
      "findings": [
        {
          "rule": "http-body-unclosed",
          "severity": "error",
          "noteBecause": null,
          "confidence": "high",
          "message": "The response body of http.Get is not closed on every path: the return on line 9 leaves it open.",
          "file": "api/client.go",
          "line": 4,
          "column": 15,
          "endLine": 4,
          "endColumn": 28,
          "function": "(*example.com/api.Client).Fetch",
          "fingerprint": "0123456789abcdef",
          "path": [
            {
              "file": "api/client.go",
              "line": 4,
              "column": 15,
              "message": "http.Get acquires the body here"
            }
          ],
          "fix": {
            "title": "Add \`defer resp.Body.Close()\`",
            "edits": [
              {
                "file": "api/client.go",
                "start": 1,
                "end": 1,
                "text": "x"
              }
            ]
          },
          "suppressed": false
        }
      ],
      "problems": [
        {
          "file": "x.go",
          "line": 0,
          "message": "m"
        }
      ],
      "stats": {
        "packages": 2,
        "files": 3,
        "bytes": 10,
        "functions": 4,
        "milliseconds": 1235,
        "peakRssBytes": 99
      }
    }
    "
  `);
});

test("explain", () => {
  const page = [
    "# a-rule",
    "",
    `Prose with \`code\` ${"that is long ".repeat(10)}`,
    "",
    "## Fix",
    "",
    "```go fixed",
    "func f() { // why",
    "\treturn",
    "}",
    "```",
  ].join("\n");
  expect(pageText(page, { colour: false, width: 60 })).toMatchInlineSnapshot(`
    "A-RULE
    ──────

    Prose with code that is long that is long that is long
    that is long that is long that is long that is long that is
    long that is long that is long

    Fix

        // repaired
        func f() { // why
            return
        }
    "
  `);
  expect(pageText(page, { colour: true, width: 60 })).toContain("\u001b[35mfunc\u001b[0m f()");
});

test("lists keep their items, tables their columns, code its stars and spaces", () => {
  const page =
    "Text of `a b`:\n\n- one that is long enough to be wrapped, with\n  `(*T).run` in it\n- *two*\n\n| at | means |\n|---|---|\n| `f` | a [link](x.md) |\n| `(*T).g`, `(*T).h` | a cell that has to be wrapped |\n";
  expect(pageText(page, { colour: false, width: 40 })).toBe(`Text of a b:

- one that is long enough to be wrapped,
  with (*T).run in it
- two

at              means
f               a link
(*T).g, (*T).h  a cell that has to be
                wrapped
`);
});

test("text made fit", () => {
  expect(printable("a\tb\u0007\u009b\u007f")).toBe("a   b␇�␡");
  expect([widthOf("日本"), widthOf("e\u0301"), widthOf("🙂")]).toEqual([4, 1, 2]);
  expect([fit("abcdef", 4), fit("日本語", 4), fit("abc", 3)]).toEqual(["abc…", "日…", "abc"]);
  expect(wrap("a bb ccc", 4)).toEqual(["a bb", "ccc"]);
  expect(wrap("", 4)).toEqual([]);
});

test("the page of the format shows what is written", () => {
  const page = readFileSync(new URL("../../docs/formats/check-json.md", import.meta.url), "utf8");
  const document = JSON.parse(
    jsonReport({ root: "/m", findings: [leak], problems: [{ file: "x", line: 0, message: "m" }], stats }, "1"),
  ) as object;
  const keys = (value: unknown): string[] =>
    Array.isArray(value)
      ? value.flatMap(keys)
      : typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([k, v]) => [k, ...keys(v)])
        : [];
  for (const key of keys(document)) expect(page).toContain(`\`${key}\``);
});

test("what bleeds comes under a heading of its own, and what nothing explains is said", () => {
  const calm = { ...leak, fingerprint: "fedcba9876543210", line: 8 };
  const sign = {
    target: ":6060",
    status: "leak" as const,
    title: "bodies \u001b[31m open",
    count: 434,
    before: null,
    unit: "goroutines" as const,
    location: null,
    tie: "line" as const,
    candidates: 1,
    score: 9,
  };
  const out = text({
    findings: [leak, calm],
    evidence: {
      live: new Map([[leak.fingerprint, [sign]]]),
      unexplained: [],
      hidden: [calm],
      notes: ["other revision"],
    },
  });
  expect(out).toMatch(
    /^Bleeding now: 1\n[^]*= live: 434 goroutines, leak: bodies ␛\[31m open, in :6060\n[^]*\nWithout a sign of it in what runs: 1\n/,
  );
  expect(out).toContain("live: http-body-unclosed at api/client.go:8 bleeds, and is left out of this report");
  expect(out).toContain("live: other revision");
});
