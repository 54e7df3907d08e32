/** `stanch.check/1`: docs/formats/check-json.md. */
import type { Finding, Problem } from "../diag/finding.ts";

export interface JsonReport {
  readonly root: string;
  readonly findings: readonly (Finding & { readonly suppressed: boolean })[];
  readonly problems: readonly Problem[];
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
  const { root, findings, problems, stats } = report;
  const document = {
    schema: "stanch.check/1",
    tool: { name: "stanch", version },
    root,
    findings: findings.map((f) => ({
      rule: f.rule,
      severity: f.severity,
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
    })),
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
