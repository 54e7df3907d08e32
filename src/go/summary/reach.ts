/**
 * What one package knows of how often functions that several packages may call are called: what each package tells of its own calls, put
 * together, tells which code only a command or the start of a program reaches (check/callers.ts).
 */
import { NodeKind } from "../syntax/ast.ts";
import { unparen } from "../types/callee.ts";
import { typeOf } from "../types/record.ts";
import { TypeKind } from "../types/type.ts";
import { typeSetOf, under } from "../types/typeset.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { Func } from "../types/object.ts";
import type { Package } from "../types/package.ts";
import { funcName, methodSignature } from "../types/print.ts";
import { isConstructor, isOfCommands, Often, oneShots } from "./one-shot.ts";
import { isHandedOn, nextRepeatsOf, type Place } from "./repeats.ts";
import type { Summaries } from "./summaries.ts";

/** How a package calls a function: the functions of its own, by `keyOf`, by which its calls are reached, and how often each time. */
export interface Calls {
  /** Once; none where a process makes them once, whoever calls. Null: more often. */
  readonly once: readonly string[] | null;
  /** Finitely often: once, or in loops over what there is. */
  readonly finitely: readonly string[];
  /** A process, or a command, begins with some of them. */
  readonly begins: boolean;
}

/**
 * Plain data: how a package calls what others than its package may call, by `keyOf`: functions of the main modules, and methods of interfaces, which
 * are calls of whatever has such a method.
 */
export interface PackageReach {
  readonly rarely: Readonly<Record<string, Calls>>;
  /** Something in it may keep its process (one-shot.ts). */
  readonly keepsProcess: boolean;
  readonly isMain: boolean;
  /**
   * By which functions of its own that others may call the calls of a function are next reached, by its key; true where something on the way shows that
   * they are made again and again (repeats.ts). Without what nothing comes to.
   */
  readonly repeats: Readonly<Record<string, readonly string[] | true>>;
  /** Of methods of interfaces in `repeats`: the names of all methods that whoever is called so has, sorted. */
  readonly asks: Readonly<Record<string, readonly string[]>>;
  /** Its types by their names, with those of all their methods, sorted; without those that embed others, and have theirs. */
  readonly types: Readonly<Record<string, readonly string[]>>;
  /** What it calls without end, or hands on as a value, so that nobody knows how often. Sorted. */
  readonly often: readonly string[];
}

/**
 * Methods of the standard library's interfaces: whoever has a value may call them, and it need not be a call that is seen. Nothing is said of
 * how rarely they are called.
 */
const ofInterfaces =
  /^(?:Read|Write|Close|ReadAt|WriteAt|ReadFrom|WriteTo|Seek|ServeHTTP|RoundTrip|Dial|DialContext|Accept|Open|Next|Scan|Value|String|Error|Set|Get|Lock|Unlock|(?:Unm|M)arshal\w+)$/;

/** `units`: of `pkg`, all of them, with their bodies. */
export function reachOf(pkg: Package, units: readonly FunctionUnit[], summaries: Summaries): PackageReach {
  const shots = oneShots(units, summaries);
  const ofCommands = isOfCommands(pkg);
  const found = new Map<string, Calls | null>();
  const repeats = new Map<string, ReadonlySet<string> | true>();
  const asks = new Map<string, ReadonlySet<string>>();
  for (const [f, mentions] of shots.mentioned) {
    const from = f.pkg?.source ?? null;
    const isOurs = f.pkg === pkg || from?.module?.main === true || (from?.module === null && !from.standard);
    if (!f.isInterfaceMethod && !(isOurs && shots.isOpen(f))) continue;
    const key = keyOf(f);
    const places = [...mentions.calls, ...(shots.handedOn.run.get(f) ?? [])];
    const above = !ofCommands && isHandedOn(f, shots) ? null : nextRepeatsOf(units, summaries, places);
    const known = repeats.get(key) ?? new Set();
    if (above === null || known === true) repeats.set(key, true);
    else if (above.size + known.size > 0) repeats.set(key, new Set([...known, ...keysOf(above)]));
    if (f.isInterfaceMethod && repeats.has(key)) asks.set(key, askedBy(mentions.calls, asks.get(key) ?? null));
    if (isMethod(f) && ofInterfaces.test(f.name)) continue;
    const finitely = mentions.asValue && !isConstructor(f) ? null : shots.entriesOf(mentions, Often.Finitely);
    const once = finitely === null || mentions.asValue ? null : shots.entriesOf(mentions, Often.Once);
    const calls =
      finitely === null
        ? null
        : {
            once: once === null ? null : keysOf(once.functions),
            finitely: keysOf(finitely.functions),
            begins: finitely.begins || mentions.asValue,
          };
    // Several interfaces may have the same method.
    const before = found.get(key);
    found.set(key, before === undefined ? calls : both(before, calls));
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    rarely: Object.fromEntries(sorted.flatMap(([key, calls]) => (calls === null ? [] : [[key, calls]]))),
    often: sorted.flatMap(([key, calls]) => (calls === null ? [key] : [])),
    repeats: Object.fromEntries(
      [...repeats]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, by]) => [key, by === true ? by : [...by].sort()] as const),
    ),
    asks: listed(asks),
    types: listed(methodsOf(units)),
    keepsProcess: shots.keepsProcess,
    isMain: pkg.name === "main",
  };
}

