/**
 * A check that stays: files change one at a time, and the package of one file is analysed again. What nothing changed in stays typed: the
 * standard library, dependencies, the packages below. Its findings are those of `check`.
 */
import { dirname, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { Problem } from "../diag/finding.ts";
import { LoadedPackage } from "../go/load/loaded-package.ts";
import { Loader } from "../go/load/loader.ts";
import type { LoadOptions } from "../go/load/options.ts";
import { OverlayFileSystem } from "../go/load/overlay.ts";
import type { GoPackage } from "../go/load/package.ts";
import { GorootLibrary } from "../go/load/std.ts";
import { Analyst } from "./analyst.ts";
import { Callers, settle } from "./callers.ts";
import { Importers } from "./importers.ts";
import { declaredBy } from "./declared.ts";
import { Policy } from "./policy.ts";
import type { CheckedFinding, PackageResult } from "./result.ts";
import { factsOf } from "./source-facts.ts";

export interface IncrementalOptions {
  readonly rules: readonly string[];
  readonly config: Config | null;
  readonly load?: Omit<LoadOptions, "fs">;
  readonly isSuperseded?: () => boolean;
}

export interface Analysis {
  /** As the engine gave it, before levels and excludes. */
  readonly result: PackageResult;
  /** Import path. */
  readonly path: string;
  /** Absolute. Those of the package, or those that were asked for. */
  readonly files: readonly string[];
  readonly findings: readonly CheckedFinding[];
  readonly problems: readonly Problem[];
  readonly milliseconds: number;
  /** How often other packages call what has findings is known, or makes no difference; else `finish` asks them. */
  readonly settled: boolean;
}

/** Source of all packages that were looked at. Their trees take some eight times as much: more than this would not fit the thread that holds them. */
const MaxHeldBytes = 250_000_000;

export class Incremental {
  private readonly fs = new OverlayFileSystem(new Map());
  private readonly policy: Policy;
  private loader: Loader;
  private analyst: Analyst;
  /** With the import graph as it is. */
  private importers: Importers | null = null;
  /** What packages said that were asked about their calls, by folder. */
  private readonly asked = new Map<string, PackageResult>();
  /** Hash of what stands outside of functions, of files that have changed. */
  private readonly declarations = new Map<string, string>();

  constructor(
    private readonly dir: string,
    private readonly options: IncrementalOptions,
  ) {
    this.policy = new Policy(options.config);
    this.loader = this.open();
    this.analyst = this.analystOf(this.loader);
  }

  private open(): Loader {
    return Loader.open(this.dir, { ...this.options.load, fs: this.fs });
  }

  private analystOf(loader: Loader): Analyst {
    const { rules, config, load = {}, isSuperseded } = this.options;
    const setup = { dir: this.dir, load, rules, generated: false, declared: declaredBy(config), budget: Infinity };
    return new Analyst(loader, setup, isSuperseded);
  }

  /** The file has these contents; null: those of the disk, or none. */
  set(file: string, bytes: Uint8Array | null): void {
    if (bytes === null) this.fs.unset(file);
    else this.fs.set(file, bytes);
    this.changed(file);
  }

  /** The file on the disk is other than it was, or came, or went. */
  changed(file: string): void {
    if (/[\\/](?:go\.mod|go\.sum|go\.work|modules\.txt)$/.test(file)) {
      this.loader = this.open();
      this.analyst = this.analystOf(this.loader);
      this.importers = null;
      this.asked.clear();
      return;
    }
    const dir = dirname(file);
    const before = this.packageIn(dir);
    this.loader.refresh(dir);
    const stale = this.dependents(before, dir);
    this.asked.delete(dir);
    if (this.asked.size === 0) this.declarations.delete(file);
    else if (this.declaresOther(file)) for (const p of stale) this.asked.delete(p.dir);
    const now = this.packageIn(dir);
    if (before?.name !== now?.name || before?.imports.join() !== now?.imports.join()) this.importers = null;
    else this.importers?.forget(dir);
    if (stale.size > 0) this.analyst.forget(stale);
  }

  /** What others can see of the file is not what it was, as far as anybody knows. */
  private declaresOther(file: string): boolean {
    const bytes = file.endsWith(".go") ? this.read(file) : null;
    const now = bytes === null ? "" : factsOf(file, bytes).decls;
    const before = this.declarations.get(file);
    this.declarations.set(file, now);
    return before !== now;
  }

  /** A package and all that import it, directly or not, as far as they have been read. */
  private dependents(pkg: LoadedPackage | null, dir: string): Set<GoPackage> {
    const stale = new Set<GoPackage>();
    const loaded = [...this.analyst.loaded].filter(
      (p): p is LoadedPackage => p instanceof LoadedPackage && !p.standard,
    );
    for (const p of loaded) if (p === pkg || p.dir === dir) stale.add(p);
    const paths = new Set([...stale].map((p) => p.path));
    if (paths.size === 0 && pkg !== null) paths.add(pkg.path);
    for (let grows = paths.size > 0; grows;) {
      grows = false;
      for (const p of loaded) {
        if (stale.has(p) || !p.imports.some((i) => paths.has(i))) continue;
        stale.add(p);
        paths.add(p.path);
        grows = true;
      }
    }
    return stale;
  }

  /** The package that a file takes part in; null where it takes part in none, or is not ours to judge. */
  packageOf(file: string): LoadedPackage | null {
    const pkg = this.packageIn(dirname(resolve(file)));
    if (pkg === null || !pkg.files.includes(file)) return null;
    return pkg.standard || pkg.module?.main === false ? null : pkg;
  }

  private packageIn(dir: string): LoadedPackage | null {
    const world = this.loader.worldAt(dir);
    return world instanceof GorootLibrary ? null : world.at(dir);
  }

  /** Its fixes have not been tried, and other packages not been asked. `only`: what there is in these files of it, sooner than in all. @throws Superseded */
  analyze(pkg: LoadedPackage, only: ReadonlySet<string> | null = null): Analysis {
    if (this.analyst.bytesHeld > MaxHeldBytes) this.analyst.renew();
    const start = performance.now();
    const analysis = this.judged(pkg, this.analyst.analyzeUntried(pkg, only), start);
    return only === null ? analysis : { ...analysis, files: analysis.files.filter((f) => only.has(f)) };
  }

  /** The analysis without the fixes that do not hold, and with what other packages say. @throws Superseded */
  finish(pkg: LoadedPackage, analysis: Analysis): Analysis {
    const start = performance.now();
    this.importers ??= new Importers(this.loader);
    for (;;) {
      const { unasked } = this.tellersOf(pkg, analysis.result);
      if (unasked.length === 0) break;
      for (const p of unasked) this.asked.set(p.dir, this.analyst.analyzeUntried(p));
    }
    return this.judged(pkg, this.analyst.tryFixes(pkg, analysis.result), start);
  }

  private judged(pkg: LoadedPackage, raw: PackageResult, start: number): Analysis {
    const open = raw.findings.some((f) => f.reachedBy !== null);
    const tellers = open && this.importers !== null ? this.tellersOf(pkg, raw) : null;
    const settled = !open || tellers?.unasked.length === 0;
    const result = settled && tellers !== null ? settle(pkg, raw, tellers.callers) : raw;
    return {
      result: raw,
      settled,
      path: result.path,
      files: pkg.files,
      findings: result.findings.flatMap((f) => this.policy.judge(f, f.file) ?? []),
      problems: distinct([...this.problemsIn(pkg.dir), ...result.problems]),
      milliseconds: performance.now() - start,
    };
  }

  /** What is known of who calls the functions of a package, and the packages that have to be asked before more is. */
  private tellersOf(
    pkg: LoadedPackage,
    result: PackageResult,
  ): { readonly callers: Callers<LoadedPackage>; readonly unasked: readonly LoadedPackage[] } {
    const callers = new Callers(this.importers ?? new Importers(this.loader));
    callers.add(pkg, result);
    for (const [dir, told] of this.asked) {
      const p = dir === pkg.dir ? null : this.packageIn(dir);
      if (p !== null) callers.add(p, told);
    }
    // As they are now: the graph has them as they were when its imports last changed, without files that came since.
    const needed = [...callers.needed(pkg, result)].map(({ dir }) => this.packageIn(dir));
    return { callers, unasked: needed.filter((p) => p !== null).filter((p) => !this.asked.has(p.dir)) };
  }

  /** What keeps files of a folder from taking part: broken package clauses, two packages in one folder. */
  problemsIn(dir: string): Problem[] {
    return this.loader.disk.folder(dir).problems.map(({ file, line, message }) => ({ file, line, message }));
  }

  /** A file as it is analysed. */
  read(file: string): Uint8Array | null {
    try {
      return this.loader.read(file);
    } catch {
      return null;
    }
  }
}

function distinct(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((p) => {
    const key = `${p.file}\0${p.line}\0${p.message}`;
    return !seen.has(key) && seen.add(key).size > 0;
  });
}
