/** What the demo prints: plain lines, as wide as the terminal. */
import pc from "picocolors";
import { span } from "../base/durations.ts";
import { fit, plain, wrap } from "../report/live/format.ts";
import type { FindingOf, WatchedTarget } from "../report/live/watch-json.ts";
import { verdictLine } from "../report/live/watch-text.ts";

export interface SourceLine {
  readonly part: string;
  readonly severity: string;
  readonly rule: string;
  readonly place: string;
  readonly fixable: boolean;
}

export function prose(text: string, width: number): string {
  return `${wrap(text, width).join("\n")}\n`;
}

export function heading(number: number, title: string, text: string, width: number): string {
  const lead = `${number} ${title}  `;
  const lines = wrap(text, width - lead.length);
  return `\n${lines.map((l, i) => (i === 0 ? `${pc.bold(lead)}${l}` : `${" ".repeat(lead.length)}${l}`)).join("\n")}\n`;
}

/** A service that runs; what it is about on a line of its own where there is no room. */
export function serviceLine(name: string, pid: number, url: string, what: string, width: number): string {
  const head = `  ${name.padEnd(19)} pid ${String(pid).padEnd(8)} ${url}`;
  const apart = head.length + 2 + what.length > width;
  return `${head}${apart ? `\n${" ".repeat(22)}${pc.dim(fit(what, width - 22))}` : `  ${pc.dim(what)}`}\n`;
}

export function sourceLines(lines: readonly SourceLine[], silent: readonly string[]): string {
  const colour = (s: string): string => (s === "error" ? pc.red(s) : s === "warning" ? pc.yellow(s) : s);
  const width = Math.max(...lines.map((l) => l.rule.length), 0);
  return [
    ...lines.map(
      (l) =>
        `  ${colour(l.severity)}${" ".repeat(Math.max(0, 8 - l.severity.length))}${l.rule.padEnd(width)}  ${plain(l.place)}${l.fixable ? pc.dim("  has a fix") : ""}`,
    ),
    ...silent.map((s) => `  ${pc.green("nothing")} ${s}`),
    "",
  ].join("\n");
}

/** What happened when, on one line or, where there is no room, two. */
export function eventLine(head: string, line: string, width: number): string {
  const [first, ...rest] = verdictLines(line, "", width - head.length);
  return `${[`  ${head}  ${first.trim()}`, ...rest].join("\n")}\n`;
}

/** Each leaking signal in two lines: what the process shows, and what the source says of it. */
export function joinedLines(targets: readonly WatchedTarget[], finding: FindingOf, width: number): string {
  const out: string[] = [];
  for (const t of targets) {
    const leaks = t.verdicts.filter((v) => v.status === "leak");
    out.push(`  ${pc.bold(plain(t.name))}${leaks.length === 0 ? `  ${pc.green("no leak")} in ${t.looks} looks` : ""}`);
    if (t.looks === 0) out.push(`    ${t.failure ?? "it could not be read"}`);
    // Of several signals of one leak the first tells it; sockets and descriptors follow their goroutines.
    const told = new Set<string>();
    let more = 0;
    for (const v of leaks) {
      const f = finding(v);
      const key = f === null ? "" : `${f.rule}:${f.line}`;
      if (f === null || told.has(key)) {
        more++;
        continue;
      }
      told.add(key);
      const seconds =
        t.firstMs === null || v.decidedMs === null ? "" : `  after ${span((v.decidedMs - t.firstMs) / 1000)}`;
      out.push(
        ...verdictLines(verdictLine(v), seconds, width),
        `      ${pc.cyan("└")} ${f.rule} at ${f.file}:${f.line}`,
      );
    }
    if (leaks.length > 0 && told.size === 0)
      for (const v of leaks.slice(0, 2)) out.push(...verdictLines(verdictLine(v), "", width));
    else if (more > 0)
      out.push(pc.dim(`    and ${more} more of its signals grow with ${told.size === 1 ? "it" : "them"}`));
  }
  return `${out.join("\n")}\n`;
}

/** The place on a line of its own where there is no room. */
function verdictLines(line: string, seconds: string, width: number): string[] {
  const bare = line.replace(/\u001b\[[\d;]*m/g, "");
  if (4 + bare.length + seconds.length <= width) return [`    ${line}${seconds}`];
  const at = line.indexOf(")  ") + 1;
  return at === 0
    ? [`    ${line}${seconds}`]
    : [`    ${line.slice(0, at)}${seconds}`, `      ${line.slice(at).trim()}`];
}

export function nextSteps(roots: readonly string[]): string {
  const rows: (readonly [string, string])[] = [
    ["stanch check ./...", "your own source; --fix mends what can be mended"],
    ["stanch ps", "the Go processes of this host, and where their pprof is"],
    ["stanch diagnose PID --every 10s", "what piles up in one of them, and where it comes from"],
    ["stanch watch :6060", "the same over time, with a verdict"],
    ["stanch serve :6060", "the same as a page"],
    ["stanch explain 1", "the first of eight cases; without a number all that there is"],
  ];
  const width = Math.max(...rows.map(([c]) => c.length));
  return [
    "",
    pc.bold("NEXT, on your own code"),
    ...rows.map(([command, text]) => `  ${command.padEnd(width)}  ${pc.dim(text)}`),
    pc.dim(`  The services of this demo: ${roots.join(" ")}`),
    "",
  ].join("\n");
}
