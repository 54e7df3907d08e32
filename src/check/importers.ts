/** Who imports a package of the main modules, directly or not. */
import { dirname, join } from "node:path";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import type { Loader } from "../go/load/loader.ts";
import { GopathWorld } from "../go/load/gopath-world.ts";
import { ModuleWorld } from "../go/load/module-world.ts";
import type { GoPackage } from "../go/load/package.ts";
import { isTestPath } from "./test-support.ts";

/** Of a run over one package all of them are analysed, some 15 ms each. */
const MaxImporters = 128;

/** Who imports a package, of those that are asked how often they call what it has. */
export interface ImportersOf<P> {
  /** Directly or not; null: too many, or not all of them are known. */
  of(pkg: P): readonly P[] | null;
  /** Directly. */
  direct(pkg: P): readonly P[] | null;
  /** Packages with interfaces that its values may go into, itself among them. */
  around(pkg: P): readonly P[];
  /** Its files may speak of something by the name. */
  mentions(pkg: P, name: string): boolean;
  /** All packages of the main modules. */
  all(): readonly P[];
  /** It is part of a program of the main modules. */
  isInProgram(pkg: P): boolean;
  /** It is a program, which nobody can import. */
  isProgram(pkg: P): boolean;
  /** No other module has a use for it. */
  isKept(pkg: P): boolean;
  /** Other modules can import it, and it is written for the programs of its own. */
  isForPrograms(pkg: P): boolean;
  /** No other module can import it, and it is no program. */
  isInternal(pkg: P): boolean;
}

/** Of all packages of the main modules, by import path: there a path is a package's own. */
interface Graph {
  /** Those that import it, by their own paths. */
  readonly importing: ReadonlyMap<string, readonly string[]>;
  /** Its folder. What is in it is asked for when it is needed: packages change, and are not to be held. */
  readonly folders: ReadonlyMap<string, string>;
  /** Parts of programs. */
  readonly inPrograms: ReadonlySet<string>;
}

/** The import graph of the main modules, backwards. */
export class Importers implements ImportersOf<LoadedPackage> {
  private known: Graph | null = null;
  private readonly directly = new WeakMap<LoadedPackage, readonly LoadedPackage[]>();
  private readonly nearby = new WeakMap<LoadedPackage, readonly LoadedPackage[]>();
  /** By folder and name. */
  private readonly names = new Map<string, Map<string, boolean>>();
  private readonly transitive = new WeakMap<LoadedPackage, readonly LoadedPackage[] | null>();
  private readonly kept = new WeakMap<LoadedPackage, boolean>();

  constructor(private readonly loader: Loader) {}

  /**
   * The packages of the main modules that import `pkg`, directly or not, in no particular order; null where there are too many, or where it is
   * part of none of them.
   */
  of(pkg: LoadedPackage): readonly LoadedPackage[] | null {
    let found = this.transitive.get(pkg);
    if (found === undefined) this.transitive.set(pkg, (found = isOurs(pkg) ? this.above(pkg) : null));
    return found;
  }

  /** The same, without those that import these. */
  direct(pkg: LoadedPackage): readonly LoadedPackage[] | null {
    if (!isOurs(pkg)) return null;
    let found = this.directly.get(pkg);
    if (found === undefined)
      this.directly.set(
        pkg,
        (found = (this.graph.importing.get(pkg.path) ?? []).flatMap((path) => this.at(path) ?? [])),
      );
    return found;
  }

  private at(path: string): LoadedPackage | null {
    const dir = this.graph.folders.get(path);
    return dir === undefined ? null : this.loader.worldAt(dir).at(dir);
  }

  private get graph(): Graph {
    return (this.known ??= this.read());
  }

  /**
   * Packages with interfaces that its values may go into, itself among them: it imports them, or they import it, or somebody imports both.
   *
   *     package main
   *     import ("m/api"; "m/store")        type Store interface { Get(key string) ([]byte, error) }     in m/api
   *     api.Serve(store.Open())
   */
  around(pkg: LoadedPackage): readonly LoadedPackage[] {
    let found = this.nearby.get(pkg);
    if (found === undefined) {
      const above = this.direct(pkg) ?? [];
      const near = new Set([pkg, ...above]);
      for (const p of [pkg, ...above])
        for (const path of p.imports) {
          const target = this.at(path);
          if (target !== null) near.add(target);
        }
      this.nearby.set(pkg, (found = [...near]));
    }
    return found;
  }

  /** Its files have the name: `x.Name`, and the same over two lines, where the dot stands in the first. */
  mentions({ dir }: LoadedPackage, name: string): boolean {
    let known = this.names.get(dir);
    if (known === undefined) this.names.set(dir, (known = new Map()));
    let found = known.get(name);
    if (found === undefined) known.set(name, (found = this.hasText(dir, name)));
    return found;
  }

  private hasText(dir: string, text: string): boolean {
    return (this.loader.worldAt(dir).at(dir)?.files ?? []).some((file) => {
      try {
        return Buffer.from(this.loader.read(file)).includes(text);
      } catch {
        return false; // it has gone since
      }
    });
  }

