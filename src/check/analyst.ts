/** One thread's loader and session: what both the worker and the in-process way analyse with. */
import { GorootLibrary } from "../go/load/std.ts";
import { Knowledge } from "../go/knowledge/declared.ts";
import { LoadedPackage } from "../go/load/loaded-package.ts";
import { Loader } from "../go/load/loader.ts";
import { ModuleWorld } from "../go/load/module-world.ts";
import type { GoPackage, PackageSource } from "../go/load/package.ts";
import { rules as allRules } from "../rules/registry.ts";
import type { Asked, PackageResult, Reply } from "./result.ts";
import { Session } from "./session.ts";
import { withTriedFixes } from "./verify-fixes.ts";
import type { Task, WorkerSetup } from "./task.ts";

const NoSettings: ReadonlyMap<string, string> = new Map();

export class Analyst {
  private readonly session: Session;
  /** Contents that files of the package under analysis would have. */
  private other: ReadonlyMap<string, Uint8Array> = new Map();

  constructor(
    private readonly loader: Loader,
    private readonly setup: WorkerSetup,
    isSuperseded?: () => boolean,
  ) {
    const wanted = new Set(setup.rules);
    const source: PackageSource = {
      resolve: (path, from) => loader.resolve(path, from),
      read: (file) => this.other.get(file) ?? loader.read(file),
    };
    this.session = new Session(source, {
      rules: allRules.filter((r) => wanted.has(r.id)),
      known: new Set(allRules.map((r) => r.id)),
      generated: setup.generated,
      unsure: setup.unsure ?? false,
      knowledge: new Knowledge(setup.declared),
      godebug: (pkg) => godebugOf(loader, pkg),
      budget: setup.budget,
      ...(isSuperseded === undefined ? {} : { isSuperseded }),
    });
  }

  /** `only`: report in these files alone. Fixes among the findings have been tried. */
  analyze(pkg: LoadedPackage, only: ReadonlySet<string> | null = null): PackageResult {
    const result = this.session.analyze(pkg, only, (found) => found.some((f) => f.fix !== null));
    if (this.setup.fixes !== false) return this.tryFixes(pkg, result, only);
    return { ...result, findings: result.findings.map((f) => (f.fix === null ? f : { ...f, fix: null })) };
  }

  /** The same with fixes that may not hold. */
  analyzeUntried(pkg: LoadedPackage, only: ReadonlySet<string> | null = null): PackageResult {
    return this.session.analyze(pkg, only);
  }

  /** What `analyzeUntried` gave, without the fixes that do not hold. */
  tryFixes(pkg: LoadedPackage, result: PackageResult, only: ReadonlySet<string> | null = null): PackageResult {
    if (!result.findings.some((f) => f.fix !== null) || result.faults > 0) return result;
    const began = performance.now();
    const unknown = result.unknown ?? this.variant(pkg, new Map(), only).unknown;
    const tried = withTriedFixes(
      pkg,
      { ...result, unknown },
      (file) => this.loader.read(file),
      (files) => this.variant(pkg, files, only),
    );
    return { ...tried, timings: { ...result.timings, "try fixes": performance.now() - began } };
  }

  /** Source of these packages, or of what they import, is other than it was. */
  forget(dropped: ReadonlySet<GoPackage>): void {
    this.session.forget(dropped);
  }

  get loaded(): Iterable<GoPackage> {
    return this.session.loaded;
  }

  get bytesHeld(): number {
    return this.session.bytesHeld;
  }

  renew(): void {
    this.session.renew();
  }

  /** The package as it would be with other contents of some of its files; its fixes have not been tried. */
  variant(
    pkg: LoadedPackage,
    files: ReadonlyMap<string, Uint8Array>,
    only: ReadonlySet<string> | null = null,
  ): PackageResult {
    const { path, dir, name, files: own, imports, module, standard, stub, tests, world } = pkg;
    // Another object is another package to the program: it is read anew, and the real one stays as it is.
    const twin = new LoadedPackage(path, dir, name, own, imports, module, standard, stub, tests, world);
    this.other = files;
    try {
      return this.session.analyze(twin, only, () => true);
    } finally {
      this.other = new Map();
      this.session.forget(new Set([twin]));
    }
  }

  /** A question of another run, asked from a package; null where nobody can tell. */
  askAgain(from: LoadedPackage, question: Asked): Reply | null {
    const pkg = this.loader.resolve(question.package, from);
    return pkg?.files.includes(question.about.file) === true ? this.session.askAgain(pkg, question) : null;
  }

  run(task: Task): PackageResult {
    const pkg = find(this.loader, task);
    if (pkg !== null) return this.analyze(pkg);
    const problems = [{ file: task.dir, line: 0, message: "the package went away while it was analysed" }];
    return { ...nothing, path: task.dir, problems };
  }
}

export const nothing: Omit<PackageResult, "path"> = {
  findings: [],
  problems: [],
  missing: [],
  consulted: null,
  reach: null,
  files: 0,
  bytes: 0,
  functions: 0,
  unknown: null,
  faults: 0,
  milliseconds: 0,
  timings: {},
};

/** The package that a task names; null where there is none. */
export function find(loader: Loader, task: Task): LoadedPackage | null {
  const world = loader.worldAt(task.dir);
  if (!task.external) return world.at(task.dir);
  return world instanceof GorootLibrary ? null : world.externalTests(task.dir);
}

export function taskOf(pkg: LoadedPackage): Task {
  return { dir: pkg.dir, external: pkg.name.endsWith("_test") && pkg.path.endsWith("_test") };
}

/** The task for a package; null where another loader would not find the same one by its folder. */
export function taskFor(loader: Loader, pkg: LoadedPackage): Task | null {
  const task = taskOf(pkg);
  const same = find(loader, task);
  return same !== null && same.path === pkg.path && same.files.length === pkg.files.length ? task : null;
}

/** GODEBUG settings of the main module that a package belongs to. */
export function godebugOf(loader: Loader, pkg: GoPackage): ReadonlyMap<string, string> {
  if (pkg.standard) return NoSettings;
  const world = loader.worldAt(pkg.dir);
  if (!(world instanceof ModuleWorld)) return NoSettings;
  return world.site.modules.find((m) => m.dir === pkg.module?.dir)?.mod.godebug ?? NoSettings;
}
