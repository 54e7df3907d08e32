/**
 * Loads Go packages the way `go list` finds them, without a Go toolchain:
 *
 *     const loader = Loader.open(process.cwd(), { tests: false });
 *     const { packages, problems } = loader.match(["./..."]);
 *     const http = loader.resolve("net/http", packages[0]);
 *
 * Nothing is read before it is asked for: a pattern lists folders and reads the heads of their files; an import does the
 * same for one folder. Every answer is memoised.
 */
import { dirname, join, parse, resolve as resolvePath } from "node:path";
import { UsageError } from "../../base/errors.ts";
import type { GoVersion } from "../syntax/ast.ts";
import { BuildList } from "./build-list.ts";
import { BuildContext, type BuildTarget } from "./context.ts";
import { Disk } from "./disk.ts";
import { GoEnv } from "./env.ts";
import { EntryKind, nodeFileSystem, type FileSystem } from "./fs.ts";
import { GopathWorld, mountsFor } from "./gopath-world.ts";
import { findGoroot, gorootAt, type Goroot } from "./goroot.ts";
import { LoadedPackage, type World } from "./loaded-package.ts";
import { locate, wantedLanguage, type Site } from "./locate.ts";
import { matchPatterns, type Match } from "./match.ts";
import { ModuleCache } from "./modcache.ts";
import { ModuleWorld, vendorListedOnly, type Vendor } from "./module-world.ts";
import { buildTarget, type LoadOptions } from "./options.ts";
import type { GoPackage, PackageSource } from "./package.ts";
import type { LoadProblem } from "./problem.ts";
import { compareGoVersion } from "./semver.ts";
import { GorootLibrary, type StandardLibrary } from "./std.ts";
import { openStubLibrary, STUB_SCHEME, type StubLibrary } from "./stub-library.ts";
import { parseModulesTxt, vendorInconsistencies } from "./vendor.ts";

/** A main module or workspace, a GOPATH tree, or the standard library as the thing that is worked on. */
export type Workplace = ModuleWorld | GopathWorld | GorootLibrary;

export class Loader implements PackageSource {
  readonly target: BuildTarget;
  readonly goroot: Goroot | null;
  readonly std: StandardLibrary;
  readonly #stubs: StubLibrary | null;
  readonly #disk: Disk;
  readonly #worlds = new Map<string, Workplace>();
  readonly #problems: LoadProblem[] = [];

  /** Throws a UsageError where `dir` is no folder. */
  static open(dir: string, options: LoadOptions = {}): Loader {
    const fs = options.fs ?? nodeFileSystem;
    const at = resolvePath(dir);
    const kind = fs.kind(at);
    if (kind === null) throw new UsageError(`${dir}: no such folder; name one that exists`);
    if (kind !== EntryKind.Folder) throw new UsageError(`${dir} is not a folder; name the folder it lies in`);
    return new Loader(at, options, fs, new GoEnv(options.env ?? process.env, fs));
  }

