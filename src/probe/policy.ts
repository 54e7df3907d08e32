/**
 * What may be asked of a target, and in what order. Pure: counts and times in, a plan out.
 *
 * Measured on Go 1.27 with two CPUs (stall = longest gap seen by a 200 µs heartbeat inside the target):
 *
 *     goroutines            1 k      10 k     100 k      1 M
 *     debug=0 stall         1 ms     1.8 ms   4 ms       34 ms
 *     debug=2 stall         3 ms     68 ms    2,060 ms   10,100 ms
 *     goroutineleak stall   2.5 ms   9 ms     34 ms      359 ms     (and forces a collection, which closes unreachable sockets)
 *     heap stall            ≤ 1.3 ms whatever the size
 *
 * Before Go 1.19 a grouped goroutine profile stops the world for as long as it takes: 130 ms at 100 k (CL 387415).
 */
export interface Budget {
  /** Longest stop of the target that one request may cause. */
  readonly stallMs: number;
  /** Least time between two goroutineleak requests to one target. */
  readonly leakProfileEveryMs: number;
}

export const defaultBudget: Budget = { stallMs: 10, leakProfileEveryMs: 4 * 3_600_000 };

export interface TargetSize {
  /** From the pprof index page, a metric or the last profile; null where nobody knows yet. */
  readonly goroutines: number | null;
  /** Minor version of Go 1; null where unknown. */
  readonly goMinor: number | null;
}

/** Milliseconds that a request stops the target, at most, by the table above with a line through its points. */
export function expectedStallMs(
  what: "goroutine" | "dump" | "goroutineleak" | "heap" | "other",
  size: TargetSize,
): number {
  const n = size.goroutines ?? 0;
  switch (what) {
    case "goroutine":
      return size.goMinor !== null && size.goMinor < 19 ? 1 + n * 0.0013 : 1 + n * 0.000035;
    case "dump":
      // 68 ms at 10 k, 20 µs a goroutine beyond: every one is printed with the world stopped, several times over as the buffer doubles.
      return 1 + n * 0.0068 + Math.max(0, n - 10_000) * 0.015;
    case "goroutineleak":
      return 2 + n * 0.00036;
    case "heap":
      return 1.3;
    default:
      return 1;
  }
}

/** In the order in which they are to be taken: each later step may destroy what an earlier one would have seen. */
export type Step = "dump" | "goroutine" | "process" | "heap" | "goroutineleak";

export interface Plan {
  readonly steps: readonly Step[];
  /** One line per step left out, for people. */
  readonly skipped: readonly string[];
}

export interface PlanRequest {
  readonly size: TargetSize;
  readonly budget: Budget;
  /** Names on the pprof index page; null where there is no pprof. */
  readonly profiles: ReadonlySet<string> | null;
  /** Somebody asked for it: an alarm, or `--leak-profile`. */
  readonly wantLeakProfile: boolean;
  /** Milliseconds since the last goroutineleak request to this target, null for never. */
  readonly sinceLeakProfileMs: number | null;
  /** The full dump was asked for whatever it costs. */
  readonly forceDump: boolean;
}

export function planCapture(r: PlanRequest): Plan {
  const steps: Step[] = [];
  const skipped: string[] = [];
  const has = (name: string): boolean => r.profiles !== null && r.profiles.has(name);
  if (has("goroutine")) {
    // The plain dump first: goroutineleak wipes the wait minutes of what it marks.
    const stall = expectedStallMs("dump", r.size);
    if (r.forceDump || (r.size.goroutines !== null && stall <= r.budget.stallMs)) steps.push("dump");
    else if (r.size.goroutines === null)
      skipped.push("full dump: the number of goroutines is not known, so neither is its cost");
    else
      skipped.push(
        `full dump: would stop the target for about ${Math.round(stall)} ms, the budget is ${r.budget.stallMs} ms (--full-dump takes it anyway)`,
      );
    steps.push("goroutine");
  }
  // Sockets and descriptors before anything that may collect garbage: a forced collection closes what only finalizers hold.
  steps.push("process");
  if (has("heap")) steps.push("heap");
  if (r.wantLeakProfile) {
    const stall = expectedStallMs("goroutineleak", r.size);
    if (!has("goroutineleak"))
      skipped.push("goroutineleak: not served (needs Go 1.27, or 1.26 built with GOEXPERIMENT=goroutineleakprofile)");
    else if (r.sinceLeakProfileMs !== null && r.sinceLeakProfileMs < r.budget.leakProfileEveryMs)
      skipped.push(
        `goroutineleak: was taken ${Math.round(r.sinceLeakProfileMs / 60_000)} min ago; at most once per ${r.budget.leakProfileEveryMs / 3_600_000} h`,
      );
    else if (stall > Math.max(r.budget.stallMs, 50))
      skipped.push(`goroutineleak: would stop the target for about ${Math.round(stall)} ms`);
    else steps.push("goroutineleak");
  }
  return { steps, skipped };
}
