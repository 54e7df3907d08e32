/** Patterns to packages. https://pkg.go.dev/cmd/go#hdr-Package_lists_and_patterns */
import { basename, dirname, isAbsolute, join, relative, resolve as resolvePath, sep } from "node:path";
import { UsageError } from "../../base/errors.ts";
import { scanFolder, type Folder } from "./folder.ts";
import { EntryKind } from "./fs.ts";
import { GopathWorld } from "./gopath-world.ts";
import { LoadedPackage, packageOf, externalTestOf } from "./loaded-package.ts";
import type { Loader, Workplace } from "./loader.ts";
import { ModuleWorld, searchRoots } from "./module-world.ts";
import { IgnoreList, isHiddenFolder, matcherOf, treeMatcherOf } from "./pattern.ts";
import type { LoadProblem } from "./problem.ts";
import { GorootLibrary, looksStandard } from "./std.ts";

export interface Match {
  readonly packages: readonly LoadedPackage[];
  /** Only these files of a package were asked for (a pattern named files); the rest of it is context. */
  readonly focus: ReadonlyMap<LoadedPackage, ReadonlySet<string>>;
  readonly problems: readonly LoadProblem[];
}

/** Throws a UsageError where a pattern names nothing. */
export function matchPatterns(loader: Loader, patterns: readonly string[]): Match {
  return new PatternMatch(loader).run(patterns.length === 0 ? ["."] : patterns);
}

class PatternMatch {
  readonly #packages = new Set<LoadedPackage>();
  readonly #focus = new Map<LoadedPackage, Set<string>>();
  /** Packages that some pattern names as a whole. */
  readonly #whole = new Set<LoadedPackage>();
  readonly #problems: LoadProblem[] = [];
  readonly #reported = new Set<string>();

  constructor(readonly loader: Loader) {}

  run(patterns: readonly string[]): Match {
    const files: string[] = [];
    for (const raw of patterns) {
      const pattern = clean(raw);
      if (this.#namesFile(pattern)) files.push(pattern);
      else if (isLocal(pattern)) this.#local(pattern, raw);
      else this.#importPath(pattern);
    }
    this.#files(files);
    for (const p of this.#whole) this.#focus.delete(p);
    this.#reportCaseCollisions();
    return { packages: [...this.#packages], focus: this.#focus, problems: this.#problems };
  }

  #kind(path: string): EntryKind | null {
    return this.loader.fs.kind(resolvePath(this.loader.dir, path));
  }

  /** `x.go` is a file, and so is `a/x.go` where it exists; `github.com/nats-io/nats.go` is an import path. */
  #namesFile(pattern: string): boolean {
    if (!pattern.endsWith(".go") || pattern.includes("...")) return false;
    const kind = this.#kind(pattern);
    return kind === EntryKind.File || (kind === null && (isLocal(pattern) || !pattern.includes("/")));
  }

  #add(found: LoadedPackage | null): void {
    if (found === null) return;
    this.#packages.add(found);
    this.#whole.add(found);
  }

  #report(folder: Folder): void {
    if (this.#reported.has(folder.dir)) return;
    this.#reported.add(folder.dir);
    this.#problems.push(...folder.problems);
  }

  /** Adds a folder's package and, where tests are on, its external tests. True where there was something to add. */
  #folder(world: Workplace, dir: string): boolean {
    if (!this.loader.disk.holdsGo(dir)) return false;
    const folder = this.loader.disk.folder(dir, this.loader.options.tests);
    const found = world.at(dir);
    const external =
      this.loader.options.tests === true && !(world instanceof GorootLibrary) ? world.externalTests(dir) : null;
    if (found !== null || external !== null || folder.problems.length > 0) this.#report(folder);
    this.#add(found);
    this.#add(external);
    return found !== null || external !== null;
  }

  // --- folders ---

