/**
 * Series over time: uPlot, with bands while it leaked, marks of deploys and restarts, a limit line, and the load on its own axis. Drag selects a
 * range; arrows, shift and wheel pan, plus, minus, ctrl and wheel zoom, at once with what is there, and a moment later with what the server has of it.
 */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { amount } from "../../src/base/numbers.ts";
import type { Unit } from "../../src/series/signal.ts";
import type { MarkView, SeriesView } from "../../src/server/api.ts";
import { utc } from "../words.ts";

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ChartProps {
  readonly title: string;
  readonly unit: Unit;
  readonly series: readonly SeriesView[];
  readonly load?: SeriesView | null;
  readonly marks: readonly MarkView[];
  /** When it leaked. */
  readonly bands: readonly Range[];
  readonly limit: number | null;
  /** What is asked for; null: all that there is. */
  readonly range: Range | null;
  readonly onRange: (range: Range | null) => void;
}

const HEIGHT = 240;
const palette = ["--line1", "--line2", "--line3", "--line4", "--line5", "--line6", "--line7", "--line8"];
/** After the last movement, the server is asked for the range. */
const SETTLE_MS = 250;
const LEAST_SPAN_S = 5;
/** CSS pixels. */
const NARROW = 520;

export function Chart(props: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  /** Seconds; what is shown while one moves, ahead of the address. */
  const shown = useRef<readonly [number, number] | null>(null);
  const settle = useRef(0);
  const shape = `${props.series.map((s) => `${s.kind} ${s.name}`).join("|")}#${props.load?.name ?? ""}#${props.unit}`;

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(latest, shown, element.clientWidth), dataOf(latest.current), element);
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
  // Not with the plot: another set of lines must not stop whoever moves.
  useEffect(() => () => clearTimeout(settle.current), []);

  useEffect(() => {
    // A look that moves the end of "the last 15 minutes" must not take the picture from whoever moves it.
    if (settle.current === 0) shown.current = null;
  }, [props.range?.fromMs, props.range?.toMs]);
  useEffect(() => {
    plot.current?.setData(dataOf(props));
  }, [props.series, props.load, props.range?.fromMs, props.range?.toMs]);
  useEffect(() => {
    plot.current?.redraw(false);
  }, [props.marks, props.bands, props.limit]);

  const move = (part: number, scale: number, centre: number): void => {
    const u = plot.current;
    const { min, max } = u?.scales["x"] ?? {};
    if (u === null || min === undefined || max === undefined || min === null || max === null) return;
    const span = Math.max(LEAST_SPAN_S, (max - min) * scale);
    const from = min + (max - min - span) * centre + part * span;
    shown.current = [from, from + span];
    u.setScale("x", { min: from, max: from + span });
    clearTimeout(settle.current);
    settle.current = window.setTimeout(() => {
      settle.current = 0;
      if (shown.current === null) return;
      const [a, b] = shown.current;
      latest.current.onRange({ fromMs: Math.round(a * 1000), toMs: Math.round(b * 1000) });
    }, SETTLE_MS);
  };
  const back = (): void => {
    clearTimeout(settle.current);
    settle.current = 0;
    shown.current = null;
    latest.current.onRange(null);
  };
  const keys = (e: KeyboardEvent): void => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "ArrowLeft" || e.key === "ArrowRight") move(e.key === "ArrowLeft" ? -0.1 : 0.1, 1, 0.5);
    else if (e.key === "+" || e.key === "-") move(0, e.key === "+" ? 0.7 : 1 / 0.7, 0.5);
    else if (e.key === "Escape") back();
    else return;
    e.preventDefault();
  };

  const last = props.series[0]?.values.findLast((v) => v !== null) ?? null;
  return (
    <figure class="chart">
      <figcaption>
        {props.title} <span class="dim">now {amount(last, props.unit)}</span>
      </figcaption>
      <div
        ref={box}
        role="img"
        tabIndex={0}
        aria-label={`${props.title} over time, now ${amount(last, props.unit)}. Arrow keys move, plus and minus zoom, Escape shows all.`}
        onKeyDown={keys}
        onDblClick={back}
        onWheel={(e) => {
          const width = Math.max(1, e.currentTarget.clientWidth);
          if (e.ctrlKey || e.metaKey) {
            const { left } = e.currentTarget.getBoundingClientRect();
            move(0, e.deltaY > 0 ? 1.15 : 1 / 1.15, (e.clientX - left) / width);
          } else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY))
            move((e.deltaX || e.deltaY) / width, 1, 0.5);
          else return;
          e.preventDefault();
        }}
      />
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

