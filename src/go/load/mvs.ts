/**
 * Minimal version selection with module graph pruning (https://go.dev/ref/mod#minimal-version-selection,
 * https://go.dev/ref/mod#graph-pruning).
 *
 * A main module that says go 1.17 or later lists every module its packages need, so its own go.mod is the answer and
 * no other file is read. Only for an import that those do not provide, for older main modules and for workspaces is the graph
 * walked:
 *
 *     main (go ≥ 1.17) ── requires ──► a@v1 (go ≥ 1.17): its requirements count, theirs do not
 *                              └─────► b@v1 (go < 1.17): everything below it counts
 */
import type { ModuleVersion } from "./gomod.ts";
import { compareSemver } from "./semver.ts";

export interface ModuleSummary {
  /** Requirements, exclusions of the main modules taken out. */
  readonly require: readonly ModuleVersion[];
  /** The module says go 1.17 or later. */
  readonly pruned: boolean;
}

/** The requirements of one version of a module, replacements applied; null where its go.mod cannot be had. */
export type SummaryOf = (module: ModuleVersion) => ModuleSummary | null;

export interface Roots {
  /** Main modules by path: always selected. */
  readonly main: ReadonlyMap<string, ModuleSummary>;
  readonly workspace: boolean;
}

/** Highest version of each path among the main modules' own requirements. */
export function selectRoots(roots: Roots): Map<string, string> {
  const selected = new Map<string, string>();
  for (const { require } of roots.main.values()) for (const m of require) raise(selected, m, roots.main);
  return selected;
}

/** Highest version of each path in the pruned graph. */
export function selectGraph(roots: Roots, summaryOf: SummaryOf): Map<string, string> {
  return new GraphWalk(roots, summaryOf).select();
}

function raise(selected: Map<string, string>, m: ModuleVersion, main: ReadonlyMap<string, ModuleSummary>): void {
  if (main.has(m.path) || m.path === "go" || m.path === "toolchain") return;
  const known = selected.get(m.path);
  if (known === undefined || compareSemver(m.version, known) > 0) selected.set(m.path, m.version);
}

const enum Pruning {
  Pruned,
  Unpruned,
  Workspace,
}

class GraphWalk {
  readonly #selected = new Map<string, string>();
  /** `path@version` with the pruning it was reached with. */
  readonly #seen = new Set<string>();
  readonly #queue: { module: ModuleVersion; pruning: Pruning }[] = [];

  constructor(
    readonly roots: Roots,
    readonly summaryOf: SummaryOf,
  ) {}

  select(): Map<string, string> {
    const { main, workspace } = this.roots;
    for (const summary of main.values()) {
      for (const m of summary.require) {
        this.#enqueue(m, summary.pruned ? Pruning.Pruned : Pruning.Unpruned);
      }
    }
    this.#drain();
    if (workspace) this.#reload();
    return this.#selected;
  }

  #enqueue(module: ModuleVersion, pruning: Pruning): void {
    raise(this.#selected, module, this.roots.main);
    if (this.roots.main.has(module.path)) return;
    const key = `${module.path}@${module.version}#${pruning}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#queue.push({ module, pruning });
  }

  #drain(): void {
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) {
      const summary = this.summaryOf(next.module);
      if (summary === null) continue;
      const below =
        next.pruning === Pruning.Unpruned ? Pruning.Unpruned : summary.pruned ? Pruning.Pruned : Pruning.Unpruned;
      for (const m of summary.require) {
        if (next.pruning !== Pruning.Pruned || !summary.pruned) this.#enqueue(m, below);
        else raise(this.#selected, m, this.roots.main);
      }
    }
  }

  /**
   * In a workspace one main module may raise what another requires; then the listed requirements of the lower version no longer
   * tell what is needed, so the selected version's are read too, until nothing moves.
   */
  #reload(): void {
    const done = new Set<string>();
    const watched = new Set<string>();
    for (;;) {
      const wanted: ModuleVersion[] = [];
      const consider = (require: readonly ModuleVersion[]): void => {
        for (const r of require) {
          const version = this.#selected.get(r.path);
          if (version === undefined || done.has(`${r.path}@${version}`) || compareSemver(version, r.version) <= 0)
            continue;
          wanted.push({ path: r.path, version });
        }
      };
      for (const summary of this.roots.main.values()) consider(summary.require);
      for (const path of watched) {
        const version = this.#selected.get(path);
        if (version === undefined) continue;
        if (!done.has(`${path}@${version}`)) wanted.push({ path, version });
        else consider(this.summaryOf({ path, version })?.require ?? []);
      }
      if (wanted.length === 0) return;
      for (const m of wanted) {
        done.add(`${m.path}@${m.version}`);
        watched.add(m.path);
        this.#enqueue(m, Pruning.Workspace);
      }
      this.#drain();
    }
  }
}
