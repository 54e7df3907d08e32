/**
 * A flame graph on canvas: boxes come ordered by row (profile/flame.ts), so that what is seen is found by bisection and what is narrower than
 * a pixel is never drawn. Wheel zooms, drag pans, click zooms to a box, arrows move, Escape goes back; with a base, colour is the change.
 */
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CallTree } from "../../src/profile/calltree.ts";
import { flameRows, type FlameRows } from "../../src/profile/flame.ts";
import { shortName } from "../words.ts";

const ROW = 18;
const HEIGHT = 420;

export function Flame({
  tree,
  differential,
  show,
  search,
}: {
  readonly tree: CallTree;
  readonly differential: boolean;
  readonly show: (value: number) => string;
  readonly search: string;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState(-1);
  const [focus, setFocus] = useState(0);
  const rows = useMemo(() => flameRows(tree), [tree]);
  const total = rows.width[0] || 1;
  const view = useRef({ from: 0, to: total, top: 0 });
  const drag = useRef<{ x: number; y: number; from: number; to: number; top: number; moved: boolean } | null>(null);
  const frame = useRef(0);
  const hits = useMemo(() => matches(tree, search), [tree, search]);

  const paint = (): void => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      if (canvas.current !== null) draw(canvas.current, tree, rows, view.current, { hover, focus, hits, differential });
    });
  };
  useEffect(() => {
    view.current = { from: 0, to: total, top: 0 };
    setFocus(0);
  }, [rows]);
  useEffect(paint);
  useEffect(() => {
    const again = new ResizeObserver(paint);
    if (canvas.current !== null) again.observe(canvas.current);
    const themed = new MutationObserver(paint);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      again.disconnect();
      themed.disconnect();
      cancelAnimationFrame(frame.current);
    };
  }, [rows]);

  const zoomTo = (box: number): void => {
    setFocus(box);
    view.current = {
      from: rows.start[box],
      to: rows.start[box] + Math.max(rows.width[box], total / 1e9),
      top: Math.max(0, rows.depth[box] - 2) * ROW,
    };
    paint();
  };
  const at = (e: MouseEvent): number => {
    const r = (e.currentTarget as HTMLCanvasElement).getBoundingClientRect();
    const { from, to, top } = view.current;
    return boxAt(
      rows,
      from + ((e.clientX - r.left) / r.width) * (to - from),
      Math.floor((e.clientY - r.top + top) / ROW),
    );
  };
  const move = (dx: number, scale: number, centre: number): void => {
    const v = view.current;
    const width = Math.min(total, Math.max(total / 1e9, (v.to - v.from) * scale));
    let from = v.from + (v.to - v.from - width) * centre + dx * (v.to - v.from);
    from = Math.max(0, Math.min(total - width, from));
    view.current = { ...v, from, to: from + width };
    paint();
  };
  const keys = (e: KeyboardEvent): void => {
    const parent = (): number => {
      const node = tree.parents[rows.node[focus]];
      for (let b = 0; b < rows.count; b++) if (rows.node[b] === node) return b;
      return 0;
    };
    switch (e.key) {
      case "Escape":
        zoomTo(0);
        break;
      case "ArrowUp":
        zoomTo(parent());
        break;
      case "ArrowDown": {
        const child = boxAt(rows, rows.start[focus] + rows.width[focus] / 1e6, rows.depth[focus] + 1);
        if (child >= 0) zoomTo(child);
        break;
      }
      case "ArrowLeft":
      case "ArrowRight":
        move(e.key === "ArrowLeft" ? -0.1 : 0.1, 1, 0.5);
        break;
      case "+":
      case "-":
        move(0, e.key === "+" ? 0.7 : 1 / 0.7, 0.5);
        break;
      default:
        return;
    }
    e.preventDefault();
  };
  const shown = hover >= 0 ? hover : focus;
  const node = rows.node[shown];
  const name = node === 0 ? "all" : tree.names[tree.frames[node]];
  const base = tree.baseTotal[node];
  return (
    <figure class="flame">
      <figcaption aria-live="polite">
        <strong>{shortName(name)}</strong> {show(tree.total[node])}
        <span class="dim"> {((100 * tree.total[node]) / Math.max(1, tree.total[0])).toFixed(1)} %</span>
        {differential && (
          <span class={tree.total[node] > base ? "grew" : "shrank"}>
            {" "}
            {tree.total[node] >= base ? "+" : "−"}
            {show(Math.abs(tree.total[node] - base))}
          </span>
        )}
        {node > 0 && <span class="dim"> {tree.files[tree.frames[node]]}</span>}
      </figcaption>
      <canvas
        ref={canvas}
        style={{ height: `${HEIGHT}px` }}
        tabIndex={0}
        role="img"
        aria-label={`Flame graph of ${rows.count} boxes; ${name}: ${show(tree.total[node])}. Arrow keys move, plus and minus zoom, Escape shows all.`}
        onKeyDown={keys}
        onWheel={(e) => {
          e.preventDefault();
          const r = e.currentTarget.getBoundingClientRect();
          if (e.ctrlKey || e.metaKey || Math.abs(e.deltaX) < Math.abs(e.deltaY)) {
            if (e.shiftKey) view.current.top = Math.max(0, view.current.top + e.deltaY);
            else move(0, e.deltaY > 0 ? 1.15 : 1 / 1.15, (e.clientX - r.left) / r.width);
          } else move(e.deltaX / r.width, 1, 0.5);
          paint();
        }}
        onPointerDown={(e) => {
          e.currentTarget.setPointerCapture(e.pointerId);
          drag.current = { x: e.clientX, y: e.clientY, ...view.current, moved: false };
        }}
        onPointerMove={(e) => {
          const d = drag.current;
          if (d === null) {
            const box = at(e);
            if (box !== hover) setHover(box);
            return;
          }
          const dx = e.clientX - d.x;
          const dy = e.clientY - d.y;
          if (Math.abs(dx) + Math.abs(dy) > 4) d.moved = true;
          const width = e.currentTarget.clientWidth;
          const shift = Math.max(-d.from, Math.min(total - d.to, (-dx / width) * (d.to - d.from)));
          const deepest = (rows.rowOffsets.length - 1) * ROW;
          view.current = {
            from: d.from + shift,
            to: d.to + shift,
            top: Math.max(0, Math.min(Math.max(0, deepest - HEIGHT + ROW), d.top - dy)),
          };
          paint();
        }}
        onPointerUp={(e) => {
          const moved = drag.current?.moved === true;
          drag.current = null;
          const box = at(e);
          if (!moved && box >= 0) zoomTo(box);
        }}
        onPointerLeave={() => setHover(-1)}
      />
    </figure>
  );
}

