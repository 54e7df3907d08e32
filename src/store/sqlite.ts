/** The store in one SQLite file. Looks come in as blocks of one and are joined later, so that each flush is small and nothing waits in memory. */
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { decodeBlock, encodeBlock, samplesOf, type DecodedBlock } from "../series/packed-looks.ts";
import { downsample } from "../series/downsample.ts";
import type { Sample } from "../series/sample.ts";
import { signalId, type Signal } from "../series/signal.ts";
import { Driver, removeLock, removeStale, type Row } from "./driver.ts";
import { StoreError } from "./errors.ts";
import { takeOwnership } from "./owner.ts";
import { SCHEMA_VERSION, upgrade, versionOf } from "./schema.ts";
import type {
  Mark,
  MarkKind,
  Range,
  Series,
  Store,
  StoredProfile,
  StoredTarget,
  StoreReader,
  VerdictChange,
} from "./store.ts";

export interface Retention {
  /** Every look is kept for so long, */
  readonly wholeMs: number;
  /** then one per step, */
  readonly stepMs: number;
  /** until it is deleted. */
  readonly totalMs: number;
}

export const retentionDefaults: Retention = { wholeMs: 2 * 86_400_000, stepMs: 300_000, totalMs: 30 * 86_400_000 };

/** Looks joined into one block: half an hour at 15 s. */
const BLOCK_LOOKS = 120;
/** Waiting for a disk that is full, no more than this many looks are kept; the oldest go first. */
const MOST_PENDING = 20_000;
/** Downsampled blocks hold so many looks at most: a day at 5 min. */
const COARSE_LOOKS = 288;

interface Pending {
  readonly target: string;
  readonly sample: Sample;
}

/** @throws StoreError: held, newer, damaged, full, unreadable. */
export function openStore(
  path: string,
  options: { readonly retention?: Retention; readonly shown?: string } = {},
): Store & { readonly dropped: number } {
  const shown = options.shown ?? path;
  const owner = takeOwnership(path, shown);
  try {
    // Its lock may have stayed behind with it; nobody else writes.
    if (owner.fromDead) removeLock(path);
    else removeStale(path);
    const db = new Driver(path, shown);
    try {
      db.exec(
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA foreign_keys = ON",
      );
      upgrade(db, shown);
      return new SqliteStore(db, owner.release, options.retention ?? retentionDefaults);
    } catch (e) {
      db.close();
      throw e;
    }
  } catch (e) {
    owner.release();
    throw e;
  }
}

/** For reading, beside a writer or without one. Files of earlier versions are read as they are. */
export function openStoreReader(path: string, shown = path): StoreReader {
  if (!existsSync(path)) throw new StoreError("unreadable", `no such file: ${shown}`);
  if (statSync(path).size === 0) throw new StoreError("damaged", `${shown} is empty`);
  const db = new Driver(path, shown);
  try {
    const version = versionOf(db, shown);
    if (version === 0) throw new StoreError("damaged", `${shown} is no store of Stanch`);
    return new SqliteReader(db, version);
  } catch (e) {
    db.close();
    throw e;
  }
}

/** Whether a file looks like a store: SQLite's magic, and our number at byte 68 (the application id). */
export function isStoreHeader(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, 15));
  return text === "SQLite format 3" && head.length >= 72 && head[68] === 0x53 && head[69] === 0x74;
}

class SqliteReader implements StoreReader {
  private readonly signals = new Map<number, Signal>();

  constructor(
    protected readonly db: Driver,
    protected readonly version = SCHEMA_VERSION,
  ) {}

  targets(): StoredTarget[] {
    return this.db
      .all(
        `SELECT t.name, t.id, min(b.first_ms) AS first, max(b.last_ms) AS last, sum(b.looks) AS looks
         FROM target t JOIN block b ON b.target = t.id GROUP BY t.id ORDER BY t.name`,
      )
      .map((r) => {
        const newest = this.db.get(
          "SELECT data FROM block WHERE target = ? ORDER BY first_ms DESC LIMIT 1",
          Number(r["id"]),
        );
        const process = newest === null ? [] : this.decode(newest, () => false).process;
        return {
          name: String(r["name"]),
          firstMs: Number(r["first"]),
          lastMs: Number(r["last"]),
          looks: Number(r["looks"]),
          process: process[process.length - 1] ?? null,
        };
      });
  }

  *samples(target: string, range: Range = {}): IterableIterator<Sample> {
    const [from, to] = ends(range);
    for (const block of this.blocks(target, from, to))
      for (const s of samplesOf(block, (id) => this.signal(id))) if (s.timeMs >= from && s.timeMs <= to) yield s;
  }

