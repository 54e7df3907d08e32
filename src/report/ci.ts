/** Formats of CI services: GitHub's annotations, GitLab's code quality, JUnit and Checkstyle. Suppressed findings are left out. */
import type { Finding, Severity } from "../diag/finding.ts";

export interface CiReport {
  readonly findings: readonly (Finding & { readonly suppressed: boolean })[];
}

function open(report: CiReport): Finding[] {
  return report.findings.filter((f) => !f.suppressed);
}

/** One line with the path behind the message. */
function full(f: Finding): string {
  const steps = f.path.map((s, i) => `${i + 1}. ${s.file}:${s.line}: ${s.message}`);
  return [f.message, ...steps, `stanch explain ${f.rule}`].join("\n");
}

/**
 * Workflow commands that the runner turns into annotations.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function githubReport(report: CiReport): string {
  const word: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", note: "notice" };
  return open(report)
    .map((f) => {
      const column = f.line === f.endLine ? `,col=${f.column},endColumn=${f.endColumn}` : "";
      const place = `file=${property(f.file)},line=${f.line},endLine=${f.endLine}${column}`;
      return `::${word[f.severity]} ${place},title=${property(`stanch: ${f.rule}`)}::${data(full(f))}\n`;
    })
    .join("");
}

/** Escapes as in actions/toolkit's command.ts. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format */
export function gitlabReport(report: CiReport): string {
  const severity: Readonly<Record<Severity, string>> = { error: "major", warning: "minor", note: "info" };
  const issues = open(report).map((f) => ({
    description: f.message,
    check_name: f.rule,
    fingerprint: f.fingerprint,
    severity: severity[f.severity],
    location: { path: f.file, lines: { begin: f.line, end: f.endLine } },
  }));
  return `${JSON.stringify(issues, null, 2)}\n`;
}

/** A test case per finding, failed where it is an error or warning; one that passed where there is nothing. */
export function junitReport(report: CiReport): string {
  const findings = open(report);
  const failures = findings.filter((f) => f.severity !== "note").length;
  const cases = findings.map((f) => {
    const head = `    <testcase classname="${xml(f.rule)}" name="${xml(`${f.file}:${f.line}:${f.column}`)}" file="${xml(f.file)}" line="${f.line}">`;
    const body =
      f.severity === "note"
        ? `      <system-out>${xml(full(f))}</system-out>`
        : `      <failure type="${f.severity}" message="${xml(f.message)}">${xml(full(f))}</failure>`;
    return [head, body, "    </testcase>"].join("\n");
  });
  if (cases.length === 0) cases.push('    <testcase classname="stanch" name="check"/>');
  const counts = `tests="${cases.length}" failures="${failures}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="stanch check" ${counts}>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** https://checkstyle.org: files with errors, as many tools read them. */
export function checkstyleReport(report: CiReport): string {
  const severity: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", note: "info" };
  const byFile = new Map<string, Finding[]>();
  for (const f of open(report)) byFile.set(f.file, [...(byFile.get(f.file) ?? []), f]);
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<checkstyle version="8.0">'];
  for (const [file, findings] of byFile) {
    lines.push(`  <file name="${xml(file)}">`);
    for (const f of findings) {
      const place = `line="${f.line}" column="${f.column}" severity="${severity[f.severity]}"`;
      lines.push(`    <error ${place} message="${xml(f.message)}" source="stanch.${xml(f.rule)}"/>`);
    }
    lines.push("  </file>");
  }
  return [...lines, "</checkstyle>", ""].join("\n");
}

/** Escaped for text and attributes; characters that XML 1.0 cannot hold become �. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "�")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}
