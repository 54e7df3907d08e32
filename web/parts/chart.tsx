/** Series over time: uPlot, with verdict band, marks of deploys and restarts, a limit line, and the load on its own axis. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { MarkView, SeriesView } from "../../src/server/api.ts";
import { amount, type Unit } from "../words.ts";

export interface ChartProps {
  readonly title: string;
  readonly unit: Unit;
  readonly series: readonly SeriesView[];
  readonly load?: SeriesView | null;
  readonly marks: readonly MarkView[];
  /** Since when it leaks, milliseconds; null where it does not. */
  readonly leakSinceMs: number | null;
  readonly limit: number | null;
  readonly onRange: (fromMs: number | null, toMs: number | null) => void;
}

const HEIGHT = 240;
const palette = ["--line1", "--line2", "--line3", "--line4", "--line5", "--line6", "--line7", "--line8"];

export function Chart(props: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = `${props.series.map((s) => `${s.kind} ${s.name}`).join("|")}#${props.load?.name ?? ""}#${props.unit}`;

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(latest, element.clientWidth), dataOf(latest.current), element);
    };
    make();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const themed = new MutationObserver(make);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(dataOf(props));
  });

  const last = props.series[0]?.values.findLast((v) => v !== null) ?? null;
  return (
    <figure class="chart">
      <figcaption>
        {props.title} <span class="dim">now {amount(last, props.unit)}</span>
      </figcaption>
      <div ref={box} role="img" aria-label={`${props.title} over time, now ${amount(last, props.unit)}`} />
    </figure>
  );
}

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** All series on the union of their times: they come from the same looks. */
function dataOf({ series, load }: ChartProps): uPlot.AlignedData {
  const all = [...series, ...(load == null ? [] : [load])];
  const times = [...new Set(all.flatMap((s) => s.times as number[]))].sort((a, b) => a - b);
  const at = new Map(times.map((t, i) => [t, i]));
  const columns = all.map((s) => {
    const column = Array.from<number | null>({ length: times.length }).fill(null);
    s.times.forEach((t, i) => (column[at.get(t) ?? 0] = s.values[i] ?? null));
    return column;
  });
  return [times.map((t) => t / 1000), ...columns];
}

function optionsOf(latest: { current: ChartProps }, width: number): uPlot.Options {
  const { series, unit, load, title } = latest.current;
  const axis = {
    stroke: css("--dim"),
    grid: { stroke: css("--rule"), width: 1 },
    ticks: { stroke: css("--rule"), width: 1 },
  };
  return {
    width,
    height: HEIGHT,
    title: "",
    cursor: { drag: { x: true, y: false, uni: 20 }, focus: { prox: 16 } },
    legend: { live: true },
    scales: {
      x: { time: true },
      y: { range: (_, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.08] },
      load: { range: (_, __, high) => [0, high <= 0 ? 1 : high * 1.6] },
    },
    axes: [
      axis,
      { ...axis, size: 72, values: (_, ticks) => ticks.map((t) => amount(t, unit)) },
      ...(load == null ? [] : [{ ...axis, scale: "load", side: 1 as const, grid: { show: false }, size: 56 }]),
    ],
    series: [
      {},
      ...series.map((s, i) => ({
        label: s.label.length > 60 ? `${s.label.slice(0, 58)}…` : s.label === "total" ? title : s.label,
        stroke: css(palette[i % palette.length]),
        width: 2,
        spanGaps: false,
        points: { show: false },
        value: (_: uPlot, v: number | null) => amount(v, unit),
      })),
      ...(load == null
        ? []
        : [
            {
              label: `load: ${load.label}`,
              scale: "load",
              stroke: css("--load"),
              width: 1,
              dash: [4, 3],
              points: { show: false },
            },
          ]),
    ],
    hooks: {
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          latest.current.onRange(
            Math.round(u.posToVal(u.select.left, "x") * 1000),
            Math.round(u.posToVal(u.select.left + u.select.width, "x") * 1000),
          );
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      drawClear: [(u) => band(u, latest.current.leakSinceMs)],
      draw: [
        (u) => {
          for (const m of latest.current.marks) markLine(u, m);
          if (latest.current.limit !== null) limitLine(u, latest.current.limit, unit);
        },
      ],
    },
  };
}

function band(u: uPlot, sinceMs: number | null): void {
  if (sinceMs === null) return;
  const from = Math.max(u.bbox.left, u.valToPos(sinceMs / 1000, "x", true));
  const to = u.bbox.left + u.bbox.width;
  if (from >= to) return;
  u.ctx.save();
  u.ctx.fillStyle = css("--leak-band");
  u.ctx.fillRect(from, u.bbox.top, to - from, u.bbox.height);
  u.ctx.restore();
}

const markWords = { start: "restart", deploy: "deploy", alarm: "alarm", resolved: "resolved" } as const;

function markLine(u: uPlot, m: MarkView): void {
  const x = Math.round(u.valToPos(m.timeMs / 1000, "x", true)) + 0.5;
  if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return;
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = css(m.kind === "alarm" ? "--leak" : "--dim");
  ctx.setLineDash(m.kind === "deploy" ? [] : [3, 3]);
  ctx.beginPath();
  ctx.moveTo(x, u.bbox.top);
  ctx.lineTo(x, u.bbox.top + u.bbox.height);
  ctx.stroke();
  ctx.fillStyle = ctx.strokeStyle;
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.fillText(
    `${markWords[m.kind]}${m.kind === "deploy" && m.text !== "" ? ` ${m.text.slice(0, 10)}` : ""}`,
    x + 4,
    u.bbox.top + 12 * devicePixelRatio,
  );
  ctx.restore();
}

function limitLine(u: uPlot, limit: number, unit: Unit): void {
  const y = u.valToPos(limit, "y", true);
  if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = css("--leak");
  ctx.setLineDash([6, 4]);
  ctx.beginPath();
  ctx.moveTo(u.bbox.left, y);
  ctx.lineTo(u.bbox.left + u.bbox.width, y);
  ctx.stroke();
  ctx.fillStyle = css("--leak");
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.fillText(`limit ${amount(limit, unit)}`, u.bbox.left + 6, y - 4);
  ctx.restore();
}
