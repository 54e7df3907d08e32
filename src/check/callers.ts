/**
 * Which code of a module a process runs at most once: what only commands and the start of programs reach, over the borders of packages.
 *
 *     package image                          package main
 *     func Unpack(name string) error {       func fetch(cmd *cobra.Command, args []string) error {
 *         f, err := os.Open(name)                return image.Unpack(args[0])   ← the only call in the module: once, and the
 *         …                       ← leak     }                                    process ends next
 *
 * The evidence is all calls in the packages of the main modules that import the package, libraries' too: who calls a function of its own from a start
 * shows what it is for; and so on with the functions that make the calls. There is none where there is no call of what others can import, nor for what
 * leaks each time there, or where very many would have to be asked. And where all that import it, directly or not, are tools, or parts of tools that
 * no other module has a use for, it does not matter how often.
 *
 * In a program the evidence is asked the other way round: something has to show that it happens again and again (repeated.ts).
 */
import type { GoPackage } from "../go/load/package.ts";
import { Often } from "../go/summary/one-shot.ts";
import { type Calls, interfaceIn, methodIn, packageOf, type PackageReach } from "../go/summary/reach.ts";
import { Proof, type ReachedBy } from "../rules/rule.ts";
import { type ImportersOf, isForShow } from "./importers.ts";
import { Repeated, type Shown } from "./repeated.ts";
import type { CheckedFinding, PackageResult } from "./result.ts";

/** A `PackageReach` to look things up in. */
interface Reach {
  readonly rarely: ReadonlyMap<string, Calls>;
  readonly often: ReadonlySet<string>;
  /** Package of an interface by the methods that are called through it. */
  readonly interfaces: ReadonlyMap<string, ReadonlySet<string>>;
}

export class Callers<P extends GoPackage> {
  /** By folder. */
  private readonly told = new Map<string, PackageReach>();
  /** The same, for those that were asked about. */
  private readonly reaches = new Map<string, Reach>();
  private readonly repeated: Repeated<P>;

  constructor(private readonly importers: ImportersOf<P>) {
    this.repeated = new Repeated(importers);
  }

  /** Takes what the analysis of a package said. */
  add(pkg: P, result: PackageResult): void {
    this.repeated.add(pkg, result.reach);
    if (result.reach === null || isForShow(pkg)) return;
    this.told.set(pkg.dir, result.reach);
    this.reaches.delete(pkg.dir);
  }

  /** In most runs nothing depends on most packages. */
  private reachOf({ dir }: P): Reach | null {
    const known = this.reaches.get(dir);
    const reach = this.told.get(dir);
    if (known !== undefined || reach === undefined) return known ?? null;
    const rarely = new Map(Object.entries(reach.rarely));
    const interfaces = new Map<string, Set<string>>();
    for (const key of [...rarely.keys(), ...reach.often]) {
      const of = interfaceIn(key);
      if (of !== null) interfaces.set(of.method, (interfaces.get(of.method) ?? new Set()).add(of.pkg));
    }
    const found = { rarely, often: new Set(reach.often), interfaces };
    this.reaches.set(dir, found);
    return found;
  }

  /**
   * Packages that tell of the findings of `pkg`. Those that have not been added have to be analysed, too, before `judge` and `isOfTools` can say
   * anything; what they tell may lead to others, so that it is to be asked again.
   */
  needed(pkg: P, { findings }: PackageResult): ReadonlySet<P> {
    const asked = new Set<P>();
    const open = findings.filter(isOpen);
    for (const { reachedBy } of open) {
      if (reachedBy === null) continue;
      const own = new Set<P>(); // each is asked for so many and no more
      const { rare } = this.judge(pkg, reachedBy, own);
      for (const p of own) asked.add(p);
      if (rare === null && this.wantsProof(pkg, reachedBy))
        for (const p of this.repeats(pkg, reachedBy).unasked) asked.add(p);
    }
    if (open.length > 0 && this.importers.isKept(pkg)) for (const p of this.importers.of(pkg) ?? []) asked.add(p);
    asked.delete(pkg);
    return asked;
  }

  /** Every process that the package is part of is over when it has done its work: nothing of what imports it stays, or has users elsewhere. */
  isOfTools(pkg: P): boolean {
    const importers = this.importers.isKept(pkg) ? this.importers.of(pkg) : null;
    if (importers === null) return false;
    let programs = 0;
    for (const p of [pkg, ...importers]) {
      if (isForShow(p)) continue;
      const told = this.told.get(p.dir);
      if (told === undefined || told.keepsProcess || !(told.isMain || this.importers.isKept(p))) return false;
      if (told.isMain) programs++;
    }
    return programs > 0;
  }

