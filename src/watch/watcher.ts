/**
 * Watches targets: looks at each on its schedule, hands every look to the target's judge, and tells what has changed. What a verdict is follows
 * from the looks alone; this only brings them.
 */
import { messageOf, UsageError } from "../base/errors.ts";
import type { HttpOptions } from "../probe/http.ts";
import type { ProcReader } from "../probe/procfs.ts";
import { inOrder, isRestart, type Point, type ProcessIdentity, type Sample } from "../series/sample.ts";
import { signalId } from "../series/signal.ts";
import { steadyClock } from "./clock.ts";
import { Judge, judgeDefaults, type JudgeOptions } from "./detectors/judge.ts";
import { Sampler } from "./sampler.ts";
import { Schedule, scheduleDefaults, type ScheduleOptions } from "./schedule.ts";
import type { TargetSource, WatchTarget } from "./targets.ts";
import { Trail } from "./trail.ts";
import type { Verdict } from "./verdict.ts";

export type WatchEvent =
  | { readonly type: "look"; readonly target: Watched; readonly sample: Sample; readonly problems: readonly string[] }
  | { readonly type: "failed"; readonly target: Watched; readonly message: string; readonly first: boolean }
  | { readonly type: "recovered"; readonly target: Watched }
  /** The judge knows the past, or could not be told it. */
  | {
      readonly type: "seeded";
      readonly target: Watched;
      readonly looks: number;
      readonly sinceMs: number | null;
      readonly problem: string | null;
    }
  | {
      readonly type: "restarted";
      readonly target: Watched;
      readonly process: ProcessIdentity;
      /** Another revision, module or Go: a deploy, and not a crash. */
      readonly otherBuild: boolean;
    }
  | { readonly type: "verdict"; readonly target: Watched; readonly verdict: Verdict; readonly before: Verdict | null }
  /** A leak is none any more, or its process is gone. */
  | { readonly type: "over"; readonly target: Watched; readonly before: Verdict; readonly why: string }
  /** After all that changed: the verdicts as they are now. */
  | { readonly type: "judged"; readonly target: Watched; readonly verdicts: readonly Verdict[]; readonly why: string }
  | { readonly type: "added" | "removed"; readonly target: Watched };

/** One target with all that is known of it. */
export interface Watched {
  readonly target: WatchTarget;
  readonly judge: Judge;
  readonly sampler: Sampler;
  /** Recent values, for drawing. */
  readonly trail: Trail;
  process: ProcessIdentity | null;
  /** When the first look (of the past, where there is one) was. */
  firstMs: number | null;
  /** As of the last change; `verdictsNow` has today's numbers. */
  verdicts: readonly Verdict[];
  looks: number;
  lastMs: number | null;
  /** Since when it cannot be read; null while it can. */
  failedSinceMs: number | null;
  failure: string | null;
  problems: readonly string[];
  /** What the runtime proved leaked since the last look; goes into the next sample. */
  proven: ReadonlyMap<string, number> | null;
  /** What the tracing probe saw opened since the last look; goes into the next sample. */
  opened: readonly Point[];
  /** The past may hold a leak of which nothing was told. */
  unheard: boolean;
}

/** Slopes, values and times as of the last look: not made at every look, only when somebody reads them. */
export function verdictsNow(w: Watched): readonly Verdict[] {
  w.verdicts = w.judge.verdicts();
  return w.verdicts;
}

export interface WatcherOptions {
  readonly schedule?: Partial<ScheduleOptions>;
  readonly judge?: JudgeOptions;
  readonly http?: HttpOptions;
  readonly proc?: ProcReader;
  readonly onEvent: (event: WatchEvent) => void;
  /** A source of targets cannot be read for now. */
  readonly onProblem?: (message: string) => void;
  /** Looks of before, oldest first: the judge begins with them. */
  readonly past?: (target: WatchTarget, sampler: Sampler) => Promise<readonly Sample[]>;
  readonly clock?: () => number;
  /** How often sources are asked which targets there are. */
  readonly refreshMs?: number;
  /** Above so many targets no trail is kept of every signal, only of the totals. */
  readonly trailsUpTo?: number;
}

