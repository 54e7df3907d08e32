/**
 * Which functions of a module are called again and again: what each package shows of its own calls (go/summary/repeats.ts), followed over the borders
 * of packages.
 *
 *     package main                       package api                              package store
 *     api.New(store.Open())              func (h *handler) ServeHTTP(…) {         func (s *Disk) Put(name string) error {
 *                                            h.store.Put(r.URL.Path)  ← a handler:     f, err := os.Create(name)
 *                                        }                              each request   …                 ← leak
 *
 * Nobody need import the package of a method: it may be called through an interface that is declared near it (importers.ts), and that asks for nothing
 * which its type has not.
 */
import { ofStart } from "../go/knowledge/start-names.ts";
import type { GoPackage } from "../go/load/package.ts";
import { interfaceIn, type MethodKey, methodIn, packageOf, type PackageReach, typeIn } from "../go/summary/reach.ts";
import { type ImportersOf, isForShow } from "./importers.ts";

export interface Shown<P> {
  /** What shows it, a clause; null where nothing is known to. */
  readonly shown: string | null;
  /** Who has to be asked before it is known that nothing does. */
  readonly unasked: ReadonlySet<P>;
}

/** What was told by all, to look things up in. */
interface Index<P> {
  /** Those that call a function, by its key. */
  readonly callers: ReadonlyMap<string, readonly P[]>;
  /** Packages of interfaces that have a method, by what it has in common with others. */
  readonly interfaces: ReadonlyMap<string, readonly string[]>;
  /** Those that have not been asked. */
  readonly untold: ReadonlySet<string>;
}

export class Repeated<P extends GoPackage> {
  /** By folder. */
  private readonly told = new Map<string, { readonly pkg: P; readonly reach: PackageReach }>();
  /** Folders of those that were asked, and whose analysis broke down. */
  private readonly mute = new Set<string>();
  private known: Index<P> | null = null;
  private readonly answers = new Map<string, Shown<P>>();

  constructor(private readonly importers: ImportersOf<P>) {}

  /** Takes what a package told; null where its analysis broke down. */
  add(pkg: P, reach: PackageReach | null): void {
    if (reach === null) this.mute.add(pkg.dir);
    else if (!isForShow(pkg)) this.told.set(pkg.dir, { pkg, reach });
    this.known = null;
    this.answers.clear();
  }

  /**
   * Whether a handler or a loop without end comes to one of these functions of the package, through others if need be. `others`: what nobody here calls
   * and other modules can is called by them.
   */
  shown(pkg: P, functions: readonly string[], others: boolean): Shown<P> {
    const key = `${others ? "with" : "without"} others\n${functions.join("\n")}`;
    let answer = this.answers.get(key);
    if (answer === undefined) this.answers.set(key, (answer = this.find(pkg, functions, others)));
    return answer;
  }

  private find(pkg: P, functions: readonly string[], others: boolean): Shown<P> {
    const packages = new Map<string, P>([[pkg.path, pkg]]);
    const seen = new Set<string>();
    const unasked = new Set<P>();
    // Those nearby first: most are found there.
    for (let work: readonly string[] = functions; work.length > 0 && unasked.size === 0;) {
      const next = new Set<string>();
      for (const name of work) {
        if (seen.has(name)) continue;
        seen.add(name);
        const of = methodIn(name);
        const own = packages.get(of?.pkg ?? packageOf(name));
        if (own === undefined) continue;
        for (const p of this.unaskedOf(own, name, of)) unasked.add(p);
        let called = false;
        for (const [p, key] of this.callersOf(own, name, of)) {
          called = true;
          packages.set(p.path, p);
          const by = this.told.get(p.dir)?.reach.repeats[key];
          if (by === true) return { shown: `${p.path} comes to ${name} again and again`, unasked: new Set() };
          for (const f of by ?? []) next.add(f);
        }
        // Who else calls it does so as often as they like.
        if (others && !called && unasked.size === 0 && work === functions && this.isOpenToOthers(own, name, of))
          return { shown: `nothing here calls ${name}, and other modules can`, unasked };
      }
      work = [...next];
    }
    return { shown: null, unasked };
  }

  private isOpenToOthers(own: P, name: string, of: MethodKey | null): boolean {
    const bare = nameOf(name, of);
    if (!/^\p{Lu}/u.test(bare) || ofStart.test(bare)) return false;
    return this.told.get(own.dir)?.reach.isMain === false && !this.importers.isKept(own);
  }

  /** Who calls it, and as what: by its name, or as a method of an interface. */
  private *callersOf(own: P, name: string, of: MethodKey | null): Iterable<readonly [P, string]> {
    const { callers, interfaces } = this.index;
    for (const p of callers.get(name) ?? []) yield [p, name];
    const paths = of === null ? undefined : interfaces.get(of.method);
    if (paths === undefined || of === null) return;
    const has = this.told.get(own.dir)?.reach.types[typeIn(name)];
    const near = new Set(this.importers.around(own).map((p) => p.path));
    for (const path of paths) {
      if (!near.has(path)) continue;
      const key = `${path}:${of.method}`;
      for (const p of callers.get(key) ?? []) {
        const asked = this.told.get(p.dir)?.reach.asks[key] ?? [];
        if (has === undefined || asked.every((method) => has.includes(method))) yield [p, key];
      }
    }
  }

  /** Those that may call it and have not been asked. */
  private *unaskedOf(own: P, name: string, of: MethodKey | null): Iterable<P> {
    const { importers } = this;
    const { untold } = this.index;
    if (untold.size === 0) return;
    const bare = nameOf(name, of);
    const isOpen = (p: P): boolean => untold.has(p.dir) && importers.mentions(p, bare);
    const above = of === null ? importers.direct(own) : (importers.of(own) ?? importers.direct(own));
    for (const p of [own, ...(above ?? [])]) if (isOpen(p)) yield p;
    if (of === null) return;
    for (const i of importers.around(own)) for (const p of [i, ...(importers.direct(i) ?? [])]) if (isOpen(p)) yield p;
  }

  private get index(): Index<P> {
    return (this.known ??= this.read());
  }

  private read(): Index<P> {
    const callers = new Map<string, P[]>();
    const interfaces = new Map<string, Set<string>>();
    for (const { pkg, reach } of this.told.values()) {
      const keys = new Set([...Object.keys(reach.repeats), ...Object.keys(reach.rarely), ...reach.often]);
      for (const key of keys) {
        const list = callers.get(key);
        if (list !== undefined) {
          list.push(pkg);
          continue;
        }
        callers.set(key, [pkg]);
        const of = interfaceIn(key);
        if (of !== null) interfaces.set(of.method, (interfaces.get(of.method) ?? new Set()).add(of.pkg));
      }
    }
    const untold = this.importers.all().filter((p) => !this.told.has(p.dir) && !this.mute.has(p.dir) && !isForShow(p));
    return {
      callers,
      interfaces: new Map([...interfaces].map(([method, paths]) => [method, [...paths]])),
      untold: new Set(untold.map((p) => p.dir)),
    };
  }
}

/** `Put` of its key. */
function nameOf(key: string, of: MethodKey | null): string {
  return of === null ? key.slice(key.lastIndexOf(".") + 1) : of.method.slice(0, of.method.indexOf("("));
}
