/** What `stanch serve` shows, from the engine that watches. Looks that a page asks for are kept for a few seconds, so that many pages cost one. */
import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { messageOf, UsageError } from "../base/errors.ts";
import type { Diagnosed } from "./diagnosing.ts";
import { diagnoseLooks } from "./diagnosing.ts";
import { signatureOf } from "../diagnose/signatures.ts";
import type { BuildInfo } from "../probe/buildinfo.ts";
import { readBundleBytes } from "../probe/bundle.ts";
import { collect, type Snapshot } from "../probe/collect.ts";
import { SourceFinder } from "../probe/source-files.ts";
import { parseTarget } from "../probe/target.ts";
import type { Frame } from "../profile/columns.ts";
import { diagnosisHtml } from "../report/live/diagnosis-html.ts";
import { diagnosisJson } from "../report/live/diagnosis-json.ts";
import { diagnosisMarkdown } from "../report/live/diagnosis-markdown.ts";
import { verdictJson } from "../report/live/watch-json.ts";
import type {
  FindingsReply,
  FixReply,
  FrameView,
  GroupsReply,
  MarkView,
  RevisionView,
  SeriesReply,
  SeriesView,
  SourceReply,
  State,
  StoredProfileView,
  TargetReply,
  TargetRow,
  TargetsReply,
  VerdictView,
} from "../server/api.ts";
import type { Backend, SeriesQuery } from "../server/backend.ts";
import type { Events } from "../server/events.ts";
import type { Signal } from "../series/signal.ts";
import { thin } from "../series/thin.ts";
import type { Verdict } from "../watch/verdict.ts";
import { verdictsNow, type Watched, type WatchEvent } from "../watch/watcher.ts";
import { httpOptions, toLook } from "./looks.ts";
import type { ServeFlags } from "./serve.ts";
import { ServeFindings } from "./serve-findings.ts";
import { revisionsOf } from "./serve-revisions.ts";
import { VerdictJoiner } from "./verdict-joiner.ts";
import { toolVersion } from "./version.ts";
import type { WatchEngine } from "./watch-engine.ts";

export interface ServeOptions {
  readonly engine: WatchEngine;
  readonly events: Events;
  /** Folders whose source may be shown and is checked. */
  readonly roots: readonly string[];
  readonly flags: ServeFlags;
  readonly onProblem: (message: string) => void;
}

/** A look is as good as new for so long. */
const LOOK_MS = 4_000;
/** Two looks of a diagnosis lie so far apart at least: less shows no growth. */
const APART_MS = 3_000;
/** Verdicts have today's numbers if they are not older. */
const VERDICT_MS = 3_000;
const ROWS_MS = 1_000;
const DEPLOYS_MS = 30_000;
const FINDINGS_MS = 20_000;
const TRAIL = 60;

interface Looked {
  readonly atMs: number;
  readonly snapshot: Promise<Snapshot>;
}

export class ServeBackend implements Backend {
  private readonly looks = new Map<string, Looked>();
  /** The look before the last: what the last is compared with. */
  private readonly before = new Map<string, Snapshot>();
  private readonly builds = new Map<string, BuildInfo | null>();
  private readonly judgedMs = new Map<string, number>();
  private readonly marks = new Map<string, MarkView[]>();
  private deploys: { atMs: number; readonly last: Map<string, number> } | null = null;
  private rows: { atMs: number; reply: TargetsReply } | null = null;
  private checked: { atMs: number; reply: Promise<FindingsReply> } | null = null;
  private readonly realRoots: string[];
  private readonly sourceFindings: ServeFindings;
  /** Null where the source is not to be checked. */
  private readonly joiner: VerdictJoiner | null;

  constructor(private readonly options: ServeOptions) {
    const { roots, flags } = options;
    this.sourceFindings = new ServeFindings(roots, flags.check !== false);
    this.joiner =
      flags.check === false
        ? null
        : new VerdictJoiner(
            roots,
            (target) => options.events.look(target),
            (e) => options.onProblem(`joining to the source: ${messageOf(e)}`),
          );
    this.realRoots = options.roots.flatMap((r) => {
      try {
        return [realpathSync(r)];
      } catch {
        return [];
      }
    });
  }

