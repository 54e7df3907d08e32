/**
 * Findings for people, in the manner of good compilers:
 *
 *     error[http-body-unclosed]: the response body from http.Get is not closed on every path
 *       --> api/client.go:12:15 in (*example.com/api.Client).Fetch
 *        |
 *     12 |     resp, err := http.Get(url)
 *        |                  ^^^^^^^^^^^^^
 *    ...
 *     16 |     if resp.StatusCode != http.StatusOK {
 *        |        - 1: the condition is true
 *     17 |         return errStatus
 *        |         - 2: returns here with it open
 *        = help: stanch explain http-body-unclosed
 */
import { counted } from "../base/numbers.ts";
import type { Finding, PathStep, Problem, Severity } from "../diag/finding.ts";
import type { LiveEvidence } from "../diagnose/live.ts";
import { liveText, unexplainedText, type ReportEvidence } from "./live-evidence.ts";
import { fit, printable, widthOf, wrap } from "./printable.ts";
import { style, type Style } from "./style.ts";

export interface TextFinding extends Finding {
  readonly suppressed: boolean;
}

export interface TextReport {
  readonly findings: readonly TextFinding[];
  readonly problems: readonly Problem[];
  readonly missing: readonly string[];
  /** Packages that import something missing. */
  readonly incomplete: number;
  /** Where there is a baseline: how many findings it lists that are there still, and those that are not. */
  readonly baseline?: {
    readonly known: number;
    readonly fixed: readonly { readonly rule: string; readonly file: string; readonly function: string }[];
  };
  /** Where an older revision was compared with: how many findings it has as well. */
  readonly older?: number;
  /** Where live processes were looked at; the findings that bleed there come first. */
  readonly evidence?: ReportEvidence;
  readonly stats: {
    readonly packages: number;
    readonly files: number;
    readonly milliseconds: number;
    readonly cached: number;
  };
}

export interface TextOptions {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** The bytes of one line without its end; null where the file cannot be read. */
  readonly line: (file: string, line: number) => Uint8Array | null;
  readonly showSuppressed: boolean;
}

const MaxProblems = 20;
const MaxFixed = 10;

export function textReport(report: TextReport, options: TextOptions): string {
  const s = style(options.colour);
  const out: string[] = [];
  const shown = report.findings.filter((f) => !f.suppressed || options.showSuppressed);
  const live = report.evidence?.live;
  const bleeding = shown.filter((f) => live?.has(f.fingerprint) === true).length;
  if (live !== undefined && bleeding > 0) out.push(s.bold(`Bleeding now: ${bleeding}`), "");
  shown.forEach((f, i) => {
    if (bleeding > 0 && i === bleeding) out.push(s.bold(`Without a sign of it in what runs: ${shown.length - i}`), "");
    out.push(...findingLines(f, options, s, live?.get(f.fingerprint) ?? []), "");
  });
  if (report.evidence !== undefined) out.push(...evidenceLines(report.evidence, options.width, s));
  const { problems, missing } = report;
  for (const p of problems.slice(0, MaxProblems))
    out.push(
      `${s.severity("warning", "problem")}: ${printable(p.file)}${p.line > 0 ? `:${p.line}` : ""}: ${printable(p.message)}`,
    );
  if (problems.length > MaxProblems) out.push(s.dim(`…and ${problems.length - MaxProblems} more problems`));
  if (problems.length > 0) out.push("");
  if (missing.length > 0) {
    const some = missing.slice(0, 3).map(printable).join(", ");
    const more = missing.length > 3 ? `, … ${missing.length - 3} more` : "";
    const verb = missing.length === 1 ? "was" : "were";
    out.push(
      `${counted(missing.length, "import")} ${verb} not found (${some}${more}): what ${counted(report.incomplete, "package")} ` +
        `${report.incomplete === 1 ? "does" : "do"} with them is not judged. "go mod download" fetches them.`,
    );
  }
  const fixed = report.baseline?.fixed ?? [];
  for (const f of fixed.slice(0, MaxFixed))
    out.push(`${s.dim("fixed:")} ${f.rule} in ${printable(f.function === "" ? f.file : f.function)}`);
  if (fixed.length > 0) {
    const more = fixed.length > MaxFixed ? `, ${fixed.length - MaxFixed} more than are shown` : "";
    out.push(
      `${counted(fixed.length, "finding")} of the baseline ${fixed.length === 1 ? "is" : "are"} fixed${more}; --shrink-baseline takes ${fixed.length === 1 ? "it" : "them"} out.`,
    );
  }
  out.push(summary(report, s));
  return `${out.join("\n")}\n`;
}

