/**
 * SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0), for code scanning services and viewers.
 *
 * The path of a finding is written twice: as a code flow, which VS Code's viewer steps through, and as related locations
 * that the message links (`[1](1)`), which is what GitHub shows of it. GitHub ignores suppressions, so that suppressed
 * results carry them for others and level "none" for it. Columns are UTF-16 units, as viewers count.
 */
import type { CodeFlow, Fix, Location, Log, ReportingDescriptor, Result, Run } from "sarif";
import type { Finding, Problem, Severity } from "../diag/finding.ts";
import type { LiveFindings } from "../diagnose/live.ts";
import { liveText, type ReportEvidence } from "./live-evidence.ts";
import { type ReadSource, SourceMap } from "./source-map.ts";

export interface SarifRule {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** Its page, in Markdown. */
  readonly page: string;
}

export interface SarifReport {
  readonly root: string;
  readonly findings: readonly (Finding & { readonly suppressed: boolean })[];
  readonly problems: readonly Problem[];
  readonly faults: number;
  readonly evidence?: ReportEvidence;
}

export interface SarifOptions {
  readonly version: string;
  readonly rules: readonly SarifRule[];
  readonly source: ReadSource;
}

const Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const Base = "SRCROOT";

export function sarifReport(report: SarifReport, options: SarifOptions): string {
  const map = new SourceMap(options.source);
  const rules = options.rules.map(descriptor);
  const indexes = new Map(rules.map((r, i) => [r.id, i]));
  const run: Run = {
    tool: { driver: { name: "stanch", version: options.version, semanticVersion: options.version, rules } },
    columnKind: "utf16CodeUnits",
    originalUriBaseIds: { [Base]: { uri: fileUri(report.root) } },
    invocations: [
      {
        executionSuccessful: report.faults === 0,
        toolExecutionNotifications: report.problems.map((p) => ({
          level: "warning",
          message: { text: p.message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: artifact(p.file),
                ...(p.line > 0 ? { region: { startLine: p.line } } : {}),
              },
            },
          ],
        })),
      },
    ],
    results: report.findings.map((f) => result(f, indexes.get(f.rule), map, report.evidence?.live ?? null)),
  };
  const log: Log = { version: "2.1.0", $schema: Schema, runs: [run] };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function descriptor(rule: SarifRule): ReportingDescriptor {
  return {
    id: rule.id,
    name: rule.id.replace(/(?:^|-)(\w)/g, (_, c: string) => c.toUpperCase()),
    shortDescription: { text: `${rule.title}.` },
    fullDescription: { text: firstParagraph(rule.page) ?? `${rule.title}.` },
    help: { text: rule.page, markdown: rule.page },
    defaultConfiguration: { level: rule.severity },
    // GitHub sorts and filters by these.
    properties: {
      tags: ["reliability", "resource-leak"],
      precision: "high",
      "problem.severity": rule.severity === "note" ? "recommendation" : rule.severity,
    },
  };
}

/** The first prose of a page, without marks; null where there is none. */
function firstParagraph(page: string): string | null {
  const found = page.split(/\n{2,}/).find((p) => p.trim() !== "" && !p.startsWith("#") && !p.startsWith("```"));
  return found === undefined ? null : found.replaceAll("`", "").replace(/\s+/g, " ").trim().slice(0, 1000);
}

/** Of 100, where live processes were looked at: what is proven to bleed, what likely does, what may, what does not. */
const ranks = { leak: 100, likely: 90, possible: 70 } as const;
const quietRanks = { error: 50, warning: 30, note: 10 } as const;

function result(
  f: SarifReport["findings"][number],
  ruleIndex: number | undefined,
  map: SourceMap,
  live: LiveFindings | null,
): Result {
  const bleeding = live?.get(f.fingerprint) ?? [];
  const links = f.path.map((step, i) => `[${i + 1}](${i + 1}) ${escapeLinks(step.message)}`);
  const signs = bleeding.slice(0, 3).map((e) => `Live: ${escapeLinks(liveText(e))}.`);
  const text = [escapeLinks(f.message), ...signs, ...(links.length > 0 ? [`Path: ${links.join("; ")}.`] : [])].join(
    " ",
  );
  return {
    ruleId: f.rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: f.suppressed ? "none" : f.severity,
    message: { text },
    locations: [
      {
        physicalLocation: {
          artifactLocation: artifact(f.file),
          region: {
            startLine: f.line,
            startColumn: map.utf16(f.file, f.line, f.column),
            endLine: f.endLine,
            endColumn: map.utf16(f.file, f.endLine, f.endColumn),
          },
        },
        ...(f.function === "" ? {} : { logicalLocations: [{ fullyQualifiedName: f.function, kind: "function" }] }),
      },
    ],
    ...(f.path.length === 0 ? {} : { relatedLocations: steps(f, map, true), codeFlows: [codeFlow(f, map)] }),
    partialFingerprints: { "stanchFingerprint/v1": f.fingerprint },
    ...(f.fix === null ? {} : { fixes: fixes(f, map) }),
    ...(f.suppressed ? { suppressions: [{ kind: "inSource" }] } : {}),
    ...(live === null ? {} : { rank: bleeding.length === 0 ? quietRanks[f.severity] : ranks[bleeding[0].status] }),
    properties: {
      confidence: f.confidence,
      ...(f.noteBecause === null ? {} : { noteBecause: f.noteBecause }),
      ...(bleeding.length === 0 ? {} : { live: bleeding }),
    },
  };
}

function steps(f: Finding, map: SourceMap, numbered: boolean): Location[] {
  return f.path.map((step, i) => ({
    ...(numbered ? { id: i + 1 } : {}),
    physicalLocation: {
      artifactLocation: artifact(step.file),
      region: { startLine: step.line, startColumn: map.utf16(step.file, step.line, step.column) },
    },
    message: { text: step.message },
  }));
}

function codeFlow(f: Finding, map: SourceMap): CodeFlow {
  const locations = steps(f, map, false).map((location, i) => ({
    location,
    importance: i === 0 || i === f.path.length - 1 ? ("essential" as const) : ("important" as const),
  }));
  return { threadFlows: [{ locations }] };
}

/** Null regions cannot happen for files that were just analysed; such a fix is left out. */
function fixes(f: Finding, map: SourceMap): Fix[] {
  const byFile = new Map<string, { deletedRegion: object; insertedContent: { text: string } }[]>();
  for (const e of f.fix?.edits ?? []) {
    const deletedRegion = map.region(e.file, e.start, e.end);
    if (deletedRegion === null) return [];
    const list = byFile.get(e.file) ?? [];
    list.push({ deletedRegion, insertedContent: { text: e.text } });
    byFile.set(e.file, list);
  }
  if (byFile.size === 0) return [];
  const artifactChanges = [...byFile].map(([file, replacements]) => ({
    artifactLocation: artifact(file),
    replacements,
  }));
  return [{ description: { text: f.fix?.title ?? "" }, artifactChanges }];
}

/** In plain text messages, brackets begin links (SARIF 3.11.6). */
function escapeLinks(text: string): string {
  return text.replace(/[\\[\]]/g, (c) => `\\${c}`);
}

function artifact(file: string): { uri: string; uriBaseId?: string } {
  if (file.startsWith("/") || /^[A-Za-z]:[\\/]/.test(file)) return { uri: fileUri(file).replace(/\/$/, "") };
  return { uri: encodePath(file), uriBaseId: Base };
}

function fileUri(path: string): string {
  const slashed = path.replaceAll("\\", "/");
  return `file://${slashed.startsWith("/") ? "" : "/"}${encodePath(slashed)}/`;
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
