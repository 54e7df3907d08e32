/** What a probe cost, kept with what it brought: nobody should have to guess what a look did to the target. */
export interface Cost {
  /** `goroutine`, `heap`, `sockets`, … */
  readonly what: string;
  readonly milliseconds: number;
  /** Bytes received or read. */
  readonly bytes: number;
  /** Longest stop of the target that this is known to cause, from its size; 0 for what never stops it. */
  readonly stallMs: number;
}

export class Costs {
  readonly items: Cost[] = [];

  add(what: string, started: number, bytes: number, stallMs = 0): void {
    this.items.push({ what, milliseconds: Math.round((performance.now() - started) * 100) / 100, bytes, stallMs });
  }
}
