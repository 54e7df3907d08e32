/** What `stanch gate` says: a line for each leak that came, stayed or went, and why there may be no verdict. */
import pc from "picocolors";
import { span } from "../../base/durations.ts";
import { amount, bytes, count, counted, oneIn, rate } from "../../base/numbers.ts";
import type { Change, GateInstance, GateLine, GateOutcome, GateService } from "../../diagnose/gate.ts";
import type { Suspect } from "../../diagnose/suspect.ts";
import type { Verdict } from "../../watch/verdict.ts";
import { plain, wrap } from "./format.ts";
import type { FindingOf } from "./watch-json.ts";
import { place } from "./watch-text.ts";

export interface GateReport {
  readonly services: readonly GateService[];
  readonly outcome: GateOutcome;
  /** The whole gate. */
  readonly seconds: number;
  /** Somebody ended it before its time. */
  readonly interrupted: boolean;
  readonly failOnStayed: boolean;
  readonly finding: FindingOf;
}

const colours: Readonly<Record<Change, (text: string) => string>> = {
  came: (t) => pc.red(pc.bold(t)),
  stayed: pc.yellow,
  went: pc.green,
  open: pc.dim,
};

export function gateText(r: GateReport, width: number): string {
  const out: string[] = [];
  for (const s of r.services) {
    out.push(`${pc.bold(plain(s.name))}  ${pc.dim(plain(factsOf(s)))}`);
    if (s.lines.length === 0) out.push(`  ${pc.green("no leak")}${s.baseline === null ? "" : ", before as now"}`);
    for (const l of s.lines) {
      out.push(`  ${colours[l.change](wordOf(l).padEnd(9))}${plain(headOf(l))}`);
      for (const [word, text] of detailsOf(l, s, r.finding))
        wrap(plain(text), Math.max(40, width - 21)).forEach((t, i) =>
          out.push(`           ${pc.dim((i === 0 ? word : "").padEnd(8))}${t}`),
        );
    }
    for (const n of [...s.noVerdict.map((d) => `no verdict: ${d}`), ...s.notes])
      for (const [i, t] of wrap(plain(n), Math.max(40, width - 4)).entries())
        out.push(`  ${pc.yellow(i === 0 ? "!" : " ")} ${t}`);
    out.push("");
  }
  out.push(closing(r));
  return `${out.join("\n")}\n`;
}

/** What decides, in a sentence. */
export function sentenceOf(r: GateReport): string {
  const n = (change: Change): number =>
    r.services.reduce((sum, s) => sum + s.lines.filter((l) => l.change === change).length, 0);
  const told = (["came", "stayed", "went"] as const).flatMap((c) => (n(c) === 0 ? [] : [`${n(c)} ${c}`]));
  const counts = told.length === 0 ? "no leak came, stayed or went" : told.join(", ");
  const early = r.interrupted ? ` Ended early, after ${span(r.seconds)}.` : "";
  switch (r.outcome) {
    case "failed":
      return `Failed: ${counts}.${early}`;
    case "no verdict":
      return `No verdict: ${r.services.flatMap((s) => s.noVerdict)[0] ?? ""}.${early}`;
    default:
      return `Passed: ${counts}.${early}`;
  }
}

function closing(r: GateReport): string {
  const text = plain(sentenceOf(r));
  return r.outcome === "failed" ? pc.red(pc.bold(text)) : r.outcome === "passed" ? pc.green(text) : pc.yellow(text);
}

/** `3 instances · rev 1a2b3c → 9f8e7d · 152 looks over 5 min`. */
export function factsOf(s: GateService): string {
  const now = [
    ...new Set(s.instances.flatMap((i) => (i.process?.revision == null ? [] : [i.process.revision.slice(0, 10)]))),
  ];
  const before = s.baseline?.process?.revision?.slice(0, 10) ?? null;
  const seen = s.instances.filter((i) => i.looks > 0);
  const most = (of: (i: GateInstance) => number): number => Math.max(0, ...seen.map(of));
  return [
    counted(s.instances.length, "instance"),
    now.length === 0 ? "" : `rev ${before === null ? "" : `${before} → `}${now.join(", ")}`,
    `${count(most((i) => i.looks))} looks over ${span(most((i) => i.seconds))}`,
    s.baseline === null
      ? "no baseline"
      : s.baseline.suspects.length > 0 || s.baseline.seconds === 0
        ? `baseline: ${count(s.baseline.looks)} bundle${s.baseline.looks === 1 ? "" : "s"}`
        : `baseline: ${count(s.baseline.looks)} looks over ${span(s.baseline.seconds)}`,
  ]
    .filter((f) => f !== "")
    .join("  ·  ");
}

