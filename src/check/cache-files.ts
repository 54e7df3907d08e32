/**
 * The cache folder: files of a line with a hash and a line of JSON, written whole and renamed into place, the oldest thrown
 * out when there are too many. What does not fit its hash was damaged, or written by something else.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashOf } from "./source-facts.ts";

/** A large monorepo's results and facts are some 20 MB; this keeps a dozen of those. */
const MaxBytes = 256 * 1024 * 1024;

export class CacheFiles {
  constructor(private readonly dir: string) {}

  /** Null where there is none, or where it cannot be read. */
  read(name: string): unknown {
    const file = join(this.dir, name);
    try {
      const text = readFileSync(file, "utf8");
      const end = text.indexOf("\n");
      const body = text.slice(end + 1);
      if (hashOf(body) !== text.slice(0, end)) return null;
      const value: unknown = JSON.parse(body);
      try {
        utimesSync(file, new Date(), new Date()); // used: not the oldest any more
      } catch {
        // a folder that we may only read
      }
      return value;
    } catch {
      return null;
    }
  }

  /** Does nothing where it cannot. */
  write(name: string, value: unknown): void {
    const temporary = join(this.dir, `.${name}.${process.pid}.tmp`);
    try {
      mkdirSync(this.dir, { recursive: true });
      const body = JSON.stringify(value);
      writeFileSync(temporary, `${hashOf(body)}\n${body}`);
      renameSync(temporary, join(this.dir, name));
    } catch {
      try {
        rmSync(temporary, { force: true });
      } catch {
        // nor can that be
      }
    }
  }

  /** Throws out the least recently used files until the rest is within bounds. */
  prune(limit = MaxBytes): void {
    try {
      const files = readdirSync(this.dir)
        .filter((name) => name.endsWith(".json") || name.endsWith(".tmp"))
        .map((name) => ({ file: join(this.dir, name), ...pick(statSync(join(this.dir, name))) }))
        .sort((a, b) => b.used - a.used);
      let total = 0;
      for (const { file, bytes, used } of files) {
        total += bytes;
        const abandoned = file.endsWith(".tmp") && Date.now() - used > 3_600_000;
        if (total > limit || abandoned) rmSync(file, { force: true });
      }
    } catch {
      // somebody else is at it, or we may not
    }
  }
}

function pick(s: { size: number; mtimeMs: number }): { bytes: number; used: number } {
  return { bytes: s.size, used: s.mtimeMs };
}
