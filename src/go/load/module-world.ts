/** A main module or a workspace, and what its imports mean: main modules, vendor folder or build list, standard library. */
import { dirname, join, relative, sep } from "node:path";
import type { BuildList, SelectedModule } from "./build-list.ts";
import type { Disk } from "./disk.ts";
import { externalTestOf, packageOf, type LoadedPackage, type World } from "./loaded-package.ts";
import type { Site } from "./locate.ts";
import type { GoModule } from "./package.ts";
import { IgnoreList } from "./pattern.ts";
import type { LoadProblem } from "./problem.ts";
import { compareGoVersion, DEFAULT_GO_VERSION } from "./semver.ts";
import { looksStandard, type StandardLibrary } from "./std.ts";
import type { VendorList } from "./vendor.ts";

export interface Main extends GoModule {
  readonly ignore: IgnoreList;
}

/** A vendor folder in use. */
export interface Vendor {
  readonly dir: string;
  readonly list: VendorList;
  /** From go 1.23 on only packages that modules.txt names count. */
  readonly listedOnly: boolean;
}

export class ModuleWorld implements World {
  readonly mains: readonly Main[];
  readonly #packages = new Map<string, LoadedPackage | null>();
  /** A folder is one package, by whatever path it was reached. */
  readonly #folders = new Map<string, LoadedPackage | null>();
  readonly #vendored = new Map<string, GoModule>();

  constructor(
    readonly site: Site,
    readonly disk: Disk,
    readonly std: StandardLibrary,
    readonly list: BuildList,
    readonly vendor: Vendor | null,
    readonly tests: boolean,
  ) {
    this.mains = site.modules.map(({ dir, mod }) => ({
      // A go.mod without a module line still has a folder to name it by.
      path: mod.module === "" ? (dir.split(sep).at(-1) ?? "main") : mod.module,
      version: "",
      dir,
      goVersion: mod.goVersion ?? DEFAULT_GO_VERSION,
      main: true,
      ignore: new IgnoreList(mod.ignore),
    }));
  }

  get problems(): readonly LoadProblem[] {
    return this.site.problems;
  }

  resolve(path: string, _from: LoadedPackage): LoadedPackage | null {
    let found = this.#packages.get(path);
    if (found === undefined) this.#packages.set(path, (found = this.#resolve(path)));
    return found;
  }

