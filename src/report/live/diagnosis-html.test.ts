import { describe, expect, it } from "vitest";
import { diagnose } from "../../diagnose/diagnose.ts";
import { diagnoseChange } from "../../diagnose/changes.ts";
import type { Look } from "../../diagnose/evidence.ts";
import type { Finding } from "../../diag/finding.ts";
import { ProfileBuilder } from "../../profile/columns.ts";
import { groupGoroutines } from "../../profile/group.ts";
import { diagnosisHtml, type DiagnosisHtmlOptions } from "./diagnosis-html.ts";
import { diagnosisMarkdown } from "./diagnosis-markdown.ts";

function look(names: readonly string[], count = 500): Look {
  const b = new ProfileBuilder([{ type: "goroutine", unit: "count" }]);
  const heap = new ProfileBuilder([{ type: "inuse_space", unit: "bytes" }]);
  for (const name of names) {
    b.sample([b.frame("runtime.chansend1", "runtime/chan.go", 5), b.frame(name, `/src/${name}.go`, 7)], [count]);
    heap.sample([heap.frame(name, `/src/${name}.go`, 9), heap.frame("main.main", "/src/main.go", 3)], [4 << 20]);
  }
  return {
    takenMs: Date.UTC(2026, 0, 5),
    target: names[0],
    process: {
      pid: 7,
      name: names[0].slice(0, 15),
      startTicks: 1,
      startedMs: Date.UTC(2026, 0, 4),
      rssBytes: 1 << 20,
      threads: 5,
      maxFds: 100,
    },
    build: null,
    goroutines: { total: count * names.length, groups: groupGoroutines(b.done()), from: "profile", truncated: "" },
    proven: null,
    heap: heap.done(),
    liveHeapBytes: 4 << 20,
    fds: {
      total: 90,
      byKind: [{ kind: "socket", count: 90 }],
      repeated: [{ target: `/tmp/${names[0]}`, count: 50 }],
      files: [{ name: "/var/tmp/r*.part", kind: "deleted", count: 44, fds: [] }],
    },
    sockets: {
      groups: [
        {
          transport: "tcp",
          state: "CLOSE_WAIT",
          direction: "out",
          peer: names[0],
          port: 80,
          count: 40,
          unread: 3,
          fds: [],
        },
      ],
      unowned: [],
      listening: [],
      total: 40,
    },
    metrics: [],
  };
}

const options: DiagnosisHtmlOptions = {
  version: "1.2.3",
  excerpt: () => null,
  problems: [],
  skipped: [],
  costs: [],
  trace: null,
  history: null,
  source: null,
  changes: null,
};

const page = (l: Look, o: Partial<DiagnosisHtmlOptions> = {}): string =>
  diagnosisHtml(diagnose(l), l, { ...options, ...o });

describe("a diagnosis as a page", () => {
  it("holds the four steps, loads nothing and says so", () => {
    const html = page(look(["main.worker"]));
    for (const step of ["1 Observe", "2 Correlate", "3 Trace", "4 Attribute"])
      expect(html).toContain(`<h2>${step}</h2>`);
    expect(html).toMatch(
      /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';/,
    );
    expect(html).not.toMatch(/<script|<link|<img|src=|url\(|https?:\/\//);
    expect(html).toMatch(/class="flame"/);
    expect(html).toContain("CLOSE_WAIT");
    expect(html).toContain("<li>44 of <code>/var/tmp/r*.part</code></li>");
  });

  it("takes names for data, however hostile and long", () => {
    const evil = `main.<script>alert(1)</script>"onload='x'\u001b[31m\u202e\u0000`;
    const html = page(look([evil]), { problems: [evil], skipped: [evil] });
    expect(html).not.toMatch(/<script|\u001b|\u202e|\u0000|"onload|'x'/);
    expect(html).toContain("&lt;script&gt;");
    const long = page(look(Array.from({ length: 400 }, (_, i) => `main.f${i}_${"x".repeat(100_000)}`)));
    expect(Buffer.byteLength(long)).toBeLessThan(2_000_000);
    expect(long).toContain("4 Attribute");
  });

  it("draws the past, the trace, the finding's path in its source, and the fix", () => {
    const l = look(["main.worker"]);
    const d = diagnose(l);
    const finding: Finding = {
      rule: "goroutine-send-blocked",
      severity: "error",
      noteBecause: null,
      confidence: "high",
      message: "The goroutine sends on `out` for ever.",
      file: "work.go",
      line: 5,
      column: 2,
      endLine: 5,
      endColumn: 9,
      function: "main.worker",
      fingerprint: "f1",
      path: [
        { file: "work.go", line: 5, column: 2, message: "made here" },
        { file: "work.go", line: 9, column: 2, message: "nobody receives" },
      ],
      fix: null,
    };
    const html = page(l, {
      excerpt: (f) => ({
        from: f.file,
        firstLine: f.line - 1,
        lines: ["before <b>", `line ${f.line}`, "after"],
        note: "working copy",
      }),
      trace: [
        {
          kind: "descriptor",
          count: 4,
          fds: [5],
          heldSeconds: 1,
          frames: [{ func: "main.open", file: "/src/o.go", line: 3 }],
        },
      ],
      history: {
        server: "http://prom",
        instance: {},
        start: 0,
        end: 100,
        stepSeconds: 1,
        restarts: [40],
        trends: [
          {
            name: "goroutines",
            metric: "go_goroutines",
            unit: "count",
            labels: {},
            first: 1,
            last: 9,
            least: 1,
            most: 9,
            perHour: 288,
            points: [
              [0, 1],
              [50, 5],
              [100, 9],
            ],
          },
        ],
      },
      source: {
        joined: d.suspects.map((suspect) => ({
          suspect,
          match: { finding, tie: "line", frame: null, others: [] },
          chain: ["one", "two"],
        })),
        root: "/src",
        rest: [],
        fixes: new Map([["f1", "--- a/work.go\n+++ b/work.go\n@@ -1 +1 @@\n-make(chan int)\n+make(chan int, 1)\n"]]),
        today: null,
        packages: 1,
      },
    });
    expect(html).toMatch(/<path class="line" d="M70\.0 [\d.]+L/);
    expect(html).toContain('class="restart"');
    expect(html).toMatch(/class="marked"><td class="n">9<\/td>.*?2 nobody receives/);
    expect(html).toContain("before &lt;b&gt;");
    expect(html).toContain('<div class="add">+make(chan int, 1)</div>');
    expect(html).toContain("main.open");
  });

  it("says what came and went, and the Markdown says the same", () => {
    const before = look(["main.old"]);
    const after = { ...look(["main.new"]), process: { ...look(["x"]).process!, pid: 8, startTicks: 2 } };
    const { result, changes } = diagnoseChange(before, after);
    const html = diagnosisHtml(result, after, { ...options, changes });
    expect(html).toMatch(/badge came">came<.*main\.new/);
    expect(html).toMatch(/badge went">went<.*main\.old/);
    const markdown = diagnosisMarkdown(result, after, { ...options, changes });
    for (const part of [
      "## Before and after",
      "| came |",
      "| went |",
      "## 1 Observe",
      "## 2 Correlate",
      "## 3 Trace",
      "## 4 Attribute",
    ])
      expect(markdown).toContain(part);
  });
});
