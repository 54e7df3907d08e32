/** Charts of a diagnosis as inline SVG, and flame graphs as boxes whose widths are per cent: they fit a phone as they fit a screen. */
import { span } from "../../base/durations.ts";
import { bytes, count } from "../../base/numbers.ts";
import type { History, Trend } from "../../diagnose/history.ts";
import { buildCallTree } from "../../profile/calltree.ts";
import { ProfileBuilder, typeIndex, type Profile } from "../../profile/columns.ts";
import { flameRows } from "../../profile/flame.ts";
import type { GoroutineGroup } from "../../profile/group.ts";
import { packageOf, shortName } from "../../profile/names.ts";
import { esc } from "../html-text.ts";
import { plain } from "./format.ts";

const WIDTH = 640;
const HEIGHT = 120;
const LEFT = 70;
const BOTTOM = 20;

/** A course of the past, drawn whole; where the process started anew stands a line. */
export function trendSvg(t: Trend, h: History): string {
  const show = t.unit === "bytes" ? bytes : count;
  const name = t.labels["db_name"] === undefined ? t.name : `${t.name} (${t.labels["db_name"]})`;
  const points = t.points.filter(([, v]) => Number.isFinite(v)).slice(-2000);
  let high = 1;
  for (const [, v] of points) high = Math.max(high, v);
  const time = Math.max(1, h.end - h.start);
  const x = (s: number): string => (LEFT + ((s - h.start) / time) * (WIDTH - LEFT - 8)).toFixed(1);
  const y = (v: number): string => (8 + (1 - Math.max(0, v) / high) * (HEIGHT - BOTTOM - 8)).toFixed(1);
  const line = points.map(([s, v], i) => `${i === 0 ? "M" : "L"}${x(s)} ${y(v)}`).join("");
  const restarts = h.restarts
    .filter((r) => r >= h.start && r <= h.end)
    .slice(-50)
    .map(
      (r) =>
        `<line class="restart" x1="${x(r)}" x2="${x(r)}" y1="8" y2="${HEIGHT - BOTTOM}"><title>restart</title></line>`,
    );
  const words = `${name}: ${show(t.first)} to ${show(t.last)} since the last start, over ${span(h.end - h.start)}`;
  return `<figure class="chart"><figcaption>${esc(plain(name))} <b>${esc(show(t.last))}</b></figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${esc(plain(words))}">
<line class="axis" x1="${LEFT}" x2="${WIDTH - 8}" y1="${y(0)}" y2="${y(0)}"/><line class="axis" x1="${LEFT}" x2="${WIDTH - 8}" y1="${y(high)}" y2="${y(high)}"/>
<text x="${LEFT - 6}" y="14" text-anchor="end">${esc(show(high))}</text><text x="${LEFT - 6}" y="${HEIGHT - BOTTOM}" text-anchor="end">0</text>
<text x="${LEFT}" y="${HEIGHT - 4}">−${esc(span(time))}</text><text x="${WIDTH - 8}" y="${HEIGHT - 4}" text-anchor="end">the look</text>
${restarts.join("")}<path class="line" d="${line}"/></svg></figure>`;
}

/** Bars side by side: what there is most of, and how much of it there was before. */
export function barsSvg(
  title: string,
  rows: readonly { readonly label: string; readonly value: number; readonly before: number | null }[],
  show: (n: number) => string,
): string {
  if (rows.length === 0) return "";
  const most = Math.max(1, ...rows.map((r) => Math.max(r.value, r.before ?? 0)));
  const bar = (v: number, kind: string, height: number): string =>
    `<svg class="${kind}" viewBox="0 0 100 1" preserveAspectRatio="none" height="${height}" aria-hidden="true"><rect width="${((100 * v) / most).toFixed(2)}" height="1"/></svg>`;
  const items = rows.map(
    (r) =>
      `<li><span>${esc(cut(plain(r.label), 140))}</span> <b>${esc(show(r.value))}</b>${r.before === null ? "" : ` <span class="quiet">before ${esc(show(r.before))}</span>`}${bar(r.value, "bar", 8)}${r.before === null ? "" : bar(r.before, "was", 3)}</li>`,
  );
  return `<figure class="chart"><figcaption>${esc(title)}</figcaption><ul class="bars">${items.join("")}</ul></figure>`;
}

/** Live bytes by stack; "" where the profile has none. */
export function heapFlame(heap: Profile, most: number): string {
  const column = typeIndex(heap, "inuse_space");
  return column < 0 ? "" : flame("Live memory by stack", heap, column, bytes, most);
}

/** Goroutines by the most frequent stack of their group. */
export function goroutineFlame(groups: readonly GoroutineGroup[], most: number): string {
  if (groups.length === 0) return "";
  const b = new ProfileBuilder([{ type: "goroutine", unit: "count" }]);
  for (const g of groups.slice(0, 2000))
    b.sample(
      g.stack.slice(0, 200).map((f) => b.frame(f.func, f.file, f.line)),
      [g.count],
    );
  return flame("Goroutines by stack", b.done(), 0, count, most);
}

const ROW = 20;
const MOST_DEPTH = 64;

function flame(title: string, p: Profile, column: number, show: (n: number) => string, most: number): string {
  const tree = buildCallTree(p, column);
  const [all] = tree.total;
  if (!(all > 0)) return "";
  // What is narrower than two thousandths is a hair on any screen.
  const rows = flameRows(tree, all * 0.002);
  const boxes: string[] = [];
  let deepest = 0;
  for (let i = 0, depth = 0; i < rows.count && boxes.length < most; i++) {
    if (i === rows.rowOffsets[depth + 1]) depth++;
    if (depth > MOST_DEPTH) break;
    deepest = depth;
    const node = rows.node === null ? i : rows.node[i];
    const name = node === 0 ? "all" : (tree.names[tree.frames[node]] ?? "?");
    const part = (100 * rows.width[i]) / rows.width[0];
    const words = `${cut(plain(name), 200)}  ${show(tree.total[node])} (${part.toFixed(1)} %)`;
    boxes.push(
      `<div class="h${hue(name)}" style="left:${((100 * rows.start[i]) / rows.width[0]).toFixed(3)}%;width:${part.toFixed(3)}%;top:${depth * ROW}px" title="${esc(words)}">${part < 1.5 ? "" : esc(cut(plain(shortName(name)), 80))}</div>`,
    );
  }
  return `<figure class="chart"><figcaption>${esc(title)} <b>${esc(show(all))}</b>, root above</figcaption><div class="flame" role="img" aria-label="${esc(`${title}: ${show(all)}; the tables say the same in words`)}" style="height:${(deepest + 1) * ROW}px">${boxes.join("")}</div></figure>`;
}

/** One of eight grounds for a package: neighbours of one package look alike. */
function hue(name: string): number {
  let h = 0;
  for (const c of packageOf(name)) h = (h * 31 + c.charCodeAt(0)) >>> 0;
  return h % 8;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
