/**
 * Judges one target. Pure: samples in, verdicts out; the same samples give the same verdicts, whenever and wherever they are pushed.
 *
 *     const judge = new Judge();
 *     for (const sample of samples) judge.push(sample);
 *     judge.verdicts();
 */
import { Blocks, type Column } from "../../series/blocks.ts";
import { isRestart, type ProcessIdentity, type Sample } from "../../series/sample.ts";
import { leakKinds, OWN_CONNECTIONS, signalId, type LeakKind } from "../../series/signal.ts";
import type { Verdict } from "../verdict.ts";
import { Collected } from "./collected.ts";
import { Course } from "./course.ts";
import { climbed, stuckSince } from "./exhausted.ts";
import { loadsOf } from "./load.ts";
import { holderOf, type Grown } from "./holder.ts";
import { openerOf } from "./opener.ts";
import { FIRST_LOOK, nextLook } from "./sequential.ts";
import { toVerdict, type Context, type Past } from "./words.ts";

export interface JudgeOptions {
  /** Chance per signal and run of a process that a healthy one is called a leak. */
  readonly errorRate: number;
  /** Growth below this is not worth a word, however sure. */
  readonly least: { readonly count: number; readonly bytes: number };
}

export const judgeDefaults: JudgeOptions = { errorRate: 1e-4, least: { count: 8, bytes: 256 << 10 } };

export class Judge {
  private blocks = new Blocks();
  private courses = new Map<Column, Course>();
  private collected = new Map<Column, Collected>();
  private readonly kinds = new Set<LeakKind>();
  /** By name of the goroutine signal, the most that was ever proven: later requests may see fewer. */
  private proven = new Map<string, number>();
  private process: ProcessIdentity | null = null;
  private collections: number | null = null;
  /** Of the process at the first sample. */
  private ageMs: number | null = null;
  private look = 0;
  private due = FIRST_LOOK;
  /** What was said before the last restart, by kind and name. */
  private past = new Map<string, Past>();
  private restarts = 0;

  constructor(readonly options: JudgeOptions = judgeDefaults) {}

  /** Samples since the process started (as far as was seen). */
  get samples(): number {
    return this.blocks.samples;
  }

  /** Takes the next sample; returns whether a signal became a leak, stopped being one or changed its kind of leak. A sample from the past is left out. */
  push(sample: Sample): boolean {
    if (!Number.isFinite(sample.timeMs) || sample.timeMs <= this.blocks.lastMs) return false;
    let changed = false;
    if (isRestart(this.process, sample.process) || this.wasReset(sample)) {
      changed = [...this.courses.values()].some((c) => c.status === "leak");
      this.restart();
    }
    this.process = sample.process ?? this.process;
    if (this.blocks.samples === 0)
      this.ageMs = this.process?.startedMs == null ? null : sample.timeMs - this.process.startedMs;
    for (const kind of leakKinds) if (sample.read.has(kind)) this.kinds.add(kind);
    this.blocks.push(sample);
    for (const [name, count] of sample.proven ?? []) this.proven.set(name, Math.max(count, this.proven.get(name) ?? 0));
    this.noteCollections(sample);
    if (this.proven.size > 0) changed = this.takeProof() || changed;
    if (this.blocks.samples >= this.due) {
      this.due = nextLook(this.blocks.samples);
      changed = this.takeLook() || changed;
    }
    return changed;
  }

  /** Leaks, the worst first, then one verdict for each kind that was read and has none. */
  verdicts(): readonly Verdict[] {
    const leaks = this.leaks();
    const out = leaks.map((c) => this.verdict(c));
    out.sort((a, b) => urgency(a) - urgency(b));
    for (const kind of leakKinds) {
      if (!this.kinds.has(kind) || leaks.some((c) => c.column.signal.kind === kind)) continue;
      const course = this.representative(kind);
      if (course !== null) out.push(this.verdict(course));
    }
    return out;
  }

