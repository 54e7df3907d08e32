/**
 * What earlier runs found, by content. docs/formats/cache.md describes the files.
 *
 * A package's result is good while nothing it rests on has changed: the sources of the package, the declarations of
 * whatever it imports (directly or not), the bodies of the functions elsewhere that its rules read, what its analysis was told of others, and the
 * files that its findings point into. Tool, rules, build target, Go distribution and build list are in the name of the file.
 *
 * What it was told ("b.Drop closes the body of its argument") is asked again where a body that it rests on is another now. So an edit of what half
 * the program calls has those packages analysed again for which it makes a difference: mostly none.
 *
 * Packages of the module cache and of the Go distribution never change under their name and are not looked at. Where
 * anything about the cache fails — no room, no permission, damaged files — the run goes on without it.
 */
import { statSync } from "node:fs";
import { dirname, sep } from "node:path";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import type { Loader } from "../go/load/loader.ts";
import { ModuleWorld } from "../go/load/module-world.ts";
import { CacheFiles } from "./cache-files.ts";
import { declaredBy } from "./declared.ts";
import { FactIndex, type Row } from "./fact-index.ts";
import { ImportGraph, type StoredGraph } from "./import-graph.ts";
import type { CheckOptions } from "./run.ts";
import type { Asked, Consulted, PackageResult, Reply } from "./result.ts";
import { hashOf } from "./source-facts.ts";
import { Names } from "./names-table.ts";
import {
  type Body,
  type HeldAnswer,
  readAnswer,
  readBodies,
  storeAnswer,
  type StoredAnswer,
  type StoredBodies,
  storeBodies,
} from "./stored-answers.ts";
import { readReach, storeReach, type StoredReach } from "./stored-reach.ts";

/** Changes whenever what is stored, or what it means, does. */
const Format = 11;

export interface CacheOptions {
  /** Folder of the cache; made if need be. */
  readonly dir: string;
  /** Stands for the tool's code: version, build. */
  readonly identity: string;
}

/** Asks a question from a package; null where nobody can tell. */
export type AskAgain = (from: LoadedPackage, question: Asked) => Reply | null;

/**
 * After a change of so much that more would be asked, packages are analysed again at once: in all threads, where questions are asked in one. An edit of
 * kubernetes' HandleCrash has 5 asked, one of every function below apimachinery/pkg/util 386.
 */
const MostAsked = 1000;

interface Entry {
  /** Contents of the package's own files. */
  readonly own: string;
  /** Declarations of all it imports. */
  readonly imports: string;
  /** Bodies that rules read elsewhere. */
  readonly bodies: StoredBodies;
  readonly answers: readonly StoredAnswer[];
  /** Files of other packages that findings point into, and their contents. */
  readonly mentions: readonly (readonly [file: string, hash: string])[];
  readonly result: Omit<PackageResult, "reach">;
  readonly reach: StoredReach | null;
}

interface Stored {
  readonly graph: StoredGraph;
  readonly entries: Readonly<Record<string, Entry>>;
  /** What the numbers of `bodies`, `answers` and `reach` stand for. */
  readonly names: readonly string[];
  /** How many there were when all were in use. */
  readonly used: number;
}

/** Names that nothing uses any more stay, until there are so many more than there were. */
const MostNames = 1.5;

export class CacheRun {
  private readonly files: CacheFiles;
  private readonly facts: FactIndex;
  private readonly graph: ImportGraph;
  private readonly resultsName: string;
  private readonly factsName: string;
  private readonly entries: Map<string, Entry>;
  private names: Names;
  private used: number;
  private readonly kept = new Map<LoadedPackage, PackageResult>();
  /** Entries that were stored rest on something else now. */
  private changed = false;
  private readonly asked = new Map<string, HeldAnswer | null>();

  constructor(
    private readonly loader: Loader,
    options: CheckOptions,
    cache: CacheOptions,
    private readonly askAgain: AskAgain,
  ) {
    const root = rootOf(loader, loader.dir);
    this.files = new CacheFiles(cache.dir);
    const key = hashOf(
      JSON.stringify([
        Format,
        cache.identity,
        root,
        loader.target,
        loader.goroot?.dir ?? "stubs",
        loader.std.language,
        versionOf(loader),
        options.load ?? {},
        [...options.rules].sort(),
        options.generated ?? false,
        options.unsure ?? false,
        declaredBy(options.config ?? null),
        options.fixes ?? true,
        buildListOf(loader),
      ]),
    );
    this.factsName = `facts-${hashOf(String(Format), cache.identity, root)}.json`;
    this.resultsName = `results-${key}.json`;
    this.facts = new FactIndex(this.files.read(this.factsName) as Readonly<Record<string, Row>> | null);
    const stored = this.files.read(this.resultsName) as Stored | null;
    this.graph = new ImportGraph(loader, this.facts, (p) => this.isImmutable(p), stored?.graph ?? null);
    // What could not be found then and can be found now may change anything.
    const usable = stored === null || this.graph.stale ? null : stored;
    this.entries = new Map(usable === null ? [] : Object.entries(usable.entries));
    this.names = new Names(usable?.names);
    this.used = usable?.used ?? 0;
  }

