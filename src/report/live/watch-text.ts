/** Verdicts for people: one line each while watching, a paragraph each at the end. */
import pc from "picocolors";
import { span } from "../../base/durations.ts";
import { amount, count, oneIn, rate } from "../../base/numbers.ts";
import type { Frame } from "../../series/signal.ts";
import type { Shape, Verdict } from "../../watch/verdict.ts";
import { plain, shortFile, wrap } from "./format.ts";
import type { FindingOf, VerdictFinding, WatchedTarget } from "./watch-json.ts";

const marks: Readonly<Record<Shape, string>> = {
  leak: "LEAK",
  "plateaued-leak": "LEAK (bounded)",
  healthy: "healthy",
  load: "follows load",
  "warm-up": "warm-up",
  step: "step",
  undecided: "undecided",
};

export function mark(shape: Shape): string {
  return marks[shape];
}

export function colourOf(v: Verdict): (text: string) => string {
  if (v.status === "leak") return (t) => pc.red(pc.bold(t));
  return v.status === "healthy" ? pc.green : pc.yellow;
}

export function place(at: Frame): string {
  const name = at.function.slice(at.function.lastIndexOf("/") + 1);
  return plain(at.file === "" ? name : `${name}  ${shortFile(at.file)}:${at.line}`);
}

/** `LEAK goroutine  412 (+0.5/s)  chan send at main.worker  app/work.go:41`. */
export function verdictLine(v: Verdict): string {
  const slope = v.growth === null ? "" : ` (${rate(v.growth.perSecond, v.growth.unit)})`;
  return `${colourOf(v)(mark(v.shape))} ${v.kind}  ${amount(v.value, v.signal.unit)}${slope}  ${plain(v.signal.label)}`;
}

/** `21:40:07` in the zone of whoever reads along. */
export function clock(ms: number): string {
  const d = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** `2026-11-25 21:40:07Z`: the same wherever a recording is read. */
export function universal(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** What `watch` and `replay` print when they end: the leaks whole, the rest in a line. */
export function watchText(
  targets: readonly WatchedTarget[],
  width: number,
  at = clock,
  finding: FindingOf = () => null,
): string {
  const out: string[] = [];
  const order = [...targets].sort((a, b) => leaks(b) - leaks(a));
  for (const t of order) {
    const p = t.process;
    const who = [
      p?.pid == null ? "" : `pid ${p.pid}`,
      p?.goVersion ?? "",
      p?.module ?? "",
      p?.revision?.slice(0, 10) ?? "",
    ]
      .filter((w) => w !== "")
      .join("  ·  ");
    const seconds = t.firstMs === null || t.lastMs === null ? 0 : (t.lastMs - t.firstMs) / 1000;
    out.push(
      `${pc.bold(plain(t.name))}  ${pc.dim(plain(`${who}${who === "" ? "" : "  ·  "}${count(t.looks)} looks over ${span(seconds)}`))}`,
    );
    if (t.failure !== null) out.push(`  ${pc.red(plain(t.failure))}`);
    for (const v of t.verdicts) {
      if (v.status === "leak") out.push(...verdictText(v, t, width, at, finding(v)));
      else out.push(`  ${verdictLine(v)}`);
    }
    for (const problem of t.problems) out.push(`  ${pc.dim(`not seen: ${plain(problem)}`)}`);
    out.push("");
  }
  return `${out.join("\n").trimEnd()}\n`;
}

function leaks(t: WatchedTarget): number {
  return t.verdicts.filter((v) => v.status === "leak").length;
}

export function verdictText(
  v: Verdict,
  t: { readonly firstMs: number | null },
  width: number,
  at = clock,
  finding: VerdictFinding | null = null,
): string[] {
  const out = [`  ${verdictLine(v)}`];
  const line = (word: string, text: string): void => {
    const body = wrap(plain(text), Math.max(40, width - 14));
    body.forEach((b, i) => out.push(`    ${pc.dim((i === 0 ? word : "").padEnd(8))}${b}`));
  };
  if (v.location !== null) line("at", place(v.location));
  if (finding !== null)
    line("source", `${finding.rule} at ${finding.file}:${finding.line}  (stanch explain ${finding.rule})`);
  if (v.growth !== null) {
    const sure =
      v.growth.low === v.growth.high
        ? ""
        : ` (95 %: ${rate(v.growth.low, v.growth.unit)} to ${rate(v.growth.high, v.growth.unit)})`;
    line(
      "grows",
      `${rate(v.growth.perSecond, v.growth.unit)}${sure}, ${amount(v.from, v.signal.unit)} → ${amount(v.value, v.signal.unit)} since ${at(v.sinceMs)}`,
    );
  }
  if (v.decidedMs !== null && t.firstMs !== null)
    line(
      "sure",
      `after ${span((v.decidedMs - t.firstMs) / 1000)}${v.errorRate === null ? "" : `, wrong at most once in ${oneIn(v.errorRate)} healthy signals`}`,
    );
  if (v.proven > 0) line("proof", `the runtime itself proved ${count(v.proven)} of them unreachable`);
  if (v.exhaustionSeconds !== null && v.signal.limit !== null)
    line("limit", `${amount(v.signal.limit, v.signal.unit)} is reached in ${span(v.exhaustionSeconds)} at this pace`);
  for (const e of v.evidence) line("because", e);
  if (v.changeOfMind !== "") line("unless", v.changeOfMind);
  for (const f of v.stack.slice(0, 6)) out.push(`       ${pc.dim(place(f))}`);
  return out;
}