  series(target: string, id: string | null, range: Range = {}): Series[] {
    const [from, to] = ends(range);
    const known = new Map<number, boolean>();
    const wanted = (n: number): boolean => {
      let is = known.get(n);
      if (is === undefined) known.set(n, (is = signalId(this.signal(n)) === id));
      return is;
    };
    const out = new Map<string, { signal: Signal; times: number[]; values: number[] }>();
    for (const block of this.blocks(target, from, to, id === null ? null : wanted))
      for (const c of block.columns) {
        const signal = this.signal(c.id);
        const key = signalId(signal);
        let s = out.get(key);
        if (s === undefined) out.set(key, (s = { signal, times: [], values: [] }));
        s.signal = signal;
        for (let i = 0; i < block.times.length; i++) {
          const v = c.values[i];
          if (v === undefined || block.times[i] < from || block.times[i] > to) continue;
          s.times.push(block.times[i]);
          s.values.push(v);
        }
      }
    return [...out.values()].map(({ signal, times, values }) => ({
      signal,
      times: Float64Array.from(times),
      values: Float64Array.from(values),
    }));
  }

  marks(target: string | null, range: Range = {}): Mark[] {
    const [from, to] = ends(range);
    return this.db
      .all(
        `SELECT m.time_ms, t.name, m.kind, m.text FROM mark m LEFT JOIN target t ON t.id = m.target
         WHERE m.time_ms BETWEEN ? AND ? AND (? IS NULL OR m.target IS NULL OR t.name = ?) ORDER BY m.time_ms, m.id`,
        from,
        to,
        target,
        target,
      )
      .map((r) => ({
        timeMs: Number(r["time_ms"]),
        target: r["name"] === null ? null : String(r["name"]),
        kind: String(r["kind"]) as MarkKind,
        text: String(r["text"]),
      }));
  }

  verdictChanges(target: string | null, range: Range = {}): VerdictChange[] {
    const [from, to] = ends(range);
    return this.db
      .all(
        `SELECT v.*, t.name AS target_name FROM verdict v JOIN target t ON t.id = v.target
         WHERE v.time_ms BETWEEN ? AND ? AND (? IS NULL OR t.name = ?) ORDER BY v.time_ms, v.id`,
        from,
        to,
        target,
        target,
      )
      .map((r) => ({
        timeMs: Number(r["time_ms"]),
        target: String(r["target_name"]),
        kind: String(r["kind"]),
        name: String(r["name"]),
        status: String(r["status"]),
        shape: String(r["shape"]),
        verdict: JSON.parse(String(r["body"])) as unknown,
      }));
  }

  profiles(target: string, range: Range = {}): StoredProfile[] {
    if (this.version < 2) return [];
    const [from, to] = ends(range);
    return this.db
      .all(
        `SELECT p.time_ms, p.name, p.hash FROM profile_of p JOIN target t ON t.id = p.target
         WHERE t.name = ? AND p.time_ms BETWEEN ? AND ? ORDER BY p.time_ms, p.name`,
        target,
        from,
        to,
      )
      .map((r) => ({ timeMs: Number(r["time_ms"]), target, name: String(r["name"]), hash: String(r["hash"]) }));
  }

  profile(hash: string): Uint8Array | null {
    const row = this.version < 2 ? null : this.db.get("SELECT gzip FROM profile WHERE hash = ?", hash);
    return row === null ? null : gunzipSync(row["gzip"] as Uint8Array, { maxOutputLength: 1 << 30 });
  }

  close(): void {
    this.db.close();
  }

  protected *blocks(
    target: string,
    from: number,
    to: number,
    only: ((id: number) => boolean) | null = null,
  ): IterableIterator<DecodedBlock> {
    // A page at a time: a month of looks is never in memory whole.
    let after = -8.64e15;
    let afterId = 0;
    for (;;) {
      const rows = this.db.all(
        `SELECT b.id, b.first_ms, b.data FROM block b JOIN target t ON t.id = b.target
         WHERE t.name = ? AND b.last_ms >= ? AND b.first_ms <= ? AND (b.first_ms, b.id) > (?, ?)
         ORDER BY b.first_ms, b.id LIMIT 64`,
        target,
        from,
        to,
        after,
        afterId,
      );
      for (const row of rows) yield this.decode(row, only);
      if (rows.length < 64) return;
      after = Number(rows[rows.length - 1]["first_ms"]);
      afterId = Number(rows[rows.length - 1]["id"]);
    }
  }

  protected decode(row: Row, only: ((id: number) => boolean) | null = null): DecodedBlock {
    try {
      return decodeBlock(row["data"] as Uint8Array, only);
    } catch (e) {
      throw new StoreError("damaged", `the store is damaged: ${(e as Error).message}`);
    }
  }

  protected signal(id: number): Signal {
    let s = this.signals.get(id);
    if (s === undefined) {
      const row = this.db.get("SELECT body FROM signal WHERE id = ?", id);
      if (row === null) throw new StoreError("damaged", `the store is damaged: it has no signal ${id}`);
      s = JSON.parse(String(row["body"])) as Signal;
      this.signals.set(id, s);
    }
    return s;
  }
}

