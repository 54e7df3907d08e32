/** Type identity (spec, "Type identity"). Hash-consing makes the common answers a pointer comparison. */
import { methodKey, typeSetOf } from "./typeset.ts";
import { type Interface, type Signature, type Struct, type Type, TypeKind } from "./type.ts";

export function identical(x: Type, y: Type): boolean {
  return x === y || same(x, y, 0);
}

/** Recursive interface literals can only meet through names, so the depth is that of written types; the bound is a guard. */
const MaxDepth = 200;

function same(x: Type, y: Type, depth: number): boolean {
  if (x === y) return true;
  if (x.kind !== y.kind || depth > MaxDepth) return false;
  switch (x.kind) {
    case TypeKind.Pointer:
      return y.kind === TypeKind.Pointer && same(x.elem, y.elem, depth + 1);
    case TypeKind.Slice:
      return y.kind === TypeKind.Slice && same(x.elem, y.elem, depth + 1);
    case TypeKind.Array:
      return y.kind === TypeKind.Array && x.length === y.length && same(x.elem, y.elem, depth + 1);
    case TypeKind.Map:
      return y.kind === TypeKind.Map && same(x.key, y.key, depth + 1) && same(x.elem, y.elem, depth + 1);
    case TypeKind.Chan:
      return y.kind === TypeKind.Chan && x.dir === y.dir && same(x.elem, y.elem, depth + 1);
    case TypeKind.Named: {
      if (y.kind !== TypeKind.Named || x.origin !== y.origin) return false;
      const a = x.targs ?? x.typeParams;
      const b = y.targs ?? y.typeParams;
      if (a === null || b === null || a.length !== b.length) return false;
      return a.every((t, i) => same(t, b[i], depth + 1));
    }
    case TypeKind.Struct:
      return y.kind === TypeKind.Struct && sameStruct(x, y, depth);
    case TypeKind.Signature:
      return y.kind === TypeKind.Signature && sameSignature(x, y, depth);
    case TypeKind.Interface:
      return y.kind === TypeKind.Interface && sameInterface(x, y, depth);
    case TypeKind.Tuple:
      return (
        y.kind === TypeKind.Tuple &&
        x.types.length === y.types.length &&
        x.types.every((t, i) => same(t, y.types[i], depth + 1))
      );
    default:
      return false;
  }
}

function sameStruct(x: Struct, y: Struct, depth: number): boolean {
  if (x.fields.length !== y.fields.length) return false;
  return x.fields.every((f, i) => {
    const g = y.fields[i];
    if (f.embedded !== g.embedded || (x.tags?.[i] ?? "") !== (y.tags?.[i] ?? "")) return false;
    if (methodKey(f.name, f.pkg?.path ?? null) !== methodKey(g.name, g.pkg?.path ?? null)) return false;
    return f.type !== null && g.type !== null && same(f.type, g.type, depth + 1);
  });
}

function sameSignature(x: Signature, y: Signature, depth: number): boolean {
  if (x.variadic !== y.variadic || x.params.length !== y.params.length || x.results.length !== y.results.length)
    return false;
  if ((x.typeParams?.length ?? 0) !== (y.typeParams?.length ?? 0)) return false;
  const pair = (a: Type | null, b: Type | null): boolean => a !== null && b !== null && same(a, b, depth + 1);
  return (
    x.params.every((p, i) => pair(p.type, y.params[i].type)) &&
    x.results.every((r, i) => pair(r.type, y.results[i].type))
  );
}

function sameInterface(x: Interface, y: Interface, depth: number): boolean {
  const a = typeSetOf(x);
  const b = typeSetOf(y);
  if (a.comparable !== b.comparable || a.methods.size !== b.methods.size) return false;
  if ((a.terms === null) !== (b.terms === null) || (a.terms?.length ?? 0) !== (b.terms?.length ?? 0)) return false;
  for (const [key, m] of a.methods) {
    const other = b.methods.get(key);
    if (other === undefined) return false;
    const [p, q] = [m.signature(), other.signature()];
    if (!same(p, q, depth + 1)) return false;
  }
  return (a.terms ?? []).every((t) =>
    (b.terms ?? []).some((u) => t.tilde === u.tilde && same(t.type, u.type, depth + 1)),
  );
}