  event(e: WatchEvent): void {
    const { events } = this.options;
    const target = e.target.target.name;
    switch (e.type) {
      case "look":
        events.look(target);
        break;
      case "verdict":
        events.publish({ type: "verdict", target, verdict: this.viewOf(e.verdict, e.target) });
        break;
      case "judged":
        this.joiner?.update(e.target);
        break;
      case "over":
        events.publish({ type: "over", target, label: e.before.signal.label, why: e.why });
        break;
      case "failed":
        if (e.first) events.publish({ type: "state", target, state: "failing", message: e.message });
        break;
      case "recovered":
        events.publish({ type: "state", target, state: "undecided", message: "" });
        break;
      case "restarted":
        this.note(target, { timeMs: Date.now(), kind: "start", text: e.process.revision ?? "" });
        if (e.otherBuild) {
          this.note(target, { timeMs: Date.now(), kind: "deploy", text: e.process.revision ?? "" });
          this.deploys?.last.set(target, Date.now());
        }
        this.builds.delete(target);
        this.before.delete(target);
        break;
      case "removed":
        this.joiner?.forget(target);
        for (const m of [this.looks, this.before, this.builds, this.judgedMs, this.marks]) m.delete(target);
        break;
      default:
        break;
    }
  }

  targets(): TargetsReply {
    const now = Date.now();
    if (this.rows !== null && now - this.rows.atMs < ROWS_MS) return this.rows.reply;
    const { engine } = this.options;
    const reply: TargetsReply = {
      nowMs: now,
      intervalMs: engine.intervalMs,
      version: toolVersion(),
      stored: engine.store !== null,
      targets: [...engine.watcher.targets.values()].map((w) => this.row(w)),
    };
    this.rows = { atMs: now, reply };
    return reply;
  }

  target(name: string): TargetReply | null {
    const w = this.watched(name);
    if (w === null) return null;
    return {
      row: this.row(w),
      verdicts: this.verdicts(w).map((v) => this.viewOf(v, w)),
      marks: this.marksOf(name),
      problems: w.problems,
    };
  }

  series(name: string, q: SeriesQuery): SeriesReply | null {
    const w = this.watched(name);
    if (w === null) return null;
    const { store } = this.options.engine;
    const id = q.kind !== null && q.name !== null ? `${q.kind}\t${q.name}` : null;
    const wanted = (s: Signal): boolean =>
      (q.kind === null || s.kind === q.kind) && (q.name === null || s.name === q.name);
    const range = { ...(q.fromMs === null ? {} : { fromMs: q.fromMs }), ...(q.toMs === null ? {} : { toMs: q.toMs }) };
    const raw =
      store === null
        ? w.trail.signals.map((signal) => ({
            signal,
            times: w.trail.timeline,
            values: w.trail.values(signal.kind, signal.name),
          }))
        : store.series(name, id, range);
    const kept: { signal: Signal; times: number[]; values: (number | null)[]; counter: boolean }[] = [];
    for (const { signal, times, values } of raw) {
      if (!wanted(signal)) continue;
      const of = { signal, times: [] as number[], values: [] as (number | null)[], counter: signal.counter };
      for (let i = 0; i < times.length; i++) {
        const t = times[i];
        if ((q.fromMs !== null && t < q.fromMs) || (q.toMs !== null && t > q.toMs)) continue;
        of.times.push(t);
        of.values.push(Number.isFinite(values[i]) ? values[i] : null);
      }
      if (of.times.length > 0) kept.push(of);
    }
    const series = thin(kept, q.points).map(({ times, values }, i): SeriesView => {
      const { signal } = kept[i];
      return {
        kind: signal.kind,
        name: signal.name,
        label: signal.label,
        unit: signal.unit,
        counter: signal.counter,
        limit: signal.limit,
        location: signal.location,
        times,
        values,
      };
    });
    const all = series.flatMap((s) => [s.times[0], s.times[s.times.length - 1]]);
    return {
      fromMs: q.fromMs ?? (all.length === 0 ? 0 : Math.min(...all)),
      toMs: q.toMs ?? (all.length === 0 ? 0 : Math.max(...all)),
      series,
    };
  }

