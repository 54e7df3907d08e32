/**
 * Descriptors and sockets that only the garbage collector closes. Nobody closes them; finalizers do when memory runs short, so that the
 * count rises between collections and falls at them. It never runs away, no trend test sees it, and it is a leak all the same: the limit
 * may come before the next collection.
 *
 *     ╱│ ╱│ ╱│     falls lie in samples with a collection, and nearly nothing is given back in those without
 *    ╱ │╱ │╱ │
 */
import { binomialTail } from "../../stats/distributions.ts";

/** A fall counts from this share of the level on. */
const FALL = 0.1;
const LEAST_FALL = 4;
const LEAST_FALLS = 5;

export class Collected {
  private samples = 0;
  private withCollection = 0;
  private falls = 0;
  private fallsAtCollection = 0;
  private upBetween = 0;
  private downBetween = 0;
  private last = Number.NaN;
  /** Largest given back at once. */
  largest = 0;

  push(value: number, collected: boolean): void {
    const before = this.last;
    this.last = value;
    if (Number.isNaN(before) || Number.isNaN(value)) return;
    this.samples++;
    if (collected) this.withCollection++;
    const move = value - before;
    if (!collected) {
      if (move > 0) this.upBetween += move;
      else this.downBetween -= move;
    }
    if (move <= -Math.max(LEAST_FALL, FALL * before)) {
      this.falls++;
      if (collected) this.fallsAtCollection++;
      this.largest = Math.max(this.largest, -move);
    }
  }

  /** The chance that so many of the falls hit collections by accident, once the pattern is complete; 1 before. */
  get chance(): number {
    if (this.falls < LEAST_FALLS || this.fallsAtCollection < 0.9 * this.falls) return 1;
    if (this.downBetween > 0.1 * this.upBetween) return 1;
    return binomialTail(this.fallsAtCollection, this.falls, this.withCollection / this.samples);
  }

  get count(): number {
    return this.fallsAtCollection;
  }
}
