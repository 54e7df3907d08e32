/** A diagnosis for the terminal: the four steps, top to bottom. */
import pc from "picocolors";
import { span, waited } from "../../base/durations.ts";
import { bytes, count, counted, signed } from "../../base/numbers.ts";
import { isOwn } from "../../profile/group.ts";
import { shortName } from "../../profile/names.ts";
import type { Frame } from "../../profile/columns.ts";
import type { Changes } from "../../diagnose/changes.ts";
import type { Diagnosis } from "../../diagnose/diagnose.ts";
import type { Connections, Look } from "../../diagnose/evidence.ts";
import type { Joined } from "../../diagnose/join.ts";
import type { Suspect } from "../../diagnose/suspect.ts";
import type { Finding } from "../../diag/finding.ts";
import type { TracedStack } from "../../diagnose/trace.ts";
import type { History } from "../../diagnose/history.ts";
import { changesText } from "./changes-text.ts";
import { historyText } from "./history-text.ts";
import { fit, plain, shortFile, wrap } from "./format.ts";

export interface Excerpt {
  readonly from: string;
  readonly firstLine: number;
  readonly lines: readonly string[];
  readonly note: string;
}

/** Findings joined to suspects (diagnose/join.ts), with the fixes that were tried. */
export interface SourceFindings {
  /** In the order of the diagnosis's suspects. */
  readonly joined: readonly Joined[];
  readonly root: string;
  readonly rest: readonly Finding[];
  /** Unified diffs by fingerprint. */
  readonly fixes: ReadonlyMap<string, string>;
  /** Where the findings are of the built revision: those that today's source has too, by fingerprint; null where the two are one. */
  readonly today: ReadonlyMap<string, Finding> | null;
  readonly packages: number;
}

export interface DiagnosisTextOptions {
  readonly width: number;
  readonly excerpt: (frame: Frame) => Excerpt | null;
  readonly problems: readonly string[];
  readonly skipped: readonly string[];
  readonly costs: readonly {
    readonly what: string;
    readonly milliseconds: number;
    readonly bytes: number;
    readonly stallMs: number;
  }[];
  /** What the tracing probe saw; null where it was not asked. */
  readonly trace: readonly TracedStack[] | null;
  /** What a Prometheus server keeps of the process; null where none was asked or none answered. */
  readonly history: History | null;
  /** What the source says of the suspects; null where it was not asked. */
  readonly source: SourceFindings | null;
  /** What changed since the look before; null where none was given. */
  readonly changes: Changes | null;
  /** Suspects shown in full; the rest as one line each. */
  readonly most: number;
}

export function diagnosisText(d: Diagnosis, look: Look, o: DiagnosisTextOptions): string {
  const out: string[] = [header(look), ""];
  if (o.changes !== null) out.push(...changesText(o.changes, o.width), "");
  else if (d.otherProcess)
    out.push(
      pc.yellow("The earlier look is of another process (restarted or redeployed): its numbers are no baseline."),
      "",
    );
  observe(d, look, o, out);
  correlate(d, look, o, out);
  trace(look, o, out);
  attribute(d, look, o, out);
  foot(d, o, out);
  return `${out.join("\n")}\n`;
}

function header(look: Look): string {
  const p = look.process;
  const b = look.build;
  const name = p === null ? look.target : `${p.name} (pid ${p.pid})`;
  const parts = [pc.bold(plain(name))];
  if (b !== null) {
    parts.push(b.goVersion);
    const main = b.main?.path ?? b.path;
    if (main !== "")
      parts.push(`${plain(main)}${b.main?.version && b.main.version !== "(devel)" ? `@${b.main.version}` : ""}`);
    const revision = b.settings["vcs.revision"];
    if (revision !== undefined)
      parts.push(`rev ${revision.slice(0, 10)}${b.settings["vcs.modified"] === "true" ? "+" : ""}`);
  }
  if (p !== null && p.startedMs > 0) parts.push(`up ${span((look.takenMs - p.startedMs) / 1000)}`);
  return parts.join(pc.dim("  ·  "));
}