  async goroutines(name: string): Promise<GroupsReply | null> {
    const w = this.watched(name);
    if (w === null) return null;
    const snapshot = await this.look(w);
    const problems: string[] = [];
    const look = toLook(snapshot, problems);
    if (look.goroutines === null)
      throw new UsageError([...snapshot.problems, ...problems][0] ?? "its goroutines cannot be seen from here");
    return {
      takenMs: snapshot.takenMs,
      total: look.goroutines.total,
      from: look.goroutines.from,
      truncated: look.goroutines.truncated,
      groups: look.goroutines.groups.slice(0, 500).map((g) => ({
        count: g.count,
        before: w.trail.values("goroutine", g.looseKey).find((v) => Number.isFinite(v)) ?? null,
        wait: g.wait,
        known: signatureOf(g)?.title ?? null,
        minutes: g.minutes === null ? null : { least: g.minutes.least, median: g.minutes.median, most: g.minutes.most },
        leaked: g.leaked,
        site: frame(g.site),
        entry: frame(g.entry),
        creator: g.creator === null ? null : frame(g.creator),
        stack: g.stack.map(frame),
      })),
    };
  }

  async profile(name: string, kind: string): Promise<Uint8Array | null> {
    const w = this.watched(name);
    if (w === null) return null;
    const snapshot = await this.look(w);
    this.options.engine.keep(name, snapshot.takenMs, snapshot.profiles);
    return snapshot.profiles.get(kind) ?? null;
  }

  storedProfiles(name: string): readonly StoredProfileView[] {
    return (this.options.engine.store?.profiles(name) ?? [])
      .map(({ timeMs, name: kind, hash }) => ({ timeMs, name: kind, hash }))
      .sort((a, b) => b.timeMs - a.timeMs)
      .slice(0, 200);
  }

  storedProfile(hash: string): Uint8Array | null {
    return this.options.engine.store?.profile(hash) ?? null;
  }

  async diagnosis(name: string, signal: AbortSignal): Promise<string | null> {
    const d = await this.diagnosed(name, signal);
    return d === null ? null : diagnosisJson(d.result, d.look, d.options);
  }

  async diagnosisMarkdown(name: string, signal: AbortSignal): Promise<string | null> {
    const d = await this.diagnosed(name, signal);
    return d === null ? null : diagnosisMarkdown(d.result, d.look, d.options);
  }

  async diagnosisHtml(name: string, signal: AbortSignal): Promise<string | null> {
    const d = await this.diagnosed(name, signal);
    return d === null ? null : diagnosisHtml(d.result, d.look, { ...d.options, version: toolVersion() });
  }

  async capture(name: string): Promise<{ bundle: string | null; note: string } | null> {
    return this.watched(name) === null ? null : this.options.engine.capture(name);
  }

  targetsOfAlert(labels: Readonly<Record<string, string>>): readonly string[] {
    const out: string[] = [];
    for (const { target } of this.options.engine.watcher.targets.values()) {
      const { instance } = labels;
      const named = instance !== undefined && [target.name, target.address, hostOf(target.address)].includes(instance);
      const own = Object.entries(target.labels);
      const labelled = own.length > 0 && own.every(([k, v]) => labels[k] === v);
      if (named || labelled) out.push(target.name);
    }
    return out;
  }

  async findings(signal: AbortSignal): Promise<FindingsReply> {
    const now = Date.now();
    if (this.checked === null || now - this.checked.atMs > FINDINGS_MS) {
      const reply = this.checkRoots(signal);
      this.checked = { atMs: now, reply };
      reply.catch(() => (this.checked = null));
    }
    return this.checked.reply;
  }

  fix(fingerprint: string): Promise<FixReply | null> {
    return this.sourceFindings.fix(fingerprint) ?? Promise.resolve(null);
  }

  revisions(name: string): readonly RevisionView[] | null {
    const { store } = this.options.engine;
    if (this.watched(name) === null) return null;
    return store === null ? [] : revisionsOf(store, name);
  }

  async openBundle(bytes: Uint8Array, signal: AbortSignal): Promise<string> {
    const newest = await readBundleBytes(bytes, "the file");
    const { result, look, options } = await diagnoseLooks({
      newest,
      older: null,
      traced: null,
      history: null,
      roots: this.options.roots,
      check: this.options.flags.check !== false,
      jobs: 1,
      problems: [],
      signal,
      onProgress: () => {},
    });
    return diagnosisJson(result, look, options);
  }

