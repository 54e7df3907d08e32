/**
 * Trees without go.mod, as they were before modules: packages lie in GOPATH/src by import path, and `vendor` folders on the way up
 * from the importer come first. A tree outside of any GOPATH gets the import path that its own files betray.
 */
import { dirname, join, relative, sep } from "node:path";
import type { Disk } from "./disk.ts";
import type { GoEnv } from "./env.ts";
import type { FileSystem } from "./fs.ts";
import { externalTestOf, packageOf, type LoadedPackage, type World } from "./loaded-package.ts";
import { isWithin } from "./module-world.ts";
import { ownPath, treeTop } from "./own-path.ts";
import { looksStandard, type StandardLibrary } from "./std.ts";

/** Import paths that begin with `prefix` (all, where it is empty) lie below `dir`. */
export interface Mount {
  readonly prefix: string;
  readonly dir: string;
}

export class GopathWorld implements World {
  readonly #packages = new Map<string, LoadedPackage | null>();

  constructor(
    readonly mounts: readonly Mount[],
    readonly disk: Disk,
    readonly std: StandardLibrary,
    readonly tests: boolean,
    /** The top of the tree that is worked in: what a main module's folder is elsewhere. Null where nothing shows that it is one. */
    readonly tree: string | null,
  ) {}

  /** It is part of the tree that is worked in, and none of the copies of others in it. */
  isOwn(dir: string): boolean {
    return this.tree !== null && isWithin(dir, this.tree) && !isVendored(dir);
  }

  /** The folder's package is another one when it is next asked for. */
  forget(dir: string): void {
    this.#packages.delete(dir);
  }

  resolve(path: string, from: LoadedPackage): LoadedPackage | null {
    if (path === "" || path === "C" || path.startsWith("/") || path.split("/").includes("..")) return null;
    const top = this.#mountOf(from.dir)?.dir ?? from.dir;
    for (let d = from.dir; isWithin(d, top); d = dirname(d)) {
      // One listing says for all imports whether there is a vendor folder here.
      if (this.disk.entries(d)?.some((e) => e.name === "vendor") === true) {
        const vendored = this.at(join(d, "vendor", path));
        if (vendored !== null) return vendored;
      }
      if (d === top) break;
    }
    const std = looksStandard(path) && !path.startsWith("vendor/") ? this.std.find(path) : null;
    if (std !== null) return std;
    for (const { prefix, dir } of this.mounts) {
      const rel =
        prefix === ""
          ? path
          : path === prefix
            ? "."
            : path.startsWith(`${prefix}/`)
              ? path.slice(prefix.length + 1)
              : null;
      const found = rel === null ? null : this.at(join(dir, rel));
      if (found !== null) return found;
    }
    return null;
  }

  at(dir: string): LoadedPackage | null {
    let found = this.#packages.get(dir);
    if (found === undefined) {
      const tests = this.tests && !isVendored(dir);
      found = this.disk.holdsGo(dir)
        ? packageOf(this.disk.folder(dir, tests), this.pathOf(dir), null, this, { standard: false, tests })
        : null;
      this.#packages.set(dir, found);
    }
    return found;
  }

  externalTests(dir: string): LoadedPackage | null {
    return isVendored(dir) ? null : externalTestOf(this.disk.folder(dir, true), this.pathOf(dir), null, this);
  }

  /** As the go command names it: the part after the last /vendor/ is how it is imported, but the whole tells copies apart. */
  pathOf(dir: string): string {
    const mount = this.#mountOf(dir);
    if (mount === null) return `_${dir.split(sep).join("/")}`;
    const rel = relative(mount.dir, dir).split(sep).join("/");
    return rel === "" ? mount.prefix || "." : mount.prefix === "" ? rel : `${mount.prefix}/${rel}`;
  }

  #mountOf(dir: string): Mount | null {
    let best: Mount | null = null;
    for (const m of this.mounts)
      if (isWithin(dir, m.dir) && (best === null || m.dir.length > best.dir.length)) best = m;
    return best;
  }
}

function isVendored(dir: string): boolean {
  return dir.split(sep).includes("vendor");
}

/**
 * Where import paths begin for a tree without go.mod: GOPATH, a folder named src above, or a guess for the tree itself. `tree`: where that begins; null where
 * nothing shows that there is one.
 */
export function mountsFor(
  dir: string,
  env: GoEnv,
  fs: FileSystem,
): { readonly mounts: readonly Mount[]; readonly tree: string | null } {
  const mounts: Mount[] = [];
  const add = (prefix: string, at: string): void => {
    if (!mounts.some((m) => m.dir === at)) mounts.push({ prefix, dir: at });
  };
  for (const gopath of env.gopath) if (isWithin(dir, join(gopath, "src"))) add("", join(gopath, "src"));
  for (let d = dir; dirname(d) !== d; d = dirname(d)) if (d.endsWith(`${sep}src`)) add("", d);
  let tree = treeTop(dir, fs);
  if (mounts.length === 0) {
    const top = tree ?? dir;
    const path = ownPath(top, fs);
    add(path ?? top.split(sep).at(-1) ?? "main", top);
    if (path !== null) tree = top;
  }
  for (const gopath of env.gopath) add("", join(gopath, "src"));
  return { mounts, tree };
}
