/** `stanch gate`: watches what was deployed, compares with the previous revision, and says in its exit code what came of it. */
import { span } from "../base/durations.ts";
import { UsageError } from "../base/errors.ts";
import { loadConfig, type Config } from "../config/index.ts";
import {
  gateService,
  isUnsettled,
  outcomeOf,
  type GateInstance,
  type GateRules,
  type GateService,
} from "../diagnose/gate.ts";
import type { BuildInfo } from "../probe/buildinfo.ts";
import { gateJson } from "../report/live/gate-json.ts";
import { gateMarkdown } from "../report/live/gate-markdown.ts";
import { gateText } from "../report/live/gate-text.ts";
import type { GateReport } from "../report/live/gate-text.ts";
import { signalId } from "../series/signal.ts";
import { Busy } from "../watch/busy.ts";
import { judgeDefaults } from "../watch/detectors/judge.ts";
import { scheduleDefaults } from "../watch/schedule.ts";
import type { Verdict } from "../watch/verdict.ts";
import { verdictsNow, type Watched, type WatchEvent } from "../watch/watcher.ts";
import { writeWhole } from "./files.ts";
import { BaselineFiles } from "./gate-baseline.ts";
import type { TargetFlags } from "./live.ts";
import { Progress, terminalWidth, untilInterrupted } from "./progress.ts";
import { findingsOf, type SourceFlags } from "./verdict-findings.ts";
import { WatchEngine } from "./watch-engine.ts";
import { untilEnd } from "./watch.ts";
import { counted } from "../base/numbers.ts";

interface Flags extends TargetFlags, SourceFlags {
  readonly baseline?: string[];
  readonly baselineTarget?: string[];
  readonly baselineRange: number;
  readonly duration: number;
  readonly maxWait?: number;
  readonly interval: number;
  readonly requireLoad?: boolean;
  readonly failOn: string;
  readonly store?: string;
  readonly config?: string;
  readonly host?: string | true;
  readonly fileSd?: string[];
  readonly srv?: string[];
  readonly errorRate: number;
  readonly least: number;
  readonly leastBytes: number;
  readonly format: string;
  readonly output?: string;
}

/** The process was seen, and nothing can be said of it. Documented in docs/ci.md. */
const NO_VERDICT = 4;
const TICK_MS = 250;
/** Once the time is up, whether waiting helps is asked this often. */
const SETTLED_MS = 2_000;

