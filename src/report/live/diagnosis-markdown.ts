/** A diagnosis as Markdown, for the incident ticket: the four steps with what each saw, the cause and the fix. */
import { span, waited } from "../../base/durations.ts";
import { bytes, count, signed } from "../../base/numbers.ts";
import type { Diagnosis } from "../../diagnose/diagnose.ts";
import type { Look } from "../../diagnose/evidence.ts";
import { isOwn } from "../../profile/group.ts";
import { shortName } from "../../profile/names.ts";
import type { DiagnosisTextOptions } from "./diagnosis-text.ts";
import { sidesText, whatChanged } from "./changes-text.ts";
import { plain, shortFile } from "./format.ts";
import { code, fenced, text } from "./markdown.ts";

export function diagnosisMarkdown(d: Diagnosis, look: Look, o: Omit<DiagnosisTextOptions, "width" | "most">): string {
  const out: string[] = [];
  const name = look.process === null ? look.target : `${look.process.name} (pid ${look.process.pid})`;
  out.push(`# Stanch: ${text(name)}`, "");
  const facts = [
    `looked at ${new Date(look.takenMs).toISOString()}`,
    ...(look.build === null ? [] : [look.build.goVersion, look.build.main?.path ?? look.build.path]),
    ...(look.build?.settings["vcs.revision"] === undefined ? [] : [`revision ${look.build.settings["vcs.revision"]}`]),
    ...(d.seconds === null ? [] : [`two looks, ${span(d.seconds)} apart`]),
  ];
  out.push(facts.map(text).join(" · "), "");
  if (o.changes !== null) {
    out.push("## Before and after", "", text(sidesText(o.changes)), "");
    if (o.changes.list.length === 0) out.push("Nothing came, grew, stayed or went.", "");
    else {
      out.push("| | before | after | |", "|---|---:|---:|---|");
      for (const c of o.changes.list) {
        const show = c.suspect.unit === "bytes" ? bytes : count;
        out.push(
          `| ${c.change} | ${c.before === null ? "" : show(c.before)} | ${c.after === null ? "" : show(c.after)} | ${text(whatChanged(c))}${c.doubt === "" ? "" : ` (${text(c.doubt)})`} |`,
        );
      }
      out.push("");
    }
  }
  out.push("## 1 Observe", "", "| | now | change | limit |", "|---|---:|---:|---:|");
  for (const l of d.levels) {
    const show = l.unit === "bytes" ? bytes : count;
    out.push(
      `| ${l.name} | ${show(l.value)} | ${l.before === null ? "" : signed(l.value - l.before, show)} | ${l.limit === null ? "" : show(l.limit)} |`,
    );
  }
  out.push("", "| goroutines | wait | place |", "|---:|---|---|");
  for (const { group } of d.groups.slice(0, 8)) {
    const at = group.own ?? group.site;
    const age = group.minutes === null ? "" : ` (${waited(group.minutes)})`;
    out.push(
      `| ${count(group.count)} | ${text(group.wait === "" ? "running" : group.wait)}${age} | ${code(`${shortName(at.func)} ${shortFile(at.file)}:${at.line}`)} |`,
    );
  }
  if (look.goroutines !== null && look.goroutines.truncated !== "")
    out.push("", `> ${text(look.goroutines.truncated)}`);
  if (d.heap.length > 0) {
    out.push("", "| live memory | allocated at |", "|---:|---|");
    for (const h of d.heap)
      out.push(
        `| ${bytes(h.bytes)} | ${code(`${shortName(h.frame.func)} ${shortFile(h.frame.file)}:${h.frame.line}`)} |`,
      );
  }
  if (o.history !== null) {
    const { history } = o;
    out.push("", `The last ${span(history.end - history.start)} as Prometheus has it:`, "");
    if (history.restarts.length > 0)
      out.push(`Restarted ${history.restarts.length} times; numbers are since the last.`, "");
    out.push("| | first | last | an hour |", "|---|---:|---:|---:|");
    for (const t of history.trends) {
      const show = t.unit === "bytes" ? bytes : count;
      const name = t.labels["db_name"] === undefined ? t.name : `${t.name} (${t.labels["db_name"]})`;
      out.push(
        `| ${text(name)} | ${show(t.first)} | ${show(t.last)} | ${t.perHour === null ? "" : signed(t.perHour, show)} |`,
      );
    }
  }
  out.push("", "## 2 Correlate", "");
  if (look.sockets === null) out.push("Connections were not seen.");
  else if (d.connections.length === 0) out.push("No connections.");
  else {
    out.push("| connections | state | peer | change |", "|---:|---|---|---:|");
    for (const { now, before } of d.connections.slice(0, 8))
      out.push(
        `| ${count(now.count)} | ${now.state} | ${now.direction === "out" ? "to" : "from"} ${text(now.peer)}:${now.port} | ${before === null ? "" : signed(now.count - before, count)} |`,
      );
  }
  for (const c of d.unowned)
    out.push("", `${count(c.count)} ${c.state} ${text(c.peer)}:${c.port}: already closed, only the kernel remembers.`);
  out.push("", "## 3 Trace", "");
  out.push(
    look.fds === null
      ? "Descriptors were not seen."
      : `${count(look.fds.total)} descriptors open: ${look.fds.byKind.map((k) => `${count(k.count)} ${k.kind}`).join(", ")}.`,
  );
  for (const t of o.trace ?? []) {
    const what = t.kind === "borrow" ? "pool connections borrowed and not given back" : "opened and still open";
    const at = t.frames.find((f) => isOwn(f.func)) ?? t.frames[0];
    const where = at === undefined ? "" : ` by ${code(`${shortName(at.func)} ${shortFile(at.file)}:${at.line}`)}`;
    out.push("", `- ${count(t.count)} ${what}${where}`);
  }
  out.push("", "## 4 Attribute", "");
  if (d.suspects.length === 0) out.push("Nothing piles up.");
  d.suspects.forEach((s, i) => {
    const size = s.unit === "bytes" ? bytes(s.count) : count(s.count);
    const grown =
      s.before === null || s.before === s.count
        ? ""
        : ` (${signed(s.count - s.before, s.unit === "bytes" ? bytes : count)}${d.seconds === null ? "" : ` in ${span(d.seconds)}`})`;
    out.push(`### ${i + 1}. ${s.status}: ${size} ${text(s.title)}${grown}`, "");
    if (s.location !== null) {
      out.push(`At ${code(`${s.location.function} ${s.location.file}:${s.location.line}`)}.`, "");
      const { function: func, file, line } = s.location;
      const excerpt = o.excerpt({ func, file, line });
      if (excerpt !== null) {
        const lines = excerpt.lines.map(
          (l, k) => `${excerpt.firstLine + k === line ? "▸" : " "} ${plain(l.replaceAll("\t", "    "))}`,
        );
        out.push(fenced("go", lines.join("\n")), ...(excerpt.note === "" ? [] : ["", text(excerpt.note)]), "");
      }
    }
    for (const e of s.evidence) out.push(`- ${text(e)}`);
    if (s.evidence.length > 0) out.push("");
    out.push(text(s.meaning), "");
    const joined = o.source?.joined[i];
    if (joined?.match != null) {
      const { finding } = joined.match;
      for (const step of joined.chain.slice(1)) out.push(`- ${text(step)}`);
      out.push(
        "",
        `**Cause:** ${finding.severity} ${code(finding.rule)} at ${code(`${finding.file}:${finding.line}`)}. ${text(finding.message)}`,
        "",
      );
      const diff = o.source?.fixes.get(finding.fingerprint);
      if (diff !== undefined) out.push("**Fix** (tried):", "", fenced("diff", diff.trimEnd()), "");
    } else if (s.rule !== null) out.push(`Rule: ${code(s.rule)} (\`stanch explain ${s.rule}\`).`, "");
    if (s.next.length > 0) out.push(...s.next.map((n) => `- [ ] ${text(n)}`), "");
  });
  for (const p of o.problems) out.push(`> not seen: ${text(p)}`);
  for (const s of o.skipped) out.push(`> left out: ${text(s)}`);
  return `${out.join("\n").trimEnd()}\n`;
}
