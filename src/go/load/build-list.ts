/** The modules of a build: which version of each is selected, where it lies, what language it speaks. */
import { isAbsolute, join, resolve } from "node:path";
import type { GoVersion } from "../syntax/ast.ts";
import { EntryKind, type FileSystem } from "./fs.ts";
import { parseGoMod, type GoMod, type ModuleVersion, type Replacement } from "./gomod.ts";
import type { Site } from "./locate.ts";
import type { ModuleCache } from "./modcache.ts";
import { selectGraph, selectRoots, type ModuleSummary, type Roots } from "./mvs.ts";
import type { GoModule } from "./package.ts";
import { compareGoVersion, DEFAULT_GO_VERSION, parseGoVersion } from "./semver.ts";

const PRUNED_SINCE: GoVersion = { major: 1, minor: 17 };

export interface SelectedModule extends GoModule {
  /** A folder on this disk that a replacement names: nested modules in it are not part of it. */
  readonly local: boolean;
  readonly ignore: readonly string[];
}

interface Placed {
  readonly dir: string;
  readonly goMod: string[];
  readonly local: boolean;
}

export class BuildList {
  readonly #roots: Roots;
  readonly #excluded: ReadonlySet<string>;
  readonly #replacements: { readonly base: string; readonly replacement: Replacement }[] = [];
  readonly #mods = new Map<string, GoMod | null>();
  readonly #modules = new Map<string, SelectedModule>();
  /** What the main modules' own files say. */
  readonly #listed: Map<string, string>;
  #graph: Map<string, string> | null = null;

  constructor(
    site: Site,
    readonly cache: ModuleCache,
    readonly fs: FileSystem,
  ) {
    this.#excluded = new Set(site.modules.flatMap(({ mod }) => mod.exclude.map(keyOf)));
    if (site.work !== null)
      for (const r of site.work.go.replace) this.#replacements.push({ base: site.work.dir, replacement: r });
    for (const { dir, mod } of site.modules)
      for (const r of mod.replace) this.#replacements.push({ base: dir, replacement: r });
    const main = new Map<string, ModuleSummary>();
    for (const { mod } of site.modules) main.set(mod.module, this.#summary(mod));
    this.#roots = { main, workspace: site.work !== null };
    this.#listed = selectRoots(this.#roots);
  }

  /** Modules older than go 1.17 list only what they import themselves: the whole graph decides. */
  get pruned(): boolean {
    return [...this.#roots.main.values()].every((m) => m.pruned);
  }

  /** Version by the main modules' own requirements alone; undefined where they do not name the module. */
  listed(path: string): string | undefined {
    return this.#listed.get(path);
  }

  /** Version in the whole graph, which is read now if it has not been. */
  selected(path: string): string | undefined {
    return this.graph().get(path);
  }

  graph(): ReadonlyMap<string, string> {
    return (this.#graph ??= selectGraph(this.#roots, (m) => {
      const mod = this.#goModOf(m);
      return mod === null ? null : this.#summary(mod);
    }));
  }

  module(path: string, version: string): SelectedModule {
    const key = `${path}@${version}`;
    let found = this.#modules.get(key);
    if (found === undefined) {
      const { dir, local } = this.#place({ path, version });
      const mod = this.#goModOf({ path, version });
      const goVersion = parseGoVersion(mod?.go ?? "") ?? DEFAULT_GO_VERSION;
      found = { path, version, dir, goVersion, main: false, local, ignore: mod?.ignore ?? [] };
      this.#modules.set(key, found);
    }
    return found;
  }

  /** Modules that replacements put in folders of this disk. */
  localReplacements(): SelectedModule[] {
    const found: SelectedModule[] = [];
    for (const { replacement } of this.#replacements) {
      if (replacement.by.version !== "") continue;
      const version = this.#listed.get(replacement.old.path);
      if (version !== undefined) found.push(this.module(replacement.old.path, version));
    }
    return found;
  }

  #summary(mod: GoMod): ModuleSummary {
    return {
      require: this.#excluded.size === 0 ? mod.require : mod.require.filter((r) => !this.#excluded.has(keyOf(r))),
      pruned: mod.goVersion !== null && compareGoVersion(mod.goVersion, PRUNED_SINCE) >= 0,
    };
  }

  /** A replacement of that very version goes before one of every version; go.work's before those of modules. */
  #replacementOf(m: ModuleVersion): { base: string; replacement: Replacement } | undefined {
    const named = this.#replacements.filter(({ replacement }) => replacement.old.path === m.path);
    return (
      named.find(({ replacement }) => replacement.old.version === m.version) ??
      named.find(({ replacement }) => replacement.old.version === "")
    );
  }

  #place(m: ModuleVersion): Placed {
    const found = this.#replacementOf(m);
    if (found === undefined) return this.#inCache(m);
    const { by } = found.replacement;
    if (by.version !== "") return this.#inCache(by);
    const dir = isAbsolute(by.path) ? resolve(by.path) : resolve(found.base, by.path);
    return { dir, goMod: [join(dir, "go.mod")], local: true };
  }

  #inCache({ path, version }: ModuleVersion): Placed {
    const dir = this.cache.moduleDir(path, version);
    return { dir, goMod: [this.cache.goModFile(path, version), join(dir, "go.mod")], local: false };
  }

  #goModOf(m: ModuleVersion): GoMod | null {
    const key = keyOf(m);
    let found = this.#mods.get(key);
    if (found === undefined) {
      found = null;
      for (const file of this.#place(m).goMod) {
        if (this.fs.kind(file) !== EntryKind.File) continue;
        try {
          found = parseGoMod(new TextDecoder().decode(this.fs.read(file)), false);
          break;
        } catch {
          // unreadable: as if it were not there
        }
      }
      this.#mods.set(key, found);
    }
    return found;
  }
}

function keyOf(m: ModuleVersion): string {
  return `${m.path}@${m.version}`;
}