export class Watcher {
  readonly targets = new Map<string, Watched>();
  private readonly schedule: Schedule;
  private readonly stopping = new AbortController();
  private refresh: NodeJS.Timeout | null = null;
  private readonly clock: () => number;
  private readonly sourceProblem = new Map<TargetSource, string | null>();
  /** An error inside of Stanch, kept for whoever waits for the end. */
  private fault: unknown = null;
  private readonly failed: (e: unknown) => void;
  /** Rejects on a fault of Stanch itself; never resolves otherwise. */
  readonly broken: Promise<never>;

  constructor(
    private readonly sources: readonly TargetSource[],
    private readonly options: WatcherOptions,
  ) {
    this.schedule = new Schedule({ ...scheduleDefaults, ...options.schedule });
    this.clock = options.clock ?? steadyClock();
    let fail: (e: unknown) => void = () => {};
    this.broken = new Promise<never>((_, reject) => (fail = reject));
    this.broken.catch(() => {});
    this.failed = fail;
  }

  /** @throws UsageError where a source cannot be read at all. */
  async start(): Promise<void> {
    await this.update(true);
    const again = (): void => {
      this.refresh = setTimeout(() => {
        this.update(false)
          .catch((e: unknown) => this.break(e))
          .finally(() => {
            if (!this.stopping.signal.aborted) again();
          });
      }, this.options.refreshMs ?? 5_000);
    };
    again();
  }