  private constructor(
    /** Patterns are relative to this folder. */
    readonly dir: string,
    readonly options: LoadOptions,
    readonly fs: FileSystem,
    readonly env: GoEnv,
  ) {
    const site = locate(dir, env, fs);
    const wanted = wantedLanguage(site);
    this.goroot = this.#chooseGoroot(site, wanted);
    this.#stubs = this.goroot === null ? openStubLibrary() : null;
    const known = this.goroot?.language ?? this.#stubs?.language ?? { major: 1, minor: 16 };
    const language = wanted !== null && compareGoVersion(wanted, known) > 0 ? wanted : known;
    this.target = buildTarget(options, env, this.goroot, language.minor, fs);
    this.#disk = new Disk(fs, new BuildContext(this.target));
    const ownStd = this.goroot !== null && isStdSite(site);
    if (this.goroot !== null)
      this.std = new GorootLibrary(this.goroot, this.#disk, ownStd && options.tests === true, ownStd);
    else this.std = this.#stubs ?? noLibrary(language);
    if (site.modules.length > 0) this.#worldOf(site, dir);
  }

  /**
   * The packages that patterns name, each once, in the order of the patterns and then of their folders. Throws a UsageError where a
   * pattern names nothing; whatever else is wrong is among the problems.
   */
  match(patterns: readonly string[]): Match {
    const match = matchPatterns(this, patterns);
    return { ...match, problems: [...this.#problems, ...match.problems] };
  }

  resolve(path: string, from: GoPackage): LoadedPackage | null {
    if (!(from instanceof LoadedPackage)) throw new TypeError("a package of another loader");
    if (path.startsWith("./") || path.startsWith("../") || path === "." || path === "..") {
      return from.stub ? null : from.world.at(resolvePath(from.dir, path));
    }
    return from.world.resolve(path, from);
  }

  read(file: string): Uint8Array {
    if (!file.startsWith(STUB_SCHEME)) return this.fs.read(file);
    if (this.#stubs === null)
      throw new Error(`cannot read ${file}: the standard library is that of ${this.goroot?.dir ?? "nowhere"}`);
    return this.#stubs.read(file);
  }

  /** Files of a folder are other than they were: its package is made anew when it is next asked for. */
  refresh(dir: string): void {
    this.#disk.forget(dir);
    const world = this.worldAt(dir);
    if (!(world instanceof GorootLibrary)) world.forget(dir);
  }

  get disk(): Disk {
    return this.#disk;
  }

  /** The world that a folder belongs to: that of its nearest go.mod, go.work, or none. */
  worldAt(dir: string): Workplace {
    let d = this.env.get("GO111MODULE") === "off" ? parse(dir).root : dir;
    // Only folders that hold a go.mod or go.work start a new world; ask the memo for the rest.
    while (
      !this.#worlds.has(d) &&
      !this.#disk.hasFile(d, "go.mod") &&
      !this.#disk.hasFile(d, "go.work") &&
      dirname(d) !== d
    )
      d = dirname(d);
    return this.#worlds.get(d) ?? this.#worldOf(locate(dir, this.env, this.fs), d);
  }

  #worldOf(site: Site, dir: string): Workplace {
    const world = this.#makeWorld(site, dir);
    this.#worlds.set(dir, world);
    for (const m of site.modules) this.#worlds.set(m.dir, world);
    // Folders of a workspace outside of its modules ask for the go.work's own.
    if (site.work !== null && !this.#disk.hasFile(site.work.dir, "go.mod")) this.#worlds.set(site.work.dir, world);
    return world;
  }

  #makeWorld(site: Site, dir: string): Workplace {
    const tests = this.options.tests === true;
    if (isStdSite(site) && this.std instanceof GorootLibrary) return this.std;
    if (site.modules.length === 0) {
      const at = dir === dirname(dir) ? this.dir : dir;
      const { mounts, tree } = mountsFor(at, this.env, this.fs);
      return new GopathWorld(mounts, this.#disk, this.std, tests, tree);
    }
    this.#problems.push(...site.problems);
    const list = new BuildList(site, new ModuleCache(this.env.modCache), this.fs);
    return new ModuleWorld(site, this.#disk, this.std, list, this.#vendorOf(site), tests);
  }

  /** The vendor folder, where -mod says so or where the go command would take it by default. */
  #vendorOf(site: Site): Vendor | null {
    const mode = this.options.mod ?? this.env.flags.get("mod");
    if (mode !== undefined && mode !== "vendor") return null;
    const top = site.work?.dir ?? site.modules[0]?.dir ?? this.dir;
    const dir = join(top, "vendor");
    if (this.fs.kind(dir) !== EntryKind.Folder) return null;
    const file = join(dir, "modules.txt");
    let text = "";
    try {
      text = new TextDecoder().decode(this.fs.read(file));
    } catch {
      if (mode === undefined) return null; // a folder of that name, not made by the go command
    }
    const list = parseModulesTxt(text);
    if (mode === undefined) {
      const version = site.work === null ? site.modules[0]?.mod.goVersion : site.work.go.goVersion;
      if (version === null || version === undefined || compareGoVersion(version, { major: 1, minor: 14 }) < 0)
        return null;
      if (list.workspace !== (site.work !== null)) return null;
    }
    const wrong = vendorInconsistencies(
      list,
      site.modules.map((m) => m.mod),
    );
    const [first] = wrong;
    if (first !== undefined) {
      const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : "";
      this.#problems.push({
        file,
        line: 0,
        column: 0,
        message: `inconsistent vendoring: ${first}${more}; run "go mod vendor"`,
      });
    }
    return { dir, list, listedOnly: vendorListedOnly(site) };
  }

  /** A checkout of Go's own repository is its own distribution. */
  #chooseGoroot(site: Site, wanted: GoVersion | null): Goroot | null {
    const { goroot } = this.options;
    if (goroot === null) return null;
    if (goroot !== undefined) {
      const found = gorootAt(resolvePath(goroot), this.fs);
      if (found === null)
        throw new UsageError(`${goroot} holds no Go distribution with sources; name a folder with src/runtime in it`);
      return found;
    }
    const main = site.modules[0];
    if (main !== undefined && isStdSite(site)) {
      const own = gorootAt(main.mod.module === "std" ? dirname(main.dir) : dirname(dirname(main.dir)), this.fs);
      if (own !== null) return own;
    }
    return findGoroot(this.env, wanted, this.fs);
  }
}

function isStdSite(site: Site): boolean {
  const module = site.modules.length === 1 ? site.modules[0]?.mod.module : undefined;
  return module === "std" || module === "cmd";
}

/** Neither a distribution nor the index: nothing of the standard library is known, and all else goes on. */
function noLibrary(language: GoVersion): StandardLibrary {
  const none: World = { resolve: () => null, at: () => null };
  return { ...none, language, find: () => null, all: () => [] };
}