const MaxUnexplained = 5;

function evidenceLines({ unexplained, hidden, notes }: ReportEvidence, width: number, s: Style): string[] {
  const out: string[] = [];
  const say = (head: string, text: string): void => {
    const [first, ...rest] = wrap(`${head}: ${printable(text)}`, width);
    out.push(s.severity("warning", head) + first.slice(head.length), ...rest);
  };
  for (const f of hidden) say("live", `${f.rule} at ${f.file}:${f.line} bleeds, and is left out of this report`);
  for (const u of unexplained.slice(0, MaxUnexplained)) say("live", `${unexplainedText(u)}; no finding explains it`);
  if (unexplained.length > MaxUnexplained)
    out.push(`…and ${unexplained.length - MaxUnexplained} more that no finding explains`);
  for (const n of notes) say("live", n);
  if (out.length > 0) out.push("");
  return out;
}

function findingLines(f: TextFinding, options: TextOptions, s: Style, live: readonly LiveEvidence[]): string[] {
  const digits = Math.max(2, ...[f, ...f.path].map((p) => String(p.line).length));
  const margin = " ".repeat(digits);
  const bar = s.gutter("|");
  const room = Math.max(20, options.width - digits - 3);
  const head = `${f.severity}[${f.rule}]`;
  const [title, ...more] = wrap(`${head}: ${printable(f.message)}`, options.width);
  const lines = [s.severity(f.severity, head) + s.bold(title.slice(head.length)), ...more.map((l) => s.bold(l))];
  const within = f.function === "" ? "" : s.dim(` in ${printable(f.function)}`);
  const quiet = f.suppressed ? s.dim(" (suppressed)") : "";
  lines.push(`${margin}${s.gutter("-->")} ${printable(f.file)}:${f.line}:${f.column}${within}${quiet}`);
  const source = options.line(f.file, f.line);
  const first = f.path[0] as PathStep | undefined;
  const begins = first?.file === f.file && first.line === f.line && first.column === f.column;
  let told = 0;
  if (source !== null) {
    const end = f.endLine === f.line ? f.endColumn : source.length + 1;
    const shown = excerpt(source, f.column, end, room);
    lines.push(`${margin} ${bar}`);
    lines.push(`${s.gutter(String(f.line).padStart(digits))} ${bar} ${shown.text}`);
    const carets = s.severity(f.severity, "^".repeat(shown.length));
    // The first step mostly is the acquisition itself: its words go beside the carets where they fit.
    const label = begins && first !== undefined ? ` 1: ${printable(first.message)}` : "";
    const fits = shown.at + shown.length + widthOf(label) <= room;
    lines.push(`${margin} ${bar} ${" ".repeat(shown.at)}${carets}${fits ? s.gutter(label) : ""}`);
    if (begins && fits) told = 1;
  }
  let { file, line } = f;
  f.path.forEach((step, i) => {
    if (i < told) return;
    const previous = { file, line };
    ({ file, line } = step);
    lines.push(...stepLines(step, i + 1, previous, { digits, room, bar, margin }, options, s));
  });
  for (const e of live.slice(0, 5)) {
    const [head, ...rest] = wrap(`live: ${printable(liveText(e))}`, options.width - digits - 3);
    lines.push(
      `${margin} ${s.gutter("=")} ${s.severity("error", head)}`,
      ...rest.map((l) => `${margin}   ${s.severity("error", l)}`),
    );
  }
  if (f.noteBecause !== null) {
    const [head, ...rest] = wrap(`a note because ${printable(f.noteBecause)}`, options.width - digits - 3);
    lines.push(`${margin} ${s.gutter("=")} ${head}`, ...rest.map((l) => `${margin}   ${l}`));
  }
  if (f.fix !== null) lines.push(`${margin} ${s.gutter("=")} fix: ${printable(f.fix.title)}`);
  lines.push(`${margin} ${s.gutter("=")} help: stanch explain ${f.rule}`);
  return lines;
}