  /** The folder's package is another one when it is next asked for. */
  forget(dir: string): void {
    const old = this.#folders.get(dir);
    this.#folders.delete(dir);
    for (const [path, p] of this.#packages) if (p === null || p === old) this.#packages.delete(path);
  }

  at(dir: string): LoadedPackage | null {
    const placed = this.placeOf(dir);
    return placed === null ? null : this.#load(dir, placed.path, placed.module);
  }

  /** The external tests of a package of a main module. */
  externalTests(dir: string): LoadedPackage | null {
    const placed = this.placeOf(dir);
    return placed === null || !placed.module.main
      ? null
      : externalTestOf(this.disk.folder(dir, true), placed.path, placed.module, this);
  }

  /** Import path and module that a folder has in this world; null where it is outside. */
  placeOf(dir: string): { path: string; module: GoModule } | null {
    if (this.vendor !== null && isWithin(dir, this.vendor.dir)) {
      const path = relative(this.vendor.dir, dir).split(sep).join("/");
      return path === "" ? null : { path, module: this.#vendoredModule(path) };
    }
    const candidates: GoModule[] = this.mains.filter((m) => isWithin(dir, m.dir));
    if (candidates.length === 0 && this.vendor === null)
      candidates.push(...this.list.localReplacements().filter((m) => isWithin(dir, m.dir)));
    const module = candidates.reduce<GoModule | null>(
      (best, m) => (best === null || m.dir.length > best.dir.length ? m : best),
      null,
    );
    if (module === null || this.#otherModuleBetween(dir, module.dir)) return null;
    const rel = relative(module.dir, dir).split(sep).join("/");
    return { path: rel === "" ? module.path : `${module.path}/${rel}`, module };
  }

  #resolve(path: string): LoadedPackage | null {
    if (path === "" || path === "C" || path.startsWith("/") || path.includes("\0") || path.split("/").includes(".."))
      return null;
    if (looksStandard(path)) {
      const std = this.std.find(path);
      // GOROOT's private vendor folder and the go command's own packages are nobody else's.
      if (std !== null && !path.startsWith("vendor/")) return std;
    }
    for (const main of this.mains) {
      const found = this.#inModule(path, main, true);
      if (found !== null) return found;
    }
    if (this.vendor !== null) return this.#inVendor(path, this.vendor);
    if (this.list.pruned) {
      const found = this.#inList(path, (prefix) => this.list.listed(prefix));
      if (found !== null) return found;
    }
    return this.#inList(path, (prefix) => this.list.selected(prefix));
  }

  /** The longest module path that holds the package wins; the go command refuses where two do. */
  #inList(path: string, versionOf: (modulePath: string) => string | undefined): LoadedPackage | null {
    for (
      let prefix = path;
      prefix !== ".";
      prefix = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/")) : "."
    ) {
      const version = versionOf(prefix);
      if (version === undefined) continue;
      const module = this.list.module(prefix, version);
      const found = this.#inModule(path, module, module.local);
      if (found !== null) return found;
    }
    return null;
  }

  #inModule(path: string, module: GoModule, local: boolean): LoadedPackage | null {
    let dir;
    if (path === module.path) dir = module.dir;
    else if (path.startsWith(`${module.path}/`)) dir = join(module.dir, path.slice(module.path.length + 1));
    else return null;
    if (!this.disk.holdsGo(dir)) return null;
    if (local && this.#otherModuleBetween(dir, module.dir)) return null;
    return this.#load(dir, path, module);
  }

  #inVendor(path: string, vendor: Vendor): LoadedPackage | null {
    if (vendor.listedOnly && !vendor.list.packages.has(path)) return null;
    const dir = join(vendor.dir, path);
    return this.disk.holdsGo(dir) ? this.#load(dir, path, this.#vendoredModule(path)) : null;
  }

  #vendoredModule(path: string): GoModule {
    const listed = this.vendor?.list.packages.get(path);
    const name = listed?.path ?? path;
    let module = this.#vendored.get(name);
    if (module === undefined) {
      const dir = join(this.vendor?.dir ?? "", name);
      module = {
        path: name,
        version: listed?.version ?? "",
        dir,
        goVersion: listed?.goVersion ?? DEFAULT_GO_VERSION,
        main: false,
      };
      this.#vendored.set(name, module);
    }
    return module;
  }

  #load(dir: string, path: string, module: GoModule): LoadedPackage | null {
    let found = this.#folders.get(dir);
    if (found === undefined) {
      const tests = this.tests && module.main;
      found = packageOf(this.disk.folder(dir, tests), path, module, this, { standard: false, tests });
      this.#folders.set(dir, found);
    }
    return found;
  }

  /** A go.mod on the way up to the module's root makes the folder another module's. */
  #otherModuleBetween(dir: string, root: string): boolean {
    for (let d = dir; d !== root && d.length > root.length; d = dirname(d))
      if (this.disk.hasFile(d, "go.mod")) return true;
    return false;
  }
}

export function isWithin(dir: string, root: string): boolean {
  return dir === root || dir.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** Main modules that say go 1.23 or later import only what modules.txt names. */
export function vendorListedOnly(site: Site): boolean {
  const version = site.work?.go.goVersion ?? site.modules[0]?.mod.goVersion ?? DEFAULT_GO_VERSION;
  return compareGoVersion(version, { major: 1, minor: 23 }) >= 0;
}

/** Every module that could hold packages matching a pattern, main modules first. */
export function searchRoots(world: ModuleWorld, canMatch: (path: string) => boolean): (Main | SelectedModule)[] {
  const roots: (Main | SelectedModule)[] = [...world.mains];
  if (world.vendor !== null) return roots;
  for (const [path, version] of world.list.graph()) if (canMatch(path)) roots.push(world.list.module(path, version));
  return roots;
}
