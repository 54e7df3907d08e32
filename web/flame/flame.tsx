/**
 * A flame graph that one moves in: the wheel and two fingers zoom, dragging pans, a click zooms to a box, arrows move, Escape goes back; with a base, colour is
 * the change. The box that is zoomed to is in the address.
 */
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { percent, signed } from "../../src/base/numbers.ts";
import { shortName } from "../words.ts";
import { boxAt, boxOf, depthOf, nameOf, wordOf, type Boxes } from "./boxes.ts";
import { Gesture } from "./gesture.ts";
import { Painter, ROW } from "./painter.ts";
import type { View } from "./raster.ts";

const HEIGHT = 420;

export function Flame({
  boxes,
  show,
  search,
  chosen,
  onChosen,
}: {
  readonly boxes: Boxes;
  readonly show: (value: number) => string;
  readonly search: string;
  /** The word (boxes.ts) of the box to zoom to; null for all. */
  readonly chosen: string | null;
  readonly onChosen: (word: string | null) => void;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter | null>(null);
  const [hover, setHover] = useState(-1);
  const total = boxes.width[0] || 1;
  const clicked = useRef({ boxes, word: "", box: 0 });
  const focus = useMemo(() => {
    if (chosen === null) return 0;
    const c = clicked.current;
    return c.boxes === boxes && c.word === chosen ? c.box : Math.max(0, boxOf(boxes, chosen));
  }, [boxes, chosen]);
  const view = useRef<View>({ from: 0, to: total, top: 0 });
  const gesture = useRef(new Gesture()).current;
  const marked = useRef({ hover, focus });
  marked.current = { hover, focus };
  const frame = useRef(0);

  const paint = (): void => {
    if (frame.current !== 0) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      painter.current?.paint(view.current, marked.current);
    });
  };
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const made = new Painter(element, boxes);
    painter.current = made;
    const sized = new ResizeObserver(() => {
      made.fit(element.clientWidth, HEIGHT);
      paint();
    });
    sized.observe(element);
    const themed = new MutationObserver(() => {
      made.themed();
      paint();
    });
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      sized.disconnect();
      themed.disconnect();
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [boxes]);
  useEffect(() => painter.current?.search(search), [boxes, search]);
  useEffect(() => {
    view.current = {
      from: boxes.start[focus],
      to: boxes.start[focus] + Math.max(boxes.width[focus], total / 1e9),
      top: Math.max(0, depthOf(boxes, focus) - 2) * ROW,
    };
  }, [boxes, focus]);
  useEffect(paint);

  const zoomTo = (box: number): void => {
    if (box === focus) {
      // Back to it, from where one has moved since.
      const width = Math.max(boxes.width[box], total / 1e9);
      view.current = { ...view.current, from: boxes.start[box], to: boxes.start[box] + width };
      paint();
      return;
    }
    clicked.current = { boxes, word: wordOf(boxes, box), box };
    onChosen(box === 0 ? null : clicked.current.word);
  };
  const at = (e: MouseEvent): number => {
    const { from, to, top } = view.current;
    const { x, y } = placeOf(e);
    const value = from + (x / (e.currentTarget as HTMLCanvasElement).clientWidth) * (to - from);
    return boxAt(boxes, value, Math.floor((y + top) / ROW));
  };
  const move = (dx: number, scale: number, centre: number): void => {
    const v = view.current;
    const width = Math.min(total, Math.max(total / 1e9, (v.to - v.from) * scale));
    const from = v.from + (v.to - v.from - width) * centre + dx * (v.to - v.from);
    v.from = Math.max(0, Math.min(total - width, from));
    v.to = v.from + width;
    paint();
  };
  const sink = (top: number): void => {
    const deepest = (boxes.rows.length - 1) * ROW;
    view.current.top = Math.max(0, Math.min(Math.max(0, deepest - HEIGHT + ROW), top));
    paint();
  };
  const keys = (e: KeyboardEvent): void => {
    switch (e.key) {
      case "Escape":
        zoomTo(0);
        break;
      case "ArrowUp":
        zoomTo(Math.max(0, boxes.parents[focus]));
        break;
      case "ArrowDown": {
        const child = boxAt(boxes, boxes.start[focus] + boxes.width[focus] / 1e6, depthOf(boxes, focus) + 1);
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
  const name = nameOf(boxes, shown);
  const base = boxes.baseTotal?.[shown] ?? null;
  const value = boxes.total[shown];
  return (
    <figure class="flame">
      <figcaption aria-live="polite">
        <strong>{shortName(name)}</strong> {show(value)}
        <span class="dim"> {percent(value, Math.max(1, boxes.total[0]))}</span>
        {base !== null && <span class={value > base ? "grew" : "shrank"}> {signed(value - base, show)}</span>}
        {shown > 0 && <span class="dim"> {boxes.files[boxes.frames[shown]]}</span>}
      </figcaption>
      <canvas
        ref={canvas}
        style={{ height: `${HEIGHT}px` }}
        tabIndex={0}
        role="img"
        aria-label={`Flame graph of ${boxes.count} boxes; ${name}: ${show(value)}. Arrow keys move, plus and minus zoom, Escape shows all.`}
        onKeyDown={keys}
        onWheel={(e) => {
          e.preventDefault();
          const r = e.currentTarget.getBoundingClientRect();
          if (e.shiftKey) sink(view.current.top + (e.deltaY || e.deltaX));
          else if (e.ctrlKey || e.metaKey || Math.abs(e.deltaX) < Math.abs(e.deltaY))
            move(0, e.deltaY > 0 ? 1.15 : 1 / 1.15, (e.clientX - r.left) / r.width);
          else move(e.deltaX / r.width, 1, 0.5);
        }}
        onPointerDown={(e) => {
          e.currentTarget.setPointerCapture(e.pointerId);
          gesture.down(e.pointerId, placeOf(e), view.current);
        }}
        onPointerMove={(e) => {
          const moved = gesture.move(e.pointerId, placeOf(e), e.currentTarget.clientWidth, total);
          if (moved !== null) {
            view.current.from = moved.from;
            view.current.to = moved.to;
            sink(moved.top);
          } else if (!gesture.isActive) {
            const box = at(e);
            if (box !== hover) setHover(box);
          }
        }}
        onPointerUp={(e) => {
          const isTap = gesture.up(e.pointerId, view.current);
          const box = at(e);
          if (isTap && box >= 0) zoomTo(box);
        }}
        onPointerCancel={(e) => gesture.cancel(e.pointerId, view.current)}
        onPointerLeave={() => setHover(-1)}
      />
    </figure>
  );
}

/** Where an event is, from the canvas's own corner. */
function placeOf(e: MouseEvent): { x: number; y: number } {
  const r = (e.currentTarget as HTMLCanvasElement).getBoundingClientRect();
  return { x: e.clientX - r.left, y: e.clientY - r.top };
}