  #local(pattern: string, raw: string): void {
    const wildcard = pattern.indexOf("...");
    if (wildcard < 0) {
      this.#oneFolder(resolvePath(this.loader.dir, pattern), raw);
      return;
    }
    const prefix = pattern.slice(0, wildcard);
    const start = resolvePath(this.loader.dir, prefix.slice(0, prefix.lastIndexOf("/") + 1) || ".");
    if (this.loader.fs.kind(start) !== EntryKind.Folder)
      throw new UsageError(`${raw}: there is no folder ${show(this.loader, start)}`);
    // Matched as absolute paths: `./a/.../b` means ABS/a/.../b.
    const tail = pattern.slice(prefix.lastIndexOf("/") + 1);
    const matches = matcherOf(`${slashed(start) === "/" ? "" : slashed(start)}/${tail}`);
    const before = this.#packages.size;
    const seen = this.#reported.size;
    this.#walk(start, matches, tail.includes("vendor"));
    if (this.#packages.size === before && this.#reported.size === seen && this.#whole.size === 0) {
      throw new UsageError(
        `${raw}: no Go files to analyse below ${show(this.loader, start)}; name a folder that holds some, or choose others with --tags, --goos or --tests`,
      );
    }
  }

  #oneFolder(dir: string, raw: string): void {
    const kind = this.loader.fs.kind(dir);
    if (kind === null)
      throw new UsageError(
        `${raw}: no such file or folder; name one that exists, or ./... for all packages below here`,
      );
    if (kind !== EntryKind.Folder) throw new UsageError(`${raw} is neither a folder nor a .go file`);
    const { disk } = this.loader;
    if (this.#folder(this.loader.worldAt(dir), dir)) return;
    const folder = disk.folder(dir, this.loader.options.tests);
    if (folder.problems.length > 0) {
      this.#report(folder);
      return;
    }
    if (!folder.hasGo)
      throw new UsageError(
        `${raw}: no Go files in ${show(this.loader, dir)}; for the packages below it write ${raw.replace(/\/$/, "")}/...`,
      );
    if (folder.unread > 0) throw new UsageError(`${raw}: only test files in ${show(this.loader, dir)}; add --tests`);
    throw new UsageError(
      `${raw}: build constraints exclude all Go files in ${show(this.loader, dir)}; choose others with --tags, --goos or --goarch`,
    );
  }

  /**
   * Every folder below `start` that matches. Other modules are not entered, unless the start lies in no module: then each one found is
   * analysed in its own right (many repositories are just a set of modules), or, below a go.work, each that it names.
   */
  #walk(start: string, matches: (path: string) => boolean, vendorToo = false): void {
    const { disk } = this.loader;
    const top = this.loader.worldAt(start);
    const outside = top instanceof GopathWorld || (top instanceof ModuleWorld && top.placeOf(start) === null);
    const visit = (dir: string, world: Workplace, root: string, ignore: IgnoreList): void => {
      const entries = disk.entries(dir);
      if (entries === null) {
        this.#problems.push({ file: dir, line: 0, column: 0, message: `cannot list ${dir}` });
        return;
      }
      if (entries.some((e) => e.kind !== EntryKind.Folder && e.name.endsWith(".go")) && matches(slashed(dir)))
        this.#folder(world, dir);
      for (const entry of entries) {
        // Links to folders are not followed, which also keeps loops out.
        if (entry.kind !== EntryKind.Folder || isHiddenFolder(entry.name)) continue;
        const below = join(dir, entry.name);
        if (ignore.ignores(slashed(relative(root, below)))) continue;
        if (entry.name === "vendor" && !vendorToo) {
          // No wildcard crosses it, but it may be a package itself.
          if (disk.holdsGo(below) && matches(slashed(below))) this.#folder(world, below);
        } else if (disk.hasFile(below, "go.mod")) {
          const own = outside ? this.loader.worldAt(below) : null;
          if (own !== null && (top instanceof GopathWorld || own === top))
            visit(below, own, below, ignoreListOf(own, below));
        } else {
          visit(below, world, root, ignore);
        }
      }
    };
    const root = moduleRoot(top, start);
    visit(start, top, root, ignoreListOf(top, root));
  }

  // --- import paths ---

  #importPath(pattern: string): void {
    if (pattern === "std" || pattern === "cmd") {
      for (const p of this.loader.std.all()) {
        const command = p.path === "cmd" || p.path.startsWith("cmd/");
        // Programs that only came along into the commands' vendor folder are not the distribution's.
        if (command === (pattern === "cmd") && !(p.path.startsWith("cmd/vendor/") && p.name === "main"))
          this.#addScanned(p);
      }
      return;
    }
    const world = this.loader.worldAt(this.loader.dir);
    if (pattern === "all") {
      this.#all(world);
      return;
    }
    if (pattern.includes("...")) {
      this.#pathWildcard(pattern, world);
      return;
    }
    const found = this.#resolve(pattern, world);
    if (found !== null) {
      this.#addScanned(found);
      const external =
        this.loader.options.tests === true && !(world instanceof GorootLibrary) && found.world === world
          ? world.externalTests(found.dir)
          : null;
      this.#add(external);
      return;
    }
    const hint =
      this.#kind(pattern) === EntryKind.Folder
        ? `; for the folder write ./${pattern}`
        : looksStandard(pattern)
          ? "; folders begin with ./"
          : "; is it in go.mod and in the module cache (go mod download)?";
    throw new UsageError(`${pattern}: no package of that path${hint}`);
  }

  #addScanned(p: LoadedPackage): void {
    if (!p.stub) this.#report(this.loader.disk.folder(p.dir, p.tests));
    this.#add(p);
  }

  #resolve(path: string, world: Workplace): LoadedPackage | null {
    // Any package of the world will do as the importer, and none need exist yet.
    const from = new LoadedPackage(
      "command-line-arguments",
      this.loader.dir,
      "main",
      [],
      [],
      null,
      false,
      false,
      false,
      world,
    );
    return world.resolve(path, from);
  }

  #pathWildcard(pattern: string, world: Workplace): void {
    const matches = matcherOf(pattern);
    const canMatch = treeMatcherOf(pattern);
    const found: LoadedPackage[] = [];
    for (const p of this.loader.std.all()) if (matches(p.path)) found.push(p);
    if (world instanceof ModuleWorld) {
      for (const root of searchRoots(world, canMatch))
        this.#inTree(
          root.dir,
          root.path,
          matches,
          canMatch,
          found,
          world,
          root.ignore instanceof IgnoreList ? root.ignore : new IgnoreList(root.ignore),
        );
      if (world.vendor !== null)
        for (const path of world.vendor.list.packages.keys())
          if (matches(path)) found.push(...present(this.#resolve(path, world)));
    } else if (world instanceof GopathWorld) {
      for (const { prefix, dir } of world.mounts)
        this.#inTree(dir, prefix, matches, canMatch, found, world, new IgnoreList([]));
    }
    if (found.length === 0) throw new UsageError(`${pattern}: no package matches; folders begin with ./`);
    for (const p of found.sort((a, b) => (a.path < b.path ? -1 : 1))) this.#addScanned(p);
  }

  #inTree(
    root: string,
    prefix: string,
    matches: (p: string) => boolean,
    canMatch: (p: string) => boolean,
    found: LoadedPackage[],
    world: Workplace,
    ignore: IgnoreList,
  ): void {
    const { disk } = this.loader;
    const visit = (dir: string, path: string, rel: string): void => {
      if (!canMatch(path)) return;
      if (matches(path)) {
        const p = this.#resolve(path, world);
        if (p !== null) found.push(p);
      }
      for (const entry of disk.entries(dir) ?? []) {
        if (entry.kind !== EntryKind.Folder || isHiddenFolder(entry.name) || entry.name === "vendor") continue;
        const below = join(dir, entry.name);
        const relBelow = rel === "" ? entry.name : `${rel}/${entry.name}`;
        if (ignore.ignores(relBelow) || (!(world instanceof GopathWorld) && disk.hasFile(below, "go.mod"))) continue;
        visit(below, path === "" ? entry.name : `${path}/${entry.name}`, relBelow);
      }
    };
    visit(root, prefix, "");
  }

  /** The main modules' packages and everything that they, and their tests, import. */
  #all(world: Workplace): void {
    if (!(world instanceof ModuleWorld))
      throw new UsageError(`all: there is no go.mod here; write ./... for the packages below this folder`);
    for (const main of world.mains) this.#walk(main.dir, () => true);
    const queue = [...this.#packages];
    for (const main of queue.slice()) {
      const folder = this.loader.disk.folder(main.dir, true);
      for (const path of [...folder.tests.imports, ...folder.externalTests.imports])
        queue.push(...present(this.loader.resolve(path, main)));
    }
    for (let p = queue.pop(); p !== undefined; p = queue.pop()) {
      const isNew = !this.#packages.has(p);
      if (isNew) this.#addScanned(p);
      if (!isNew && p.module?.main !== true) continue;
      for (const path of p.imports) {
        const next = this.loader.resolve(path, p);
        if (next !== null && !this.#packages.has(next)) queue.push(next);
      }
    }
  }

  // --- files ---

  #files(patterns: readonly string[]): void {
    const byFolder = new Map<string, string[]>();
    for (const pattern of patterns) {
      const file = resolvePath(this.loader.dir, pattern);
      if (this.loader.fs.kind(file) === null) throw new UsageError(`${pattern}: no such file; name one that exists`);
      const dir = dirname(file);
      byFolder.set(dir, [...(byFolder.get(dir) ?? []), file]);
    }
    for (const [dir, files] of byFolder) this.#filesOf(dir, files);
  }

  /**
   * Named files are looked at inside their package, so that what they use of it is known. Those that take no part in it (another package
   * clause, excluded by constraints, tests without --tests) make a package of their own, as the go command's "command-line-arguments".
   */
  #filesOf(dir: string, files: readonly string[]): void {
    const world = this.loader.worldAt(dir);
    const home = world.at(dir);
    const external = world instanceof GorootLibrary ? null : world.externalTests(dir);
    const owners: (LoadedPackage | null)[] = [home, this.loader.options.tests === true ? external : null];
    const rest: string[] = [];
    for (const file of files) {
      const owner = owners.find((p) => p?.files.includes(file) === true);
      if (owner === undefined || owner === null) {
        rest.push(file);
        continue;
      }
      this.#packages.add(owner);
      const focus = this.#focus.get(owner) ?? new Set();
      this.#focus.set(owner, focus.add(file));
    }
    if (rest.length === 0) return;
    const folder = scanFolder(dir, this.loader.disk.entries(dir) ?? [], this.loader.disk.context, this.loader.fs, {
      tests: true,
      only: new Set(rest.map((f) => basename(f))),
    });
    this.#problems.push(...folder.problems);
    const path = "command-line-arguments";
    const module = home?.module ?? null;
    // In-package tests need the package they test.
    const withHome =
      home !== null && folder.library.files.length === 0 && folder.tests.files.length > 0 && folder.name === home.name;
    const alone = withHome
      ? new LoadedPackage(
          home.path,
          dir,
          home.name,
          [...home.files, ...folder.tests.files].sort(),
          [...new Set([...home.imports, ...folder.tests.imports])].sort(),
          module,
          false,
          false,
          true,
          world,
        )
      : packageOf(folder, path, module, world, { standard: false, tests: true });
    for (const p of [alone, externalTestOf(folder, home?.path ?? path, module, world)]) {
      if (p === null) continue;
      this.#packages.add(p);
      this.#focus.set(p, new Set(rest.filter((f) => p.files.includes(f))));
    }
  }

  /** The go command refuses import paths that differ in case only: some file systems cannot hold both. */
  #reportCaseCollisions(): void {
    const seen = new Map<string, LoadedPackage>();
    for (const p of this.#packages) {
      const folded = p.path.toLowerCase();
      const other = seen.get(folded);
      if (other === undefined) seen.set(folded, p);
      else if (other.path !== p.path) {
        this.#problems.push({
          file: p.dir,
          line: 0,
          column: 0,
          message: `case-insensitive import collision: "${other.path}" and "${p.path}"`,
        });
      }
    }
  }
}

function present<T>(value: T | null): T[] {
  return value === null ? [] : [value];
}

function clean(pattern: string): string {
  if (isAbsolute(pattern)) return pattern;
  return process.platform === "win32" ? pattern.replaceAll("\\", "/") : pattern;
}

function isLocal(pattern: string): boolean {
  return (
    pattern === "." || pattern === ".." || pattern.startsWith("./") || pattern.startsWith("../") || isAbsolute(pattern)
  );
}

function slashed(path: string): string {
  return sep === "/" ? path : path.split(sep).join("/");
}

function show(loader: Loader, dir: string): string {
  const rel = relative(loader.dir, dir);
  return rel === "" ? "." : rel.startsWith("..") ? dir : `./${slashed(rel)}`;
}

function moduleRoot(world: Workplace, dir: string): string {
  return world instanceof ModuleWorld ? (world.placeOf(dir)?.module.dir ?? dir) : dir;
}

function ignoreListOf(world: Workplace, root: string): IgnoreList {
  return (
    (world instanceof ModuleWorld ? world.mains.find((m) => m.dir === root)?.ignore : undefined) ?? new IgnoreList([])
  );
}