  async stop(): Promise<void> {
    await this.joiner?.stop();
  }

  source(target: string | null, file: string, line: number, around: number): SourceReply | null {
    if (file === "" || file.includes("\0")) return null;
    const build = target === null ? null : (this.builds.get(target) ?? null);
    const finder = new SourceFinder(build, this.options.roots);
    const candidates = isAbsolute(file) ? [file] : this.options.roots.map((r) => resolve(r, file));
    const located = finder.locate(file)?.path;
    const path = [...(located === undefined ? [] : [located]), ...candidates].find((p) => this.mayShow(p));
    if (path === undefined) return null;
    const excerpt = finder.excerpt(located === path ? file : path, line, around);
    if (excerpt === null) return null;
    return {
      file: relativeTo(this.realRoots, path),
      from: excerpt.from.startsWith("/") ? relativeTo(this.realRoots, excerpt.from) : excerpt.from,
      firstLine: excerpt.firstLine,
      lines: excerpt.lines,
      note: excerpt.note,
    };
  }

  /** Below a root when all links are followed, and a source file: never a key that lies beside. */
  private mayShow(path: string): boolean {
    if (!/\.(?:go|s|c|h|java|proto)$/.test(path)) return false;
    try {
      const real = realpathSync(path);
      return this.realRoots.some((r) => real === r || real.startsWith(`${r}${sep}`));
    } catch {
      return false;
    }
  }

  private watched(name: string): Watched | null {
    return this.options.engine.watcher.targets.get(name) ?? null;
  }

  private verdicts(w: Watched): ReturnType<typeof verdictsNow> {
    const last = this.judgedMs.get(w.target.name) ?? 0;
    if (Date.now() - last < VERDICT_MS && w.verdicts.length > 0) return w.verdicts;
    this.judgedMs.set(w.target.name, Date.now());
    return verdictsNow(w);
  }

  private row(w: Watched): TargetRow {
    const verdicts = this.verdicts(w);
    const leaks = verdicts.filter((v) => v.status === "leak");
    const joined = leaks.map((v) => ({ v, finding: this.joiner?.finding(w.target.name, v) ?? null }));
    // Of several signs of a leak the one that names its line; the limit that is met first may be another's.
    const named = joined.find((l) => l.finding !== null) ?? joined.find((l) => l.v.location !== null) ?? joined[0];
    const worst = named?.v ?? verdicts.find((v) => v.status === "undecided" && v.growth !== null) ?? null;
    const ends = leaks.flatMap((v) => v.exhaustionSeconds ?? []);
    const levels: TargetRow["levels"][number][] = [];
    for (const kind of ["goroutine", "heap", "fd", "socket"] as const) {
      const trail = w.trail.values(kind, "total");
      if (trail.length === 0) continue;
      const shown = trail.slice(-TRAIL).map((v) => (Number.isFinite(v) ? v : null));
      levels.push({
        kind,
        unit: kind === "heap" ? "bytes" : "count",
        value: shown.findLast((v) => v !== null) ?? null,
        trail: shown,
      });
    }
    const { process } = w;
    return {
      name: w.target.name,
      address: w.target.address,
      labels: w.target.labels,
      state: stateOf(w, verdicts),
      leaks: leaks.length,
      worst:
        worst === null
          ? null
          : {
              kind: worst.kind,
              name: worst.signal.name,
              label: worst.signal.label,
              growth: worst.growth,
              exhaustionSeconds: ends.length > 0 ? Math.min(...ends) : worst.exhaustionSeconds,
              since: Number.isFinite(worst.sinceMs) ? new Date(worst.sinceMs).toISOString() : null,
              finding: named?.finding ?? null,
            },
      levels,
      process:
        process === null
          ? null
          : {
              pid: process.pid,
              startedMs: process.startedMs,
              goVersion: process.goVersion,
              module: process.module,
              revision: process.revision,
            },
      looks: w.looks,
      lastMs: w.lastMs,
      deployMs: this.deploysNow().get(w.target.name) ?? null,
      failure: w.failure,
    };
  }

