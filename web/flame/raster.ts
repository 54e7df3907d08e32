/**
 * Paints boxes into pixels, a row of the graph at a time: with a million boxes, a fill per box takes longer than a frame lasts, and almost all
 * of them are narrower than a pixel. So one line of pixels is made of each row, from the boxes that a pixel shows, and repeated over its height.
 */
import { firstBeyond, nextBeyond, type Boxes } from "./boxes.ts";

export interface View {
  /** The stretch that is shown, in units of the value. */
  from: number;
  to: number;
  /** Pixels (of the device) above the upper edge. */
  top: number;
}

/** Colours as the bytes of ImageData in this machine's order. */
export interface Colours {
  readonly ground: number;
  readonly root: number;
  /** By name row. */
  readonly names: Uint32Array;
  /** By change from the base, shrunk to grown; null where names give the colour. */
  readonly change: Uint32Array | null;
}

/** Boxes wide enough to be told apart are parted by a line, and by a word wide enough to be read. */
const PARTED = 4;

/** What a frame shows that pixels do not: boxes with room for a name. Filled anew by each frame, so that none makes garbage. */
export class Labels {
  count = 0;
  readonly box = new Int32Array(4096);
  readonly left = new Float64Array(4096);
  readonly right = new Float64Array(4096);
  readonly top = new Float64Array(4096);

  add(box: number, left: number, right: number, top: number): void {
    if (this.count === this.box.length) return;
    this.box[this.count] = box;
    this.left[this.count] = left;
    this.right[this.count] = right;
    this.top[this.count++] = top;
  }
}

export class Raster {
  readonly labels = new Labels();
  private line: Uint32Array;

  /** `pixels`: width times height; `row`: the height of a row; all in pixels of the device. */
  constructor(
    private readonly pixels: Uint32Array,
    private readonly width: number,
    private readonly height: number,
    private readonly row: number,
    private readonly gap: number,
  ) {
    this.line = new Uint32Array(width);
  }

  /** Boxes at least `named` pixels wide get a label. */
  paint(boxes: Boxes, view: View, colours: Colours, named: number): void {
    const { pixels, width, height, row, gap, labels, line } = this;
    labels.count = 0;
    pixels.fill(colours.ground);
    const first = Math.max(0, Math.floor(view.top / row));
    const last = Math.min(boxes.rows.length - 2, Math.floor((view.top + height - 1) / row));
    for (let depth = first; depth <= last; depth++) {
      const top = depth * row - Math.round(view.top);
      this.paintLine(boxes, view, colours, named, depth, top);
      const from = Math.max(0, top);
      const to = Math.min(height, top + row - gap);
      for (let y = from; y < to; y++) pixels.set(line, y * width);
    }
  }

  private paintLine(boxes: Boxes, view: View, colours: Colours, named: number, depth: number, top: number): void {
    const { line, width, gap, labels } = this;
    const { start, width: widths } = boxes;
    line.fill(colours.ground);
    const scale = width / (view.to - view.from);
    const end = boxes.rows[depth + 1];
    let pen = -1;
    for (let b = firstBeyond(boxes, boxes.rows[depth], end, view.from); b < end && start[b] < view.to;) {
      const x = (start[b] - view.from) * scale;
      const w = widths[b] * scale;
      if (w < 1) {
        // Of the boxes within one pixel the first gives its colour: on to the one that reaches into the next.
        const at = Math.max(0, Math.floor(x));
        if (at > pen && at < width) {
          line[at] = colourOf(boxes, b, colours);
          pen = at;
        }
        b = Math.max(b + 1, nextBeyond(boxes, b, end, view.from + (Math.max(at, pen) + 1) / scale));
        continue;
      }
      const left = Math.max(0, Math.floor(x + 0.5));
      const right = Math.min(width, Math.floor(x + w + 0.5));
      if (right > left) {
        const colour = colourOf(boxes, b, colours);
        line.fill(colour, left, right);
        if (right - left >= PARTED * gap && x + w <= width)
          line.fill(mixed(colour, colours.ground), right - gap, right);
        pen = right - 1;
        if (right - left >= named) labels.add(b, left, right, top);
      }
      b++;
    }
  }
}

function colourOf(boxes: Boxes, box: number, colours: Colours): number {
  if (box === 0) return colours.root;
  const { change } = colours;
  if (change === null || boxes.baseTotal === null) return colours.names[boxes.frames[box]];
  const now = boxes.total[box];
  const before = boxes.baseTotal[box];
  const part = (now - before) / Math.max(Math.abs(now), Math.abs(before), 1);
  return change[Math.round(((Math.max(-1, Math.min(1, part)) + 1) / 2) * (change.length - 1))];
}

/** Half of each, byte by byte. */
function mixed(a: number, b: number): number {
  return (((a >>> 1) & 0x7f7f7f7f) + ((b >>> 1) & 0x7f7f7f7f)) | 0xff000000;
}
