/** `stanch.check/1`: docs/formats/check-json.md. */
import type { ReportEvidence } from "./live-evidence.ts";
import type { Finding, Problem } from "../diag/finding.ts";

export interface JsonReport {
  readonly root: string;
  readonly findings: readonly (Finding & { readonly suppressed: boolean })[];
  readonly problems: readonly Problem[];
  readonly evidence?: ReportEvidence;
  readonly stats: {
    readonly packages: number;
    readonly files: number;
    readonly bytes: number;
    readonly functions: number;
    readonly milliseconds: number;
    readonly peakRssBytes: number;
  };
}

export function jsonReport(report: JsonReport, version: string): string {
  const { root, findings, problems, stats, evidence } = report;
  const document = {
    schema: "stanch.check/1",
    tool: { name: "stanch", version },
    root,
    findings: findings.map((f) => ({
      rule: f.rule,
      severity: f.severity,
      noteBecause: f.noteBecause,
      confidence: f.confidence,
      message: f.message,
      file: f.file,
      line: f.line,
      column: f.column,
      endLine: f.endLine,
      endColumn: f.endColumn,
      function: f.function,
      fingerprint: f.fingerprint,
      path: f.path.map(({ file, line, column, message }) => ({ file, line, column, message })),
      fix: f.fix === null ? null : { title: f.fix.title, edits: f.fix.edits },
      suppressed: f.suppressed,
      ...(evidence === undefined ? {} : { live: evidence.live.get(f.fingerprint) ?? [] }),
    })),
    ...(evidence === undefined
      ? {}
      : {
          evidence: {
            unexplained: evidence.unexplained.map(({ target, suspect: s }) => ({
              target,
              kind: s.kind,
              status: s.status,
              title: s.title,
              count: s.count,
              before: s.before,
              unit: s.unit,
              location: s.location,
            })),
            hidden: evidence.hidden.map(({ rule, file, line, fingerprint }) => ({ rule, file, line, fingerprint })),
            notes: evidence.notes,
          },
        }),
    problems: problems.map(({ file, line, message }) => ({ file, line, message })),
    stats: {
      packages: stats.packages,
      files: stats.files,
      bytes: stats.bytes,
      functions: stats.functions,
      milliseconds: Math.round(stats.milliseconds),
      peakRssBytes: stats.peakRssBytes,
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
