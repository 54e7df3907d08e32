/**
 * When each target is looked at. Targets are spread over the interval by a hash of their name, so that a thousand do not come at once and
 * each keeps its rhythm. Two lanes: those that answer, and those that failed last time. A target that hangs takes a place in the second
 * lane only, and ever more rarely; it cannot slow the others.
 */
export interface ScheduleOptions {
  readonly intervalMs: number;
  /** Looks at once, of targets that answer. */
  readonly concurrency: number;
  /** One look may take so long. */
  readonly deadlineMs: number;
  /** Longest pause between looks at a target that fails. */
  readonly mostBackoffMs: number;
}

export const scheduleDefaults: ScheduleOptions = {
  intervalMs: 15_000,
  concurrency: 32,
  deadlineMs: 10_000,
  mostBackoffMs: 300_000,
};

/** Looks at once at targets that failed last time. */
const FAILING_LANE = 8;

/** Returns whether the look succeeded. Must end when `signal` aborts. */
export type LookAt = (signal: AbortSignal) => Promise<boolean>;

interface Entry {
  readonly name: string;
  readonly look: LookAt;
  readonly intervalMs: number;
  /** On the monotonic clock: a clock that jumps moves nothing. */
  dueMs: number;
  failures: number;
  running: AbortController | null;
  timer: NodeJS.Timeout | null;
  removed: boolean;
}

export class Schedule {
  private readonly entries = new Map<string, Entry>();
  private readonly waiting: Record<"good" | "failing", Entry[]> = { good: [], failing: [] };
  private readonly busy = { good: 0, failing: 0 };
  private stopped = false;
  private paused = false;

  constructor(
    private readonly options: ScheduleOptions = scheduleDefaults,
    private readonly now: () => number = () => performance.now(),
  ) {}

  add(name: string, look: LookAt, intervalMs: number | null = null): void {
    if (this.entries.has(name) || this.stopped) return;
    const every = intervalMs ?? this.options.intervalMs;
    const entry: Entry = {
      name,
      look,
      intervalMs: every,
      // The first look of one target is now; a thousand are spread over the interval.
      dueMs: this.now() + (this.entries.size < this.options.concurrency ? 0 : phase(name) * every),
      failures: 0,
      running: null,
      timer: null,
      removed: false,
    };
    this.entries.set(name, entry);
    this.arm(entry);
  }

  remove(name: string): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    entry.removed = true;
    this.entries.delete(name);
    if (entry.timer !== null) clearTimeout(entry.timer);
    entry.running?.abort();
  }

  names(): IterableIterator<string> {
    return this.entries.keys();
  }

  /** While paused nothing new begins. */
  pause(on: boolean): void {
    this.paused = on;
    if (!on) this.drain();
  }

  /** Ends what runs; resolves when nothing does. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const name of this.entries.keys()) this.remove(name);
    while (this.busy.good + this.busy.failing > 0) await new Promise((done) => setTimeout(done, 5));
  }

  private arm(entry: Entry): void {
    if (entry.removed || this.stopped) return;
    entry.timer = setTimeout(
      () => {
        entry.timer = null;
        this.waiting[entry.failures > 0 ? "failing" : "good"].push(entry);
        this.drain();
      },
      Math.max(0, entry.dueMs - this.now()),
    );
  }

  private drain(): void {
    if (this.paused) return;
    for (const [lane, most] of [
      ["good", this.options.concurrency],
      ["failing", FAILING_LANE],
    ] as const) {
      while (this.busy[lane] < most) {
        const entry = this.waiting[lane].shift();
        if (entry === undefined) break;
        if (!entry.removed) void this.run(entry, lane);
      }
    }
  }

  private async run(entry: Entry, lane: "good" | "failing"): Promise<void> {
    this.busy[lane]++;
    const controller = new AbortController();
    entry.running = controller;
    const deadline = setTimeout(() => controller.abort(), this.options.deadlineMs);
    let ok = false;
    try {
      ok = await entry.look(controller.signal);
    } finally {
      clearTimeout(deadline);
      entry.running = null;
      this.busy[lane]--;
      entry.failures = ok ? 0 : entry.failures + 1;
      entry.dueMs = this.next(entry);
      this.arm(entry);
      this.drain();
    }
  }

  /** The next beat of the target's own rhythm that is still to come; further off the oftener it failed. */
  private next(entry: Entry): number {
    const now = this.now();
    const pause = entry.intervalMs * 2 ** Math.min(16, Math.max(0, entry.failures - 1));
    const wait = Math.min(pause, Math.max(this.options.mostBackoffMs, entry.intervalMs));
    const beats = Math.max(1, Math.ceil((now - entry.dueMs) / entry.intervalMs), Math.round(wait / entry.intervalMs));
    return entry.dueMs + beats * entry.intervalMs;
  }
}

/** 0 to 1, always the same for a name (FNV-1a). */
export function phase(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return h / 2 ** 32;
}
