/** One thread's loader and session: what both the worker and the in-process way analyse with. */
import { GorootLibrary } from "../go/load/std.ts";
import { Knowledge } from "../go/knowledge/declared.ts";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import { Loader } from "../go/load/loader.ts";
import { ModuleWorld } from "../go/load/module-world.ts";
import type { GoPackage, PackageSource } from "../go/load/package.ts";
import { rules as allRules } from "../rules/registry.ts";
import type { PackageResult } from "./result.ts";
import { Session } from "./session.ts";
import type { Task, WorkerSetup } from "./task.ts";

const NoSettings: ReadonlyMap<string, string> = new Map();

export class Analyst {
  private readonly session: Session;

  constructor(
    private readonly loader: Loader,
    setup: WorkerSetup,
    /** Contents that files would have. */
    overlay: ReadonlyMap<string, Uint8Array> | null = null,
  ) {
    const wanted = new Set(setup.rules);
    const source: PackageSource = {
      resolve: (path, from) => loader.resolve(path, from),
      read: (file) => overlay?.get(file) ?? loader.read(file),
    };
    this.session = new Session(source, {
      rules: allRules.filter((r) => wanted.has(r.id)),
      known: new Set(allRules.map((r) => r.id)),
      generated: setup.generated,
      knowledge: new Knowledge(setup.declared),
      godebug: (pkg) => godebugOf(loader, pkg),
      budget: setup.budget,
      countUnknown: overlay !== null,
    });
  }

  analyze(pkg: LoadedPackage, only: ReadonlySet<string> | null = null): PackageResult {
    return this.session.analyze(pkg, only);
  }

  /** Forgets what it has read, so that changed contents are seen. */
  renew(): void {
    this.session.renew();
  }

  run(task: Task): PackageResult {
    const pkg = find(this.loader, task);
    if (pkg !== null) return this.session.analyze(pkg);
    const problems = [{ file: task.dir, line: 0, message: "the package went away while it was analysed" }];
    return { ...nothing, path: task.dir, problems };
  }
}

export const nothing: Omit<PackageResult, "path"> = {
  findings: [],
  problems: [],
  missing: [],
  consulted: null,
  files: 0,
  bytes: 0,
  functions: 0,
  unknown: 0,
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

function godebugOf(loader: Loader, pkg: GoPackage): ReadonlyMap<string, string> {
  if (pkg.standard) return NoSettings;
  const world = loader.worldAt(pkg.dir);
  if (!(world instanceof ModuleWorld)) return NoSettings;
  return world.site.modules.find((m) => m.dir === pkg.module?.dir)?.mod.godebug ?? NoSettings;
}
