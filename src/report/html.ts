/**
 * One HTML page that can be mailed: findings with their source, path and fix, filters, the pages of the rules that spoke. It loads
 * nothing: no fonts, no scripts, no network; its content policy says so to the browser. Everything is readable without scripts.
 */
import { counted } from "../base/numbers.ts";
import type { Finding, PathStep, Problem } from "../diag/finding.ts";
import type { LiveEvidence } from "../diagnose/live.ts";
import { liveText, unexplainedText, type ReportEvidence } from "./live-evidence.ts";
import { htmlScript, htmlStyle } from "./html-assets.ts";
import { code, esc, inline } from "./html-text.ts";
import { type ReadSource, SourceMap } from "./source-map.ts";

export interface HtmlReport {
  readonly root: string;
  readonly findings: readonly (Finding & { readonly suppressed: boolean })[];
  readonly problems: readonly Problem[];
  readonly evidence?: ReportEvidence;
  readonly stats: { readonly packages: number; readonly files: number };
}

export interface HtmlOptions {
  readonly version: string;
  readonly source: ReadSource;
  /** Pages of rules by id, in Markdown. */
  readonly pages: ReadonlyMap<string, string>;
  /** Suppressed findings are on the page too, marked. */
  readonly showSuppressed: boolean;
  /** When it was made, as it is to be shown. */
  readonly made: string;
}

const Context = 2;
/** A gap of this many lines or fewer is shown rather than left out. */
const SmallGap = 3;