  private note(target: string, mark: MarkView): void {
    const list = this.marks.get(target) ?? [];
    list.push(mark);
    this.marks.set(target, list.slice(-200));
  }

  /** When each target was last deployed: one question to the store for all of them, since each takes a lock on its file. */
  private deploysNow(): ReadonlyMap<string, number> {
    const now = Date.now();
    const { store, watcher } = this.options.engine;
    if (this.deploys !== null && (store === null || now - this.deploys.atMs < DEPLOYS_MS)) return this.deploys.last;
    const last = new Map<string, number>();
    for (const m of store?.marks(null) ?? [])
      if (m.kind === "deploy")
        for (const name of m.target === null ? watcher.targets.keys() : [m.target]) last.set(name, m.timeMs);
    this.deploys = { atMs: now, last };
    return last;
  }

  private marksOf(target: string): MarkView[] {
    const { store } = this.options.engine;
    if (store === null) return this.marks.get(target) ?? [];
    return store
      .marks(target)
      .slice(-200)
      .map(({ timeMs, kind, text }) => ({ timeMs, kind, text }));
  }

  private look(w: Watched): Promise<Snapshot> {
    const { name, address, http, metricsUrl } = w.target;
    const now = Date.now();
    const last = this.looks.get(name);
    if (last !== undefined && now - last.atMs < LOOK_MS) return last.snapshot;
    const target = parseTarget(address);
    if (target.kind === "file") throw new UsageError(`${address} is a file`);
    const snapshot = collect(target, {
      http: { ...httpOptions(this.options.flags), ...http },
      budget: { stallMs: this.options.flags.budget ?? 10, leakProfileEveryMs: 4 * 3_600_000 },
      ...(metricsUrl === null ? {} : { metricsUrl }),
    });
    this.looks.set(name, { atMs: now, snapshot });
    snapshot.then(
      (s) => void this.builds.set(name, s.build),
      () => void this.looks.delete(name),
    );
    return snapshot;
  }

  private async diagnosed(name: string, signal: AbortSignal): Promise<Diagnosed | null> {
    const w = this.watched(name);
    if (w === null) return null;
    let older = this.before.get(name) ?? null;
    if (older === null) {
      older = await this.look(w);
      this.before.set(name, older);
      await new Promise((done) => void setTimeout(done, APART_MS));
      this.looks.delete(name);
    }
    const newest = await this.look(w);
    return diagnoseLooks({
      newest,
      older: newest.takenMs - older.takenMs >= APART_MS - 500 ? older : null,
      traced: null,
      history: null,
      verdicts: this.verdicts(w),
      roots: this.options.roots,
      check: this.options.flags.check !== false,
      jobs: 1,
      problems: [],
      signal,
      onProgress: () => {},
    });
  }

  private async checkRoots(signal: AbortSignal): Promise<FindingsReply> {
    const leaks = [...this.options.engine.watcher.targets.values()].flatMap((w) =>
      w.verdicts
        .filter((v) => v.status === "leak")
        .map((verdict) => ({ target: w.target.name, build: w.sampler.build, verdict })),
    );
    return this.sourceFindings.check(leaks, signal);
  }

  private viewOf(v: Verdict, w: Watched): VerdictView {
    return verdictJson(v, w.firstMs, () => this.joiner?.finding(w.target.name, v) ?? null) as VerdictView;
  }
}

function stateOf(w: Watched, verdicts: ReturnType<typeof verdictsNow>): State {
  if (w.failedSinceMs !== null) return "failing";
  if (w.looks === 0 && verdicts.length === 0) return "starting";
  if (verdicts.some((v) => v.status === "leak")) return "leak";
  return verdicts.some((v) => v.status === "undecided") ? "undecided" : "healthy";
}

function frame(f: Frame): FrameView {
  return { function: f.func, file: f.file, line: f.line };
}

function hostOf(address: string): string {
  try {
    return new URL(/^https?:/.test(address) ? address : `http://${address}`).host;
  } catch {
    return address;
  }
}

function relativeTo(roots: readonly string[], path: string): string {
  for (const r of roots) {
    const inside = relative(r, path);
    if (!inside.startsWith("..") && !isAbsolute(inside)) return inside.split(sep).join("/");
  }
  return path;
}
