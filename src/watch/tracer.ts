/**
 * Asks the tracing probe who opens what leaks and has no stack of its own: descriptors and connections. One process at a time, because
 * probes cost the target; longer each time where no opener stood out, because a slow leak opens little in a few seconds.
 */
import { messageOf } from "../base/errors.ts";
import { traceOpens, type TracedStack, type TraceTarget } from "../probe/ebpf.ts";
import { readOpener, standsOut, tracedName } from "../series/openers.ts";
import type { Verdict } from "./verdict.ts";
import type { Watched } from "./watcher.ts";

export interface TracerOptions {
  /** How long the first trace of a leak is. */
  readonly milliseconds: number;
  readonly onProblem: (message: string) => void;
  readonly trace?: (target: TraceTarget, milliseconds: number, signal: AbortSignal) => Promise<TracedStack[]>;
}

/** Each twice as long as the one before. */
const MOST_TRACES = 3;

export class Tracer {
  /** Traces begun, by process and leak. */
  private readonly begun = new Map<string, number>();
  private readonly waiting: Watched[] = [];
  private running: Promise<void> | null = null;
  private readonly stopping = new AbortController();
  private readonly problems = new Set<string>();

  constructor(private readonly options: TracerOptions) {}

  /** At once; the trace goes on beside the looks, and its answer comes with one of them. */
  update(w: Watched): void {
    if (this.stopping.signal.aborted || this.waiting.includes(w)) return;
    if (this.unknown(w).length === 0) return;
    this.waiting.push(w);
    this.running ??= this.run().finally(() => (this.running = null));
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    for (let w = this.waiting[0]; w !== undefined && !this.stopping.signal.aborted; w = this.waiting[0]) {
      const again = await this.trace(w);
      this.waiting.shift();
      if (again) this.waiting.push(w);
    }
  }

  /** Whether a leak of it is still without an opener, and may be traced again. */
  private async trace(w: Watched): Promise<boolean> {
    const { pid } = w.sampler;
    const leaks = this.unknown(w);
    if (pid === null || leaks.length === 0) return false;
    const before = Math.min(...leaks.map((v) => this.begun.get(keyOf(w, v)) ?? 0));
    for (const v of leaks) this.begun.set(keyOf(w, v), (this.begun.get(keyOf(w, v)) ?? 0) + 1);
    try {
      const trace = this.options.trace ?? traceOpens;
      const target = { pid, exe: `/proc/${pid}/exe` };
      const stacks = await trace(target, this.options.milliseconds * 2 ** before, this.stopping.signal);
      if (w.sampler.pid !== pid) return false;
      w.opened = await w.sampler.opened(stacks);
    } catch (e) {
      // No bpftrace, no rights, no symbols: it will not be otherwise the next time.
      for (const v of leaks) this.begun.set(keyOf(w, v), MOST_TRACES);
      const problem = `who opens what leaks in ${w.target.name} is not known: ${messageOf(e)}`;
      if (!this.stopping.signal.aborted && !this.problems.has(problem)) this.options.onProblem(problem);
      this.problems.add(problem);
      return false;
    }
    for (const v of leaks) {
      const of = w.opened.filter((p) => readOpener(p.signal)?.what === tracedName(v.signal));
      const seen = of.map((p) => p.value);
      const all = seen.reduce((a, b) => a + b, 0);
      if (standsOut(Math.max(0, ...seen), all)) this.begun.set(keyOf(w, v), MOST_TRACES);
    }
    return this.unknown(w).length > 0;
  }

  /** Leaks without a stack of their own that were not traced often enough. */
  private unknown(w: Watched): Verdict[] {
    return w.verdicts.filter(
      (v) =>
        v.status === "leak" &&
        (v.kind === "fd" || v.kind === "socket") &&
        v.signal.location === null &&
        v.signal.name !== "total" &&
        (this.begun.get(keyOf(w, v)) ?? 0) < MOST_TRACES,
    );
  }
}

function keyOf(w: Watched, v: Verdict): string {
  return `${w.target.name} ${w.sampler.pid ?? ""} ${tracedName(v.signal)}`;
}
