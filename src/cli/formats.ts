/** The output formats of `check` by their names. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { CheckedFinding } from "../check/result.ts";
import type { CheckOutcome } from "../check/run.ts";
import { checkstyleReport, githubReport, gitlabReport, junitReport } from "../report/ci.ts";
import { ignorePages } from "../check/ignore-pages.ts";
import { htmlReport } from "../report/html.ts";
import { jsonReport } from "../report/json.ts";
import { sarifReport } from "../report/sarif.ts";
import { SourceMap } from "../report/source-map.ts";
import { type TextReport, textReport } from "../report/text.ts";
import { pageOf, rules } from "../rules/registry.ts";
import type { Evidence } from "./check-evidence.ts";
import { toolVersion } from "./version.ts";

export type Format = "text" | "json" | "sarif" | "github" | "gitlab" | "junit" | "checkstyle" | "html";

export interface FormatOptions {
  readonly colour: boolean;
  readonly width: number;
  readonly showSuppressed: boolean;
  readonly baseline?: TextReport["baseline"];
  /** Findings that the revision of --new-from has as well. */
  readonly older?: number;
  /** What live processes show of the findings. */
  readonly evidence?: Evidence;
}

/** `findings`: those of the outcome that are shown. */
export async function render(
  format: Format,
  outcome: CheckOutcome,
  findings: readonly CheckedFinding[],
  options: FormatOptions,
): Promise<string> {
  const { evidence } = options;
  const report = { ...outcome, findings, ...(evidence === undefined ? {} : { evidence }) };
  const source = (file: string): Uint8Array | null => {
    try {
      return readFileSync(resolve(outcome.root, file));
    } catch {
      return null; // a bundled stub, or gone
    }
  };
  switch (format) {
    case "text": {
      const map = new SourceMap(source);
      const { baseline, older } = options;
      return textReport(
        { ...report, ...(baseline === undefined ? {} : { baseline }), ...(older === undefined ? {} : { older }) },
        { ...options, line: (file, line) => map.line(file, line) },
      );
    }
    case "json":
      return jsonReport(report, toolVersion());
    case "sarif": {
      const described = rules.map(async ({ id, title, severity }) => ({
        id,
        title,
        severity,
        page: (await pageOf(id)) ?? title,
      }));
      return sarifReport(report, { version: toolVersion(), rules: await Promise.all(described), source });
    }
    case "html": {
      const speaking = [...new Set(findings.map((f) => f.rule))];
      const pages = await Promise.all(
        speaking.map(async (id) => [id, (await pageOf(id)) ?? ignorePages.get(id) ?? ""] as const),
      );
      return htmlReport(report, {
        version: toolVersion(),
        source,
        pages: new Map(pages),
        showSuppressed: options.showSuppressed,
        made: `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
      });
    }
    case "github":
      return githubReport(report);
    case "gitlab":
      return gitlabReport(report);
    case "junit":
      return junitReport(report);
    case "checkstyle":
    default:
      return checkstyleReport(report);
  }
}
