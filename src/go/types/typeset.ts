/** Type sets of interfaces (spec, "Interface types"): all methods, and the terms that limit the types, if any. */
import { identical } from "./identical.ts";
import { type Func, isExported } from "./object.ts";
import { comparableType, unknownType } from "./universe.ts";
import { BasicKind, type Interface, type Term, type Type, TypeKind, type TypeParam } from "./type.ts";
import { resolveUnderlying } from "./named.ts";

export interface TypeSet {
  /** By `methodKey`. */
  readonly methods: ReadonlyMap<string, Func>;
  /** Null: all types (that have the methods). Empty: none. */
  readonly terms: readonly Term[] | null;
  readonly comparable: boolean;
}

/** Unexported names of different packages are different names (spec, "Uniqueness of identifiers"). */
export function methodKey(name: string, pkgPath: string | null): string {
  return isExported(name) ? name : `${pkgPath ?? ""}.${name}`;
}

/** The underlying type; of a type parameter its constraint interface. */
export function under(t: Type): Type {
  if (t.kind === TypeKind.Named) return t.underlying ?? resolveUnderlying(t);
  if (t.kind === TypeKind.TypeParam) return constraintInterface(t);
  return t;
}

/** The constraint of a type parameter as an interface; the unknown type where it is none. */
export function constraintInterface(p: TypeParam): Type {
  const bound = p.bound();
  if (bound === null) return unknownType;
  const u = bound.kind === TypeKind.Named ? (bound.underlying ?? resolveUnderlying(bound)) : bound;
  return u.kind === TypeKind.Interface ? u : unknownType;
}

const emptySet: TypeSet = { methods: new Map(), terms: null, comparable: false };

export function typeSetOf(t: Interface): TypeSet {
  if (t.typeSet !== null) return t.typeSet;
  if (t.methods.length === 0 && t.embedded.length === 0) {
    return (t.typeSet = t === comparableType.underlying ? { ...emptySet, comparable: true } : emptySet);
  }
  t.typeSet = emptySet; // an interface that embeds itself is invalid; this ends the recursion
  const methods = new Map<string, Func>();
  for (const m of t.methods) methods.set(methodKey(m.name, m.pkg?.path ?? null), m);
  let terms: readonly Term[] | null = null;
  let comparable = false;
  for (const e of t.embedded) {
    const u = under(e);
    let own: readonly Term[] | null;
    if (u.kind === TypeKind.Interface) {
      const set = typeSetOf(u);
      for (const [key, m] of set.methods) if (!methods.has(key)) methods.set(key, m);
      if (set.comparable) comparable = true;
      own = set.terms;
    } else if (u.kind === TypeKind.Union) {
      own = unionTerms(u.terms);
    } else if (u.kind === TypeKind.Basic && u.basic === BasicKind.Unknown) {
      continue;
    } else {
      own = [{ tilde: false, type: e }];
    }
    terms = intersect(terms, own);
  }
  return (t.typeSet = { methods, terms, comparable });
}

function unionTerms(list: readonly Term[]): readonly Term[] | null {
  const out: Term[] = [];
  for (const term of list) {
    const u = under(term.type);
    if (u.kind === TypeKind.Interface) {
      const set = typeSetOf(u);
      if (set.terms === null) return null;
      out.push(...set.terms);
    } else {
      out.push(term);
    }
  }
  return out;
}

function intersect(a: readonly Term[] | null, b: readonly Term[] | null): readonly Term[] | null {
  if (a === null) return b;
  if (b === null) return a;
  const out: Term[] = [];
  for (const x of a) {
    for (const y of b) {
      const both = intersectTerm(x, y);
      if (both !== null && !out.some((t) => t.tilde === both.tilde && identical(t.type, both.type))) out.push(both);
    }
  }
  return out;
}

function intersectTerm(x: Term, y: Term): Term | null {
  const same = (p: Type, q: Type): boolean => identical(p, q);
  if (x.tilde && y.tilde) return same(under(x.type), under(y.type)) ? x : null;
  if (x.tilde) return same(under(x.type), under(y.type)) ? y : null;
  if (y.tilde) return same(under(x.type), under(y.type)) ? x : null;
  return same(x.type, y.type) ? x : null;
}

/** The terms of a type parameter's constraint; null where any type will do. */
export function termsOf(p: TypeParam): readonly Term[] | null {
  const u = constraintInterface(p);
  return u.kind === TypeKind.Interface ? typeSetOf(u).terms : null;
}

/**
 * The one type that all types of `t`'s type set share as their underlying type, or null. For types that are no type
 * parameter, the underlying type. Channels of one element agree when their directions do not conflict.
 */
export function coreType(t: Type): Type | null {
  if (t.kind !== TypeKind.TypeParam) return under(t);
  const terms = termsOf(t);
  if (terms === null || terms.length === 0) return null;
  let core: Type | null = null;
  for (const term of terms) {
    const u = under(term.type);
    if (core === null) core = u;
    else if (!identical(core, u)) {
      if (core.kind === TypeKind.Chan && u.kind === TypeKind.Chan && identical(core.elem, u.elem)) {
        if (core.dir === 3) core = u;
        else if (u.dir !== 3 && u.dir !== core.dir) return null;
        continue;
      }
      return null;
    }
  }
  return core;
}

/** As `coreType`, where a set of strings and byte slices counts as string (for append, copy, indexing, ranging). */
export function coreString(t: Type): Type | null {
  if (t.kind !== TypeKind.TypeParam) return under(t);
  const core = coreType(t);
  if (core !== null) return core;
  const terms = termsOf(t);
  if (terms === null || terms.length === 0) return null;
  let text: Type | null = null;
  for (const term of terms) {
    const u = under(term.type);
    if (u.kind === TypeKind.Basic && u.basic === BasicKind.String) text = u;
    else if (!(u.kind === TypeKind.Slice && isByte(u.elem))) return null;
  }
  return text;
}

function isByte(t: Type): boolean {
  const u = under(t);
  return u.kind === TypeKind.Basic && u.basic === BasicKind.Uint8;
}

/** Every type in the set satisfies `test` (and there is one); for other types, the underlying type does. */
export function allTypes(t: Type, test: (u: Type) => boolean): boolean {
  if (t.kind !== TypeKind.TypeParam) return test(under(t));
  const terms = termsOf(t);
  return terms !== null && terms.length > 0 && terms.every((term) => allTypes(term.type, test));
}