function listed(sets: ReadonlyMap<string, ReadonlySet<string>>): Record<string, readonly string[]> {
  return Object.fromEntries(
    [...sets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, names]) => [key, [...names].sort()] as const),
  );
}

/** The methods of the interfaces through which the calls are made, of several those that all of them have; none where one is not known. */
function askedBy(calls: readonly Place[], before: ReadonlySet<string> | null): ReadonlySet<string> {
  let asked = before;
  for (const { at } of calls) {
    const fun = at.kind === NodeKind.CallExpr ? unparen(at.fun) : null;
    const t = fun?.kind === NodeKind.SelectorExpr ? under(typeOf(fun.x)) : null;
    if (t?.kind !== TypeKind.Interface) return new Set();
    const names = new Set([...typeSetOf(t).methods.values()].map((m) => m.name));
    asked = asked === null ? names : new Set([...asked].filter((name) => names.has(name)));
  }
  return asked ?? new Set();
}

function methodsOf(units: readonly FunctionUnit[]): Map<string, ReadonlySet<string>> {
  const types = new Map<string, ReadonlySet<string>>();
  for (const { func } of units) {
    const named = func?.recvNamed ?? null;
    if (named?.methods == null || types.has(named.obj.name)) continue;
    const u = under(named);
    if (u.kind === TypeKind.Struct && u.fields.some((f) => f.embedded)) continue;
    types.set(named.obj.name, new Set(named.methods.keys()));
  }
  return types;
}

function both(a: Calls | null, b: Calls | null): Calls | null {
  if (a === null || b === null) return null;
  return {
    once: a.once === null || b.once === null ? null : union(a.once, b.once),
    finitely: union(a.finitely, b.finitely),
    begins: a.begins || b.begins,
  };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}

/** Sorted. */
export function keysOf(functions: Iterable<Func>): string[] {
  return [...functions].map(keyOf).sort();
}

/** `pkg/path.Func`, `(*pkg/path.Type).Method(int) error`, of an interface's method `pkg/path:Method(int) error`. */
function keyOf(f: Func): string {
  if (!isMethod(f)) return funcName(f);
  const method = methodSignature(f);
  return f.isInterfaceMethod ? `${f.pkg?.path ?? ""}:${method}` : funcName(f).slice(0, -f.name.length) + method;
}

function isMethod(f: Func): boolean {
  return f.isInterfaceMethod || f.decl?.recv != null;
}

/** Where a method is declared, and `Method(int) error`: what it has in common with that of an interface by which it may be called. */
export interface MethodKey {
  readonly pkg: string;
  readonly method: string;
}

/** The package of a function's key: `pkg/path` of `pkg/path.Func`. */
export function packageOf(key: string): string {
  return key.slice(0, key.lastIndexOf("."));
}

/** The name of the type in the key of its method; "" for others. */
export function typeIn(key: string): string {
  return /^\(\*?[^()]*\.([^.()]*)\)\./.exec(key)?.[1] ?? "";
}

/** The method of a type that a key is of; null for functions, and for those of interfaces. */
export function methodIn(key: string): MethodKey | null {
  const [, pkg, method] = /^\(\*?([^()]*)\.[^.()]*\)\.(.*)$/.exec(key) ?? [];
  return pkg === undefined ? null : { pkg, method };
}

/** The method of an interface that a key is of; null for all others. */
export function interfaceIn(key: string): MethodKey | null {
  const [, pkg, method] = /^([^:()]*):(.*)$/.exec(key) ?? [];
  return pkg === undefined ? null : { pkg, method };
}
