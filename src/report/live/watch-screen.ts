/** The screens of the live view, as lines no wider than asked. Pure: what is shown comes in, where the cursor stands too. */
import pc from "picocolors";
import { span } from "../../base/durations.ts";
import { amount, count, counted, rate } from "../../base/numbers.ts";
import type { Verdict } from "../../watch/verdict.ts";
import { fit, widthOf } from "../printable.ts";
import { plain } from "./format.ts";
import { sparkline } from "./history-text.ts";
import type { FindingOf } from "./watch-json.ts";
import { clock, colourOf, mark, place, verdictText } from "./watch-text.ts";

export interface ScreenTarget {
  readonly name: string;
  readonly failure: string | null;
  readonly looks: number;
  readonly firstMs: number | null;
  readonly who: string;
  readonly verdicts: readonly Verdict[];
  /** Recent values of a signal, oldest first. */
  readonly trail: (kind: string, name: string) => readonly number[];
  /** What the source says of a leak, as far as it is known by now. */
  readonly finding: FindingOf;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
  readonly startedMs: number;
  readonly intervalMs: number;
  readonly paused: boolean;
  /** The newest last. */
  readonly messages: readonly string[];
}

/** The bleeding first, then what cannot be read, then what is not decided; within each the nearest to its limit, then the fastest. */
export function bySeverity(a: ScreenTarget, b: ScreenTarget): number {
  const rank = (t: ScreenTarget): number => {
    if (t.verdicts.some((v) => v.status === "leak")) return 0;
    if (t.failure !== null) return 1;
    return t.verdicts.some((v) => v.status === "undecided") ? 2 : 3;
  };
  const urgency = (t: ScreenTarget): number =>
    Math.min(
      ...t.verdicts.filter((v) => v.status === "leak").map((v) => v.exhaustionSeconds ?? 1e12),
      Number.POSITIVE_INFINITY,
    );
  const near = (x: number, y: number): number => (x === y ? 0 : x < y ? -1 : 1);
  return rank(a) - rank(b) || near(urgency(a), urgency(b)) || (a.name < b.name ? -1 : 1);
}

export function listScreen(s: Screen, targets: readonly ScreenTarget[], selected: number): string[] {
  const leaking = targets.filter((t) => t.verdicts.some((v) => v.status === "leak")).length;
  const lost = targets.filter((t) => t.failure !== null).length;
  const parts = [
    `${count(targets.length)} target${targets.length === 1 ? "" : "s"}`,
    leaking > 0 ? pc.red(pc.bold(`${count(leaking)} leaking`)) : "none leaking",
    ...(lost > 0 ? [pc.yellow(`${count(lost)} cannot be read`)] : []),
    `every ${span(s.intervalMs / 1000)}`,
    `for ${span((s.nowMs - s.startedMs) / 1000)}`,
  ];
  const out = [headLine("stanch watch", parts, s)];
  const nameWidth = Math.max(
    12,
    Math.min(28, Math.floor(s.columns * 0.28), Math.max(...targets.map((t) => widthOf(plain(t.name))), 12)),
  );
  const cells = s.columns >= 110 ? 24 : s.columns >= 70 ? 12 : 0;
  out.push(
    pc.dim(
      cut(
        `  ${"VERDICT".padEnd(14)} ${"TARGET".padEnd(nameWidth)}${cells > 0 ? ` ${"RECENTLY".padEnd(cells)}` : ""} WORST SIGNAL`,
        s.columns,
      ),
    ),
  );
  const room = Math.max(1, s.rows - 3 - Math.min(3, s.messages.length));
  const top = Math.max(0, Math.min(selected - Math.floor(room / 2), targets.length - room));
  for (let i = top; i < Math.min(targets.length, top + room); i++)
    out.push(row(targets[i], i === selected, nameWidth, cells, s.columns));
  return withFoot(out, s, "↑↓ choose   enter look closer   p pause   ? help   q quit");
}

function row(t: ScreenTarget, chosen: boolean, nameWidth: number, cells: number, columns: number): string {
  const v = t.verdicts[0] as Verdict | undefined;
  const pointer = chosen ? pc.bold("▸ ") : "  ";
  const name = pad(fit(plain(t.name), nameWidth), nameWidth);
  const used = 2 + 14 + 1 + nameWidth + (cells > 0 ? cells + 1 : 0) + 1;
  const rest = Math.max(8, columns - used);
  let verdict: string;
  let line = " ".repeat(cells);
  let text: string;
  if (t.failure !== null && t.looks === 0) {
    verdict = pc.yellow(pad("unreadable", 14));
    text = pc.yellow(fit(plain(t.failure), rest));
  } else if (v === undefined) {
    verdict = pc.dim(pad("…", 14));
    text = pc.dim(fit(counted(t.looks, "look"), rest));
  } else {
    verdict = t.failure === null ? colourOf(v)(pad(mark(v.shape), 14)) : pc.yellow(pad("unreadable", 14));
    line = course(t.trail(v.kind, v.signal.name), cells);
    const slope = v.growth === null || v.status === "healthy" ? "" : ` ${rate(v.growth.perSecond, v.growth.unit)}`;
    const size = `${v.kind} ${amount(v.value, v.signal.unit)}${slope}`;
    const cause = v.status === "leak" ? t.finding(v) : null;
    // The line to mend says more than where the library waits.
    const what = cause === null ? plain(v.signal.label) : plain(`${cause.file}:${cause.line}  ${cause.rule}`);
    text = fit(t.failure !== null ? plain(t.failure) : `${size}  ${what}`, rest);
    if (v.status !== "leak" && t.failure === null) text = pc.dim(text);
  }
  return `${pointer}${verdict} ${chosen ? pc.bold(name) : name}${cells > 0 ? ` ${line}` : ""} ${text}`;
}