export async function run(names: string[], flags: Flags): Promise<void> {
  const maxWaitMs = flags.maxWait ?? 3 * flags.duration;
  if (maxWaitMs < flags.duration) throw new UsageError("--max-wait is shorter than --duration");
  if (flags.baselineTarget !== undefined && flags.baseline === undefined)
    throw new UsageError("--baseline-target needs a --baseline");
  const rules: GateRules = { requireLoad: flags.requireLoad === true, failOnStayed: flags.failOn === "stayed" };
  const judge = {
    ...judgeDefaults,
    errorRate: flags.errorRate,
    least: { count: flags.least, bytes: flags.leastBytes },
  };
  const config = withoutStore(loadConfig(process.cwd(), flags.config === undefined ? {} : { path: flags.config }));
  // Before anything is watched: an hour is not to end with a name that was mistyped.
  const files =
    flags.baseline === undefined
      ? null
      : await BaselineFiles.open(flags.baseline, flags.baselineTarget ?? null, judge, flags.baselineRange);
  const gate = new Gate();
  const progress = new Progress();
  const told = new Set<string>();
  const complain = (m: string): void => {
    if (told.has(m)) return;
    told.add(m);
    progress.clear();
    process.stderr.write(`stanch: ${m}\n`);
  };
  const engine = new WatchEngine(
    names,
    {
      ...flags,
      alert: false,
      evidence: false,
      evidenceBudget: 0,
      deployGrace: 0,
      concurrency: scheduleDefaults.concurrency,
      prometheusRange: 0,
      mostBackoffMs: Math.max(flags.interval, 5_000),
      oneInterval: true,
    },
    config,
    { event: (e) => gate.take(e), alert: () => {}, note: () => {}, problem: complain },
  );
  const ended = untilEnd(maxWaitMs);
  const startedMs = performance.now();
  let services: readonly GateService[] = [];
  let interrupted = false;
  try {
    await engine.start();
    let over = false;
    const stop = ended.promise.then(() => (over = true));
    let checkedMs = 0;
    let confirmed = false;
    while (!over) {
      await Promise.race([new Promise((done) => void setTimeout(done, TICK_MS)), stop, engine.broken]);
      const waitedMs = performance.now() - startedMs;
      progress.show(gate.progress(waitedMs, flags.duration, maxWaitMs));
      if (!confirmed && gate.allAnswered()) {
        servicesOf(gate.instances(), files, rules); // a baseline that does not fit is said now
        confirmed = true;
      }
      if (!gate.watchedFor(flags.duration) || waitedMs - checkedMs < SETTLED_MS) continue;
      checkedMs = waitedMs;
      if (!servicesOf(gate.instances(), files, rules).some(isUnsettled)) break;
    }
    interrupted = over && performance.now() - startedMs < maxWaitMs - TICK_MS;
    services = servicesOf(gate.instances(), files, rules);
  } finally {
    progress.clear();
    ended.done();
    await engine.stop();
  }
  const instances = services.flatMap((s) => s.instances);
  if (instances.length === 0) throw new UsageError("no target was found");
  if (instances.every((i) => i.looks === 0)) throw new UsageError(unreachable(instances, maxWaitMs));
  const finding = await findings(gate, services, flags, complain);
  const report: GateReport = {
    services,
    outcome: outcomeOf(services, rules),
    seconds: (performance.now() - startedMs) / 1000,
    interrupted,
    failOnStayed: rules.failOnStayed,
    finding,
  };
  const text =
    flags.format === "json"
      ? gateJson(report)
      : flags.format === "markdown"
        ? gateMarkdown(report)
        : gateText(report, flags.output === undefined ? terminalWidth() : 110);
  if (flags.output === undefined) process.stdout.write(text);
  else writeWhole(flags.output, text);
  process.exitCode = { failed: 1, passed: 0, "no verdict": NO_VERDICT }[report.outcome];
}

/** What each instance showed, also what a restart took away. */
class Gate {
  private readonly seen = new Map<string, Seen>();

  take(e: WatchEvent): void {
    const s = this.of(e.target);
    switch (e.type) {
      case "look":
        s.firstAnswerMs ??= performance.now();
        s.busy.push(e.sample);
        break;
      case "restarted":
        s.busy.forget();
        s.restarts += e.otherBuild ? 0 : 1;
        s.firstAnswerMs = performance.now();
        // Another build: the deploy was not over, and what was seen is of the revision before it.
        if (e.otherBuild) s.ended.clear();
        else for (const v of e.target.verdicts) if (v.status === "leak") s.ended.set(signalId(v.signal), v);
        break;
      case "removed":
        s.gone = instanceOf(s);
        break;
      default:
        break;
    }
  }

  instances(): GateInstance[] {
    return [...this.seen.values()].map((s) => s.gone ?? instanceOf(s));
  }

  watched(name: string): Watched | null {
    return this.seen.get(name)?.target ?? null;
  }

  allAnswered(): boolean {
    return this.seen.size > 0 && [...this.seen.values()].every((s) => s.firstAnswerMs !== null || s.gone !== null);
  }

  /** Each of those that are there. */
  watchedFor(milliseconds: number): boolean {
    const now = performance.now();
    return (
      this.allAnswered() &&
      [...this.seen.values()].every((s) => s.gone !== null || now - (s.firstAnswerMs ?? now) >= milliseconds)
    );
  }

  progress(waitedMs: number, durationMs: number, maxWaitMs: number): string {
    const all = [...this.seen.values()].filter((s) => s.gone === null);
    const answered = all.filter((s) => s.firstAnswerMs !== null).length;
    const leaks = all.reduce((n, s) => n + s.target.verdicts.filter((v) => v.status === "leak").length, 0);
    const time = `${span(waitedMs / 1000)} of ${span((waitedMs > durationMs ? maxWaitMs : durationMs) / 1000)}${waitedMs > durationMs ? " at most" : ""}`;
    return `${time}  ${answered} of ${counted(all.length, "target")} answered  ${leaks === 0 ? "no leak yet" : counted(leaks, "leak")}`;
  }