/** Rows that hold the searched text, by name row; null where nothing is searched. */
function matches(tree: CallTree, search: string): Uint8Array | null {
  const wanted = search.trim().toLowerCase();
  if (wanted === "") return null;
  return Uint8Array.from(tree.names, (n) => (n.toLowerCase().includes(wanted) ? 1 : 0));
}

/** The box of a row that covers x, or -1. */
function boxAt(rows: FlameRows, x: number, depth: number): number {
  if (depth < 0 || depth >= rows.rowOffsets.length - 1) return -1;
  let low = rows.rowOffsets[depth];
  let high = rows.rowOffsets[depth + 1];
  while (low < high) {
    const mid = (low + high) >> 1;
    if (rows.start[rows.order[mid]] <= x) low = mid + 1;
    else high = mid;
  }
  if (low === rows.rowOffsets[depth]) return -1;
  const box = rows.order[low - 1];
  return x < rows.start[box] + rows.width[box] ? box : -1;
}

interface Look {
  readonly hover: number;
  readonly focus: number;
  readonly hits: Uint8Array | null;
  readonly differential: boolean;
}

function draw(
  canvas: HTMLCanvasElement,
  tree: CallTree,
  rows: FlameRows,
  view: { readonly from: number; readonly to: number; readonly top: number },
  look: Look,
): void {
  const scale = devicePixelRatio;
  const width = canvas.clientWidth;
  if (width === 0) return;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(HEIGHT * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(HEIGHT * scale);
  }
  const ctx = canvas.getContext("2d");
  if (ctx === null) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const dark = colour("--dark") === "1";
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, HEIGHT);
  ctx.font = "12px system-ui, sans-serif";
  ctx.textBaseline = "middle";
  const perUnit = width / (view.to - view.from);
  const first = Math.max(0, Math.floor(view.top / ROW));
  const last = Math.min(rows.rowOffsets.length - 2, Math.floor((view.top + HEIGHT) / ROW));
  const ink = colour("--ink");
  const dim = colour("--dim");
  // By name: to make the words of a colour takes longer than to fill a box.
  const fills: (string | undefined)[] = [];
  for (let depth = first; depth <= last; depth++) {
    const y = depth * ROW - view.top;
    let k = rows.rowOffsets[depth];
    const end = rows.rowOffsets[depth + 1];
    // Bisect to the first box that reaches into view.
    let high = end;
    while (k < high) {
      const mid = (k + high) >> 1;
      const b = rows.order[mid];
      if (rows.start[b] + rows.width[b] <= view.from) k = mid + 1;
      else high = mid;
    }
    let pen = -1;
    for (; k < end; k++) {
      const b = rows.order[k];
      if (rows.start[b] >= view.to) break;
      const x = (rows.start[b] - view.from) * perUnit;
      const w = rows.width[b] * perUnit;
      // Of boxes within one pixel only the first is drawn: on to the last that begins before the next pixel, which may reach beyond it.
      if (w < 0.5 && Math.floor(x) <= pen) {
        const next = view.from + (pen + 1) / perUnit;
        let low = k + 1;
        let above = end;
        while (low < above) {
          const mid = (low + above) >> 1;
          if (rows.start[rows.order[mid]] < next) low = mid + 1;
          else above = mid;
        }
        k = Math.max(k, low - 2);
        continue;
      }
      pen = Math.floor(x + w);
      const left = Math.max(0, x);
      const right = Math.min(width, x + w);
      const node = rows.node[b];
      const name = tree.frames[node];
      const plain = node > 0 && !look.differential;
      const fill = (plain ? fills[name] : undefined) ?? fillOf(tree, node, look, dark);
      if (plain) fills[name] = fill;
      ctx.fillStyle = fill;
      ctx.fillRect(left, y, Math.max(0.5, right - left - 0.5), ROW - 1);
      if (b === look.hover || b === look.focus) {
        ctx.strokeStyle = ink;
        ctx.strokeRect(left + 0.5, y + 0.5, Math.max(1, right - left - 1.5), ROW - 2);
      }
      if (right - left > 28) {
        const text = node === 0 ? "all" : shortName(tree.names[name]);
        const room = Math.floor((right - left - 8) / 6.6);
        ctx.fillStyle = look.hits !== null && node > 0 && look.hits[tree.frames[node]] === 0 ? dim : ink;
        ctx.fillText(text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`, left + 4, y + ROW / 2);
      }
    }
  }
}

function fillOf(tree: CallTree, node: number, look: Look, dark: boolean): string {
  const l = dark ? 30 : 78;
  if (node === 0) return `hsl(30 10% ${l}%)`;
  if (look.hits !== null)
    return look.hits[tree.frames[node]] === 1 ? `hsl(280 70% ${l}%)` : `hsl(30 8% ${dark ? 22 : 90}%)`;
  if (look.differential) {
    const now = tree.total[node];
    const before = tree.baseTotal[node];
    const change = (now - before) / Math.max(now, before, 1);
    const strength = Math.min(1, Math.abs(change));
    return `hsl(${change >= 0 ? 14 : 215} ${Math.round(20 + 70 * strength)}% ${Math.round(dark ? 24 + 14 * strength : 90 - 22 * strength)}%)`;
  }
  // One hue a package, so that a tower of one library is one colour.
  const name = tree.names[tree.frames[node]];
  let hash = 0;
  const end = name.lastIndexOf("/") < 0 ? name.indexOf(".") : name.indexOf(".", name.lastIndexOf("/"));
  for (let i = 0; i < (end < 0 ? name.length : end); i++) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  return `hsl(${20 + (Math.abs(hash) % 40)} ${55 + (Math.abs(hash >> 8) % 25)}% ${l}%)`;
}