class SqliteStore extends SqliteReader implements Store {
  private pending: Pending[] = [];
  private pendingMarks: Mark[] = [];
  private pendingVerdicts: VerdictChange[] = [];
  private pendingProfiles: { target: string; timeMs: number; name: string; hash: string; gzip: Uint8Array }[] = [];
  private readonly targetIds = new Map<string, number>();
  /** By object: a sampler hands out the same signal at every look. */
  private idOfSignal = new WeakMap<Signal, number>();
  /** Single looks by target, to know who has enough for a block. */
  private readonly single = new Map<number, number>();
  private readonly full = new Set<number>();
  private nextSweepMs = 0;
  private sweep: number[] = [];
  /** Looks that were let go because the disk would not take them. */
  dropped = 0;

  constructor(
    db: Driver,
    private readonly release: () => void,
    private readonly retention: Retention,
  ) {
    super(db);
    for (const r of db.all("SELECT target, count(*) AS n FROM block WHERE looks = 1 AND step_ms = 0 GROUP BY target"))
      this.count(Number(r["target"]), Number(r["n"]));
  }

  append(target: string, sample: Sample): void {
    this.pending.push({ target, sample });
    if (this.pending.length > MOST_PENDING) {
      const over = this.pending.length - MOST_PENDING;
      this.pending.splice(0, over);
      this.dropped += over;
    }
  }

  mark(mark: Mark): void {
    this.pendingMarks.push(mark);
  }

  verdictChange(change: VerdictChange): void {
    this.pendingVerdicts.push(change);
  }

  addProfile(target: string, timeMs: number, name: string, bytes: Uint8Array): string {
    const hash = createHash("sha256").update(bytes).digest("hex");
    this.pendingProfiles.push({ target, timeMs, name, hash, gzip: gzipSync(bytes, { level: 6 }) });
    return hash;
  }

  flush(): void {
    if (
      this.pending.length + this.pendingMarks.length + this.pendingVerdicts.length + this.pendingProfiles.length ===
      0
    )
      return;
    const { db } = this;
    const added = new Map<number, number>();
    this.write(() => {
      for (const { target, sample } of this.pending) {
        const t = this.targetId(target);
        const data = encodeBlock([sample], (s) => this.signalIdOf(s));
        this.insertBlock(t, [sample], 0, data);
        added.set(t, (added.get(t) ?? 0) + 1);
      }
      for (const m of this.pendingMarks)
        db.run(
          "INSERT INTO mark (time_ms, target, kind, text) VALUES (?, ?, ?, ?)",
          m.timeMs,
          m.target === null ? null : this.targetId(m.target),
          m.kind,
          m.text,
        );
      for (const v of this.pendingVerdicts)
        db.run(
          "INSERT INTO verdict (time_ms, target, kind, name, status, shape, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
          v.timeMs,
          this.targetId(v.target),
          v.kind,
          v.name,
          v.status,
          v.shape,
          JSON.stringify(v.verdict),
        );
      for (const p of this.pendingProfiles) {
        db.run("INSERT OR IGNORE INTO profile (hash, gzip) VALUES (?, ?)", p.hash, p.gzip);
        db.run(
          "INSERT OR REPLACE INTO profile_of (time_ms, target, name, hash) VALUES (?, ?, ?, ?)",
          p.timeMs,
          this.targetId(p.target),
          p.name,
          p.hash,
        );
      }
    });
    this.pending = [];
    this.pendingMarks = [];
    this.pendingVerdicts = [];
    this.pendingProfiles = [];
    for (const [t, n] of added) this.count(t, n);
  }

  maintain(nowMs: number, budgetMs: number): boolean {
    const until = performance.now() + budgetMs;
    const left = (): boolean => performance.now() < until;
    for (const t of this.full) {
      if (!left()) return true;
      this.join(t);
    }
    if (nowMs >= this.nextSweepMs && this.sweep.length === 0) {
      this.nextSweepMs = nowMs + 600_000;
      this.sweep = this.db.all("SELECT id FROM target").map((r) => Number(r["id"]));
      this.write(() => this.forget(nowMs - this.retention.totalMs));
    }
    while (this.sweep.length > 0) {
      if (!left()) return true;
      const t = this.sweep[this.sweep.length - 1];
      if (!this.coarsen(t, nowMs - this.retention.wholeMs)) this.sweep.pop();
    }
    return false;
  }

  override close(): void {
    try {
      this.flush();
    } finally {
      super.close();
      this.release();
    }
  }

  /** A failed transaction leaves nothing, also not in the caches of ids. */
  private write(work: () => void): void {
    try {
      this.db.transaction(work);
    } catch (e) {
      this.targetIds.clear();
      this.idOfSignal = new WeakMap();
      throw e;
    }
  }

