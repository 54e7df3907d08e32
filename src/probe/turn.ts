/**
 * goroutineleak requests queue on a lock inside the target and force a collection each: at most one at a time from this host, and a record
 * of the last, kept as a file per target in the temporary folder.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProbeError } from "./errors.ts";

/** A request that takes longer than this has died with its asker. */
const STALE_MS = 10 * 60_000;

export class LeakProfileTurn {
  private readonly record: string;
  private readonly lock: string;

  constructor(target: string, folder = tmpdir()) {
    const name = createHash("sha256").update(target).digest("hex").slice(0, 16);
    this.record = join(folder, `stanch-goroutineleak-${name}`);
    this.lock = `${this.record}.lock`;
  }

  /** Takes the turn: milliseconds since the last request to this target, null for never. Throws where another is asking right now. */
  take(): number | null {
    try {
      closeSync(openSync(this.lock, "wx", 0o600));
    } catch {
      const age = ageOf(this.lock);
      if (age !== null && age < STALE_MS)
        throw new ProbeError("refused", "another Stanch is asking this target for its goroutineleak profile right now");
      writeFileSync(this.lock, "", { mode: 0o600 });
    }
    return ageOf(this.record);
  }

  done(asked: boolean): void {
    if (asked) writeFileSync(this.record, "", { mode: 0o600 });
    rmSync(this.lock, { force: true });
  }
}

function ageOf(file: string): number | null {
  try {
    return Math.max(0, Date.now() - statSync(file).mtimeMs);
  } catch {
    return null;
  }
}
