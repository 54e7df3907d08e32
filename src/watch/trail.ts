/** The last values of each signal of a target, for drawing: a ring of numbers each, nothing that decides. */
import type { Sample } from "../series/sample.ts";
import { signalId, type Signal } from "../series/signal.ts";

const LENGTH = 240;

export class Trail {
  private readonly rings = new Map<string, Float64Array>();
  private readonly known = new Map<string, Signal>();
  readonly times = new Float64Array(LENGTH).fill(Number.NaN);
  /** Samples taken so far; the newest is at (count - 1) % LENGTH. */
  private count = 0;

  constructor(private readonly everySignal: boolean) {}

  push(sample: Sample): void {
    const at = this.count++ % LENGTH;
    this.times[at] = sample.timeMs;
    for (const [id, ring] of this.rings) ring[at] = sample.read.has(kindOf(id)) ? 0 : Number.NaN;
    for (const { signal, value } of sample.points) {
      if (!this.everySignal && signal.name !== "total") continue;
      const id = signalId(signal);
      let ring = this.rings.get(id);
      if (ring === undefined) this.rings.set(id, (ring = new Float64Array(LENGTH).fill(Number.NaN)));
      ring[at] = value;
      this.known.set(id, signal);
    }
    // What has not been seen for a whole ring is forgotten.
    if (this.count % LENGTH === 0)
      for (const [id, ring] of this.rings)
        if (ring.every((v) => v === 0 || Number.isNaN(v))) {
          this.rings.delete(id);
          this.known.delete(id);
        }
  }

  /** Signals that are followed, with their last description. */
  get signals(): readonly Signal[] {
    return [...this.known.values()];
  }

  /** Milliseconds since 1970, oldest first: of each value. */
  get timeline(): number[] {
    return this.inOrder(this.times);
  }

  /** Oldest first; empty where the signal is not followed. */
  values(kind: string, name: string): number[] {
    const ring = this.rings.get(`${kind}\t${name}`);
    return ring === undefined ? [] : this.inOrder(ring);
  }

  private inOrder(ring: Float64Array): number[] {
    const n = Math.min(this.count, LENGTH);
    return Array.from({ length: n }, (_, i) => ring[(this.count - n + i) % LENGTH]);
  }
}

function kindOf(id: string): "goroutine" {
  return id.slice(0, id.indexOf("\t")) as "goroutine";
}