/** In the reader's own zone and habit, as fine as the ticks are. */
function timeText(seconds: number, step: number): string {
  const d = new Date(seconds * 1000);
  const day = { month: "short", day: "numeric" } as const;
  if (step >= 86_400) return d.toLocaleDateString([], day);
  const time = d.toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    ...(step < 60 ? { second: "2-digit" } : {}),
  });
  return d.getHours() === 0 && d.getMinutes() === 0 && step >= 3600 ? d.toLocaleDateString([], day) : time;
}

/** Ticks of bytes are powers of two, as their words are. */
const byteSteps = Array.from({ length: 50 }, (_, i) => 2 ** i);

function optionsOf(
  latest: { current: ChartProps },
  shown: { current: readonly [number, number] | null },
  width: number,
): uPlot.Options {
  const { series, unit, load, title } = latest.current;
  const axis = {
    stroke: css("--dim"),
    grid: { stroke: css("--rule"), width: 1 },
    ticks: { stroke: css("--rule"), width: 1 },
    font: "12px system-ui, sans-serif",
  };
  /** Where no cursor is, the last value that is known. */
  const valueAt = (u: uPlot, v: number | null, s: number, i: number | null): number | null =>
    i === null || i === undefined ? ((u.data[s] as (number | null)[]).findLast((x) => x !== null) ?? null) : v;
  return {
    width,
    height: HEIGHT,
    title: "",
    // Room for half of the last tick's words.
    padding: [null, load == null || width < NARROW ? 32 : null, null, null],
    cursor: {
      drag: { x: true, y: false, uni: 20, setScale: false },
      focus: { prox: 16 },
      // The cursor stands at the same time in all charts.
      sync: { key: "signals", filters: { pub: (type: string) => type === "mousemove" || type === "mouseleave" } },
    },
    legend: { live: true },
    scales: {
      x: {
        time: true,
        range: (_, low, high) => {
          if (shown.current !== null) return [...shown.current];
          const { range } = latest.current;
          return range === null ? [low, high] : [range.fromMs / 1000, range.toMs / 1000];
        },
      },
      y: { range: (_, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.08] },
      load: { range: (_, __, high) => [0, high <= 0 ? 1 : high * 1.6] },
    },
    axes: [
      { ...axis, space: 90, values: (_, ticks, __, ___, step) => ticks.map((t) => timeText(t, step)) },
      {
        ...axis,
        size: 72,
        values: (_, ticks) => ticks.map((t) => amount(t, unit)),
        ...(unit === "bytes" ? { incrs: byteSteps } : {}),
      },
      // On a phone its line must do.
      ...(load == null || width < NARROW
        ? []
        : [
            {
              ...axis,
              scale: "load",
              side: 1 as const,
              grid: { show: false },
              size: 56,
              label: "load",
              labelSize: 16,
              labelFont: "12px system-ui, sans-serif",
              labelGap: 0,
            },
          ]),
    ],
    series: [
      {
        label: "",
        value: (_, v: number | null) =>
          v === null || v === undefined
            ? "latest"
            : `${new Date(v * 1000).toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" })} (${utc(v * 1000).slice(11)})`,
      },
      ...series.map((s, i) => ({
        label: s.label.length > 60 ? `${s.label.slice(0, 58)}…` : s.label === "total" ? title : s.label,
        stroke: css(palette[i % palette.length]),
        width: 2,
        spanGaps: false,
        points: { show: false },
        value: (u: uPlot, v: number | null, si: number, di: number | null) => amount(valueAt(u, v, si, di), unit),
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
              value: (u: uPlot, v: number | null, si: number, di: number | null) => {
                const n = valueAt(u, v, si, di);
                return n === null ? "–" : n.toFixed(n < 10 ? 1 : 0);
              },
            },
          ]),
    ],
    hooks: {
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          const fromMs = Math.round(u.posToVal(u.select.left, "x") * 1000);
          const toMs = Math.round(u.posToVal(u.select.left + u.select.width, "x") * 1000);
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          latest.current.onRange({ fromMs, toMs });
        },
      ],
      drawClear: [
        (u) => {
          for (const b of latest.current.bands) band(u, b);
        },
      ],
      draw: [
        (u) => {
          let right = -1;
          for (const m of latest.current.marks) right = markLine(u, m, right);
          if (latest.current.limit !== null) limitLine(u, latest.current.limit, unit);
        },
      ],
    },
  };
}