  /** A file of the folder has changed, and no imports. */
  forget(dir: string): void {
    this.names.delete(dir);
  }

  all(): readonly LoadedPackage[] {
    return [...this.graph.folders.keys()].flatMap((path) => this.at(path) ?? []);
  }

  isProgram({ name }: LoadedPackage): boolean {
    return name === "main";
  }

  /** It is part of a program of the main modules. */
  isInProgram({ name, path }: LoadedPackage): boolean {
    return name === "main" || this.graph.inPrograms.has(path);
  }

  private above(pkg: LoadedPackage): readonly LoadedPackage[] | null {
    const seen = new Set<string>([pkg.path]);
    const out: LoadedPackage[] = [];
    const queue = [pkg];
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      for (const p of this.direct(next) ?? []) {
        if (seen.has(p.path)) continue;
        seen.add(p.path);
        out.push(p);
        if (out.length > MaxImporters) return null;
        queue.push(p);
      }
    return out;
  }

  private read(): Graph {
    const importing = new Map<string, string[]>();
    const folders = new Map<string, string>();
    const inPrograms = new Set<string>();
    const world = this.loader.worldAt(this.loader.dir);
    const tops =
      world instanceof ModuleWorld
        ? world.mains.map((m) => m.dir)
        : world instanceof GopathWorld && world.tree !== null
          ? [world.tree]
          : [];
    if (tops.length === 0) return { importing, folders, inPrograms };
    // By their folders: import paths would be looked for in the standard library, too.
    const matched = this.loader.match(tops.map((dir) => join(dir, "...")));
    const packages = matched.packages.filter((p) => !p.path.endsWith("_test"));
    for (const p of packages) {
      folders.set(p.path, p.dir);
      for (const path of p.imports) {
        const list = importing.get(path);
        if (list === undefined) importing.set(path, [p.path]);
        else list.push(p.path);
      }
    }
    const byPath = new Map(packages.map((p) => [p.path, p]));
    const work = packages.filter((p) => p.name === "main" && !isForShow(p));
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      if (inPrograms.has(next.path)) continue;
      inPrograms.add(next.path);
      for (const path of next.imports) {
        const p = byPath.get(path);
        if (p !== undefined) work.push(p);
      }
    }
    return { importing, folders, inPrograms };
  }

  /**
   * No other module has a use for it: it lies below `internal`, `cmd` or `tools`, or below a program, as its parts do: `tools/licenses/backend` of
   * `tools/licenses`.
   */
  isKept(pkg: LoadedPackage): boolean {
    let kept = this.kept.get(pkg);
    if (kept === undefined) this.kept.set(pkg, (kept = isKeptToItself(pkg) || this.isBelowProgram(pkg)));
    return kept;
  }

  /**
   * Nobody here imports it but programs and what is kept to itself, and neither its place nor its name offers it to others: `pmtiles` of the program
   * `go-pmtiles`. Not the package of the module itself, and no client.
   */
  isForPrograms(pkg: LoadedPackage): boolean {
    if (isOffered(pkg) || !this.isInProgram(pkg)) return false;
    const importers = this.direct(pkg) ?? [];
    return importers.length > 0 && importers.every((p) => this.isProgram(p) || this.isKept(p) || isForShow(p));
  }

  /** https://go.dev/cmd/go/#hdr-Internal_Directories */
  isInternal(pkg: LoadedPackage): boolean {
    // A module below such a folder has others beside it.
    return pkg.name !== "main" && /(?:^|\/)internal(?:\/|$)/.test(inModule(pkg));
  }

  private isBelowProgram({ dir, top, standard }: LoadedPackage): boolean {
    if (standard || top === null) return false;
    for (let above = dirname(dir); above.length > top.length; above = dirname(above))
      if (this.loader.worldAt(above).at(above)?.name === "main") return true;
    return false;
  }
}

/** Of a main module, or of a tree without modules that is worked in. */
function isOurs({ module, dir, world }: LoadedPackage): boolean {
  return module?.main === true || (module === null && world instanceof GopathWorld && world.isOwn(dir));
}

const forShow = new WeakMap<GoPackage, boolean>();

/** Programs that show or test how a library is used call it once, and say nothing of how its users do. */
export function isForShow(pkg: GoPackage): boolean {
  let known = forShow.get(pkg);
  if (known === undefined) forShow.set(pkg, (known = isTestPath(`${inModule(pkg).slice(1)}/`)));
  return known;
}

/**
 * Whether it is there for other modules, by its path: the package of the module itself, what lies below `pkg`, by custom; `client`, `api/go-client`,
 * `sdk` of a server.
 */
export function isOffered(pkg: GoPackage): boolean {
  return /^$|^\/pkg\/|[/_-](?:clients?|sdk)(?=\/|$)/.test(inModule(pkg));
}

/** Whether no other module has a use for it, by its path. */
export function isKeptToItself(pkg: GoPackage): boolean {
  return /(?:^|\/)(?:internal|cmd|tools)(?:\/|$)/.test(inModule(pkg));
}

/** The import path within its module: "" or `/internal/load`. */
export function inModule({ path, module }: GoPackage): string {
  return path.slice(module?.path.length ?? 0);
}