export function htmlReport(report: HtmlReport, options: HtmlOptions): string {
  const map = new SourceMap(options.source);
  const shown = report.findings.filter((f) => !f.suppressed || options.showSuppressed);
  const count = (severity: string): number => shown.filter((f) => f.severity === severity).length;
  const counts = (["error", "warning", "note"] as const).map((s) => [s, count(s)] as const);
  const rules = [...new Set(shown.map((f) => f.rule))].sort();
  const byFile = new Map<string, typeof shown>();
  for (const f of shown) byFile.set(f.file, [...(byFile.get(f.file) ?? []), f]);
  const name = report.root.split(/[\\/]/).findLast((p) => p !== "") ?? report.root;
  const title = `${shown.length === 0 ? "No leaks" : counted(shown.length, "finding")} in ${name}`;
  let id = 0;
  const sections = [...byFile].map(
    ([file, findings]) =>
      `<section class="file"><h2>${esc(file)}</h2>${findings.map((f) => article(f, `f${++id}`, map, report.evidence?.live.get(f.fingerprint) ?? [])).join("")}</section>`,
  );
  const checks = counts
    .filter(([, n]) => n > 0)
    .map(
      ([s, n]) =>
        `<label class="chip ${s}"><input type="checkbox" name="severity" value="${s}" checked> ${counted(n, s)}</label>`,
    );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${esc(title)} – Stanch</title>
<style>${htmlStyle}</style>
</head>
<body>
<header>
<h1>${esc(title)}</h1>
<p class="facts">${esc(report.root)} · ${counted(report.stats.packages, "package")}, ${counted(report.stats.files, "file")} · Stanch ${esc(options.version)} · ${esc(options.made)}</p>
${shown.length === 0 ? "" : filters(checks, rules)}
</header>
<main>
${sections.join("\n")}
<p id="none" hidden>No finding fits the filter.</p>
${unexplained(report.evidence)}
${problems(report.problems)}
${rules.length === 0 ? "" : `<section><h2>Rules</h2>${rules.map((r) => rulePage(r, options.pages.get(r))).join("")}</section>`}
</main>
<script>${htmlScript}</script>
</body>
</html>
`;
}

function filters(checks: readonly string[], rules: readonly string[]): string {
  const options = rules.map((r) => `<option>${esc(r)}</option>`).join("");
  return `<form class="filters" id="filters" role="search">
${checks.join("\n")}
<label>Rule <select name="rule"><option value="">all</option>${options}</select></label>
<label class="grow">Text <input type="search" name="text" placeholder="file, function, message"></label>
<output id="shown" aria-live="polite"></output>
</form>`;
}

function article(f: HtmlReport["findings"][number], id: string, map: SourceMap, live: readonly LiveEvidence[]): string {
  const words = `${f.file} ${f.function} ${f.message} ${f.rule}`.toLowerCase();
  const fix = f.fix === null ? "" : fixHtml(f, map);
  const because = f.noteBecause === null ? "" : `<p>A note because ${inline(f.noteBecause)}.</p>`;
  return `<article id="${id}" class="finding ${f.severity}" data-severity="${f.severity}" data-rule="${esc(f.rule)}" data-text="${esc(words)}">
<h3><span class="badge">${f.severity}</span> <a href="#rule-${esc(f.rule)}">${esc(f.rule)}</a>${f.suppressed ? ' <span class="quiet">suppressed</span>' : ""}</h3>
<p class="message">${inline(f.message)}</p>
${live
  .slice(0, 5)
  .map((e) => `<p class="live"><b>Live</b> ${esc(liveText(e))}</p>`)
  .join("")}
<p class="place"><a href="#${id}">${esc(f.file)}:${f.line}:${f.column}</a>${f.function === "" ? "" : ` in <code>${esc(f.function)}</code>`}</p>
${sourceHtml(f, map)}
${because}${fix}
</article>`;
}

/** The lines of the path, those of other files behind the finding's own. */
function sourceHtml(f: Finding, map: SourceMap): string {
  const files = [...new Set([f.file, ...f.path.map((s) => s.file)])];
  return files.map((file) => excerpt(f, file, map)).join("");
}

function excerpt(f: Finding, file: string, map: SourceMap): string {
  const steps = f.path.map((step, i) => ({ step, n: i + 1 })).filter(({ step }) => step.file === file);
  const marks = new Set(steps.map(({ step }) => step.line));
  if (file === f.file) for (let l = f.line; l <= Math.min(f.endLine, f.line + 20); l++) marks.add(l);
  const wanted = new Set<number>();
  for (const l of marks) for (let i = l - Context; i <= l + Context; i++) wanted.add(i);
  const lines = [...wanted].filter((l) => map.line(file, l) !== null).sort((a, b) => a - b);
  const caption = file === f.file ? "" : `<figcaption>${esc(file)}</figcaption>`;
  if (lines.length === 0) {
    const list = steps
      .map(({ step, n }) => `<li value="${n}">${inline(step.message)} (line ${step.line})</li>`)
      .join("");
    return steps.length === 0 ? "" : `<figure>${caption}<ol class="steps">${list}</ol></figure>`;
  }
  const rows: string[] = [];
  lines.forEach((line, i) => {
    const before = lines[i - 1];
    if (before !== undefined && line > before + 1) {
      if (line - before - 1 <= SmallGap) for (let l = before + 1; l < line; l++) rows.push(row(f, file, l, map));
      else rows.push(`<tr class="gap"><td></td><td>⋮</td></tr>`);
    }
    rows.push(row(f, file, line, map));
    for (const { step, n } of steps.filter((s) => s.step.line === line)) rows.push(stepRow(step, n, map));
  });
  return `<figure>${caption}<table class="code"><tbody>${rows.join("")}</tbody></table></figure>`;
}

const decoder = new TextDecoder();

function row(f: Finding, file: string, line: number, map: SourceMap): string {
  const bytes = map.line(file, line) ?? new Uint8Array();
  const isMarked = file === f.file && line >= f.line && line <= f.endLine;
  let html: string;
  if (isMarked) {
    const from = line === f.line ? f.column - 1 : 0;
    const to = line === f.endLine ? f.endColumn - 1 : bytes.length;
    const [a, b, c] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)].map((p) =>
      decoder.decode(p),
    );
    html = `${code(a)}<mark>${code(b)}</mark>${code(c)}`;
  } else html = code(decoder.decode(bytes));
  return `<tr${isMarked ? ' class="marked"' : ""}><td class="n">${line}</td><td><code>${html}</code></td></tr>`;
}

function stepRow(step: PathStep, n: number, map: SourceMap): string {
  const bytes = map.line(step.file, step.line) ?? new Uint8Array();
  const indent = decoder.decode(bytes.subarray(0, step.column - 1)).replace(/[^\t]/g, " ");
  return `<tr class="step"><td></td><td><code>${esc(indent)}</code><span><b>${n}</b> ${inline(step.message)}</span></td></tr>`;
}

function fixHtml(f: Finding, map: SourceMap): string {
  const added = (f.fix?.edits ?? []).flatMap((e) => {
    const region = map.region(e.file, e.start, e.end);
    const lines = e.text.split("\n").filter((l) => l.trim() !== "");
    return lines.map(
      (l) =>
        `<div class="add">${region === null ? "" : `<span class="n">${region.startLine}</span>`}+ ${code(l)}</div>`,
    );
  });
  return `<details class="fix"><summary>Fix: ${inline(f.fix?.title ?? "")}</summary><pre>${added.join("")}</pre><p>stanch check --fix applies it.</p></details>`;
}

function unexplained(evidence: ReportEvidence | undefined): string {
  if (evidence === undefined) return "";
  const rows = [
    ...evidence.hidden.map((f) => `${f.rule} at ${f.file}:${f.line} bleeds, and is left out of this report`),
    ...evidence.unexplained.slice(0, 50).map((u) => `${unexplainedText(u)}; no finding explains it`),
    ...evidence.notes,
  ];
  if (rows.length === 0) return "";
  return `<section><h2>Live</h2><ul>${rows.map((r) => `<li>${esc(r)}</li>`).join("")}</ul></section>`;
}

function problems(list: readonly Problem[]): string {
  if (list.length === 0) return "";
  const rows = list.map(
    (p) => `<li><code>${esc(p.file)}${p.line > 0 ? `:${p.line}` : ""}</code> ${esc(p.message)}</li>`,
  );
  return `<section><h2>Problems</h2><ul>${rows.join("")}</ul></section>`;
}

function rulePage(id: string, page: string | undefined): string {
  return `<details class="rule" id="rule-${esc(id)}"><summary>${esc(id)}</summary>${page === undefined ? "" : markdown(page)}</details>`;
}

/** What rules' pages are written in: headings, paragraphs, lists, code. */
function markdown(text: string): string {
  const out: string[] = [];
  const lines = text.split("\n");
  let paragraph: string[] = [];
  let list: string[] = [];
  const flush = (): void => {
    if (paragraph.length > 0) out.push(`<p>${inline(paragraph.join(" "))}</p>`);
    if (list.length > 0) out.push(`<ul>${list.map((l) => `<li>${inline(l)}</li>`).join("")}</ul>`);
    paragraph = [];
    list = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (line.startsWith("```")) {
      flush();
      const block: string[] = [];
      for (i++; i < lines.length && !lines[i].startsWith("```"); i++) block.push(code(lines[i]));
      out.push(`<pre>${block.join("\n")}</pre>`);
    } else if (/^#{2,} /.test(line)) {
      flush();
      out.push(`<h4>${inline(line.replace(/^#+ /, ""))}</h4>`);
    } else if (line.startsWith("# ")) flush();
    else if (line.startsWith("- ")) {
      if (paragraph.length > 0) flush();
      list.push(line.slice(2));
    } else if (line.trim() === "") flush();
    else if (list.length > 0 && line.startsWith("  ")) list[list.length - 1] += ` ${line.trim()}`;
    else paragraph.push(line);
  }
  flush();
  return out.join("");
}