function band(u: uPlot, { fromMs, toMs }: Range): void {
  const left = u.bbox.left;
  const from = Math.max(left, u.valToPos(fromMs / 1000, "x", true));
  const to = Math.min(left + u.bbox.width, u.valToPos(toMs / 1000, "x", true));
  if (from >= to) return;
  const { ctx } = u;
  ctx.save();
  ctx.fillStyle = css("--leak-band");
  ctx.fillRect(from, u.bbox.top, to - from, u.bbox.height);
  // Where it began is the change point of the verdict.
  if (from > left) {
    ctx.fillStyle = css("--leak");
    ctx.fillRect(Math.round(from), u.bbox.top, Math.max(1, Math.round(devicePixelRatio)), u.bbox.height);
  }
  ctx.restore();
}

const markWords = { start: "restart", deploy: "deploy", alarm: "alarm", resolved: "over" } as const;

/** Its word stands only where the one before leaves room; gives how far words reach. */
function markLine(u: uPlot, m: MarkView, taken: number): number {
  const x = Math.round(u.valToPos(m.timeMs / 1000, "x", true)) + 0.5;
  if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return taken;
  const { ctx } = u;
  ctx.save();
  ctx.lineWidth = Math.max(1, Math.round(devicePixelRatio));
  ctx.strokeStyle = css(m.kind === "alarm" ? "--leak" : m.kind === "resolved" ? "--ok" : "--dim");
  ctx.setLineDash(m.kind === "deploy" ? [] : [3, 3]);
  ctx.beginPath();
  ctx.moveTo(x, u.bbox.top);
  ctx.lineTo(x, u.bbox.top + u.bbox.height);
  ctx.stroke();
  ctx.fillStyle = ctx.strokeStyle;
  ctx.textAlign = "left";
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  const words = `${markWords[m.kind]}${m.kind === "deploy" && m.text !== "" ? ` ${m.text.slice(0, 10)}` : ""}`;
  const width = ctx.measureText(words).width;
  // At the right edge it stands before its line.
  const left = x + 4 + width > u.bbox.left + u.bbox.width ? x - 4 - width : x + 4;
  if (left > taken) {
    ctx.fillText(words, left, u.bbox.top + 12 * devicePixelRatio);
    taken = left + width;
  }
  ctx.restore();
  return taken;
}

function limitLine(u: uPlot, limit: number, unit: Unit): void {
  const y = u.valToPos(limit, "y", true);
  if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = css("--leak");
  ctx.lineWidth = Math.max(1, Math.round(devicePixelRatio));
  ctx.setLineDash([6, 4]);
  ctx.beginPath();
  ctx.moveTo(u.bbox.left, y);
  ctx.lineTo(u.bbox.left + u.bbox.width, y);
  ctx.stroke();
  ctx.fillStyle = css("--leak");
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.fillText(`limit ${amount(limit, unit)}`, u.bbox.left + 6, y + 3);
  ctx.restore();
}
