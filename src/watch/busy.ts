/**
 * Whether a process had work to do while it was watched. A leak that needs requests shows none on a process that gets none, so that
 * "healthy" of an idle one says nothing. What our own looks cause is not work.
 */
import { readOpener } from "../series/openers.ts";
import type { Sample } from "../series/sample.ts";
import type { Signal } from "../series/signal.ts";

export type Load = "busy" | "idle" | "unknown";

/** A look asks three or four times for something, and the target may count that as requests. */
const REQUESTS_A_LOOK = 4;
/**
 * What net/http and a metrics handler allocate to answer one (6 KiB measured without metrics), a goroutine's part in the profile, and three
 * samples of a heap profile, which knows nothing finer.
 */
const BYTES = { once: 3 << 19, look: 64 << 10, goroutine: 512 };
const OBJECTS = { once: 20_000, look: 5_000, goroutine: 8 };
/** Of one core. Profiles of many goroutines take time to write. */
const CPU_SHARE = 0.1;

interface Counter {
  readonly signal: Signal;
  readonly first: number;
  last: number;
  looks: number;
}

/** Counts since the process started, as far as was seen. */
export class Busy {
  private readonly counters = new Map<string, Counter>();
  private goroutines = 0;
  private firstMs: number | null = null;
  private lastMs = 0;

  push(sample: Sample): void {
    this.firstMs ??= sample.timeMs;
    this.lastMs = sample.timeMs;
    for (const { signal, value } of sample.points) {
      if (signal.kind === "goroutine" && signal.name === "total" && value > this.goroutines) this.goroutines = value;
      if (signal.kind !== "load" || !signal.counter || !Number.isFinite(value) || readOpener(signal) !== null) continue;
      const c = this.counters.get(signal.name);
      if (c === undefined) this.counters.set(signal.name, { signal, first: value, last: value, looks: 0 });
      else {
        c.last = value;
        c.looks++;
      }
    }
  }

  /** Another process: its counters begin anew. */
  forget(): void {
    this.counters.clear();
    this.goroutines = 0;
    this.firstMs = null;
  }

  get load(): Load {
    let known = false;
    for (const c of this.counters.values()) {
      if (c.looks === 0) continue;
      known = true;
      if (c.last - c.first > this.own(c)) return "busy";
    }
    return known ? "idle" : "unknown";
  }

  /** What says so, for people: `requests_total +1,204`; "" where nothing was counted. */
  get why(): string {
    const derived = /^(?:cpu|goroutines created|allocated (?:objects|bytes))$/;
    const seen = [...this.counters.values()]
      .filter((c) => c.looks > 0)
      .sort((a, b) => Number(derived.test(a.signal.name)) - Number(derived.test(b.signal.name)));
    const most = seen.find((c) => c.last - c.first > this.own(c)) ?? seen[0];
    if (most === undefined) return "";
    return `${most.signal.label} +${Math.round(most.last - most.first).toLocaleString("en-US")} in ${most.looks + 1} looks`;
  }

  /** As much as our looks may have caused. */
  private own({ signal, looks }: Counter): number {
    switch (signal.name) {
      case "cpu":
        return (CPU_SHARE * (this.lastMs - (this.firstMs ?? 0))) / 1000;
      case "allocated bytes":
        return BYTES.once + (BYTES.look + BYTES.goroutine * this.goroutines) * looks;
      case "allocated objects":
        return OBJECTS.once + (OBJECTS.look + OBJECTS.goroutine * this.goroutines) * looks;
      default:
        return REQUESTS_A_LOOK * looks;
    }
  }
}
