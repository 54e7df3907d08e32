/** Deliveries of one sink: one after the other, tried again a few times, never more than a bound in waiting. */
import { messageOf } from "../../base/errors.ts";
import type { Alert, Sink } from "./alert.ts";

/** Pauses before another try. */
const RETRIES_MS = [1_000, 5_000, 30_000];
const MOST_WAITING = 200;

export class QueuedSink implements Sink {
  private readonly waiting: (readonly Alert[])[] = [];
  private running: Promise<void> | null = null;
  private readonly stop = new AbortController();
  dropped = 0;

  /** `deliver` must end by itself in bounded time, or when its signal aborts. */
  constructor(
    private readonly name: string,
    private readonly deliver: (alerts: readonly Alert[], signal: AbortSignal) => Promise<void>,
    private readonly onProblem: (message: string) => void,
    private readonly retriesMs: readonly number[] = RETRIES_MS,
  ) {}

  send(alerts: readonly Alert[]): void {
    this.waiting.push(alerts);
    if (this.waiting.length > MOST_WAITING) {
      this.waiting.shift();
      if (this.dropped++ === 0) this.onProblem(`${this.name} does not keep up: alerts are let go`);
    }
    this.running ??= this.drain();
  }

  async close(ms: number): Promise<void> {
    const timer = setTimeout(() => this.stop.abort(), ms);
    await this.running;
    clearTimeout(timer);
  }

  private async drain(): Promise<void> {
    try {
      for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) await this.one(next);
    } finally {
      this.running = null;
    }
  }

  private async one(alerts: readonly Alert[]): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await this.deliver(alerts, this.stop.signal);
        return;
      } catch (e) {
        if (tries === 0 || tries === this.retriesMs.length) this.onProblem(`${this.name}: ${messageOf(e)}`);
        if (tries >= this.retriesMs.length || this.stop.signal.aborted) return;
        await new Promise<void>((done) => {
          const timer = setTimeout(done, this.retriesMs[tries]);
          this.stop.signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
        });
        if (this.stop.signal.aborted) return;
      }
    }
  }
}