export function wordOf(l: GateLine): string {
  if (l.change !== "open") return l.change;
  return l.now === null ? "unclear" : "grows";
}

/** `goroutine  412 (+0.5/s)  chan send at main.worker  app/work.go:41`. */
export function headOf(l: GateLine): string {
  if (l.now !== null) return verdictHead(l.now);
  return l.before === null ? "" : isVerdict(l.before) ? verdictHead(l.before) : suspectHead(l.before);
}

function verdictHead(v: Verdict): string {
  const slope = v.growth === null ? "" : ` (${rate(v.growth.perSecond, v.growth.unit)})`;
  return `${v.kind}  ${amount(v.value, v.signal.unit)}${slope}  ${v.signal.label}`;
}

function suspectHead(s: Suspect): string {
  const at = s.location === null ? "" : ` at ${place(s.location)}`;
  return `${s.kind}  ${s.unit === "bytes" ? bytes(s.count) : count(s.count)}  ${s.title}${at}`;
}

/** What is known of a line: word and text. */
export function detailsOf(l: GateLine, s: GateService, finding: FindingOf): [string, string][] {
  const out: [string, string][] = [];
  if (l.before !== null) {
    const had = isVerdict(l.before) ? verdictHead(l.before) : suspectHead(l.before);
    if (l.now !== null) out.push(["before", isVerdict(l.before) && sameLabel(l) ? short(l.before) : had]);
  }
  const { now } = l;
  if (now !== null && l.change !== "open") {
    const found = finding(now);
    if (now.location !== null && now.location.file !== "")
      out.push(["at", `${now.location.function} ${now.location.file}:${now.location.line}`]);
    if (found !== null)
      out.push(["source", `${found.rule} at ${found.file}:${found.line}  (stanch explain ${found.rule})`]);
    if (l.change === "came") {
      const after = now.decidedMs === null || l.firstMs === null ? null : (now.decidedMs - l.firstMs) / 1000;
      const odds = now.errorRate === null ? "" : `, wrong at most once in ${oneIn(now.errorRate)} healthy signals`;
      if (after !== null) out.push(["sure", `after ${span(after)}${odds}`]);
      const [why] = now.evidence;
      if (why !== undefined) out.push(["because", why]);
    }
  }
  if (l.change === "open")
    out.push([
      "",
      l.now === null ? "leaked before; too early to say that it went" : "not sure; it is no reason to fail",
    ]);
  if (s.instances.length > 1) out.push(["on", instancesOf(l, s)]);
  return out;
}

/** Instances agree or not: `2 of 3: api-0, api-1; api-2 healthy`. */
function instancesOf(l: GateLine, s: GateService): string {
  const by = (status: string): string[] => l.others.filter((o) => o.status === status).map((o) => o.name);
  const parts = [`${l.leaking.length} of ${s.instances.length}${l.leaking.length === 0 ? "" : `: ${some(l.leaking)}`}`];
  for (const status of ["healthy", "undecided", "not seen"]) {
    const list = by(status);
    if (list.length > 0) parts.push(`${status}: ${some(list)}`);
  }
  return parts.join("; ");
}

function some(list: readonly string[]): string {
  return list.length <= 4 ? list.join(", ") : `${list.slice(0, 4).join(", ")} and ${list.length - 4} more`;
}

function sameLabel(l: GateLine): boolean {
  return l.now !== null && l.before !== null && isVerdict(l.before) && l.before.kind === l.now.kind;
}

function short(v: Verdict): string {
  const slope = v.growth === null ? "" : ` (${rate(v.growth.perSecond, v.growth.unit)})`;
  return `${amount(v.value, v.signal.unit)}${slope}${v.location === null ? "" : `  ${place(v.location)}`}`;
}

export function isVerdict(x: Verdict | Suspect): x is Verdict {
  return "signal" in x;
}
