/** A file system with some files other than on the disk: contents that an editor holds, or those of an older revision. */
import { basename, dirname } from "node:path";
import { type Entry, EntryKind, type FileSystem, nodeFileSystem } from "./fs.ts";

/** Absolute path → contents; null: the file is not there. */
export type Overlay = ReadonlyMap<string, Uint8Array | null>;

const HeadBytes = 16 * 1024;

export class OverlayFileSystem implements FileSystem {
  /** Folder → names that are other than on the disk: a file, a folder, or (null) nothing. */
  private readonly changed = new Map<string, Map<string, EntryKind.File | EntryKind.Folder | null>>();

  private readonly overlay = new Map<string, Uint8Array | null>();

  constructor(
    overlay: Overlay,
    private readonly base: FileSystem = nodeFileSystem,
  ) {
    for (const [file, bytes] of overlay) this.set(file, bytes);
  }

  /** Null: the file is not there. Whoever remembers what was listed or read has to forget it. */
  set(file: string, bytes: Uint8Array | null): void {
    this.overlay.set(file, bytes);
    this.note(file, bytes === null ? null : EntryKind.File);
    if (bytes !== null) this.noteFolders(dirname(file));
  }

  /** The file is what the disk has again. */
  unset(file: string): void {
    this.overlay.delete(file);
    this.changed.get(dirname(file))?.delete(basename(file));
  }

  private note(path: string, kind: EntryKind.File | EntryKind.Folder | null): void {
    const dir = dirname(path);
    const names = this.changed.get(dir) ?? new Map<string, EntryKind.File | EntryKind.Folder | null>();
    names.set(basename(path), kind);
    this.changed.set(dir, names);
  }

  /** A file that is there has its folders. */
  private noteFolders(dir: string): void {
    if (dirname(dir) === dir || this.base.kind(dir) !== null) return;
    if (this.changed.get(dirname(dir))?.get(basename(dir)) === EntryKind.Folder) return;
    this.note(dir, EntryKind.Folder);
    this.noteFolders(dirname(dir));
  }

  list(dir: string): Entry[] {
    const names = this.changed.get(dir);
    if (names === undefined) return this.base.list(dir);
    let entries: Entry[] = [];
    try {
      entries = this.base.list(dir);
    } catch (e) {
      if (![...names.values()].some((kind) => kind !== null)) throw e;
    }
    const kept = entries.filter((e) => !names.has(e.name));
    for (const [name, kind] of names) if (kind !== null) kept.push({ name, kind });
    return kept.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  kind(path: string): EntryKind.File | EntryKind.Folder | null {
    const kind = this.changed.get(dirname(path))?.get(basename(path));
    return kind === undefined ? this.base.kind(path) : kind;
  }

  read(file: string): Uint8Array {
    const bytes = this.overlay.get(file);
    if (bytes === undefined) return this.base.read(file);
    if (bytes === null) throw new Error(`cannot read ${file}: no such file`);
    return bytes;
  }

  head(file: string): Uint8Array {
    return this.overlay.has(file) ? this.read(file).subarray(0, HeadBytes) : this.base.head(file);
  }

  real(path: string): string {
    return this.overlay.has(path) ? path : this.base.real(path);
  }
}
