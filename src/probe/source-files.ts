/**
 * Source text for the frames of a stack, where it is at hand: the standard library of the same Go version, module versions in the module
 * cache or a vendor folder, and the program's own tree, at the revision that was built where git has it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { readBuildPath } from "../profile/names.ts";
import type { BuildInfo } from "./buildinfo.ts";

export interface SourceExcerpt {
  /** Where it was read; `REV:path` for git. */
  readonly from: string;
  readonly firstLine: number;
  readonly lines: readonly string[];
  /** Doubt about the text: "working copy, not the built revision". */
  readonly note: string;
}

/** A frame's file in the working tree. */
export interface SourcePlace {
  /** Absolute. */
  readonly path: string;
  /** Folder of the go.mod above it. */
  readonly root: string;
  /** Whether its lines are those that were built. */
  readonly sameLines: boolean;
}

interface Found {
  readonly text: string[];
  readonly from: string;
  readonly note: string;
  /** Absolute, of the working tree or module cache; null where only git has it. */
  readonly path: string | null;
  /** The same, also of a file that is not there any more. */
  readonly built: string | null;
  readonly sameLines: boolean;
}

const FILE_LIMIT = 8 << 20;

export class SourceFinder {
  private readonly cache = new Map<string, Found | null>();
  private readonly roots: { dir: string; module: string }[] = [];
  private readonly build: BuildInfo | null;
  private readonly modCache: string;
  private readonly goRoots: string[];

  /** `roots`: folders to search for the program's own files; the nearest go.mod above each is used. */
  constructor(build: BuildInfo | null, roots: readonly string[]) {
    this.build = build;
    for (const dir of roots) {
      const root = moduleRoot(dir);
      if (root !== null) this.roots.push(root);
      else this.roots.push({ dir, module: "" });
    }
    this.modCache =
      process.env["GOMODCACHE"] ?? join((process.env["GOPATH"] ?? join(homedir(), "go")).split(":")[0], "pkg/mod");
    const version = build?.goVersion ?? "";
    this.goRoots = [
      join(
        this.modCache,
        `golang.org/toolchain@v0.0.1-${version}.${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`,
      ),
      process.env["GOROOT"] ?? "",
      "/usr/local/go",
      "/usr/lib/go",
      join(homedir(), `sdk/${version}`),
    ].filter((d) => d !== "" && goVersionOf(d) === version);
  }

  /** Lines around `line`; null where the file is not at hand or shorter than that. */
  excerpt(file: string, line: number, around = 2): SourceExcerpt | null {
    if (line <= 0 || file === "") return null;
    let found = this.cache.get(file);
    if (found === undefined) {
      found = this.find(file);
      this.cache.set(file, found);
    }
    if (found === null || line > found.text.length) return null;
    const firstLine = Math.max(1, line - around);
    return { from: found.from, firstLine, lines: found.text.slice(firstLine - 1, line + around), note: found.note };
  }

  /** The frame's file in a module on this disk that is not the standard library's or the module cache's; null where there is none. */
  locate(file: string): SourcePlace | null {
    let found = this.cache.get(file);
    if (found === undefined) {
      found = this.find(file);
      this.cache.set(file, found);
    }
    if (found === null || found.path === null || readBuildPath(file).kind !== "main") return null;
    const root = moduleRoot(dirname(found.path));
    return root === null ? null : { path: found.path, root: root.dir, sameLines: found.sameLines };
  }

  /**
   * The frame's file where the built revision has it, of which the work tree may have no more: for those who analyse that revision. `sameLines`:
   * its text was read from that revision, and nothing was changed before it was built.
   */
  locateBuilt(file: string): SourcePlace | null {
    void this.excerpt(file, 1);
    const found = this.cache.get(file) ?? null;
    if (found === null || found.built === null || readBuildPath(file).kind !== "main") return null;
    const root = moduleRoot(dirname(found.built));
    if (root === null) return null;
    return { path: found.built, root: root.dir, sameLines: found.note === "" };
  }

  /** The folder among the given ones that holds the module that was built; null where none does. */
  get module(): string | null {
    const main = this.build?.main?.path ?? "";
    return main === "" ? null : (this.roots.find((r) => r.module === main)?.dir ?? null);
  }

  /** Whether a folder with a go.mod is the module that was built, not one that it uses. */
  isBuilt(dir: string): boolean {
    const main = this.build?.main?.path ?? "";
    return main !== "" && moduleRoot(dir)?.module === main;
  }