  /** Every signal's verdict, for those who look closer. */
  all(): readonly Verdict[] {
    return [...this.blocks.columns.values()]
      .filter((c) => c.signal.kind !== "load")
      .map((c) => this.verdict(this.courseOf(c)));
  }

  private wasReset(sample: Sample): boolean {
    // Without an identity, a counter of the process that falls is the sign of a new one.
    if (sample.process?.startedMs != null || sample.process?.pid != null) return false;
    return sample.points.some(({ signal, value }) => {
      if (!signal.counter || signal.kind !== "load") return false;
      const column = this.blocks.columns.get(`${signal.kind}\t${signal.name}`);
      return column !== undefined && value < column.reading;
    });
  }

  private restart(): void {
    this.restarts++;
    this.past = new Map(
      [...this.courses.values()]
        .filter((c) => c.status === "leak")
        .map((c) => [
          `${c.column.signal.kind}\t${c.column.signal.name}`,
          { perSecond: c.slope?.slope ?? 0, value: c.column.last, endedMs: this.blocks.lastMs },
        ]),
    );
    this.blocks = new Blocks();
    this.courses = new Map();
    this.collected = new Map();
    this.proven = new Map();
    this.collections = null;
    this.look = 0;
    this.due = FIRST_LOOK;
  }

  private noteCollections(sample: Sample): void {
    const now = sample.collections;
    if (now === undefined) return;
    const happened = this.collections !== null && now > this.collections;
    this.collections = now;
    for (const column of this.blocks.columns.values()) {
      const { kind } = column.signal;
      if ((kind !== "fd" && kind !== "socket") || !sample.read.has(kind)) continue;
      let c = this.collected.get(column);
      if (c === undefined) this.collected.set(column, (c = new Collected()));
      c.push(column.last, happened);
    }
  }

  private takeProof(): boolean {
    let changed = false;
    for (const name of this.proven.keys()) {
      const column = this.blocks.columns.get(`goroutine\t${name}`);
      if (column === undefined) continue;
      const course = this.courseOf(column);
      if (course.status === "leak") continue;
      course.prove(this.blocks);
      changed = true;
    }
    return changed;
  }

  private takeLook(): boolean {
    this.look++;
    const { blocks } = this;
    const loads = loadsOf(blocks);
    const connections =
      [...blocks.columns.values()].find((c) => c.signal.kind === "load" && /^conn/i.test(c.signal.name)) ?? null;
    const ownConnections = blocks.columns.get(signalId({ kind: "load", name: OWN_CONNECTIONS })) ?? null;
    const scene = { blocks, loads, connections, ownConnections, look: this.look, ageMs: this.ageMs };
    let changed = false;
    for (const column of blocks.columns.values()) {
      if (column.signal.kind === "load") continue;
      const course = this.courseOf(column);
      const { status, shape } = course;
      course.look(scene);
      const stuck = stuckSince(blocks, column);
      if (stuck !== null && climbed(blocks, column, stuck)) course.plateau(blocks);
      const collected = this.collected.get(column);
      if (collected !== undefined && collected.chance < this.options.errorRate) course.plateau(blocks);
      if ((course.status === "leak" || status === "leak") && (course.status !== status || course.shape !== shape))
        changed = true;
    }
    return changed;
  }

  private courseOf(column: Column): Course {
    let course = this.courses.get(column);
    if (course === undefined) {
      const least = column.signal.unit === "bytes" ? this.options.least.bytes : this.options.least.count;
      course = new Course(column, { errorRate: this.options.errorRate, least });
      this.courses.set(column, course);
    }
    return course;
  }