interface Layout {
  readonly digits: number;
  readonly room: number;
  readonly bar: string;
  readonly margin: string;
}

function stepLines(
  step: PathStep,
  number: number,
  previous: { file: string; line: number },
  { digits, room, bar, margin }: Layout,
  options: TextOptions,
  s: Style,
): string[] {
  const lines: string[] = [];
  if (step.file !== previous.file)
    lines.push(`${margin}${s.gutter(":::")} ${printable(step.file)}:${step.line}:${step.column}`);
  else if (step.line < previous.line || step.line > previous.line + 1) lines.push(s.gutter("..."));
  const source = options.line(step.file, step.line);
  const label = `${number}: ${printable(step.message)}`;
  if (source === null)
    return [...lines, `${margin} ${bar} ${step.file === previous.file ? `line ${step.line}, ` : ""}${label}`];
  const shown = excerpt(source, step.column, step.column + 1, room);
  if (step.file !== previous.file || step.line !== previous.line)
    lines.push(`${s.gutter(String(step.line).padStart(digits))} ${bar} ${shown.text}`);
  const [first, ...rest] = wrap(label, Math.max(30, room - shown.at - 2));
  lines.push(`${margin} ${bar} ${" ".repeat(shown.at)}${s.gutter(`- ${first}`)}`);
  for (const more of rest) lines.push(`${margin} ${bar} ${" ".repeat(shown.at + 5)}${s.gutter(more)}`);
  return lines;
}

const decoder = new TextDecoder();

/** A line cut to `room` columns such that what is pointed at is seen; `at` and `length` are columns of the result. */
function excerpt(
  line: Uint8Array,
  from: number,
  to: number,
  room: number,
): { text: string; at: number; length: number } {
  const whole = printable(decoder.decode(line).replace(/\r$/, ""));
  const before = widthOf(printable(decoder.decode(line.subarray(0, from - 1))));
  const marked = widthOf(printable(decoder.decode(line.subarray(0, Math.max(from, to - 1))))) - before;
  if (widthOf(whole) <= room) return { text: whole, at: before, length: Math.max(1, marked) };
  if (before + Math.min(marked, 20) < room) {
    const text = fit(whole, room);
    return { text, at: before, length: Math.max(1, Math.min(marked, room - before)) };
  }
  // Far to the right: begin a few columns before it.
  const start = before - 10;
  let column = 0;
  let cut = "";
  for (const c of whole) {
    if (column >= start) cut += c;
    column += widthOf(c);
  }
  return { text: `…${fit(cut, room - 1)}`, at: 11, length: Math.max(1, Math.min(marked, room - 12)) };
}

function summary(report: TextReport, s: Style): string {
  const counts = new Map<Severity, number>();
  let suppressed = 0;
  for (const f of report.findings) {
    if (f.suppressed) suppressed++;
    else counts.set(f.severity, (counts.get(f.severity) ?? 0) + 1);
  }
  const parts = (["error", "warning", "note"] as const).flatMap((severity) => {
    const n = counts.get(severity) ?? 0;
    return n === 0 ? [] : [s.severity(severity, counted(n, severity))];
  });
  const known = report.baseline?.known ?? 0;
  const older = report.older ?? 0;
  const some = known > 0 || older > 0;
  const found = parts.length === 0 ? (some ? "No new leaks found" : "No leaks found") : parts.join(", ");
  const { packages, files, milliseconds, cached } = report.stats;
  const facts = [counted(files, "file"), `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`];
  if (cached > 0) facts.push(cached === packages ? "all from the cache" : `${cached} packages from the cache`);
  const quiet = `${known > 0 ? `, ${known} known from the baseline` : ""}${older > 0 ? `, ${older} older` : ""}${suppressed > 0 ? `, ${suppressed} suppressed` : ""}`;
  return `${found} in ${counted(packages, "package")}${quiet} ${s.dim(`(${facts.join(", ")})`)}`;
}