  private isImmutable(pkg: LoadedPackage): boolean {
    if (pkg.standard) return this.loader.goroot === null || !this.loader.dir.startsWith(this.loader.goroot.dir);
    return pkg.dir.startsWith(this.loader.env.modCache + sep);
  }

  /** The result of an earlier run, where it still holds. */
  find(pkg: LoadedPackage): PackageResult | null {
    const entry = this.entries.get(nameOf(pkg));
    if (entry === undefined || this.isImmutable(pkg)) return null;
    if (entry.own !== this.ownHash(pkg) || entry.imports !== this.graph.importsKey(pkg)) return null;
    if (!this.areThere(readBodies(entry.bodies, this.names))) return null;
    for (const [file, hash] of entry.mentions) if (this.facts.of(file)?.content !== hash) return null;
    if (!entry.answers.every((told) => this.holds(told))) {
      const answers = this.toldAgain(pkg, entry.answers);
      if (answers === null) return null;
      this.entries.set(nameOf(pkg), { ...entry, answers });
      this.changed = true;
    }
    return { ...entry.result, reach: entry.reach === null ? null : readReach(entry.reach, this.names) };
  }

  private areThere(bodies: readonly Body[]): boolean {
    return bodies.every(({ file, func, hash }) => this.facts.of(file)?.bodies[func] === hash);
  }

  private holds([, , , , , bodies]: StoredAnswer): boolean {
    return this.areThere(readBodies(bodies, this.names));
  }

  /** The answers with what they rest on now; null where one of them is another. */
  private toldAgain(pkg: LoadedPackage, answers: readonly StoredAnswer[]): StoredAnswer[] | null {
    const now: StoredAnswer[] = [];
    for (const told of answers) {
      if (this.holds(told)) {
        now.push(told);
        continue;
      }
      const before = readAnswer(told, this.names);
      const again = this.toldNow(pkg, before);
      if (again?.answer !== before.answer) return null;
      now.push(storeAnswer(again, this.names));
    }
    return now;
  }

  private toldNow(pkg: LoadedPackage, { package: path, about, terms }: HeldAnswer): HeldAnswer | null {
    // Folders of one module, or workspace, see the same packages.
    const key = JSON.stringify([rootOf(this.loader, pkg.dir), path, about, terms]);
    let known = this.asked.get(key);
    if (known === undefined) {
      const again = this.asked.size < MostAsked ? this.askAgain(pkg, { package: path, about, terms }) : null;
      const bodies = again === null ? null : this.hashed(again.bodies);
      known = again === null || bodies === null ? null : { package: path, about, terms, answer: again.answer, bodies };
      this.asked.set(key, known);
    }
    return known;
  }

  /** With their hashes, without those that never change; null where one of them is not to be found. */
  private hashed(bodies: readonly Consulted[]): Body[] | null {
    const list: Body[] = [];
    for (const { file, func } of bodies) {
      if (this.isImmutableFile(file)) continue;
      const hash = this.facts.of(file)?.bodies[func];
      if (hash === undefined) return null;
      list.push({ file, func, hash });
    }
    return list;
  }

  private ownHash(pkg: LoadedPackage): string {
    return hashOf(...pkg.files.map((f) => `${f}\0${this.facts.of(f)?.content ?? "unreadable"}`));
  }

  /** Takes a fresh result; it is written by `finish`. */
  keep(pkg: LoadedPackage, result: PackageResult): void {
    if (result.faults === 0 && result.consulted !== null && !this.isImmutable(pkg)) this.kept.set(pkg, result);
  }

