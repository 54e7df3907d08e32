/**
 * An older revision of the tree that is analysed, read through git's plumbing: nothing is checked out, the work tree and the index
 * stay as they are.
 *
 * Most files are the same in both, so only those that differ are fetched; the rest is read from the disk.
 */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { messageOf, UsageError } from "../base/errors.ts";
import type { Overlay } from "../go/load/overlay.ts";

export interface Revision {
  readonly commit: string;
  /** What files were, where they are other now; null: not there. */
  readonly overlay: Overlay;
  /** Absolute folders of files that were renamed since, and where they were. */
  readonly moved: ReadonlyMap<string, string>;
}

/** Files that decide what is analysed. */
const relevant = /(?:\.go|^go\.mod|\/go\.mod|^go\.work|\/go\.work|\/vendor\/modules\.txt|^vendor\/modules\.txt)$/;
/** All changed sources of a large repository at once. */
const MaxBytes = 2 ** 30;

/** @throws UsageError, one line: no git, no repository, an unknown revision, a shallow clone. */
export function openRevision(dir: string, rev: string, mergeBase: boolean): Revision {
  const git = new Git(dir);
  const top = resolve(dir, git.text(["rev-parse", "--show-cdup"], `${dir} is in no git repository`).trim());
  const named = git.try(["rev-parse", "--verify", "--quiet", "--end-of-options", `${rev}^{commit}`])?.trim();
  if (named === undefined || named === "") throw new UsageError(`git knows no revision ${rev}${git.shallowHint()}`);
  let commit = named;
  if (mergeBase) {
    const base = git.try(["merge-base", named, "HEAD"])?.trim();
    if (base === undefined || base === "")
      throw new UsageError(`${rev} and HEAD have no common ancestor${git.shallowHint()}`);
    commit = base;
  }
  const overlay = new Map<string, Uint8Array | null>();
  const moved = new Map<string, string>();
  const blobs: { path: string; blob: string }[] = [];
  const raw = git.text([
    "diff",
    "--raw",
    "-z",
    "-M",
    "--abbrev=40",
    "--no-ext-diff",
    "--ignore-submodules",
    commit,
    "--",
  ]);
  const fields = raw.split("\0");
  for (let i = 0; i + 1 < fields.length; i += 2) {
    // :100644 100644 OLD NEW M<nul>path, or R<score><nul>old path<nul>new path
    const [mode, , blob, , status] = fields[i].replace(/^:/, "").split(" ");
    const from = fields[i + 1];
    const renamed = status.startsWith("R") || status.startsWith("C");
    if (renamed) {
      const to = fields[i + 2];
      i++;
      if (relevant.test(to)) overlay.set(join(top, to), null);
      if (from.endsWith(".go") && to.endsWith(".go")) moved.set(join(top, to, ".."), join(top, from, ".."));
    }
    if (!relevant.test(from)) continue;
    if (status === "A" || !mode.startsWith("100")) overlay.set(join(top, from), null);
    else if (!status.startsWith("C")) blobs.push({ path: join(top, from), blob });
  }
  for (const path of git.text(["ls-files", "--others", "--exclude-standard", "--full-name", "-z", ":/"]).split("\0"))
    if (relevant.test(path)) overlay.set(join(top, path), null);
  git.read(blobs, overlay);
  return { commit, overlay, moved };
}

/** Longest that git may take for one answer. */
const TimeoutMs = 120_000;

/**
 * Where lines of a file at a commit stand in the work tree now; null for those that were changed or are gone. `file` is relative to `dir`.
 * Lines start at 1. Everything is null where git does not answer.
 */
export function linesToday(dir: string, commit: string, file: string): (line: number) => number | null {
  const git = new Git(dir);
  const diff = git.try([
    "diff",
    "--unified=0",
    "--no-color",
    "--no-ext-diff",
    "--ignore-submodules",
    commit,
    "--",
    file,
  ]);
  if (diff === null) return () => null;
  const hunks = [...diff.matchAll(/^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/gm)].map((m) => ({
    from: Number(m[1]),
    gone: Number(m[2] ?? 1),
    come: Number(m[4] ?? 1),
  }));
  return (line) => {
    let moved = 0;
    for (const h of hunks) {
      // With nothing gone, the new lines stand behind line `from`.
      const first = h.gone === 0 ? h.from + 1 : h.from;
      if (line < first) break;
      if (line < first + h.gone) return null;
      moved += h.come - h.gone;
    }
    return line + moved;
  };
}

class Git {
  constructor(private readonly dir: string) {}

  private run(args: readonly string[], input = ""): { status: number | null; out: Buffer; err: string } {
    const env = { ...process.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" };
    const done = spawnSync("git", args, { cwd: this.dir, input, maxBuffer: MaxBytes, timeout: TimeoutMs, env });
    if (done.error !== undefined) {
      const gone = (done.error as NodeJS.ErrnoException).code === "ENOENT";
      throw new UsageError(
        gone ? "git is not installed, and an older revision is read through it" : `git: ${messageOf(done.error)}`,
      );
    }
    return { status: done.status, out: done.stdout, err: done.stderr.toString() };
  }

  /** Null where git says no. */
  try(args: readonly string[]): string | null {
    const { status, out } = this.run(args);
    return status === 0 ? out.toString() : null;
  }

  text(args: readonly string[], complaint?: string): string {
    const { status, out, err } = this.run(args);
    if (status === 0) return out.toString();
    const why = err.split("\n")[0].replace(/^(?:fatal|error): /, "");
    if (complaint !== undefined && /not a git repository/.test(why)) throw new UsageError(complaint);
    throw new UsageError(`git ${args[0]}: ${why}`);
  }

  shallowHint(): string {
    return this.try(["rev-parse", "--is-shallow-repository"])?.trim() === "true"
      ? ": this is a shallow clone; fetch more of its history (git fetch --unshallow)"
      : "";
  }

  read(wanted: readonly { path: string; blob: string }[], into: Map<string, Uint8Array | null>): void {
    if (wanted.length === 0) return;
    const { out, err } = this.run(["cat-file", "--batch"], wanted.map((w) => `${w.blob}\n`).join(""));
    let at = 0;
    for (const { path, blob } of wanted) {
      const end = out.indexOf(10, at);
      const [, type, size] = end < 0 ? [] : out.subarray(at, end).toString().split(" ");
      if (type !== "blob")
        throw new UsageError(
          `git cannot read ${blob.slice(0, 12)} of ${path}: ${err.split("\n")[0] || "it is missing"}${this.shallowHint()}`,
        );
      const start = end + 1;
      into.set(path, out.subarray(start, start + Number(size)));
      at = start + Number(size) + 1;
    }
  }
}
