import { expect, test } from "vitest";
import { type HtmlReport, htmlReport } from "./html.ts";

const source =
  'package a\n\nfunc A(name string) {\n\tf, err := os.Open(name) // <b> "quoted"\n\tif err != nil {\n\t\treturn\n\t}\n\n\n\n\n\n\n\n\treturn\n}\n';
const finding: HtmlReport["findings"][number] = {
  rule: "resource-unclosed",
  severity: "error",
  noteBecause: null,
  confidence: "high",
  message: "The file from `os.Open` is <never> closed.",
  file: "a/a.go",
  line: 4,
  column: 12,
  endLine: 4,
  endColumn: 25,
  function: "m/a.A",
  fingerprint: "f",
  path: [
    { file: "a/a.go", line: 4, column: 12, message: "opens it here" },
    { file: "a/a.go", line: 15, column: 2, message: "returns here" },
    { file: "gone.go", line: 3, column: 1, message: "in a file that cannot be read" },
  ],
  fix: { title: "Add `defer f.Close()`", edits: [{ file: "a/a.go", start: 0, end: 0, text: "\n\tdefer f.Close()" }] },
  suppressed: false,
};
const report: HtmlReport = {
  root: "/src/m",
  findings: [finding, { ...finding, rule: "quiet-one", suppressed: true }],
  problems: [{ file: "b.go", line: 2, message: "syntax error: <x>" }],
  stats: { packages: 2, files: 1 },
};
const page = (r: HtmlReport = report, showSuppressed = false): string =>
  htmlReport(r, {
    version: "1",
    source: (f) => (f === "a/a.go" ? Buffer.from(source) : null),
    pages: new Map([
      ["resource-unclosed", "# resource-unclosed\n\nFinds `files`.\n\n- one\n- two\n\n```go\nx := <-c\n```\n"],
    ]),
    showSuppressed,
    made: "today",
  });

test("it loads nothing and runs nothing of what it shows", () => {
  const html = page();
  expect(html).toContain("default-src 'none'");
  expect(html).not.toMatch(/(?:src|href)="(?!#)/);
  expect(html).not.toMatch(/url\(|@import|https?:/);
  expect(html).not.toContain("<never>");
  expect(html).not.toContain('<b> "quoted"');
});

test("source, path, fix, rule", () => {
  const html = page();
  expect(html).toContain('<mark>os.Open(name)</mark> <i class="c">// &lt;b&gt; &quot;quoted&quot;</i>');
  expect(html).toContain("<b>1</b> opens it here");
  expect(html.indexOf("<b>2</b> returns here")).toBeGreaterThan(html.indexOf('class="gap"'));
  expect(html).toContain('<li value="3">in a file that cannot be read (line 3)</li>');
  expect(html).toContain("Fix: Add <code>defer f.Close()</code>");
  expect(html).toContain("<p>Finds <code>files</code>.</p><ul><li>one</li><li>two</li></ul><pre>x := &lt;-c</pre>");
  expect(html).toContain("syntax error: &lt;x&gt;");
});

test("a note says why it is one", () => {
  expect(page()).not.toContain("A note because");
  const note = { ...finding, severity: "note" as const, noteBecause: "nothing but `main` comes here" };
  expect(page({ ...report, findings: [note] })).toContain(
    "<p>A note because nothing but <code>main</code> comes here.</p>",
  );
});

test("suppressed findings where they are asked for; a page about nothing", () => {
  expect(page()).not.toContain("quiet-one");
  expect(page(report, true)).toContain('<span class="quiet">suppressed</span>');
  const none = page({ ...report, findings: [] });
  expect(none).toContain("No leaks in m");
  expect(none).not.toContain('id="filters"');
});

test("text that reads otherwise than it runs is shown by name", () => {
  const html = page({ ...report, findings: [{ ...finding, message: "a\u202Eb\u0000c" }] });
  expect(html).toContain("a[U+202E]b�c");
});