  private count(target: number, n: number): void {
    const now = (this.single.get(target) ?? 0) + n;
    this.single.set(target, now);
    if (now >= BLOCK_LOOKS) this.full.add(target);
  }

  private insertBlock(target: number, samples: readonly Sample[], stepMs: number, data: Uint8Array): void {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const s of samples) {
      first = Math.min(first, s.timeMs);
      last = Math.max(last, s.timeMs);
    }
    this.db.run(
      "INSERT INTO block (target, first_ms, last_ms, looks, step_ms, data) VALUES (?, ?, ?, ?, ?, ?)",
      target,
      first,
      last,
      samples.length,
      stepMs,
      data,
    );
  }

  /** Single looks of one target become one block. */
  private join(target: number): void {
    this.write(() => {
      const rows = this.db.all(
        "SELECT id, data FROM block WHERE target = ? AND looks = 1 AND step_ms = 0 ORDER BY first_ms, id LIMIT ?",
        target,
        BLOCK_LOOKS,
      );
      this.replace(target, rows, 0, (samples) => samples);
    });
    const left = this.db.number("SELECT count(*) FROM block WHERE target = ? AND looks = 1 AND step_ms = 0", target);
    this.single.set(target, left);
    if (left < BLOCK_LOOKS) this.full.delete(target);
  }

  /** The oldest day or so of what is due becomes one coarse block; false where nothing is due. */
  private coarsen(target: number, beforeMs: number): boolean {
    const rows = this.db.all(
      "SELECT id, looks, data, first_ms FROM block WHERE target = ? AND step_ms = 0 AND last_ms < ? ORDER BY first_ms, id LIMIT 200",
      target,
      beforeMs,
    );
    if (rows.length === 0) return false;
    const from = Number(rows[0]["first_ms"]);
    const span = COARSE_LOOKS * this.retention.stepMs;
    const day = rows.filter((r) => Number(r["first_ms"]) < from + span);
    this.write(() => this.replace(target, day, this.retention.stepMs, (s) => downsample(s, this.retention.stepMs)));
    return true;
  }

  private replace(target: number, rows: readonly Row[], stepMs: number, by: (samples: Sample[]) => Sample[]): void {
    const samples = rows.flatMap((r) => samplesOf(this.decode(r), (id) => this.signal(id)));
    if (samples.length === 0) return;
    samples.sort((a, b) => a.timeMs - b.timeMs);
    const kept = by(samples);
    for (const r of rows) this.db.run("DELETE FROM block WHERE id = ?", Number(r["id"]));
    this.insertBlock(
      target,
      kept,
      stepMs,
      encodeBlock(kept, (s) => this.signalIdOf(s)),
    );
  }

  private forget(beforeMs: number): void {
    const { db } = this;
    db.run("DELETE FROM block WHERE last_ms < ?", beforeMs);
    db.run("DELETE FROM mark WHERE time_ms < ?", beforeMs);
    db.run("DELETE FROM verdict WHERE time_ms < ?", beforeMs);
    db.run("DELETE FROM profile_of WHERE time_ms < ?", beforeMs);
    db.run("DELETE FROM profile WHERE hash NOT IN (SELECT hash FROM profile_of)");
    db.run(
      `DELETE FROM target WHERE id NOT IN (SELECT target FROM block) AND id NOT IN (SELECT target FROM verdict)
       AND id NOT IN (SELECT target FROM profile_of) AND id NOT IN (SELECT target FROM mark WHERE target IS NOT NULL)`,
    );
    this.targetIds.clear();
  }

  private targetId(name: string): number {
    let id = this.targetIds.get(name);
    if (id === undefined) {
      this.db.run("INSERT OR IGNORE INTO target (name) VALUES (?)", name);
      id = this.db.number("SELECT id FROM target WHERE name = ?", name);
      this.targetIds.set(name, id);
    }
    return id;
  }

  private signalIdOf(signal: Signal): number {
    let id = this.idOfSignal.get(signal);
    if (id === undefined) {
      const body = JSON.stringify(canonical(signal));
      this.db.run("INSERT OR IGNORE INTO signal (body) VALUES (?)", body);
      id = this.db.number("SELECT id FROM signal WHERE body = ?", body);
      this.idOfSignal.set(signal, id);
    }
    return id;
  }
}

/** Keys in one order, whoever made the object. */
function canonical(s: Signal): Signal {
  const { kind, name, unit, counter, sawtooth, limit, label, location, stack } = s;
  return { kind, name, unit, counter, sawtooth, limit, label, location, stack };
}

function ends(range: Range): [number, number] {
  // REAL columns: infinities compare as they should.
  return [range.fromMs ?? -8.64e15, range.toMs ?? 8.64e15];
}