  private of(target: Watched): Seen {
    let s = this.seen.get(target.target.name);
    if (s === undefined || s.target !== target) {
      s = { target, busy: new Busy(), restarts: 0, ended: new Map(), firstAnswerMs: null, gone: null };
      this.seen.set(target.target.name, s);
    }
    return s;
  }
}

interface Seen {
  readonly target: Watched;
  readonly busy: Busy;
  restarts: number;
  /** Leaks that were sure when the process ended, by signal. */
  readonly ended: Map<string, Verdict>;
  /** On the monotonic clock; of the process that runs now. */
  firstAnswerMs: number | null;
  /** As it was when it left the list of targets. */
  gone: GateInstance | null;
}

function instanceOf({ target: w, busy, restarts, ended }: Seen): GateInstance {
  const verdicts = verdictsNow(w);
  const now = new Set(verdicts.map((v) => (v.status === "leak" ? signalId(v.signal) : "")));
  const before = [...ended].flatMap(([id, v]) => (now.has(id) ? [] : [v]));
  const all = w.judge.all();
  const since = all.length === 0 ? null : w.firstMs;
  return {
    name: w.target.name,
    process: w.process,
    firstMs: w.firstMs,
    looks: w.judge.samples,
    seconds: since === null || w.lastMs === null ? 0 : (w.lastMs - since) / 1000,
    verdicts: [...before, ...verdicts],
    all,
    load: busy.load,
    loadWhy: busy.why,
    restarts,
    failure: w.failure,
  };
}

/** Instances of one module are one service. */
function servicesOf(instances: readonly GateInstance[], files: BaselineFiles | null, rules: GateRules): GateService[] {
  const byModule = new Map<string, GateInstance[]>();
  for (const i of instances) {
    const key = i.process?.module ?? "";
    byModule.set(key, [...(byModule.get(key) ?? []), i]);
  }
  // What never answered belongs to the others, where there is only one service.
  const lost = byModule.get("") ?? [];
  if (byModule.size === 2 && lost.length > 0 && lost.every((i) => i.looks === 0)) {
    byModule.delete("");
    const [[module, list]] = byModule;
    byModule.set(module, [...list, ...lost]);
  }
  return [...byModule].map(([module, list]) => {
    const name = module === "" ? list.map((i) => i.name).join(", ") : module;
    const baseline = files === null || list.every((i) => i.looks === 0) ? null : files.of(name, list);
    return gateService(name, list, baseline, rules);
  });
}

async function findings(
  gate: Gate,
  services: readonly GateService[],
  flags: Flags,
  onProblem: (m: string) => void,
): Promise<GateReport["finding"]> {
  const interrupt = untilInterrupted();
  try {
    const targets = services.flatMap((s) =>
      s.lines.flatMap((l) => {
        const name = s.instances.find((i) => l.leaking.includes(i.name))?.name;
        if (l.now === null || name === undefined) return [];
        const { labels } = gate.watched(name)?.target ?? { labels: {} };
        return [
          {
            name,
            labels,
            process: null,
            firstMs: null,
            lastMs: null,
            looks: 0,
            failure: null,
            problems: [],
            verdicts: [l.now],
          },
        ];
      }),
    );
    const buildOf = (name: string): BuildInfo | null => gate.watched(name)?.sampler.build ?? null;
    return await findingsOf(targets, buildOf, flags, interrupt.signal, onProblem);
  } finally {
    interrupt.done();
  }
}

/** What the gate sees is not for the store that a watch keeps. */
function withoutStore(config: Config | null): Config | null {
  return config === null ? null : { ...config, watch: { ...config.watch, store: null } };
}

function unreachable(instances: readonly GateInstance[], waitedMs: number): string {
  const why = instances[0].failure ?? "no answer";
  const others = instances.length === 1 ? "" : ` (and ${counted(instances.length - 1, "target")} more)`;
  return `nothing could be read in ${span(waitedMs / 1000)}: ${why}${others}`;
}
