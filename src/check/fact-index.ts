/**
 * Facts of source files, remembered by what `stat` says of them: a file whose time, size and inode are as they were is not
 * read again.
 */
import { readFileSync, type Stats, statSync } from "node:fs";
import { factsOf, type SourceFacts } from "./source-facts.ts";

/** File systems tell times in steps of up to some 10 ms: a file as young as that may change again without showing it. */
const TooYoung = 100;

export interface Row {
  /** `mtime size inode`. */
  readonly stat: string;
  readonly facts: SourceFacts;
}

export class FactIndex {
  private readonly rows: Map<string, Row>;
  /** Asked for in this run; null: cannot be read. */
  private readonly seen = new Map<string, Row | null>();
  private readonly start = Date.now();
  changed = false;

  constructor(stored: Readonly<Record<string, Row>> | null) {
    this.rows = new Map(stored === null ? [] : Object.entries(stored));
  }

  of(file: string): SourceFacts | null {
    let row = this.seen.get(file);
    if (row === undefined) this.seen.set(file, (row = this.look(file)));
    return row?.facts ?? null;
  }

  private look(file: string): Row | null {
    const stat = statOf(file);
    if (stat === null) return null;
    const known = this.rows.get(file);
    if (known !== undefined && known.stat === stat.text) return known;
    try {
      const facts = factsOf(file, readFileSync(file));
      const row: Row = { stat: stat.text, facts };
      if (this.start - stat.modified > TooYoung) {
        this.rows.set(file, row);
        this.changed = true;
      }
      return row;
    } catch {
      return null;
    }
  }

  /** No file that was asked about has changed since this index was made. */
  unchangedSinceStart(): boolean {
    for (const [file, row] of this.seen) {
      const stat = statOf(file);
      if ((stat === null) !== (row === null)) return false;
      if (stat !== null && (stat.text !== row?.stat || stat.modified >= this.start)) return false;
    }
    return true;
  }

  /** For files of this run; those that nobody asks about any more are forgotten when they are gone. */
  stored(): Record<string, Row> {
    const out: Record<string, Row> = {};
    for (const [file, row] of this.rows) if (this.seen.has(file) || statOf(file) !== null) out[file] = row;
    return out;
  }
}

function statOf(file: string): { text: string; modified: number } | null {
  let s: Stats | undefined;
  try {
    s = statSync(file, { throwIfNoEntry: false });
  } catch {
    return null; // no permission
  }
  return s === undefined || !s.isFile() ? null : { text: `${s.mtimeMs} ${s.size} ${s.ino}`, modified: s.mtimeMs };
}
