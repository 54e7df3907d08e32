/** `gate --format markdown`: a comment for a pull request. */
import { detailsOf, factsOf, headOf, sentenceOf, wordOf, type GateReport } from "./gate-text.ts";
import { code, text } from "./markdown.ts";

const marks = { failed: "❌", passed: "✅", "no verdict": "⚠️" } as const;
const changes = { came: "🔴", stayed: "🟠", open: "⚪", went: "🟢" } as const;

export function gateMarkdown(r: GateReport): string {
  const out: string[] = [`## ${marks[r.outcome]} Stanch gate: ${text(sentenceOf(r))}`, ""];
  for (const s of r.services) {
    out.push(`**${text(s.name)}** ${text(factsOf(s))}`, "");
    if (s.lines.length > 0) {
      out.push("| | leak | |", "|---|---|---|");
      for (const l of s.lines) {
        const details = detailsOf(l, s, r.finding).map(
          ([word, t]) => `${word === "" ? "" : `${word} `}${word === "source" || word === "at" ? code(t) : text(t)}`,
        );
        out.push(`| ${changes[l.change]} ${wordOf(l)} | ${code(headOf(l))} | ${details.join("<br>")} |`);
      }
      out.push("");
    } else out.push(s.baseline === null ? "No leak." : "No leak, before as now.", "");
    for (const n of s.noVerdict) out.push(`- no verdict: ${text(n)}`);
    for (const n of s.notes) out.push(`- ${text(n)}`);
    if (s.noVerdict.length + s.notes.length > 0) out.push("");
  }
  return `${out.join("\n").trimEnd()}\n`;
}
