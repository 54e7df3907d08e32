/**
 * Selectors: which field or method `x.name` denotes (spec, "Selectors"), through embedding, and method sets.
 *
 * Breadth first by depth: the shallowest declaration wins, two at the same depth are ambiguous and there is none.
 */
import { declaredMethod } from "./named.ts";
import { type Func, isExported, ObjKind, type Var } from "./object.ts";
import type { Package } from "./package.ts";
import { methodKey, typeSetOf, under } from "./typeset.ts";
import { type Named, type Type, TypeKind } from "./type.ts";

export interface LookupResult {
  readonly obj: Var | Func;
  /** Field indices from the receiver to the declaring struct; the last is the field's own (methods: -1). */
  readonly path: readonly number[];
  /** A pointer was followed on the way (the receiver itself included). */
  readonly indirect: boolean;
  /** For methods: the type that declares it, as embedded (an instance, an interface). */
  readonly owner: Type;
}

/** The field or method `name` of `t` as seen from package `from`; null where there is none or it is ambiguous. */
export function lookupFieldOrMethod(t: Type, name: string, from: Package | null): LookupResult | null {
  let base = t;
  let isPtr = false;
  if (t.kind === TypeKind.Pointer) {
    base = t.elem;
    isPtr = true;
  } else if (t.kind === TypeKind.Named) {
    // A defined pointer type has its base's fields but no methods.
    const u = under(t);
    if (u.kind === TypeKind.Pointer) {
      const found = lookupFieldOrMethod(u, name, from);
      return found !== null && found.obj.kind === ObjKind.Func ? null : found;
    }
  }
  if (base.kind === TypeKind.Named) {
    const exported = isExported(name);
    if (exported || base.origin.obj.pkg === from) {
      const cache = isPtr ? (base.ptrLookups ??= new Map()) : (base.lookups ??= new Map());
      const hit = cache.get(name);
      if (hit !== undefined) return hit as LookupResult | null;
      const found = search(base, isPtr, name, from);
      cache.set(name, found);
      return found;
    }
  }
  return search(base, isPtr, name, from);
}

interface Embedded {
  readonly type: Type;
  readonly path: readonly number[];
  readonly indirect: boolean;
  multiples: boolean;
}

function sameName(obj: Var | Func, name: string, from: Package | null): boolean {
  if (obj.name !== name) return false;
  return isExported(name) || obj.pkg === from || (obj.pkg?.path ?? "") === (from?.path ?? "");
}

function search(base: Type, isPtr: boolean, name: string, from: Package | null): LookupResult | null {
  if (name === "_") return null;
  if (isPtr && under(base).kind === TypeKind.Interface) return null; // a pointer to an interface has no methods
  let current: Embedded[] = [{ type: base, path: [], indirect: isPtr, multiples: false }];
  const seen = new Set<Named>();
  while (current.length > 0) {
    const next: Embedded[] = [];
    let found: LookupResult | null = null;
    let collision = false;
    const take = (result: LookupResult, multiples: boolean): void => {
      if (found !== null || multiples) collision = true;
      found = result;
    };
    for (const e of current) {
      const t = e.type;
      if (t.kind === TypeKind.Named) {
        if (seen.has(t)) continue;
        seen.add(t);
        const m = declaredMethod(t, name);
        if (m !== null && sameName(m, name, from)) {
          take({ obj: m, path: [...e.path, -1], indirect: e.indirect, owner: t }, e.multiples);
          continue;
        }
      }
      const u = under(t);
      if (u.kind === TypeKind.Struct) {
        for (let i = 0; i < u.fields.length; i++) {
          const f = u.fields[i];
          if (sameName(f, name, from)) {
            take({ obj: f, path: [...e.path, i], indirect: e.indirect, owner: t }, e.multiples);
            continue;
          }
          if (found !== null || !f.embedded || f.type === null) continue;
          const ptr = f.type.kind === TypeKind.Pointer;
          const inner = f.type.kind === TypeKind.Pointer ? f.type.elem : f.type;
          const k = inner.kind;
          if (k === TypeKind.Named || k === TypeKind.Struct || k === TypeKind.Interface) {
            next.push({ type: inner, path: [...e.path, i], indirect: e.indirect || ptr, multiples: e.multiples });
          }
        }
      } else if (u.kind === TypeKind.Interface) {
        const m = typeSetOf(u).methods.get(methodKey(name, from?.path ?? null));
        if (m !== undefined) take({ obj: m, path: [...e.path, -1], indirect: e.indirect, owner: t }, e.multiples);
      }
    }
    if (collision) return null;
    if (found !== null) return found;
    current = consolidate(next);
  }
  return null;
}

/** The same type embedded twice at one depth is one entry that makes every name found in it ambiguous. */
function consolidate(list: Embedded[]): Embedded[] {
  if (list.length < 2) return list;
  const byType = new Map<Type, Embedded>();
  for (const e of list) {
    const twin = byType.get(e.type);
    if (twin === undefined) byType.set(e.type, e);
    else twin.multiples = true;
  }
  return [...byType.values()];
}

/** Strips one level of pointer: `*T` → [T, true]. */
export function deref(t: Type): [Type, boolean] {
  return t.kind === TypeKind.Pointer ? [t.elem, true] : [t, false];
}

/**
 * Whether a value of type `t` has method `name` in its method set: methods with pointer receivers need a pointer or an
 * embedded one (spec, "Method sets").
 */
export function methodInSet(t: Type, name: string, from: Package | null): LookupResult | null {
  const found = lookupFieldOrMethod(t, name, from);
  if (found === null || found.obj.kind !== ObjKind.Func) return null;
  if (found.obj.ptrRecv && !found.indirect) return null;
  return found;
}

/** All methods that a value of type `t` has, by `methodKey`; `indirect` as in `LookupResult`. */
export function methodSet(t: Type): Map<string, LookupResult> {
  const names = new Map<string, { name: string; pkg: Package | null }>();
  const seen = new Set<Type>();
  const visit = (type: Type): void => {
    const [base] = deref(type);
    if (seen.has(base)) return;
    seen.add(base);
    if (base.kind === TypeKind.Named) {
      for (const m of declaredMethods(base))
        names.set(methodKey(m.name, m.pkg?.path ?? null), { name: m.name, pkg: m.pkg });
    }
    const u = under(base);
    if (u.kind === TypeKind.Interface) {
      for (const [key, m] of typeSetOf(u).methods) names.set(key, { name: m.name, pkg: m.pkg });
    } else if (u.kind === TypeKind.Struct) {
      for (const f of u.fields) if (f.embedded && f.type !== null) visit(f.type);
    }
  };
  visit(t);
  const out = new Map<string, LookupResult>();
  for (const [key, { name, pkg }] of names) {
    const found = methodInSet(t, name, pkg);
    if (found !== null) out.set(key, found);
  }
  return out;
}

function declaredMethods(t: Named): Func[] {
  const origin = t.origin;
  declaredMethod(origin, ""); // fills the table
  return [...(origin.methods ?? new Map<string, Func>()).values()];
}
