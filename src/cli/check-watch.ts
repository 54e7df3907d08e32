/** `stanch check --watch`: checks again whenever a source changes, until Ctrl-C. */
import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { UsageError } from "../base/errors.ts";
import { counted } from "../base/numbers.ts";
import { fileNames } from "../config/load.ts";
import type { CheckOutcome } from "../check/run.ts";

/** Editors write a file in several steps; what comes within this counts as one change. */
const PauseMs = 120;
/** Where the system cannot watch so many folders, they are looked at this often. */
const PollMs = 2000;

export interface WatchRun {
  /** What was analysed, to know what to watch; null where the check itself was refused. */
  readonly outcome: CheckOutcome | null;
}

/**
 * Runs `once` now and after each change, one after the other. Resolves when `signal` aborts. A configuration or a pattern that is not
 * fit is told and waited for: the next change may mend it.
 */
export async function watchAndRun(
  dir: string,
  once: () => Promise<WatchRun>,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<void> {
  const changes = new Changes();
  signal.addEventListener("abort", () => changes.close(), { once: true });
  let known: readonly string[] = [dir];
  try {
    while (!signal.aborted) {
      try {
        const { outcome } = await once();
        if (outcome !== null) known = foldersOf(outcome);
      } catch (e) {
        if (!(e instanceof UsageError)) throw e;
        tell(`stanch: ${e.message}\n`);
      }
      changes.follow(known);
      if (signal.aborted) break;
      tell(`watching ${counted(known.length, "folder")} for changes; Ctrl-C ends\n`);
      await changes.next();
    }
  } finally {
    changes.close();
  }
}

/** The folders of the packages, and those above them, in which new ones may appear. */
function foldersOf(outcome: CheckOutcome): string[] {
  const folders = new Set<string>([outcome.root]);
  for (const { dir } of outcome.places.values())
    for (let d = dir; d.startsWith(outcome.root) && !folders.has(d); d = dirname(d)) folders.add(d);
  return [...folders].sort();
}

function matters(name: string | null): boolean {
  if (name === null) return true;
  const file = basename(name);
  return (
    file.endsWith(".go") ||
    /^(?:go\.mod|go\.sum|go\.work|modules\.txt)$/.test(file) ||
    fileNames.includes(file) ||
    !file.includes(".") // a new folder
  );
}

class Changes {
  private readonly watchers = new Map<string, FSWatcher>();
  private poll: NodeJS.Timeout | null = null;
  private pause: NodeJS.Timeout | null = null;
  private pending = false;
  private wake: () => void = () => {};
  private closed = false;

  follow(folders: readonly string[]): void {
    if (this.closed) return;
    const wanted = new Set(folders);
    for (const [dir, w] of this.watchers) {
      if (wanted.has(dir)) continue;
      w.close();
      this.watchers.delete(dir);
    }
    for (const dir of wanted) {
      if (this.watchers.has(dir)) continue;
      try {
        const w = watch(dir, (_, name) => {
          if (matters(name)) this.changed();
        });
        w.on("error", () => {
          w.close(); // the folder went away
          this.watchers.delete(dir);
          this.changed();
        });
        this.watchers.set(dir, w);
      } catch {
        // No more watches to be had, or the folder is gone: look now and then.
        this.poll ??= setInterval(() => this.changed(), PollMs);
      }
    }
  }

  private changed(): void {
    if (this.pause !== null) clearTimeout(this.pause);
    this.pause = setTimeout(() => {
      this.pause = null;
      this.pending = true;
      this.wake();
    }, PauseMs);
  }

  /** Resolves at the next change, one that came in the meantime included. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = () => {
        if (!this.pending && !this.closed) return;
        this.pending = false;
        this.wake = () => {};
        resolve();
      };
      this.wake();
    });
  }

  close(): void {
    this.closed = true;
    for (const w of this.watchers.values()) w.close();
    this.watchers.clear();
    if (this.poll !== null) clearInterval(this.poll);
    if (this.pause !== null) clearTimeout(this.pause);
    this.wake();
  }
}
