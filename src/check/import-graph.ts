/**
 * What a package can see of others: one hash over the declarations of everything it imports, directly or not.
 *
 * Packages of the module cache are immutable, but may import main modules of a workspace; which ones they reach is
 * remembered, so that a run over an unchanged tree need not open them.
 */
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import type { Loader } from "../go/load/loader.ts";
import { ModuleWorld } from "../go/load/module-world.ts";
import { EntryKind } from "../go/load/fs.ts";
import type { FactIndex } from "./fact-index.ts";
import { hashOf } from "./source-facts.ts";

export interface StoredGraph {
  /** Import path of an immutable package → import paths of the mutable packages that it reaches. */
  readonly reach: Readonly<Record<string, readonly string[]>>;
  /** Folders of the modules those packages lie in. */
  readonly modules: readonly string[];
  /** Imports of immutable packages that could not be found. */
  readonly missing: readonly string[];
}

export class ImportGraph {
  /** What was missing is there now, or what was there is gone: nothing that rested on it holds. */
  readonly stale: boolean;
  private readonly reach: Map<string, readonly string[]>;
  private readonly modules = new Set<string>();
  private readonly missing = new Set<string>();
  private readonly keys = new Map<LoadedPackage, string>();
  private readonly open = new Set<LoadedPackage>();
  /** Source that no compiler takes: packages import each other in a circle. */
  private circular = false;

  constructor(
    private readonly loader: Loader,
    private readonly facts: FactIndex,
    private readonly isImmutable: (pkg: LoadedPackage) => boolean,
    stored: StoredGraph | null,
  ) {
    const from = loader.worldAt(loader.dir);
    let usable = stored !== null && from instanceof ModuleWorld;
    for (const dir of stored?.modules ?? []) usable &&= loader.fs.kind(dir) === EntryKind.Folder;
    if (from instanceof ModuleWorld) {
      const any = from.mains[0] === undefined ? null : from.at(from.mains[0].dir);
      for (const path of stored?.missing ?? []) usable &&= any === null || loader.resolve(path, any) === null;
    }
    this.stale = stored !== null && !usable;
    this.reach = new Map(usable && stored !== null ? Object.entries(stored.reach) : []);
    if (usable && stored !== null) {
      for (const dir of stored.modules) this.modules.add(dir);
      for (const path of stored.missing) this.missing.add(path);
    }
  }

  /** Hash of the declarations of all that `pkg` imports; null where packages import each other in a circle. */
  importsKey(pkg: LoadedPackage): string | null {
    if (this.loader.options.tests === true) return this.flatKey(pkg);
    const key = this.keyOfImports(pkg);
    return this.circular ? null : key;
  }

  private keyOfImports(pkg: LoadedPackage): string {
    return hashOf(...this.importsOf(pkg).map((d) => (typeof d === "string" ? `missing ${d}` : this.keyOf(d))));
  }

  /** Declarations of a package and of all that it imports. */
  private keyOf(pkg: LoadedPackage): string {
    let key = this.keys.get(pkg);
    if (key !== undefined) return key;
    if (this.open.has(pkg)) {
      this.circular = true;
      return "circle";
    }
    this.open.add(pkg);
    key = hashOf(pkg.path, ...this.declarationsOf(pkg), this.keyOfImports(pkg));
    this.open.delete(pkg);
    this.keys.set(pkg, key);
    return key;
  }

  /** With tests, packages may import each other in a circle: one list of all that is reached. */
  private flatKey(pkg: LoadedPackage): string {
    const seen = new Set<LoadedPackage | string>();
    const work: LoadedPackage[] = [pkg];
    for (let p = work.pop(); p !== undefined; p = work.pop()) {
      for (const d of this.importsOf(p)) {
        if (seen.has(d)) continue;
        seen.add(d);
        if (typeof d !== "string") work.push(d);
      }
    }
    const parts = [...seen].map((d) =>
      typeof d === "string" ? `missing ${d}` : [d.path, ...this.declarationsOf(d)].join(" "),
    );
    return hashOf(...parts.sort());
  }

  private declarationsOf(pkg: LoadedPackage): string[] {
    return pkg.files.map((f) => this.facts.of(f)?.decls ?? "unreadable");
  }

  /** Mutable packages that `pkg` imports, itself or through immutable ones; import paths of what cannot be found. */
  private importsOf(pkg: LoadedPackage): (LoadedPackage | string)[] {
    const found = new Set<LoadedPackage | string>();
    for (const path of pkg.imports) {
      if (path === "C" || path === "unsafe") continue;
      const reached = this.reach.get(path) ?? this.resolve(path, pkg, found);
      for (const p of reached) found.add(this.loader.resolve(p, pkg) ?? p);
    }
    return [...found].sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1));
  }

  /** Adds a mutable package to `found`; of an immutable one, returns what it reaches. */
  private resolve(path: string, from: LoadedPackage, found: Set<LoadedPackage | string>): readonly string[] {
    const target = this.loader.resolve(path, from);
    if (target === null) found.add(path);
    else if (!this.isImmutable(target)) found.add(target);
    else return this.reachOf(target, from.world instanceof ModuleWorld);
    return [];
  }

  private reachOf(start: LoadedPackage, remember: boolean): readonly string[] {
    if (start.standard) {
      if (remember) this.reach.set(start.path, []);
      return [];
    }
    const reached = new Set<string>();
    const seen = new Set<LoadedPackage>([start]);
    const work = [start];
    for (let p = work.pop(); p !== undefined; p = work.pop()) {
      if (p.module !== null) this.modules.add(p.module.dir);
      for (const path of p.imports) {
        if (path === "C" || path === "unsafe") continue;
        const target = this.loader.resolve(path, p);
        if (target === null) this.missing.add(path);
        else if (target.standard || seen.has(target)) continue;
        else if (this.isImmutable(target)) {
          seen.add(target);
          work.push(target);
        } else reached.add(path);
      }
    }
    const list = [...reached].sort();
    if (remember) this.reach.set(start.path, list);
    return list;
  }

  stored(): StoredGraph {
    return {
      reach: Object.fromEntries(this.reach),
      modules: [...this.modules].sort(),
      missing: [...this.missing].sort(),
    };
  }
}

function pathOf(p: LoadedPackage | string): string {
  return typeof p === "string" ? p : p.path;
}
