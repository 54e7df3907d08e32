/**
 * SQLite as WebAssembly (node-sqlite3-wasm), the same on every Node: nothing compiles, nothing is experimental, and two Stanch processes lock
 * a file in the same way. Its lock is a folder `FILE.lock`, held for one transaction; one that stays behind belongs to a process that was
 * killed in the middle.
 */
import { rmdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import type { Database, Statement } from "node-sqlite3-wasm";
import { StoreError } from "./errors.ts";

export type Value = number | string | Uint8Array | null;
export type Row = Readonly<Record<string, Value>>;

/** No transaction of ours takes nearly as long. */
const STALE_LOCK_MS = 30_000;
const WAIT_MS = 5_000;

export class Driver {
  private readonly db: Database;
  private readonly statements = new Map<string, Statement>();
  private depth = 0;

  constructor(
    readonly path: string,
    private readonly shown = path,
  ) {
    // CommonJS that finds its .wasm beside itself: never bundled.
    const sqlite = createRequire(import.meta.url)("node-sqlite3-wasm") as typeof import("node-sqlite3-wasm");
    this.db = this.attempt(() => new sqlite.Database(path));
  }

  exec(sql: string): void {
    this.attempt(() => this.db.exec(sql));
  }

  run(sql: string, ...values: Value[]): void {
    this.attempt(() => void this.with(sql, (s) => s.run(values)));
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.attempt(() => this.with(sql, (s) => s.all(values)) as Row[]);
  }

  get(sql: string, ...values: Value[]): Row | null {
    // Read to the end: a statement that still has rows holds the file's lock.
    return this.all(sql, ...values)[0] ?? null;
  }

  number(sql: string, ...values: Value[]): number {
    const row = this.get(sql, ...values);
    return row === null ? 0 : Number(Object.values(row)[0] ?? 0);
  }

  /** All or nothing. */
  transaction<T>(work: () => T): T {
    if (this.depth > 0) return work();
    this.exec("BEGIN IMMEDIATE");
    this.depth++;
    try {
      const result = work();
      this.exec("COMMIT");
      return result;
    } catch (e) {
      try {
        if (this.db.inTransaction) this.db.exec("ROLLBACK");
      } catch {
        // The journal stays and is rolled back by whoever opens the file next.
      }
      throw e;
    } finally {
      this.depth--;
    }
  }

  close(): void {
    for (const s of this.statements.values()) finalize(s);
    this.statements.clear();
    if (this.db.isOpen) this.db.close();
  }

  private with<T>(sql: string, use: (s: Statement) => T): T {
    let s = this.statements.get(sql);
    if (s === undefined) this.statements.set(sql, (s = this.db.prepare(sql)));
    try {
      return use(s);
    } catch (e) {
      // One that failed would fail again when it is bound anew.
      this.statements.delete(sql);
      finalize(s);
      throw e;
    }
  }

  /** Waits while another process is in a transaction; says what is wrong in words. */
  private attempt<T>(work: () => T): T {
    const started = performance.now();
    for (;;) {
      try {
        return work();
      } catch (e) {
        const message = e instanceof Error ? e.message : String(e);
        if (!/locked|busy/i.test(message)) throw this.explain(e, message);
        if (removeStale(this.path)) continue;
        if (performance.now() - started > WAIT_MS)
          throw new StoreError(
            "busy",
            `${this.shown} is busy: another process has been reading or writing for ${WAIT_MS / 1000} s`,
          );
        sleep(3);
      }
    }
  }

  private explain(e: unknown, message: string): unknown {
    if (e instanceof StoreError) return e;
    if (/not a database|malformed|corrupt/i.test(message))
      return new StoreError("damaged", `${this.shown} is no store of Stanch, or it is damaged (${message})`);
    if (/full|disk I\/O|readonly|read-only/i.test(message))
      return new StoreError(
        "full",
        `${this.shown} cannot be written: the disk is full, or it may not be written (${message})`,
      );
    if (/unable to open/i.test(message)) return new StoreError("unreadable", `cannot open ${this.shown}`);
    return e;
  }
}

/** Takes away a lock that no living process can hold any more; true where there was one. */
export function removeStale(path: string): boolean {
  try {
    if (Date.now() - statSync(`${path}.lock`).mtimeMs < STALE_LOCK_MS) return false;
  } catch {
    return false;
  }
  return removeLock(path);
}

/** Takes a lock away whatever its age: its holder is known to be dead. (Its time can lie past `Date.now()`, which is cut to whole ms.) */
export function removeLock(path: string): boolean {
  try {
    rmdirSync(`${path}.lock`);
    return true;
  } catch {
    return false;
  }
}

function finalize(s: Statement): void {
  try {
    s.finalize();
  } catch {
    // Reports once more what its last step failed with.
  }
}

const cell = new Int32Array(new SharedArrayBuffer(4));

function sleep(ms: number): void {
  Atomics.wait(cell, 0, 0, ms);
}