function title(n: number, name: string, note: string): string {
  return `${pc.bold(pc.cyan(`${n} ${name}`))}${note === "" ? "" : `  ${pc.dim(note)}`}`;
}

function observe(d: Diagnosis, look: Look, o: DiagnosisTextOptions, out: string[]): void {
  out.push(
    title(
      1,
      "OBSERVE",
      d.seconds === null
        ? "one look; a second one shows what grows (--every 30s, or two bundles)"
        : `two looks, ${span(d.seconds)} apart`,
    ),
  );
  for (const l of d.levels) {
    const show = l.unit === "bytes" ? bytes : count;
    let line = `  ${l.name.padEnd(12)} ${show(l.value).padStart(10)}`;
    if (l.limit !== null) line += pc.dim(` of ${show(l.limit)} (${Math.round((100 * l.value) / l.limit)} %)`);
    if (l.before !== null) {
      const delta = l.value - l.before;
      const text = `  ${signed(delta, show)}`;
      line += delta > 0 ? pc.yellow(text) : pc.dim(text);
      if (d.seconds !== null && d.seconds > 0 && delta !== 0 && l.unit === "count")
        line += pc.dim(` (${(delta / d.seconds).toFixed(delta / d.seconds < 10 ? 1 : 0)}/s)`);
    }
    out.push(line);
  }
  if (o.history !== null) out.push("", ...historyText(o.history));
  if (d.groups.length > 0) {
    out.push(
      "",
      `  ${pc.dim(`goroutines by what they wait for and where${look.goroutines?.from === "profile" ? " (grouped profile: no wait times)" : ""}`)}`,
    );
    if (look.goroutines !== null && look.goroutines.truncated !== "")
      out.push(`  ${pc.yellow(look.goroutines.truncated)}`);
    const rows = d.groups.slice(0, 8);
    for (const { group, known } of rows) {
      const at = group.own ?? group.site;
      const wait = (group.wait === "" ? "running" : group.wait).padEnd(23);
      const age = group.minutes === null ? "" : `  ${waited(group.minutes)}`;
      // The place has the room first, then its age, then what is known of it.
      const room = Math.max(30, o.width - 37 - age.length);
      const place = plain(fit(`${shortName(at.func)}${at.line > 0 ? `  ${shortFile(at.file)}:${at.line}` : ""}`, room));
      const left = room - place.length;
      const note = known === null || left < 20 ? "" : `  (${fit(known, left - 4)})`;
      out.push(`  ${count(group.count).padStart(8)}  ${wait} ${place}${pc.dim(age + note)}`);
    }
    const rest = (look.goroutines?.groups.length ?? 0) - rows.length;
    if (rest > 0) out.push(pc.dim(`            and ${count(rest)} smaller groups`));
  }
  if (d.heap.length > 0) {
    out.push("", `  ${pc.dim("live memory by allocating line")}`);
    for (const h of d.heap.slice(0, 3))
      out.push(
        `  ${bytes(h.bytes).padStart(8)}  ${plain(fit(`${shortName(h.frame.func)}  ${shortFile(h.frame.file)}:${h.frame.line}`, o.width - 14))}`,
      );
  }
  out.push("");
}

function connectionLine(c: Connections, before: number | null): string {
  const arrow = c.direction === "out" ? "→" : "←";
  const peer = c.direction === "out" ? `${c.peer}:${c.port}` : `${c.peer} on our :${c.port}`;
  const delta = before === null || c.count === before ? "" : ` ${signed(c.count - before, count)}`;
  const state = c.state === "CLOSE_WAIT" ? pc.yellow(c.state.padEnd(11)) : c.state.padEnd(11);
  return `${count(c.count).padStart(8)}${pc.yellow(delta.padEnd(7))} ${state} ${arrow} ${plain(peer)}${c.unread > 0 ? pc.dim(`  ${c.unread} with unread bytes`) : ""}`;
}