  private find(file: string): Found | null {
    const place = readBuildPath(file);
    if (place.kind === "generated" || place.kind === "unknown") return null;
    if (place.kind === "std") return firstReadable(this.goRoots.map((d) => join(d, "src", place.path)));
    if (place.kind === "module") {
      const dir = escapeModule(place.module);
      return firstReadable([
        join(this.modCache, `${dir}@${place.version}`, place.path),
        ...this.roots.map((r) => join(r.dir, "vendor", place.module, place.path)),
      ]);
    }
    // With -trimpath the program's own files stand under their import path; else under where they were built.
    const main = this.build?.main?.path ?? "";
    for (const { dir, module } of this.roots) {
      for (const prefix of [module, main]) {
        if (prefix !== "" && file.startsWith(`${prefix}/`)) {
          const hit = this.atRevision(dir, file.slice(prefix.length + 1));
          if (hit !== null) return hit;
        }
      }
      if (file.startsWith(`${dir}/`)) {
        const hit = this.atRevision(dir, file.slice(dir.length + 1));
        if (hit !== null) return hit;
      }
    }
    if (file.startsWith("/")) {
      const root = moduleRoot(dirname(file));
      if (root !== null && (main === "" || root.module === main)) {
        const hit = this.atRevision(root.dir, file.slice(root.dir.length + 1));
        if (hit !== null) return hit;
      }
      const direct = firstReadable([file]);
      if (direct !== null) return direct;
      // Built elsewhere: the longest tail of the path that exists under a root. One element alone could be any main.go.
      const parts = file.split("/");
      for (const { dir } of this.roots)
        for (let i = 1; i < parts.length - 1; i++) {
          const hit = this.atRevision(dir, parts.slice(i).join("/"));
          if (hit !== null) return hit;
        }
      for (const { dir, module } of this.roots)
        if (module !== "" && module === main) {
          const hit = this.atRevision(dir, parts[parts.length - 1]);
          if (hit !== null) return hit;
        }
    }
    return null;
  }

  private atRevision(dir: string, path: string): Found | null {
    const file = join(dir, path);
    const revision = this.build?.settings["vcs.revision"] ?? "";
    if (/^[0-9a-f]{7,64}$/.test(revision) && existsSync(dir)) {
      try {
        const text = execFileSync("git", ["-C", dir, "show", `${revision}:./${path}`], {
          encoding: "utf8",
          maxBuffer: FILE_LIMIT,
          timeout: 5_000,
          stdio: ["ignore", "pipe", "ignore"],
        });
        const note =
          this.build?.settings["vcs.modified"] === "true" ? "built from a modified tree: lines may be off" : "";
        const now = firstReadable([file]);
        return {
          text: text.split("\n"),
          from: `${revision.slice(0, 10)}:${path}`,
          note,
          path: now === null ? null : file,
          built: file,
          sameLines: now !== null && now.text.join("\n") === text,
        };
      } catch {
        // Not a git tree, or the revision is not here: the working copy is better than nothing.
      }
    }
    const found = firstReadable([file]);
    if (found === null || revision === "") return found;
    return { ...found, note: "working copy, not the built revision", sameLines: false };
  }
}

function firstReadable(paths: readonly string[]): Found | null {
  for (const path of paths) {
    try {
      if (statSync(path).size > FILE_LIMIT) continue;
      const text = readFileSync(path, "utf8").split("\n");
      return { text, from: path, note: "", path: resolve(path), built: resolve(path), sameLines: true };
    } catch {
      // next
    }
  }
  return null;
}

function moduleRoot(from: string): { dir: string; module: string } | null {
  let dir = from;
  for (;;) {
    try {
      const text = readFileSync(join(dir, "go.mod"), "utf8");
      return { dir, module: /^module\s+"?([^\s"]+)/m.exec(text)?.[1] ?? "" };
    } catch {
      const up = dirname(dir);
      if (up === dir) return null;
      dir = up;
    }
  }
}

function goVersionOf(root: string): string {
  try {
    return readFileSync(join(root, "VERSION"), "utf8").split("\n")[0].trim();
  } catch {
    try {
      return readdirSync(root).includes("src") ? "unknown" : "";
    } catch {
      return "";
    }
  }
}

function escapeModule(path: string): string {
  return path.replace(/[A-Z]/g, (c) => `!${c.toLowerCase()}`);
}
