/** What watches, behind `watch` and `serve` alike: targets, judges, store, alerts and evidence, wired. */
import type { Config } from "../config/index.ts";
import { resolveAlerts } from "../config/index.ts";
import { verdictJson } from "../report/live/watch-json.ts";
import type { Mark, Store } from "../store/store.ts";
import type { Alert } from "../watch/alerts/alert.ts";
import { Alerts } from "../watch/alerts/alerts.ts";
import { makeSink, parseSink, type SinkSpec } from "../watch/alerts/sinks.ts";
import { judgeDefaults } from "../watch/detectors/judge.ts";
import type { Evidence } from "../watch/evidence.ts";
import { Recorder } from "../watch/recorder.ts";
import { Tracer } from "../watch/tracer.ts";
import { scheduleDefaults } from "../watch/schedule.ts";
import { Watcher, type Watched, type WatchEvent } from "../watch/watcher.ts";
import { httpOptions } from "./looks.ts";
import {
  DeployFile,
  evidenceOf,
  intervalOf,
  pastFor,
  provenBy,
  redacts,
  storeOf,
  targetSources,
  withoutDump,
  type WatchFlags,
} from "./watch-setup.ts";

export interface EngineListener {
  event(e: WatchEvent): void;
  alert(a: Alert): void;
  /** Something of Stanch's own: the store, a sink, the file of targets. */
  problem(message: string): void;
  /** A line of an alert sink. */
  note(text: string): void;
}

export class WatchEngine {
  readonly intervalMs: number;
  readonly store: Store | null;
  readonly watcher: Watcher;
  private readonly alerts: Alerts;
  private readonly recorder: Recorder | null;
  private readonly evidence: Evidence | null;
  private readonly tracer: Tracer | null;
  private readonly deploy: DeployFile;

  constructor(
    names: readonly string[],
    private readonly flags: WatchFlags,
    config: Config | null,
    private readonly listener: EngineListener,
  ) {
    const sources = targetSources(names, flags, config);
    this.intervalMs = intervalOf(flags, config);
    const specs: SinkSpec[] =
      flags.alert === false
        ? []
        : [...(flags.alert ?? []).map(parseSink), ...(config === null ? [] : resolveAlerts(config))];
    this.evidence = evidenceOf(flags, config, specs.length > 0);
    this.store = storeOf(flags, config);
    this.recorder =
      this.store === null
        ? null
        : new Recorder(this.store, (m) => listener.problem(m), Date.now, redacts(flags, config));
    const traceMs = flags.trace ?? config?.watch.traceMs ?? null;
    this.tracer =
      traceMs === null ? null : new Tracer({ milliseconds: traceMs, onProblem: (m) => listener.problem(m) });
    this.deploy = new DeployFile(flags.deployFile ?? null);
    this.alerts = new Alerts({
      sinks: specs.map((spec) =>
        makeSink(spec, { write: (t) => listener.note(t), onProblem: (m) => listener.problem(m) }),
      ),
      repeatMs: 4 * 3_600_000,
      gatherMs: 1_000,
      evidence: this.evidence === null ? null : (name) => this.capture(name),
      onAlert: (a) => {
        listener.alert(a);
        this.mark({
          timeMs: Date.now(),
          target: a.target,
          kind: a.status === "firing" ? "alarm" : "resolved",
          text: `${a.verdict.kind} ${a.verdict.signal.label}${a.bundle === null ? "" : ` (${a.bundle})`}`,
        });
      },
    });
    this.watcher = new Watcher(sources, {
      schedule: {
        intervalMs: this.intervalMs,
        concurrency: flags.concurrency,
        deadlineMs: Math.max(2_000, Math.min(scheduleDefaults.deadlineMs, this.intervalMs)),
        ...(flags.mostBackoffMs === undefined ? {} : { mostBackoffMs: flags.mostBackoffMs }),
      },
      judge: { ...judgeDefaults, errorRate: flags.errorRate, least: { count: flags.least, bytes: flags.leastBytes } },
      onEvent: (e) => this.take(e),
      onProblem: (m) => listener.problem(m),
      past: (target, sampler) => pastFor(target, sampler, this.store, flags, config),
    });
  }

  /** Rejects on a fault of Stanch itself; never resolves otherwise. */
  get broken(): Promise<never> {
    return this.watcher.broken;
  }

  /** @throws UsageError where a source of targets cannot be read at all. */
  async start(): Promise<void> {
    await this.watcher.start();
  }

  async stop(): Promise<void> {
    await this.tracer?.stop();
    await this.watcher.stop();
    await this.alerts.close(3_000);
    this.recorder?.close();
  }

  /** What the runtime proved goes to the judge with the next look. */
  async capture(name: string): Promise<{ bundle: string | null; note: string }> {
    const w: Watched | undefined = this.watcher.targets.get(name);
    if (w === undefined) return { bundle: null, note: "" };
    if (this.evidence === null) return { bundle: null, note: "no bundle: start with --evidence FOLDER" };
    const { target } = w;
    const taken = await this.evidence.capture(
      name,
      target.address,
      { ...httpOptions(this.flags), ...target.http },
      target.metricsUrl,
    );
    const leak = taken.look?.profiles.get("goroutineleak");
    if (leak !== undefined) w.proven = provenBy(leak);
    if (taken.look !== null) this.recorder?.profiles(name, taken.look.takenMs, withoutDump(taken.look.profiles));
    return { bundle: taken.bundle, note: taken.note };
  }

  /** Keeps profiles of a look that somebody else took. */
  keep(name: string, timeMs: number, profiles: ReadonlyMap<string, Uint8Array>): void {
    this.recorder?.profiles(name, timeMs, withoutDump(profiles));
  }

  private mark(mark: Mark): void {
    this.recorder?.mark(mark);
  }

  private grace(target: string | null, text: string): void {
    this.mark({ timeMs: Date.now(), target, kind: "deploy", text });
    if (this.flags.deployGrace > 0) this.alerts.silence(target, Date.now() + this.flags.deployGrace);
  }

  private take(e: WatchEvent): void {
    const { name, labels } = e.target.target;
    switch (e.type) {
      case "look": {
        const declared = this.deploy.changed();
        if (declared !== null) this.grace(null, declared);
        this.recorder?.look(name, e.sample);
        break;
      }
      case "restarted":
        this.mark({ timeMs: Date.now(), target: name, kind: "start", text: e.process.revision ?? "" });
        if (e.otherBuild) this.grace(name, e.process.revision ?? e.process.module ?? "another build");
        break;
      case "verdict":
        this.recorder?.verdict(
          name,
          e.target.lastMs ?? Date.now(),
          e.verdict,
          verdictJson(e.verdict, e.target.firstMs),
        );
        break;
      case "judged":
        this.alerts.update({ name, labels }, e.verdicts, e.why);
        this.tracer?.update(e.target);
        break;
      case "removed":
        this.alerts.forget(name);
        break;
      default:
        break;
    }
    this.listener.event(e);
  }
}