function correlate(d: Diagnosis, look: Look, o: DiagnosisTextOptions, out: string[]): void {
  out.push(title(2, "CORRELATE", "connections by peer and state"));
  if (look.sockets === null)
    out.push(pc.dim("  not seen: the process is not on this host, or its /proc is closed to us"));
  else if (d.connections.length === 0) out.push(pc.dim("  no connections"));
  for (const { now, before } of d.connections.slice(0, 8)) out.push(`  ${connectionLine(now, before)}`);
  for (const c of d.unowned)
    out.push(pc.dim(`  ${connectionLine(c, null)}  (already closed; only the kernel remembers)`));
  out.push("");
  void o;
}

function trace(look: Look, o: DiagnosisTextOptions, out: string[]): void {
  out.push(title(3, "TRACE", "descriptors and who opens them"));
  if (look.fds === null) out.push(pc.dim("  not seen"));
  else
    out.push(
      `  ${count(look.fds.total).padStart(8)} open: ${look.fds.byKind.map((k) => `${count(k.count)} ${k.kind}`).join(", ")}`,
    );
  for (const f of look.fds?.repeated.slice(0, 3) ?? [])
    if (f.count >= 5) out.push(`  ${count(f.count).padStart(8)} × ${plain(f.target)}`);
  for (const f of look.fds?.files.slice(0, 3) ?? [])
    if (f.count >= 5 && f.name.includes("*"))
      out.push(`  ${count(f.count).padStart(8)} of ${plain(f.name)}${f.kind === "deleted" ? "  (deleted)" : ""}`);
  if (o.trace !== null) {
    if (o.trace.length === 0) out.push(pc.dim("           nothing was opened and left open while we watched"));
    for (const t of o.trace) {
      const what =
        t.kind === "borrow"
          ? `database/sql connection${t.count === 1 ? "" : "s"} borrowed and not given back, the longest for ${span(t.heldSeconds)}`
          : `opened and still open: descriptor${t.count === 1 ? "" : "s"} ${t.fds.slice(0, 8).join(", ")}${t.count > 8 ? ", …" : ""}`;
      out.push(`  ${pc.bold(count(t.count).padStart(8))} ${what}`);
      // What people look for is the first line of their own; the plumbing below it is one line.
      const own = t.frames.findIndex((f) => isOwn(f.func));
      const shown = own < 0 ? t.frames.slice(0, 6) : t.frames.slice(Math.max(0, own - 1), own + 5);
      for (const f of shown) {
        const text = plain(
          fit(`${shortName(f.func)}${f.line > 0 ? `  ${shortFile(f.file)}:${f.line}` : ""}`, o.width - 14),
        );
        out.push(`             ${isOwn(f.func) ? text : pc.dim(text)}`);
      }
    }
  } else if (look.fds !== null)
    out.push(pc.dim("           --trace 30s watches which stacks open what stays open (needs bpftrace and root)"));
  out.push("");
}

const badge: Record<Suspect["status"], (s: string) => string> = {
  leak: (s) => pc.bgRed(pc.white(pc.bold(s))),
  likely: (s) => pc.bgYellow(pc.black(s)),
  possible: (s) => pc.inverse(s),
};

