/** Verdicts as a picture: one panel each with its values, when the growth began, when it was decided, and the slope with its interval. */
import { span } from "../../base/durations.ts";
import { amount, rate } from "../../base/numbers.ts";
import type { Verdict } from "../../watch/verdict.ts";
import { mark } from "./watch-text.ts";

export interface Plotted {
  readonly target: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly restarts: readonly number[];
  readonly panels: readonly {
    readonly verdict: Verdict;
    /** Milliseconds since 1970, and a value; NaN for a gap. */
    readonly values: readonly (readonly [number, number])[];
  }[];
}

const WIDTH = 860;
const PANEL = 190;
const LEFT = 74;
const RIGHT = 20;
const TOP = 46;
const BOTTOM = 26;
const MOST_POINTS = 1500;

const style = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 } .dim { fill: #656d76 } .title { font-weight: 600 }
  .axis { stroke: #d0d7de } .line { fill: none; stroke: #0969da; stroke-width: 1.5 } .leak .line { stroke: #cf222e }
  .fit { stroke: #8250df; stroke-width: 1.5; stroke-dasharray: 5 3 } .band { fill: #8250df; opacity: .12 }
  .since { stroke: #bf8700; stroke-dasharray: 2 3 } .decided { stroke: #cf222e } .restart { stroke: #656d76; stroke-dasharray: 6 4 }
  .limit { stroke: #cf222e; stroke-dasharray: 8 4; opacity: .6 } .ground { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .dim { fill: #8d96a0 } .axis { stroke: #30363d } .line { stroke: #4493f8 } .leak .line { stroke: #f85149 } .ground { fill: #0d1117 }
  }`;

/** A whole document; the same input gives the same bytes. */
export function verdictSvg(plots: readonly Plotted[]): string {
  const out: string[] = [];
  let y = 10;
  for (const p of plots) {
    out.push(`<text x="12" y="${y + 16}" class="title" font-size="14">${escape(p.target)}</text>`);
    out.push(
      `<text x="${WIDTH - RIGHT}" y="${y + 16}" class="dim" text-anchor="end">${escape(`${iso(p.firstMs)} and ${span((p.lastMs - p.firstMs) / 1000)} on`)}</text>`,
    );
    y += 26;
    for (const panel of p.panels) {
      out.push(
        `<g transform="translate(0 ${y})"${panel.verdict.status === "leak" ? ' class="leak"' : ""}>${panelOf(p, panel)}</g>`,
      );
      y += PANEL;
    }
    y += 12;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" role="img">
<style>${style}</style>
<rect class="ground" width="100%" height="100%"/>
${out.join("\n")}
</svg>
`;
}

function panelOf(p: Plotted, { verdict: v, values }: Plotted["panels"][number]): string {
  const out: string[] = [];
  const finite = values.map(([, x]) => x).filter((x) => Number.isFinite(x));
  let high = Math.max(1, ...extremes(finite));
  const { limit } = v.signal;
  // The limit is shown where it is near enough to leave the values readable.
  const nearLimit = limit !== null && limit <= high * 2;
  if (nearLimit) high = Math.max(high, limit);
  high *= 1.05;
  const time = Math.max(1, p.lastMs - p.firstMs);
  const x = (ms: number): number => round(LEFT + ((ms - p.firstMs) / time) * (WIDTH - LEFT - RIGHT));
  const y = (value: number): number =>
    round(TOP + (1 - Math.max(0, Math.min(high, value)) / high) * (PANEL - TOP - BOTTOM));
  const slope = v.growth === null ? "" : `  ${rate(v.growth.perSecond, v.growth.unit)}`;
  out.push(
    `<text x="12" y="16" class="title">${escape(`${mark(v.shape)}  ${v.kind}  ${amount(v.value, v.signal.unit)}${slope}`)}</text>`,
  );
  out.push(`<text x="12" y="33" class="dim">${escape(cut(v.signal.label, 120))}</text>`);
  for (const part of [0, 0.5, 1]) {
    const value = high * part;
    out.push(`<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/>`);
    out.push(
      `<text class="dim" x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${escape(amount(value, v.signal.unit))}</text>`,
    );
  }
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const ms = p.firstMs + time * part;
    out.push(
      `<text class="dim" x="${x(ms)}" y="${PANEL - 8}" text-anchor="${part === 0 ? "start" : part === 1 ? "end" : "middle"}">${escape(part === 0 ? "0" : `+${span((time * part) / 1000)}`)}</text>`,
    );
  }
  const bar = (ms: number, kind: string, title: string): void => {
    if (ms >= p.firstMs && ms <= p.lastMs)
      out.push(
        `<line class="${kind}" x1="${x(ms)}" x2="${x(ms)}" y1="${TOP}" y2="${PANEL - BOTTOM}"><title>${escape(title)}</title></line>`,
      );
  };
  for (const r of p.restarts) bar(r, "restart", "restart");
  if (v.growth !== null && v.status === "leak" && v.sinceMs < p.lastMs) {
    const from = Math.max(v.sinceMs, p.firstMs);
    const seconds = (p.lastMs - from) / 1000;
    const at = (perSecond: number): number => y(v.from + perSecond * seconds);
    out.push(
      `<path class="band" d="M${x(from)} ${y(v.from)}L${x(p.lastMs)} ${at(v.growth.high)}L${x(p.lastMs)} ${at(v.growth.low)}Z"/>`,
    );
    out.push(
      `<line class="fit" x1="${x(from)}" y1="${y(v.from)}" x2="${x(p.lastMs)}" y2="${at(v.growth.perSecond)}"/>`,
    );
    bar(v.sinceMs, "since", "the growth began");
  }
  if (v.decidedMs !== null && v.status === "leak") bar(v.decidedMs, "decided", "decided");
  if (nearLimit)
    out.push(
      `<line class="limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(limit)}" y2="${y(limit)}"><title>limit</title></line>`,
    );
  out.push(`<path class="line" d="${path(values, x, y)}"/>`);
  return out.join("");
}

/** Gaps lift the pen. Of many points each slice shows its least and its most, so that no spike is lost. */
function path(
  values: Plotted["panels"][number]["values"],
  x: (ms: number) => number,
  y: (v: number) => number,
): string {
  const every = Math.ceil(values.length / (MOST_POINTS / 2));
  let points = values;
  if (every > 1) {
    const thin: (readonly [number, number])[] = [];
    for (let i = 0; i < values.length; i += every) {
      const slice = values.slice(i, i + every).filter(([, v]) => Number.isFinite(v));
      if (slice.length === 0) {
        thin.push([values[i][0], Number.NaN]);
        continue;
      }
      let low = slice[0];
      let high = slice[0];
      for (const s of slice) {
        if (s[1] < low[1]) low = s;
        if (s[1] > high[1]) high = s;
      }
      thin.push(...(low[0] <= high[0] ? [low, high] : [high, low]));
    }
    points = thin;
  }
  let d = "";
  let pen = false;
  for (const [ms, v] of points) {
    if (!Number.isFinite(v)) {
      pen = false;
      continue;
    }
    d += `${pen ? "L" : "M"}${x(ms)} ${y(v)}`;
    pen = true;
  }
  return d;
}

function extremes(values: readonly number[]): number[] {
  let most = Number.NEGATIVE_INFINITY;
  for (const v of values) most = Math.max(most, v);
  return values.length === 0 ? [] : [most];
}

function round(v: number): number {
  return Math.round(v * 10) / 10;
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").slice(0, 19) + "Z";
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function escape(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "�")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