  /** How often a process calls these functions of the package. `asked`: who tells. */
  judge(pkg: P, { functions, often }: ReachedBy, asked: Set<P> = new Set()): Judgement {
    if (functions === null) return { rare: null, often: null };
    // What can be imported others call, too, as often as they like. It counts nevertheless that a start fails where it fails.
    if (often === Often.Once && this.hasOtherUsers(pkg))
      return { rare: null, often: `other modules can import ${pkg.path}` };
    const packages = new Map<string, P>([[pkg.path, pkg]]);
    const open = new Set<string>();
    const rare = new Set<string>();
    let begins = false;
    /** Null where it is called rarely, else why it may be called more often. */
    const obstacle = (name: string): string | null => {
      if (rare.has(name)) return null;
      if (open.has(name)) return often === Often.Finitely ? null : `${name} comes to itself`;
      const of = methodIn(name);
      const own = open.size === 0 ? pkg : packages.get(of?.pkg ?? packageOf(name));
      // Whoever names a function imports its package; a method is called by who has a value.
      const importers = own === undefined ? null : of === null ? this.importers.direct(own) : this.importers.of(own);
      if (own === undefined || importers === null) return `too many packages can call ${name}`;
      for (const p of [own, ...importers]) {
        packages.set(p.path, p);
        asked.add(p);
      }
      if (asked.size > MaxAsked) return `too many packages can call ${name}`;
      const untold = importers.find((p) => !this.told.has(p.dir) && !isForShow(p));
      if (untold !== undefined) return `nobody knows what ${untold.path} calls`;
      const callers = [own, ...importers];
      // Through another package's interface those may call it, too, that do not import this one.
      const through = of === null ? null : this.interfaceFor(of, callers);
      if (through !== null) return `${name} may be called through an interface of ${through}`;
      const keys = of === null ? [name] : [name, `${of.pkg}:${of.method}`];
      const where = callers.find((p) => keys.some((key) => this.reachOf(p)?.often.has(key) === true));
      if (where !== undefined) return `${where.path} calls ${name} again and again, or hands it on as a value`;
      const calls = callers.flatMap((p) => keys.flatMap((key) => this.reachOf(p)?.rarely.get(key) ?? []));
      // Nobody can come through what nobody calls. (What leaks itself may be about to be called.)
      if (calls.length === 0)
        return open.size > 0 && of === null && this.importers.isKept(own) ? null : `nothing here calls ${name}`;
      begins ||= calls.some((c) => c.begins);
      open.add(name);
      const found = first(calls, (c) => {
        const next = often === Often.Once ? c.once : c.finitely;
        return next === null ? `${name} is called in a loop` : first(next, obstacle);
      });
      open.delete(name);
      if (found === null) rare.add(name);
      return found;
    };
    const found = first(functions, obstacle);
    const names = functions.join(" and ");
    if (found !== null) return { rare: null, often: found };
    return begins
      ? { rare: `nothing but commands and the start of programs comes to ${names} in this module`, often: null }
      : { rare: null, often: `nothing here comes to ${names}` };
  }

  private hasOtherUsers(pkg: P): boolean {
    const { importers } = this;
    return !importers.isKept(pkg) && !importers.isForPrograms(pkg) && importers.direct(pkg)?.length !== 0;
  }

  /**
   * In a program, what is left behind matters where it is shown that the program comes there again and again; but for what is left each time in a package
   * that other modules can import, and for all that is in such packages of a tree without modules, which has no borders. In a library it matters but for
   * what the runtime takes back.
   */
  wantsProof(pkg: P, { repeats, proof }: ReachedBy): boolean {
    const { importers } = this;
    if (repeats === null) return false;
    if (proof === Proof.Everywhere) return true;
    if (!importers.isInProgram(pkg)) return false;
    return (proof === Proof.InPrograms && pkg.module !== null) || importers.isKept(pkg) || importers.isProgram(pkg);
  }

  /** Nobody imports it, and nobody else can: what programs of a file of their own (`//go:build ignore`) are made of, and what is not used. */
  isUnused(pkg: P): boolean {
    return this.importers.isInternal(pkg) && this.importers.direct(pkg)?.length === 0;
  }

  /** Whether something shows that these functions of the package are called again and again, and who has to be asked before it is known. */
  repeats(pkg: P, { repeats, proof }: ReachedBy): Shown<P> {
    return this.repeated.shown(pkg, repeats ?? [], proof !== Proof.Everywhere);
  }

  /** The package of an interface of others through which some of these packages call such a method. */
  private interfaceFor(of: { readonly pkg: string; readonly method: string }, callers: readonly P[]): string | null {
    return first(callers, (p) => {
      const packages = this.reachOf(p)?.interfaces.get(of.method) ?? [];
      return [...packages].find((path) => path !== of.pkg) ?? null;
    });
  }
}

/** `rare`: why it is rarely enough for a note; `often`: what speaks against that. Both are clauses; both null where the package alone decides. */
export interface Judgement {
  readonly rare: string | null;
  readonly often: string | null;
}

/** The first answer that there is. */
function first<T>(list: Iterable<T>, ask: (t: T) => string | null): string | null {
  for (const t of list) {
    const answer = ask(t);
    if (answer !== null) return answer;
  }
  return null;
}

/** Of a run over one package all of them are analysed, some 15 ms each. */
const MaxAsked = 128;

/** What a process leaves open once, or a command before it ends, is true and no reason to stop a merge. */
export function settle<P extends GoPackage>(pkg: P, result: PackageResult, callers: Callers<P>): PackageResult {
  const findings = result.findings.map((f) => {
    if (!isOpen(f) || f.reachedBy === null) return f;
    const noteBecause =
      callers.judge(pkg, f.reachedBy).rare ??
      (callers.isOfTools(pkg)
        ? "the programs that this package is part of are over when they have done their work"
        : callers.isUnused(pkg)
          ? "nothing in this module imports the package, and no other module can"
          : callers.wantsProof(pkg, f.reachedBy) && callers.repeats(pkg, f.reachedBy).shown === null
            ? "nothing in this module shows that it happens again and again: no handler and no loop without end comes here"
            : null);
    return noteBecause === null ? f : { ...f, severity: "note" as const, noteBecause };
  });
  return { ...result, findings };
}

/** It depends on callers in other packages whether it is more than a note. */
function isOpen({ reachedBy, severity }: CheckedFinding): boolean {
  return reachedBy !== null && severity !== "note";
}