function attribute(d: Diagnosis, look: Look, o: DiagnosisTextOptions, out: string[]): void {
  const n = d.suspects.length;
  out.push(title(4, "ATTRIBUTE", n === 0 ? "no suspects" : `${counted(n, "suspect")}, worst first`));
  const blind = look.goroutines === null && look.sockets === null;
  if (n === 0 && blind) out.push(pc.yellow("  too little was seen to tell"));
  else if (n === 0)
    out.push(
      pc.green("  nothing piles up here") + pc.dim(d.seconds === null ? "; a slow leak shows only in two looks" : ""),
    );
  d.suspects.slice(0, o.most).forEach((s, i) => suspectText(s, i + 1, d, o, out));
  for (const s of d.suspects.slice(o.most)) {
    const at =
      s.location === null ? "" : `  ${shortName(s.location.function)} ${shortFile(s.location.file)}:${s.location.line}`;
    out.push(`  ${pc.dim(s.status.padEnd(9))} ${sizeText(s)}  ${s.title}${plain(at)}`);
  }
  const rest = (o.source?.rest ?? []).filter((f) => f.severity !== "note");
  if (rest.length > 0 && n > 0) {
    out.push("", pc.dim(`  in the same source, without a sign of it in this process: ${rest.length}`));
    for (const f of rest.slice(0, 3)) out.push(pc.dim(`    ${f.rule}  ${plain(`${f.file}:${f.line}`)}`));
  }
  out.push("");
}

function sizeText(s: Suspect): string {
  return s.unit === "bytes" ? bytes(s.count) : count(s.count);
}

function suspectText(s: Suspect, number: number, d: Diagnosis, o: DiagnosisTextOptions, out: string[]): void {
  const width = Math.min(o.width, 120) - 6;
  const growth =
    s.before === null || s.count === s.before
      ? ""
      : `  ${pc.yellow(signed(s.count - s.before, s.unit === "bytes" ? bytes : count))}${d.seconds === null ? "" : pc.dim(` in ${span(d.seconds)}`)}`;
  out.push(
    "",
    `  ${pc.bold(String(number))} ${badge[s.status](` ${s.status.toUpperCase()} `)} ${pc.bold(`${sizeText(s)}  ${plain(s.title)}`)}${growth}`,
  );
  const facts = [
    ...(s.wait === "" ? [] : [`wait: ${s.wait}`]),
    ...(s.minutes === null ? [] : [`for ${waited(s.minutes)}`]),
    ...s.evidence.filter((e) => !/^\d[\d,.]* before, /.test(e)),
  ];
  if (facts.length > 0) for (const line of wrap(facts.join(" · "), width)) out.push(`    ${pc.dim(plain(line))}`);
  if (s.location !== null) {
    out.push(
      `    ${pc.cyan("at")} ${plain(s.location.function)}  ${pc.underline(plain(`${s.location.file}:${s.location.line}`))}`,
    );
    const excerpt = o.excerpt({ func: s.location.function, file: s.location.file, line: s.location.line });
    if (excerpt !== null) excerptText(excerpt, s.location.line, o.width, out);
  }
  const frames = s.stack
    .filter((f) => s.location === null || f.func !== s.location.function || f.line !== s.location.line)
    .slice(0, 5);
  for (const f of frames) {
    const text = plain(fit(`${shortName(f.func)}  ${shortFile(f.file)}${f.line > 0 ? `:${f.line}` : ""}`, width - 4));
    out.push(`       ${isOwn(f.func) ? text : pc.dim(text)}`);
  }
  if (s.createdBy !== null)
    out.push(
      `    ${pc.cyan("started by")} ${plain(`${s.createdBy.func}  ${shortFile(s.createdBy.file)}:${s.createdBy.line}`)}`,
    );
  if (s.openedBy !== null) {
    const { at, count: n, heldSeconds } = s.openedBy;
    const what =
      s.kind === "pool" ? `borrowed by (held for ${span(heldSeconds)})` : `opened by (${count(n)} while watched)`;
    out.push(`    ${pc.cyan(what)} ${plain(`${at.func}${at.line > 0 ? `  ${shortFile(at.file)}:${at.line}` : ""}`)}`);
  }
  for (const c of s.connections) out.push(`    ${pc.cyan("holds")} ${connectionLine(c, null).trimStart()}`);
  if (s.labels.length > 0)
    out.push(
      `    ${pc.cyan("labels")} ${plain(
        s.labels
          .slice(0, 4)
          .map((l) => `${l.key}=${l.value} (${count(l.count)})`)
          .join(", "),
      )}`,
    );
  wrap(s.meaning, width - 6).forEach((line, i) => out.push(`    ${i === 0 ? pc.cyan("means") : "     "} ${line}`));
  for (const step of s.next)
    wrap(step, width - 6).forEach((line, i) => out.push(`    ${i === 0 ? pc.cyan("next ") : "     "} ${line}`));
  const joined = o.source?.joined[number - 1];
  if (joined?.match != null) findingText(joined, o, width, out);
  else if (s.rule !== null)
    out.push(
      `    ${pc.cyan("rule ")} ${s.rule}${pc.dim(
        o.source !== null && o.source.root !== ""
          ? `  (stanch explain ${s.rule}; it reports nothing in the ${o.source.packages} packages checked)`
          : `  (stanch explain ${s.rule}; stanch check finds it in the source)`,
      )}`,
    );
}

