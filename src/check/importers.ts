/** Who imports a package of the main modules, directly or not. */
import { dirname, join } from "node:path";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import type { Loader } from "../go/load/loader.ts";
import { ModuleWorld } from "../go/load/module-world.ts";
import type { GoPackage } from "../go/load/package.ts";

/** Of a run over one package all of them are analysed, some 15 ms each. */
const MaxImporters = 128;

/** The import graph of the main modules, backwards. */
export class Importers {
  private graph: Map<string, LoadedPackage[]> | null = null;
  private readonly all = new WeakMap<LoadedPackage, readonly LoadedPackage[] | null>();
  private readonly kept = new WeakMap<LoadedPackage, boolean>();

  constructor(private readonly loader: Loader) {}

  /**
   * The packages of the main modules that import `pkg`, directly or not, in no particular order; null where there are too many, or where it is
   * part of none of them.
   */
  of(pkg: LoadedPackage): readonly LoadedPackage[] | null {
    let found = this.all.get(pkg);
    if (found === undefined) this.all.set(pkg, (found = pkg.module?.main === true ? this.above(pkg) : null));
    return found;
  }

  /** The same, without those that import these. */
  direct(pkg: LoadedPackage): readonly LoadedPackage[] | null {
    return pkg.module?.main === true ? ((this.graph ??= this.read()).get(pkg.path) ?? []) : null;
  }

  private above(pkg: LoadedPackage): readonly LoadedPackage[] | null {
    const direct = (this.graph ??= this.read());
    const seen = new Set<string>([pkg.path]);
    const out: LoadedPackage[] = [];
    const queue = [pkg];
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      for (const p of direct.get(next.path) ?? []) {
        if (seen.has(p.path)) continue;
        seen.add(p.path);
        out.push(p);
        if (out.length > MaxImporters) return null;
        queue.push(p);
      }
    return out;
  }

  /** Import path → those that import it. In a main module a path is a package's own. */
  private read(): Map<string, LoadedPackage[]> {
    const direct = new Map<string, LoadedPackage[]>();
    const world = this.loader.worldAt(this.loader.dir);
    if (!(world instanceof ModuleWorld)) return direct;
    // By their folders: import paths would be looked for in the standard library, too.
    const { packages } = this.loader.match(world.mains.map((m) => join(m.dir, "...")));
    for (const p of packages) {
      if (p.path.endsWith("_test")) continue;
      for (const path of p.imports) {
        const list = direct.get(path);
        if (list === undefined) direct.set(path, [p]);
        else list.push(p);
      }
    }
    return direct;
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

  private isBelowProgram({ dir, module, standard }: LoadedPackage): boolean {
    if (standard || module === null) return false;
    for (let above = dirname(dir); above.length > module.dir.length; above = dirname(above))
      if (this.loader.worldAt(above).at(above)?.name === "main") return true;
    return false;
  }
}

/** Whether no other module has a use for it, by its path. */
export function isKeptToItself(pkg: GoPackage): boolean {
  return /(?:^|\/)(?:internal|cmd|tools)(?:\/|$)/.test(inModule(pkg));
}

/** The import path within its module: "" or `/internal/load`. */
export function inModule({ path, module }: GoPackage): string {
  return path.slice(module?.path.length ?? 0);
}