  /** All leaks, less totals that are made of the others. */
  private leaks(): Course[] {
    const all = [...this.courses.values()].filter((c) => c.status === "leak");
    return all.filter((c) => {
      const { kind, name } = c.column.signal;
      const parts = all.filter((p) => p !== c && p.column.signal.kind === kind && isPart(p.column.signal.name, name));
      const grown = parts.reduce((sum, p) => sum + Math.max(0, p.column.last - p.from), 0);
      return grown < 0.5 * (c.column.last - c.from);
    });
  }

  /** The kind's own verdict: what is nearest to a leak, else its total, else what is largest. */
  private representative(kind: LeakKind): Course | null {
    const all = [...this.blocks.columns.values()].filter((c) => c.signal.kind === kind).map((c) => this.courseOf(c));
    if (all.length === 0) return null;
    // Among many signals one looks like growth by chance: a hint must hold for all of them together.
    const growing = all.filter(
      (c) =>
        c.status === "undecided" &&
        c.doubt !== "few" &&
        c.doubt !== "small" &&
        (c.doubt !== "unsure" || c.hint * all.length < 0.02),
    );
    if (growing.length > 0) return growing.reduce((a, b) => (b.column.last - b.from > a.column.last - a.from ? b : a));
    const total = all.find((c) => c.column.signal.name === "total");
    return total ?? all.reduce((a, b) => (b.column.last > a.column.last ? b : a));
  }

  private verdict(course: Course): Verdict {
    const { kind, name } = course.column.signal;
    course.describe(this.blocks);
    const collected = this.collected.get(course.column);
    return toVerdict(course, {
      blocks: this.blocks,
      proven: kind === "goroutine" ? (this.proven.get(name) ?? 0) : 0,
      collected: collected !== undefined && collected.chance < this.options.errorRate ? collected : null,
      stuck: stuckSince(this.blocks, course.column) !== null,
      past: this.past.get(`${kind}\t${name}`) ?? null,
      restarts: this.restarts,
      fastestPart: name === "total" && kind !== "load" ? this.fastestPart(kind, course) : null,
      opener: course.status === "leak" ? openerOf(course.column.signal, this.blocks) : null,
      holder: course.status === "leak" ? this.holder(course) : null,
      whole: name === "total" || course.column.signal.limit !== null ? null : this.wholeOf(kind),
    });
  }

  private holder(course: Course): string | null {
    const grown = (c: Course): Grown => ({ column: c.column, by: c.column.last - c.from });
    const leaks = [...this.courses.values()].filter((c) => c.status === "leak" && c.column.signal.kind === "goroutine");
    return holderOf(grown(course), leaks.map(grown));
  }

  private wholeOf(kind: string): Context["whole"] {
    // Pools have no whole: each has a limit of its own.
    const total = this.blocks.columns.get(`${kind}\ttotal`);
    const limit = total?.signal.limit ?? null;
    return total === undefined || limit === null ? null : { value: total.last, limit };
  }

  /** Of a growing total: the signal with a location that grew most, if it makes up a good part of it. */
  private fastestPart(kind: LeakKind, total: Course): Course | null {
    let best: Course | null = null;
    // Of a total that has come down nothing is the part that grew.
    let most = Math.max(0, 0.3 * (total.column.last - total.from));
    for (const c of this.courses.values()) {
      const s = c.column.signal;
      if (s.kind !== kind || s.name === "total" || s.location === null) continue;
      const grown = c.column.last - c.from;
      if (grown > most) {
        most = grown;
        best = c;
      }
    }
    return best;
  }
}

/** Totals are made of all others of their kind, `file` descriptors of those of `file /var/log/*` and its like. */
function isPart(part: string, of: string): boolean {
  return of === "total" || part.startsWith(`${of} `);
}

/** Sorts leaks: what runs out first, then what grew by the largest factor. A part says less of the cause than its line does. */
function urgency(v: Verdict): number {
  if (v.exhaustionSeconds !== null && v.signal.limit !== null) return v.exhaustionSeconds;
  return 1e12 - Math.min(1e6, (v.value - v.from) / Math.max(1, v.from)) * 1e3;
}
