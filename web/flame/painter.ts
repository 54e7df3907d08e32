/** The canvas of a flame graph: pixels of the boxes, their names over them, and a frame around those that are pointed at or chosen. */
import { shortName } from "../words.ts";
import { depthOf, type Boxes } from "./boxes.ts";
import { coloursOf, themeNow, type Theme } from "./colours.ts";
import { Raster, type Colours, type View } from "./raster.ts";

/** CSS pixels. */
export const ROW = 18;
const NAMED = 28;
/** What an ellipsis takes. */
const DOTS = 13;
const FONT = "12px system-ui, sans-serif";

export interface Marked {
  readonly hover: number;
  readonly focus: number;
}

export class Painter {
  private readonly ctx: CanvasRenderingContext2D;
  private theme: Theme = themeNow();
  private colours: Colours;
  private image: ImageData | null = null;
  private raster: Raster | null = null;
  private scale = 1;
  private hits: Uint8Array | null = null;
  /** By name row: what is written, and how wide that is (-1: not measured yet). */
  private readonly short: string[];
  private readonly wide: Float32Array;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly boxes: Boxes,
  ) {
    const ctx = canvas.getContext("2d", { alpha: false });
    if (ctx === null) throw new Error("this browser draws no canvas");
    this.ctx = ctx;
    this.short = boxes.names.map(shortName);
    this.wide = new Float32Array(boxes.names.length).fill(-1);
    this.colours = coloursOf(boxes, null, this.theme);
  }

  /** Names that the search finds stand out; "" for no search. */
  search(text: string): void {
    const wanted = text.trim().toLowerCase();
    this.hits =
      wanted === "" ? null : Uint8Array.from(this.boxes.names, (n) => (n.toLowerCase().includes(wanted) ? 1 : 0));
    this.colours = coloursOf(this.boxes, this.hits, this.theme);
  }

  themed(): void {
    this.theme = themeNow();
    this.colours = coloursOf(this.boxes, this.hits, this.theme);
  }

  /** To the canvas's size in CSS pixels. */
  fit(width: number, height: number): void {
    this.scale = devicePixelRatio;
    const w = Math.round(width * this.scale);
    const h = Math.round(height * this.scale);
    if (w === 0 || h === 0 || (this.image !== null && this.image.width === w && this.image.height === h)) return;
    this.canvas.width = w;
    this.canvas.height = h;
    this.image = this.ctx.createImageData(w, h);
    const gap = Math.max(1, Math.round(this.scale));
    this.raster = new Raster(new Uint32Array(this.image.data.buffer), w, h, Math.round(ROW * this.scale), gap);
  }

  /** `view.top` in CSS pixels. */
  paint(view: View, marked: Marked): void {
    const { ctx, image, raster, scale, boxes } = this;
    if (image === null || raster === null) return;
    const scaled = { from: view.from, to: view.to, top: view.top * scale };
    raster.paint(boxes, scaled, this.colours, NAMED * scale);
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.putImageData(image, 0, 0);
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    this.write(raster);
    this.frame(view, marked.focus);
    if (marked.hover !== marked.focus) this.frame(view, marked.hover);
  }

  private write({ labels }: Raster): void {
    const { ctx, boxes, hits, theme, scale } = this;
    ctx.font = FONT;
    ctx.textBaseline = "middle";
    for (let pass = 0; pass < (hits === null ? 1 : 2); pass++) {
      ctx.fillStyle = pass === 0 ? theme.ink : theme.dim;
      for (let i = 0; i < labels.count; i++) {
        const frame = boxes.frames[labels.box[i]];
        if (hits !== null && (frame < 0 || hits[frame] === 1) !== (pass === 0)) continue;
        const left = labels.left[i] / scale + 4;
        const text = this.fitting(frame, labels.right[i] / scale - left - 3);
        ctx.fillText(text, left, labels.top[i] / scale + ROW / 2);
      }
    }
  }

  /** As much of a name as there is room for. */
  private fitting(frame: number, room: number): string {
    if (frame < 0) return "all";
    const text = this.short[frame];
    let full = this.wide[frame];
    if (full < 0) {
      // Of a name of 100 KB nobody sees the end.
      full = this.wide[frame] = text.length > 1000 ? text.length * 6.6 : this.ctx.measureText(text).width;
    }
    return full <= room ? text : `${text.slice(0, Math.max(1, Math.floor((text.length * (room - DOTS)) / full)))}…`;
  }

  private frame(view: View, box: number): void {
    if (box < 0) return;
    const { ctx, boxes, scale } = this;
    const perUnit = this.canvas.width / scale / (view.to - view.from);
    const left = Math.max(0, (boxes.start[box] - view.from) * perUnit);
    const right = Math.min(this.canvas.width / scale, (boxes.start[box] + boxes.width[box] - view.from) * perUnit);
    if (right < 0 || left > right) return;
    ctx.strokeStyle = this.theme.ink;
    ctx.strokeRect(left + 0.5, depthOf(boxes, box) * ROW - view.top + 0.5, Math.max(1, right - left - 1.5), ROW - 2);
  }
}
