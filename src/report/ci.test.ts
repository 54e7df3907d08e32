import { expect, test } from "vitest";
import { checkstyleReport, type CiReport, githubReport, gitlabReport, junitReport } from "./ci.ts";

const finding = {
  rule: "http-body-unclosed",
  severity: "error",
  noteBecause: null,
  confidence: "high",
  message: 'The body <of> "resp" & co is 100% open.',
  file: "a,b/a:b.go",
  line: 3,
  column: 5,
  endLine: 3,
  endColumn: 16,
  function: "m/a.F",
  fingerprint: "0123456789abcdef",
  path: [{ file: "c.go", line: 9, column: 1, message: "returns\u0007 here" }],
  fix: null,
  suppressed: false,
} as const;
const report: CiReport = {
  findings: [
    finding,
    { ...finding, severity: "note", endLine: 4, path: [], fingerprint: "fedcba9876543210" },
    { ...finding, suppressed: true },
  ],
};
const none: CiReport = { findings: [] };

test("check --format github", () => {
  expect(githubReport(report)).toMatchInlineSnapshot(`
    "::error file=a%2Cb/a%3Ab.go,line=3,endLine=3,col=5,endColumn=16,title=stanch%3A http-body-unclosed::The body <of> "resp" & co is 100%25 open.%0A1. c.go:9: returns here%0Astanch explain http-body-unclosed
    ::notice file=a%2Cb/a%3Ab.go,line=3,endLine=4,title=stanch%3A http-body-unclosed::The body <of> "resp" & co is 100%25 open.%0Astanch explain http-body-unclosed
    "
  `);
  expect(githubReport(none)).toBe("");
});

test("check --format gitlab", () => {
  expect(gitlabReport(report)).toMatchInlineSnapshot(`
    "[
      {
        "description": "The body <of> \\"resp\\" & co is 100% open.",
        "check_name": "http-body-unclosed",
        "fingerprint": "0123456789abcdef",
        "severity": "major",
        "location": {
          "path": "a,b/a:b.go",
          "lines": {
            "begin": 3,
            "end": 3
          }
        }
      },
      {
        "description": "The body <of> \\"resp\\" & co is 100% open.",
        "check_name": "http-body-unclosed",
        "fingerprint": "fedcba9876543210",
        "severity": "info",
        "location": {
          "path": "a,b/a:b.go",
          "lines": {
            "begin": 3,
            "end": 4
          }
        }
      }
    ]
    "
  `);
  expect(gitlabReport(none)).toBe("[]\n");
});

test("check --format junit", () => {
  expect(junitReport(report)).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="2" failures="1" errors="0">
      <testsuite name="stanch check" tests="2" failures="1" errors="0">
        <testcase classname="http-body-unclosed" name="a,b/a:b.go:3:5" file="a,b/a:b.go" line="3">
          <failure type="error" message="The body &lt;of&gt; &quot;resp&quot; &amp; co is 100% open.">The body &lt;of&gt; &quot;resp&quot; &amp; co is 100% open.&#10;1. c.go:9: returns� here&#10;stanch explain http-body-unclosed</failure>
        </testcase>
        <testcase classname="http-body-unclosed" name="a,b/a:b.go:3:5" file="a,b/a:b.go" line="3">
          <system-out>The body &lt;of&gt; &quot;resp&quot; &amp; co is 100% open.&#10;stanch explain http-body-unclosed</system-out>
        </testcase>
      </testsuite>
    </testsuites>
    "
  `);
  expect(junitReport(none)).toContain('<testcase classname="stanch" name="check"/>');
});

test("check --format checkstyle", () => {
  expect(checkstyleReport(report)).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <checkstyle version="8.0">
      <file name="a,b/a:b.go">
        <error line="3" column="5" severity="error" message="The body &lt;of&gt; &quot;resp&quot; &amp; co is 100% open." source="stanch.http-body-unclosed"/>
        <error line="3" column="5" severity="info" message="The body &lt;of&gt; &quot;resp&quot; &amp; co is 100% open." source="stanch.http-body-unclosed"/>
      </file>
    </checkstyle>
    "
  `);
  expect(checkstyleReport(none)).toContain("<checkstyle");
});