  pause(on: boolean): void {
    this.schedule.pause(on);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.refresh !== null) clearTimeout(this.refresh);
    await this.schedule.stop();
    await Promise.all([...this.targets.values()].map((w) => w.sampler.close()));
  }

  private break(e: unknown): void {
    if (this.fault !== null || this.stopping.signal.aborted) return;
    this.fault = e;
    this.failed(e);
  }

  private async update(first: boolean): Promise<void> {
    const wanted = new Map<string, WatchTarget>();
    for (const source of this.sources) {
      try {
        for (const t of await source.list(this.stopping.signal)) wanted.set(t.name, t);
        const problem = source.problem ?? null;
        if (problem !== null && problem !== this.sourceProblem.get(source)) this.options.onProblem?.(problem);
        this.sourceProblem.set(source, problem);
      } catch (e) {
        if (first || !(e instanceof UsageError)) throw e;
        return; // a source that fails for a moment takes nothing away
      }
    }
    if (this.stopping.signal.aborted) return;
    for (const [name, w] of this.targets) {
      const now = wanted.get(name);
      if (now !== undefined && now.address === w.target.address) continue;
      this.schedule.remove(name);
      this.targets.delete(name);
      void w.sampler.close();
      this.options.onEvent({ type: "removed", target: w });
    }
    for (const [name, target] of wanted) if (!this.targets.has(name)) this.add(target, first);
  }

  private add(target: WatchTarget, first: boolean): void {
    let sampler: Sampler;
    try {
      sampler = new Sampler(target.address, {
        http: { ...this.options.http, ...target.http },
        metricsUrl: target.metricsUrl,
        ...(this.options.proc === undefined ? {} : { proc: this.options.proc }),
      });
    } catch (e) {
      // On the command line a wrong address is an error; in a file that changes it is one target less.
      if (first || !(e instanceof UsageError)) throw e;
      return;
    }
    const w: Watched = {
      target,
      judge: new Judge(this.options.judge ?? judgeDefaults),
      sampler,
      trail: new Trail(this.targets.size < (this.options.trailsUpTo ?? 100)),
      process: null,
      firstMs: null,
      verdicts: [],
      looks: 0,
      lastMs: null,
      failedSinceMs: null,
      failure: null,
      problems: [],
      proven: null,
      opened: [],
      unheard: false,
    };
    this.targets.set(target.name, w);
    this.options.onEvent({ type: "added", target: w });
    let seeded = this.options.past === undefined;
    this.schedule.add(
      target.name,
      async (signal) => {
        try {
          if (!seeded) {
            seeded = true;
            await this.seed(w);
          }
          return await this.look(w, signal);
        } catch (e) {
          this.break(e);
          return false;
        }
      },
      target.intervalMs,
    );
  }

  private async seed(w: Watched): Promise<void> {
    let past: readonly Sample[] = [];
    try {
      past = (await this.options.past?.(w.target, w.sampler)) ?? [];
    } catch (e) {
      if (!(e instanceof UsageError)) throw e;
      this.options.onEvent({ type: "seeded", target: w, looks: 0, sinceMs: null, problem: e.message });
    }
    if (past.length > 0)
      this.options.onEvent({ type: "seeded", target: w, looks: past.length, sinceMs: past[0].timeMs, problem: null });
    w.unheard = past.length > 0;
    for (const sample of past) {
      w.process = sample.process ?? w.process;
      w.judge.push(sample);
      w.trail.push(sample);
      w.firstMs ??= sample.timeMs;
      w.lastMs = sample.timeMs;
    }
  }

  private async look(w: Watched, signal: AbortSignal): Promise<boolean> {
    const { onEvent } = this.options;
    let taken;
    try {
      taken = await w.sampler.look(this.clock(), signal);
    } catch (e) {
      if (!(e instanceof UsageError) && (e as Error).name !== "AbortError") throw e;
      if (this.stopping.signal.aborted || !this.targets.has(w.target.name)) return false;
      const first = w.failedSinceMs === null;
      w.failedSinceMs ??= this.clock();
      w.failure = signal.aborted ? `${w.target.name} did not answer in time` : messageOf(e);
      onEvent({ type: "failed", target: w, message: w.failure, first });
      return false;
    }
    if (this.stopping.signal.aborted || !this.targets.has(w.target.name)) return false;
    const { proven, opened } = w;
    w.proven = null;
    w.opened = [];
    const sample: Sample = {
      ...taken.sample,
      ...(proven === null ? {} : { proven }),
      ...(opened.length === 0 ? {} : { points: inOrder([...taken.sample.points, ...opened]) }),
    };
    if (w.failedSinceMs !== null) {
      w.failedSinceMs = null;
      w.failure = null;
      onEvent({ type: "recovered", target: w });
    }
    const restarted = isRestart(w.process, sample.process);
    const otherBuild = restarted && isOtherBuild(w.process, sample.process);
    w.process = sample.process ?? w.process;
    w.looks++;
    w.problems = taken.problems;
    if (restarted && sample.process !== null)
      onEvent({ type: "restarted", target: w, process: sample.process, otherBuild });
    this.take(w, sample, restarted);
    return true;
  }

  private take(w: Watched, sample: Sample, restarted: boolean): void {
    const { onEvent } = this.options;
    const changed = w.judge.push(sample);
    w.trail.push(sample);
    w.firstMs ??= sample.timeMs;
    // A clock that was set back: the judge leaves such looks out, and so does what is shown.
    if (w.lastMs === null || sample.timeMs > w.lastMs) w.lastMs = sample.timeMs;
    onEvent({ type: "look", target: w, sample, problems: w.problems });
    if (!changed && !w.unheard) return;
    w.unheard = false;
    const before = w.verdicts;
    verdictsNow(w);
    const old = new Map(before.map((v) => [signalId(v.signal), v]));
    for (const verdict of w.verdicts) {
      const was = old.get(signalId(verdict.signal)) ?? null;
      old.delete(signalId(verdict.signal));
      if (was === null ? verdict.status === "leak" : was.status !== verdict.status || was.shape !== verdict.shape)
        onEvent({ type: "verdict", target: w, verdict, before: was });
    }
    const why = restarted ? "The process was started anew." : "It no longer grows.";
    for (const was of old.values()) if (was.status === "leak") onEvent({ type: "over", target: w, before: was, why });
    onEvent({ type: "judged", target: w, verdicts: w.verdicts, why });
  }
}

function isOtherBuild(before: ProcessIdentity | null, after: ProcessIdentity | null): boolean {
  if (before === null || after === null) return false;
  return (["revision", "module", "goVersion"] as const).some(
    (k) => before[k] !== null && after[k] !== null && before[k] !== after[k],
  );
}
