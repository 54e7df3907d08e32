/** A memo over the file system for one build context: each folder is listed once and its heads are read once. */
import type { BuildContext } from "./context.ts";
import { holdsGo, scanFolder, under, type Folder } from "./folder.ts";
import { EntryKind, type Entry, type FileSystem } from "./fs.ts";

const NOTHING: readonly Entry[] = [];

export class Disk {
  readonly #entries = new Map<string, readonly Entry[] | null>();
  readonly #folders = new Map<string, Folder>();
  readonly #withTests = new Map<string, Folder>();

  constructor(
    readonly fs: FileSystem,
    readonly context: BuildContext,
  ) {}

  /** Null where there is no such folder or it cannot be read. */
  entries(dir: string): readonly Entry[] | null {
    let found = this.#entries.get(dir);
    if (found === undefined) {
      try {
        found = this.fs.list(dir);
      } catch {
        found = null;
      }
      this.#entries.set(dir, found);
    }
    return found;
  }

  /** Looks at a folder anew when it is next asked for. */
  forget(dir: string): void {
    this.#entries.delete(dir);
    this.#folders.delete(dir);
    this.#withTests.delete(dir);
  }

  /** Whether a folder's listing names a file (or a link, which may lead anywhere: then the target is asked). */
  hasFile(dir: string, name: string): boolean {
    const entry = (this.entries(dir) ?? NOTHING).find((e) => e.name === name);
    if (entry === undefined) return false;
    return (
      entry.kind === EntryKind.File ||
      (entry.kind === EntryKind.Link && this.fs.kind(under(dir, name)) === EntryKind.File)
    );
  }

  holdsGo(dir: string): boolean {
    const entries = this.entries(dir);
    return entries !== null && holdsGo(entries, dir, this.fs);
  }

  /** `tests`: with its test files. */
  folder(dir: string, tests = false): Folder {
    const memo = tests ? this.#withTests : this.#folders;
    let found = memo.get(dir);
    if (found === undefined) {
      found = scanFolder(dir, this.entries(dir) ?? NOTHING, this.context, this.fs, { tests });
      memo.set(dir, found);
    }
    return found;
  }
}
