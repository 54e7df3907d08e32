/** The standard library: GOROOT/src with its own vendor folder, and the commands below GOROOT/src/cmd with theirs. */
import { join, relative, sep } from "node:path";
import type { GoVersion } from "../syntax/ast.ts";
import type { Disk } from "./disk.ts";
import type { Goroot } from "./goroot.ts";
import { packageOf, type LoadedPackage, type World } from "./loaded-package.ts";
import type { GoModule } from "./package.ts";

export interface StandardLibrary extends World {
  readonly language: GoVersion;
  /** The package with exactly that path; null where there is none. */
  find(path: string): LoadedPackage | null;
  /** Every package of it, commands included, sorted by path. */
  all(): LoadedPackage[];
}

/** Could the path be of the standard library? Its first element has no dot. */
export function looksStandard(path: string): boolean {
  const slash = path.indexOf("/");
  const dot = path.indexOf(".");
  return dot < 0 || (slash >= 0 && slash < dot);
}

export class GorootLibrary implements StandardLibrary {
  readonly language: GoVersion;
  readonly #std: GoModule;
  readonly #cmd: GoModule;
  readonly #packages = new Map<string, LoadedPackage | null>();

  constructor(
    readonly goroot: Goroot,
    readonly disk: Disk,
    /** The library is what is being analysed: in-package test files count. */
    readonly tests: boolean,
    main: boolean,
  ) {
    this.language = goroot.language;
    this.#std = { path: "std", version: "", dir: goroot.src, goVersion: goroot.language, main };
    this.#cmd = { path: "cmd", version: "", dir: join(goroot.src, "cmd"), goVersion: goroot.language, main };
  }

  find(path: string): LoadedPackage | null {
    let found = this.#packages.get(path);
    if (found === undefined) this.#packages.set(path, (found = this.#load(path)));
    return found;
  }

  resolve(path: string, from: LoadedPackage): LoadedPackage | null {
    const own = looksStandard(path) ? this.find(path) : null;
    if (own !== null) return own;
    return (from.path.startsWith("cmd/") ? this.find(`cmd/vendor/${path}`) : null) ?? this.find(`vendor/${path}`);
  }

  at(dir: string): LoadedPackage | null {
    const rel = relative(this.goroot.src, dir);
    // `builtin` is documentation in the form of Go.
    return rel === "" || rel === "builtin" || rel.startsWith("..") ? null : this.find(rel.split(sep).join("/"));
  }

  moduleAt(dir: string): GoModule {
    return dir === this.#cmd.dir || dir.startsWith(this.#cmd.dir + sep) ? this.#cmd : this.#std;
  }

  all(): LoadedPackage[] {
    const found: LoadedPackage[] = [];
    const walk = (dir: string, path: string): void => {
      for (const entry of this.disk.entries(dir) ?? []) {
        const { name } = entry;
        if (name.startsWith(".") || name.startsWith("_") || name === "testdata" || name.includes(".go")) continue;
        if (this.disk.entries(join(dir, name)) === null) continue;
        const below = path === "" ? name : `${path}/${name}`;
        // Documentation only; and without cgo there is no runtime/cgo.
        const hidden = below === "builtin" || (below === "runtime/cgo" && !this.disk.context.target.cgo);
        const p = hidden ? null : this.find(below);
        if (p !== null) found.push(p);
        walk(join(dir, name), below);
      }
    };
    walk(this.goroot.src, "");
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #load(path: string): LoadedPackage | null {
    // A path such as "../x" must not leave the library.
    if (path === "" || path.startsWith("/") || path.split("/").includes("..")) return null;
    const dir = join(this.goroot.src, path);
    if (!this.disk.holdsGo(dir)) return null;
    return packageOf(this.disk.folder(dir, this.tests), path, this.moduleAt(dir), this, {
      standard: true,
      tests: this.tests,
    });
  }
}
