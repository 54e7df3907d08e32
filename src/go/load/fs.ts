/**
 * The only door from the Go front-end to the disk. Everything is synchronous: typing is demand-driven, and a warm
 * file cache answers in microseconds, which no event loop turn does.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { messageOf } from "../../base/errors.ts";

export enum EntryKind {
  File,
  Folder,
  /** A symbolic link; `FileSystem.kind` says what it leads to. */
  Link,
  Other,
}

export interface Entry {
  readonly name: string;
  readonly kind: EntryKind;
}

export interface FileSystem {
  /** Entries of a folder sorted by name (UTF-16 order, which is Go's byte order for all but astral characters). Throws a one-line Error. */
  list(dir: string): Entry[];
  /** What a path leads to, links followed; null where there is nothing or it cannot be seen. */
  kind(path: string): EntryKind.File | EntryKind.Folder | null;
  /** A whole file. Throws a one-line Error. */
  read(file: string): Uint8Array;
  /** The first part of a file, at most HEAD_BYTES and maybe less; the view is valid until the next call. Throws a one-line Error. */
  head(file: string): Uint8Array;
  /** The path with every link resolved; the path itself where that fails. */
  real(path: string): string;
}

/** Holds licence, package clause and imports of 99.9 % of files; the rest are read whole. One read() each. */
const HEAD_BYTES = 16 * 1024;

/** Files larger than this are not source anybody wrote or generated for people; reading one must not exhaust memory. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

class FileError extends Error {}

/** Node's messages are good, but repeat the path and the call's name; keep the reason only. */
function fail(verb: string, path: string, thrown: unknown): FileError {
  const message = messageOf(thrown);
  const reason = /^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
  return new FileError(`cannot ${verb} ${path}: ${reason}`);
}

class NodeFileSystem implements FileSystem {
  readonly #head = new Uint8Array(HEAD_BYTES);

  list(dir: string): Entry[] {
    let found;
    try {
      found = readdirSync(dir, { withFileTypes: true });
    } catch (e) {
      throw fail("list", dir, e);
    }
    const entries: Entry[] = [];
    for (const d of found) {
      const kind = d.isFile()
        ? EntryKind.File
        : d.isDirectory()
          ? EntryKind.Folder
          : d.isSymbolicLink()
            ? EntryKind.Link
            : EntryKind.Other;
      entries.push({ name: d.name, kind });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  kind(path: string): EntryKind.File | EntryKind.Folder | null {
    try {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found === undefined) return null;
      return found.isDirectory() ? EntryKind.Folder : found.isFile() ? EntryKind.File : null;
    } catch {
      return null; // a link loop, a path through a file, no permission
    }
  }

  read(file: string): Uint8Array {
    try {
      const found = statSync(file);
      // A pipe or device named x.go would block forever.
      if (!found.isFile()) throw new Error("not a regular file");
      if (found.size > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES / 1024 / 1024} MB`);
      return readFileSync(file);
    } catch (e) {
      throw fail("read", file, e);
    }
  }

  head(file: string): Uint8Array {
    let fd;
    try {
      fd = openSync(file, "r");
      return this.#head.subarray(0, readSync(fd, this.#head, 0, HEAD_BYTES, null));
    } catch (e) {
      throw fail("read", file, e);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  real(path: string): string {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  }
}

export const nodeFileSystem: FileSystem = new NodeFileSystem();
