/** Whether a type has what an interface asks (spec, "Implementing an interface"): yes, no, or cannot be known. */
import { identical } from "./identical.ts";
import { lookupFieldOrMethod } from "./lookup.ts";
import { ObjKind } from "./object.ts";
import { typeSetOf, under } from "./typeset.ts";
import { type Interface, type Type, TypeKind } from "./type.ts";
import { unknownType } from "./universe.ts";

/** Null where an unknown type stands in the way. */
export function implementsInterface(t: Type, iface: Interface): boolean | null {
  if (t === unknownType) return null;
  const u = t.kind === TypeKind.TypeParam ? t : under(t);
  if (u === unknownType) return null;
  let unsure = false;
  for (const [key, m] of typeSetOf(iface).methods) {
    const sig = m.signature();
    let found = null;
    if (u.kind === TypeKind.Interface) found = typeSetOf(u).methods.get(key) ?? null;
    else {
      const hit = lookupFieldOrMethod(t, m.name, m.pkg);
      if (hit !== null && hit.obj.kind === ObjKind.Func && (!hit.obj.ptrRecv || hit.indirect)) found = hit.obj;
    }
    if (found === null) {
      if (hasUnknownEmbedding(t)) {
        unsure = true;
        continue;
      }
      return false;
    }
    const own = found.signature();
    if (!identical(own, sig)) {
      const incomplete = [...own.params, ...own.results, ...sig.params, ...sig.results].some(
        (v) => v.type === unknownType,
      );
      if (!incomplete) return false;
      unsure = true;
    }
  }
  return unsure ? null : true;
}

/** A struct that embeds something unknown may have any method. */
function hasUnknownEmbedding(t: Type): boolean {
  const base = t.kind === TypeKind.Pointer ? t.elem : t;
  const u = under(base);
  if (u === unknownType) return true;
  if (u.kind !== TypeKind.Struct) return false;
  return u.fields.some((f) => f.embedded && (f.type === null || f.type === unknownType));
}