  /** Writes what is new. */
  finish(): void {
    if (this.kept.size === 0 && !this.changed && !this.facts.changed) return;
    for (const [pkg, result] of this.kept) {
      const entry = this.entryFor(pkg, result);
      if (entry === null) this.entries.delete(nameOf(pkg));
      else this.entries.set(nameOf(pkg), entry);
    }
    // A file that changed while we ran may have been read before or after: nothing of this run is sure.
    if (!this.facts.unchangedSinceStart()) return;
    if (this.facts.changed) this.files.write(this.factsName, this.facts.stored());
    if (this.kept.size > 0 || this.changed) {
      if (this.used === 0) this.used = this.names.all.length;
      else if (this.names.all.length > MostNames * this.used) this.renumber();
      const stored: Stored = {
        graph: this.graph.stored(),
        entries: Object.fromEntries(this.entries),
        names: this.names.all,
        used: this.used,
      };
      this.files.write(this.resultsName, stored);
    }
    this.files.prune();
  }

  /** Makes the table anew, of what is in use. */
  private renumber(): void {
    const names = new Names();
    for (const [key, { bodies, answers, reach, ...rest }] of this.entries)
      this.entries.set(key, {
        ...rest,
        bodies: storeBodies(readBodies(bodies, this.names), names),
        answers: answers.map((a) => storeAnswer(readAnswer(a, this.names), names)),
        reach: reach === null ? null : storeReach(readReach(reach, this.names), names),
      });
    this.names = names;
    this.used = names.all.length;
  }

  private entryFor(pkg: LoadedPackage, result: PackageResult): Entry | null {
    const own = new Set(pkg.files);
    const bodies = this.hashed(result.consulted?.bodies ?? []);
    if (bodies === null) return null;
    const answers: StoredAnswer[] = [];
    for (const told of result.consulted?.answers ?? []) {
      const basis = this.hashed(told.bodies);
      if (basis === null) return null;
      if (basis.length > 0) answers.push(storeAnswer({ ...told, bodies: basis }, this.names));
    }
    const mentions: [string, string][] = [];
    for (const file of new Set(result.findings.flatMap((f) => f.path.map((s) => s.file)))) {
      if (own.has(file) || this.isImmutableFile(file)) continue;
      const facts = this.facts.of(file);
      if (facts === null) return null;
      mentions.push([file, facts.content]);
    }
    const imports = this.graph.importsKey(pkg);
    if (imports === null) return null;
    const { reach, ...rest } = result;
    return {
      own: this.ownHash(pkg),
      imports,
      bodies: storeBodies(bodies, this.names),
      answers,
      mentions,
      result: { ...rest, consulted: null, milliseconds: 0, timings: {} },
      reach: reach === null ? null : storeReach(reach, this.names),
    };
  }

  private isImmutableFile(file: string): boolean {
    if (file.startsWith(this.loader.env.modCache + sep) || !file.includes(sep)) return true;
    const goroot = this.loader.goroot?.dir;
    return goroot !== undefined && file.startsWith(goroot + sep) && !this.loader.dir.startsWith(goroot);
  }
}

function nameOf(pkg: LoadedPackage): string {
  return `${pkg.path}\0${pkg.dir}`;
}

/** The folder of the workspace or main module: what a cache belongs to, so that subfolders share it. */
function rootOf(loader: Loader, dir: string): string {
  const world = loader.worldAt(dir);
  if (!(world instanceof ModuleWorld)) return loader.dir;
  return world.site.work?.dir ?? world.site.modules[0]?.dir ?? loader.dir;
}

/** What the meaning of import paths depends on: the go.mod files in force, the go.work, the vendor list. */
function buildListOf(loader: Loader): string {
  const world = loader.worldAt(loader.dir);
  if (!(world instanceof ModuleWorld)) return "no modules";
  const files = world.site.modules.map((m) => `${m.dir}/go.mod`);
  if (world.site.work !== null) files.push(`${world.site.work.dir}/go.work`);
  if (world.vendor === null) files.push(...world.list.localReplacements().map((m) => `${m.dir}/go.mod`));
  else files.push(`${world.vendor.dir}/modules.txt`);
  return hashOf(
    ...files.map((f) => {
      try {
        return `${f}\0${hashOf(loader.fs.read(f))}`;
      } catch {
        return `${f}\0unreadable`;
      }
    }),
  );
}

/** Two distributions in the same folder, one after the other, differ in their VERSION file; development trees in their age. */
function versionOf(loader: Loader): string {
  const dir = loader.goroot?.dir;
  if (dir === undefined) return "";
  for (const file of [`${dir}/VERSION`, `${dir}/src/go.mod`, dirname(dir)]) {
    try {
      const s = statSync(file);
      return `${file} ${s.mtimeMs} ${s.size}`;
    } catch {
      // the next one
    }
  }
  return "";
}
