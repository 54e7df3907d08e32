/** Fingers (or a pressed mouse) on a flame graph: one pans, two keep what is below each where it is, so that they pan and zoom. */
import type { View } from "./raster.ts";

interface Point {
  /** Pixels from the graph's left and top. */
  readonly x: number;
  readonly y: number;
}

/** Fingers that go less far are a tap. */
const TAP_PX = 4;
/** Two fingers that are nearer to each other tell no scale. */
const APART_PX = 12;

export class Gesture {
  private readonly fingers = new Map<number, Point>();
  /** Where they and the view were when a finger last came or went. */
  private began: { readonly fingers: readonly Point[]; readonly view: View } | null = null;
  private hasMoved = false;

  get isActive(): boolean {
    return this.fingers.size > 0;
  }

  down(id: number, at: Point, view: View): void {
    if (!this.isActive) this.hasMoved = false;
    this.fingers.set(id, at);
    this.hasMoved ||= this.fingers.size > 1;
    this.begin(view);
  }

  /** The view after a finger moved, on a graph so many pixels wide that shows `total` in all; null where it is not one of ours. */
  move(id: number, at: Point, width: number, total: number): View | null {
    if (this.began === null || !this.fingers.has(id)) return null;
    this.fingers.set(id, at);
    const { fingers, view } = this.began;
    const now = [...this.fingers.values()];
    const [a, b] = fingers;
    const [p, q] = now;
    if (Math.abs(p.x - a.x) + Math.abs(p.y - a.y) > TAP_PX) this.hasMoved = true;
    const old = view.to - view.from;
    let span = old;
    // Of two fingers that have passed each other, or stand on each other, the scale stays.
    if (b !== undefined && Math.abs(b.x - a.x) >= APART_PX && (q.x - p.x) / (b.x - a.x) > 0.01)
      span = (old * (b.x - a.x)) / (q.x - p.x);
    span = Math.min(total, Math.max(total / 1e9, span));
    const below = view.from + (a.x / width) * old;
    const from = Math.max(0, Math.min(total - span, below - (p.x / width) * span));
    return { from, to: from + span, top: view.top - (p.y - a.y) };
  }

  /** A finger is lifted. True where that was a tap: one finger that came and went. */
  up(id: number, view: View): boolean {
    if (!this.fingers.delete(id)) return false;
    this.begin(view);
    return !this.isActive && !this.hasMoved;
  }

  /** The browser takes a finger for itself: to scroll the page. */
  cancel(id: number, view: View): void {
    this.hasMoved = true;
    this.up(id, view);
  }

  private begin(view: View): void {
    this.began = this.isActive ? { fingers: [...this.fingers.values()], view: { ...view } } : null;
  }
}
