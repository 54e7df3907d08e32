/** The loader's own packages: what `GoPackage` promises, and where they belong. */
import type { FileSet, Folder } from "./folder.ts";
import type { GoModule, GoPackage } from "./package.ts";

/**
 * What decides which folder an import path means: the standard library, the build list of a main module or workspace, a GOPATH tree.
 */
export interface World {
  /** The package that a (non-relative) path means inside `from`; null where there is none. */
  resolve(path: string, from: LoadedPackage): LoadedPackage | null;
  /** The package in a folder of this world; null where the folder is not part of it or holds no Go files that take part. */
  at(dir: string): LoadedPackage | null;
  /** Where the tree begins that is worked in without modules; null where nothing shows that there is one. */
  readonly tree?: string | null;
}

export class LoadedPackage implements GoPackage {
  constructor(
    readonly path: string,
    readonly dir: string,
    /** Name in the package clauses; empty where there is none. */
    readonly name: string,
    readonly files: readonly string[],
    readonly imports: readonly string[],
    readonly module: GoModule | null,
    readonly standard: boolean,
    readonly stub: boolean,
    readonly tests: boolean,
    readonly world: World,
  ) {}

  get top(): string | null {
    return this.module?.dir ?? this.world.tree ?? null;
  }
}

/** The package of a folder; null where no file takes part in the build. */
export function packageOf(
  folder: Folder,
  path: string,
  module: GoModule | null,
  world: World,
  options: { standard: boolean; tests: boolean },
): LoadedPackage | null {
  const { library, tests } = folder;
  const withTests = options.tests && tests.files.length > 0;
  const set = withTests ? union(library, tests) : library;
  if (set.files.length === 0) return null;
  return new LoadedPackage(
    path,
    folder.dir,
    folder.name,
    set.files,
    set.imports,
    module,
    options.standard,
    false,
    withTests,
    world,
  );
}

/** The external test package of a folder: its own package, which imports the one under test; null where there is none. */
export function externalTestOf(
  folder: Folder,
  path: string,
  module: GoModule | null,
  world: World,
): LoadedPackage | null {
  const { files, imports } = folder.externalTests;
  if (files.length === 0) return null;
  return new LoadedPackage(
    `${path}_test`,
    folder.dir,
    `${folder.name}_test`,
    files,
    imports,
    module,
    false,
    false,
    true,
    world,
  );
}

function union(a: FileSet, b: FileSet): FileSet {
  return {
    files: [...a.files, ...b.files].sort(),
    imports: [...new Set([...a.imports, ...b.imports])].sort(),
  };
}
