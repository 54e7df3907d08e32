/** Defined types: their underlying type and methods, found on first use; instances of generic ones. */
import { resolveTypeDecl } from "./decl.ts";
import { Func } from "./object.ts";
import { substitute, type Substitution, substituteSignature } from "./subst.ts";
import { Named, type Signature, type Type, TypeKind } from "./type.ts";
import { unknownType } from "./universe.ts";

/** The underlying type of a defined type; the unknown type for `type T T` and the like. */
export function resolveUnderlying(t: Named): Type {
  if (t.underlying !== null) return t.underlying;
  if (t.resolving) return unknownType;
  t.resolving = true;
  let u: Type = unknownType;
  if (t.origin !== t) {
    const origin = resolveUnderlying(t.origin);
    u = substitute(origin, substitutionOf(t));
  } else {
    u = resolveTypeDecl(t);
  }
  t.resolving = false;
  t.underlying = u;
  return u;
}

/** The map from a generic type's parameters to an instance's arguments. */
export function substitutionOf(t: Named): Substitution {
  return { params: t.origin.typeParams ?? [], args: t.targs ?? [] };
}

/** Deep instantiations are cut off: `type T[P any] struct { next *T[[]P] }` has no end. */
const MaxNesting = 24;

function nesting(t: Type): number {
  if (t.kind === TypeKind.Named && t.targs !== null) {
    let deepest = 0;
    for (const a of t.targs) deepest = Math.max(deepest, nesting(a));
    return deepest + 1;
  }
  if (
    t.kind === TypeKind.Pointer ||
    t.kind === TypeKind.Slice ||
    t.kind === TypeKind.Chan ||
    t.kind === TypeKind.Array
  ) {
    return nesting(t.elem) + 1;
  }
  return t.kind === TypeKind.Map ? Math.max(nesting(t.key), nesting(t.elem)) + 1 : 0;
}

/** `origin[targs…]`, one object per argument list. With its own parameters as arguments it is `origin` itself. */
export function instantiate(origin: Named, targs: readonly Type[]): Type {
  const params = origin.typeParams;
  if (params === null || params.length !== targs.length) return unknownType;
  if (params.every((p, i) => p === targs[i])) return origin;
  const key = targs.length === 1 ? String(targs[0].id) : targs.map((t) => t.id).join();
  const youngest = targs.reduce((a, b) => (b.id > a.id ? b : a));
  const tables = (origin.instances ??= new WeakMap<Type, Map<string, Named>>());
  let table = tables.get(youngest);
  if (table === undefined) tables.set(youngest, (table = new Map()));
  let t = table.get(key);
  if (t === undefined) {
    if (targs.some((a) => nesting(a) > MaxNesting)) return unknownType;
    t = new Named(origin.obj, origin, targs);
    table.set(key, t);
  }
  return t;
}

/** The method that `t` itself declares (not promoted, not of its underlying interface), or null. */
export function declaredMethod(t: Named, name: string): Func | null {
  const origin = t.origin;
  if (origin.methods === null) {
    origin.methods = new Map();
    origin.obj.pkg?.declareMethods(origin);
  }
  const declared = origin.methods.get(name);
  if (declared === undefined) return null;
  if (origin === t) return declared;
  const own = (t.methods ??= new Map<string, Func>());
  let m = own.get(name);
  if (m === undefined) {
    m = new Func(declared.name, declared.pkg, declared.pos, declared.file);
    m.origin = declared;
    m.decl = declared.decl;
    m.recvNamed = t;
    m.ptrRecv = declared.ptrRecv;
    m.source = { signatureOf: (f) => instanceSignature(f, declared, t) };
    own.set(name, m);
  }
  return m;
}

function instanceSignature(f: Func, declared: Func, t: Named): Signature {
  f.type = substituteSignature(declared.signature(), substitutionOf(t));
  return f.type;
}