const severityColour = { error: pc.red, warning: pc.yellow, note: pc.blue } as const;

function findingText({ match, chain }: Joined, o: DiagnosisTextOptions, width: number, out: string[]): void {
  if (match === null) return;
  const { finding } = match;
  wrap(chain.slice(1).join(" "), width - 6).forEach((line, i) =>
    out.push(`    ${i === 0 ? pc.cyan("why  ") : "     "} ${plain(line)}`),
  );
  out.push(
    `    ${pc.cyan("cause")} ${severityColour[finding.severity](`${finding.severity}[${finding.rule}]`)} ${pc.underline(plain(`${finding.file}:${finding.line}:${finding.column}`))}`,
  );
  for (const line of wrap(finding.message, width - 6)) out.push(`          ${plain(line)}`);
  for (const step of finding.path.slice(0, 8))
    out.push(pc.dim(`          ${plain(fit(`${step.file}:${step.line}  ${step.message}`, width - 6))}`));
  const diff = o.source?.fixes.get(finding.fingerprint);
  if (diff !== undefined) {
    out.push(`    ${pc.cyan("fix  ")} ${plain(finding.fix?.title ?? "")}${pc.dim("  (stanch check --fix)")}`);
    for (const line of diff.replaceAll("\t", "    ").trimEnd().split("\n").slice(2))
      out.push(
        `          ${line.startsWith("+") ? pc.green(plain(line)) : line.startsWith("-") ? pc.red(plain(line)) : pc.dim(plain(line))}`,
      );
  }
}

function excerptText(e: Excerpt, line: number, width: number, out: string[]): void {
  const gutter = String(e.firstLine + e.lines.length).length;
  e.lines.forEach((text, i) => {
    const n = e.firstLine + i;
    const body = plain(text.replaceAll("\t", "    "));
    const row = `${String(n).padStart(gutter)} │ ${fit(body, width - gutter - 12)}`;
    out.push(n === line ? `     ${pc.red("▸")} ${row}` : `       ${pc.dim(row)}`);
  });
  if (e.note !== "") out.push(`       ${pc.dim(e.note)}`);
}

function foot(d: Diagnosis, o: DiagnosisTextOptions, out: string[]): void {
  void d;
  for (const p of o.problems) wrap(`not seen: ${p}`, o.width - 2).forEach((l) => out.push(pc.yellow(plain(l))));
  for (const s of o.skipped) wrap(`left out: ${s}`, o.width - 2).forEach((l) => out.push(pc.dim(plain(l))));
  if (o.costs.length > 0) {
    const stall = Math.max(...o.costs.map((c) => c.stallMs));
    const wire = o.costs.reduce((sum, c) => sum + c.bytes, 0);
    const ms = o.costs.reduce((sum, c) => sum + c.milliseconds, 0);
    out.push(
      pc.dim(
        `cost to the target: ${bytes(wire)} over ${Math.round(ms)} ms; longest stop of its work about ${stall < 1 ? "0" : stall.toFixed(stall < 10 ? 1 : 0)} ms`,
      ),
    );
  }
}