export function detailScreen(s: Screen, t: ScreenTarget, scroll: number): string[] {
  const parts = [t.who, `${count(t.looks)} looks`].filter((p) => p !== "").map((p) => plain(p));
  const out = [headLine(plain(t.name), parts, s)];
  const body: string[] = [];
  if (t.failure !== null) body.push(pc.yellow(fit(`  ${plain(t.failure)}`, s.columns)), "");
  const cells = Math.max(10, Math.min(60, s.columns - 34));
  for (const v of t.verdicts) {
    const values = t.trail(v.kind, v.signal.name);
    const head = `${colourOf(v)(mark(v.shape))} ${pc.bold(v.kind)}`;
    const headWidth = mark(v.shape).length + 1 + v.kind.length;
    const slope = v.growth === null ? "" : ` (${rate(v.growth.perSecond, v.growth.unit)})`;
    body.push(
      `  ${head} ${fit(`${amount(v.value, v.signal.unit)}${slope}  ${plain(v.signal.label)}`, Math.max(8, s.columns - headWidth - 4))}`,
    );
    body.push(`    ${course(values, cells)}  ${pc.dim(extent(values, v))}`);
    if (v.status === "leak") body.push(...verdictText(v, t, s.columns, clock, t.finding(v)).slice(1));
    else if (v.changeOfMind !== "")
      body.push(pc.dim(`    ${fit(plain(v.evidence[0] ?? v.changeOfMind), s.columns - 6)}`));
    if (v.location !== null && v.status !== "leak") body.push(pc.dim(`    ${fit(place(v.location), s.columns - 6)}`));
    body.push("");
  }
  if (t.verdicts.length === 0 && t.failure === null) body.push(pc.dim("  nothing to say yet"));
  const room = Math.max(1, s.rows - 2 - Math.min(3, s.messages.length));
  const from = Math.max(0, Math.min(scroll, body.length - room));
  out.push(...body.slice(from, from + room));
  const more = body.length - from - room > 0 ? "↑↓ scroll   " : "";
  return withFoot(out, s, `${more}esc back   p pause   ? help   q quit`);
}

/** How far one can scroll is not known here: whoever scrolls past the end stays there. */
export function helpScreen(s: Screen): string[] {
  const out = [headLine("stanch watch: keys and words", [], s), ""];
  for (const [key, what] of [
    ["↑ ↓  k j", "choose a target; scroll"],
    ["enter  →", "look closer"],
    ["esc  ←", "back"],
    ["p  space", "pause: no looks are taken"],
    ["q  Ctrl-C", "end, and print the verdicts"],
    ["", ""],
    ["LEAK", "grows, and load, warm-up and steps do not explain it"],
    ["LEAK (bounded)", "grew to a limit and stays there"],
    ["follows load", "up and down with the work that is asked for"],
    ["warm-up", "grew after the start and levels off"],
    ["step", "one change of level"],
    ["undecided", "too early, or growing without being sure"],
  ])
    out.push(cut(`  ${pad(key, 16)}${what}`, s.columns));
  return withFoot(out, s, "any key goes back");
}

function headLine(title: string, parts: readonly string[], s: Screen): string {
  const right = s.paused ? pc.yellow(pc.bold("PAUSED")) : "";
  let line = pc.bold(fit(title, Math.max(10, s.columns - 10)));
  let width = Math.min(widthOf(title), Math.max(10, s.columns - 10));
  for (const p of parts) {
    const w = widthOf(strip(p)) + 3;
    if (width + w > s.columns - (s.paused ? 8 : 0)) break;
    line += pc.dim(" · ") + p;
    width += w;
  }
  return right === "" ? line : `${line}${" ".repeat(Math.max(1, s.columns - width - 6))}${right}`;
}

function withFoot(lines: string[], s: Screen, keys: string): string[] {
  const messages = s.messages.slice(-3).map((m) => pc.yellow(cut(m, s.columns)));
  const body = lines.slice(0, Math.max(1, s.rows - 1 - messages.length));
  while (body.length < s.rows - 1 - messages.length) body.push("");
  return [...body, ...messages, pc.dim(cut(keys, s.columns))];
}

/** The last values in so many cells, each the mean of its share. */
function course(values: readonly number[], cells: number): string {
  if (cells === 0) return "";
  if (values.length === 0) return " ".repeat(cells);
  const n = Math.min(cells, values.length);
  const out: number[] = [];
  for (let c = 0; c < n; c++) {
    const part = values
      .slice(
        Math.floor((c * values.length) / n),
        Math.max(Math.floor((c * values.length) / n) + 1, Math.floor(((c + 1) * values.length) / n)),
      )
      .filter((v) => Number.isFinite(v));
    out.push(part.length === 0 ? Number.NaN : part.reduce((a, b) => a + b, 0) / part.length);
  }
  return " ".repeat(cells - n) + (out.some((v) => Number.isFinite(v)) ? sparkline(out) : " ".repeat(n));
}

function extent(values: readonly number[], v: Verdict): string {
  const seen = values.filter((x) => Number.isFinite(x));
  if (seen.length === 0) return "";
  return `${amount(Math.min(...seen), v.signal.unit)} to ${amount(Math.max(...seen), v.signal.unit)}`;
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

function cut(text: string, columns: number): string {
  return fit(plain(text), columns);
}

function strip(text: string): string {
  return text.replace(/\u001b\[[\d;]*m/g, "");
}
