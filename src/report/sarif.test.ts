import { readFileSync } from "node:fs";
import Ajv from "ajv";
import type { Log } from "sarif";
import { expect, test } from "vitest";
import { sarifReport, type SarifReport } from "./sarif.ts";

const schemaText = readFileSync(new URL("../../testdata/sarif/sarif-schema-2.1.0.json", import.meta.url), "utf8");
const schema = JSON.parse(schemaText) as Record<string, unknown>;
// The schema is of draft 4; what it uses means the same in the draft that ajv speaks.
delete schema["$schema"];
delete schema["id"];
const valid = new Ajv.default({ strict: false, validateFormats: false }).compile(schema);

const source = 'package a\n\n\tx := "日本"; resp, err := http.Get(u)\n\treturn\n';
const column = Buffer.from(source.split("\n")[2]).indexOf("http.Get") + 1;
const report: SarifReport = {
  root: "/home/a b/m",
  faults: 0,
  problems: [
    { file: "broken.go", line: 3, message: "syntax error" },
    { file: "/elsewhere/x.go", line: 0, message: "cannot read it" },
  ],
  findings: [
    {
      rule: "http-body-unclosed",
      severity: "error",
      noteBecause: null,
      confidence: "high",
      message: "The body of [resp] is never closed.",
      file: "a/a b.go",
      line: 3,
      column,
      endLine: 3,
      endColumn: column + 11,
      function: "m/a.F",
      fingerprint: "0123456789abcdef",
      path: [
        { file: "a/a b.go", line: 3, column, message: "http.Get acquires it" },
        { file: "/goroot/x.go", line: 9, column: 1, message: "returns with m[k] open" },
      ],
      fix: {
        title: "Close it",
        edits: [
          {
            file: "a/a b.go",
            start: Buffer.byteLength(source) - 8,
            end: Buffer.byteLength(source) - 8,
            text: "\tx()\n",
          },
        ],
      },
      suppressed: false,
    },
  ],
};
const [finding] = report.findings;
report satisfies SarifReport;

function sarif(r: SarifReport): Log {
  const read = (file: string): Uint8Array | null => (file === "a/a b.go" ? Buffer.from(source) : null);
  const rules = [{ id: "http-body-unclosed", title: "Body is not closed", severity: "error", page: "# Page" }] as const;
  return JSON.parse(sarifReport(r, { version: "1.2.3", rules, source: read })) as Log;
}

test("fits the official schema", () => {
  const reports: SarifReport[] = [
    report,
    { ...report, findings: [], problems: [] },
    {
      ...report,
      findings: [
        { ...finding, suppressed: true, path: [], fix: null, function: "", rule: "ignore-unused", file: "C:\\x.go" },
      ],
    },
  ];
  for (const r of reports) {
    valid(sarif(r));
    expect(valid.errors ?? []).toEqual([]);
  }
  expect(valid({ version: "2.1.0", runs: [{}] })).toBe(false); // and the schema can say no
});

test("places, path, fix, fingerprints", () => {
  const [run] = sarif(report).runs;
  const [r] = run.results ?? [];
  expect(run.originalUriBaseIds).toEqual({ SRCROOT: { uri: "file:///home/a%20b/m/" } });
  expect([r.ruleIndex, r.level, r.partialFingerprints]).toEqual([
    0,
    "error",
    { "stanchFingerprint/v1": "0123456789abcdef" },
  ]);
  const place = r.locations?.[0].physicalLocation;
  expect(place?.artifactLocation).toEqual({ uri: "a/a%20b.go", uriBaseId: "SRCROOT" });
  // Six bytes of 日本 are two UTF-16 units.
  expect(place?.region).toEqual({ startLine: 3, startColumn: column - 4, endLine: 3, endColumn: column + 7 });
  expect(r.message.text).toBe(
    "The body of \\[resp\\] is never closed. Path: [1](1) http.Get acquires it; [2](2) returns with m\\[k\\] open.",
  );
  expect(r.relatedLocations?.map((l) => [l.id, l.physicalLocation?.artifactLocation?.uri])).toEqual([
    [1, "a/a%20b.go"],
    [2, "file:///goroot/x.go"],
  ]);
  expect(r.codeFlows?.[0].threadFlows[0].locations).toHaveLength(2);
  const change = r.fixes?.[0].artifactChanges[0].replacements[0];
  expect(change?.deletedRegion).toEqual({ startLine: 4, startColumn: 1, endLine: 4, endColumn: 1 });
  expect(run.invocations?.[0].toolExecutionNotifications).toHaveLength(2);
});

test("suppressed results say so, and hide from viewers that do not know suppressions", () => {
  const [r] = sarif({ ...report, findings: [{ ...finding, suppressed: true }] }).runs[0].results ?? [];
  expect([r.level, r.suppressions]).toEqual(["none", [{ kind: "inSource" }]]);
});

test("what bleeds has a rank and says so", () => {
  const evidence = {
    live: new Map([
      [
        finding.fingerprint,
        [
          {
            target: ":6060 [x]",
            status: "likely" as const,
            title: "bodies that are open",
            count: 434,
            before: 307,
            unit: "goroutines" as const,
            location: null,
            tie: "signature" as const,
            candidates: 1,
            score: 9,
          },
        ],
      ],
    ]),
    unexplained: [],
    hidden: [],
    notes: [],
  };
  const other = { ...finding, fingerprint: "fedcba9876543210" };
  const log = sarif({ ...report, findings: [finding, other], evidence });
  expect(valid(log), JSON.stringify(valid.errors)).toBe(true);
  expect(log.runs[0].results?.map((r) => r.rank)).toEqual([90, 50]);
  expect(log.runs[0].results?.[0].message.text).toContain(
    "Live: 434 goroutines (307 before), likely: bodies that are open, in :6060 \\[x\\].",
  );
  expect(log.runs[0].results?.[0].properties).toMatchObject({ live: [{ count: 434 }] });
});
