/** Types that may be owed a release, by what they have. */
import type { Knowledge } from "../knowledge/declared.ts";
import { deref, lookupFieldOrMethod } from "../types/lookup.ts";
import { type Func, ObjKind } from "../types/object.ts";
import { type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { isContext } from "./contexts.ts";

export function mayBeResource(t: Type, { releaseMethods, releasedFields, hasReleasingFunctions }: Knowledge): boolean {
  if (hasReleasingFunctions && deref(t)[0].kind === TypeKind.Named) return true;
  return isReleasable(t, releaseMethods, releasedFields);
}

function isReleasable(t: Type, releaseMethods: readonly string[], releasedFields: readonly string[]): boolean {
  const u = under(t);
  if (u.kind === TypeKind.Signature) return u.params.length <= 1 && u.results.length === 0;
  if (u.kind === TypeKind.Basic || u.kind === TypeKind.Slice || u.kind === TypeKind.Map || u.kind === TypeKind.Chan)
    return false;
  return (
    releaseMethods.some((m) => lookupFieldOrMethod(t, m, null)?.obj.kind === ObjKind.Func) ||
    releasedFields.some((f) => {
      const found = lookupFieldOrMethod(t, f, null);
      return (
        found !== null &&
        found.obj.kind === ObjKind.Var &&
        found.obj.type !== null &&
        isReleasable(found.obj.type, releaseMethods, releasedFields)
      );
    })
  );
}

/** `client.Bucket(name)`, `client.Database("x")`: no work, but a part of the receiver that needs it for as long. */
export function isHandle(f: Func): boolean {
  const { params, results, recv } = f.signature();
  const result = results.length === 1 ? results[0].type : null;
  if (result === null || recv === null || params.some((p) => isContext(p.type))) return false;
  if (result.kind !== TypeKind.Pointer || result.elem.kind !== TypeKind.Named) return false;
  return (
    result.elem.obj.pkg === f.pkg &&
    /(?:Handle|Database|Collection|Bucket|Topic|Subscription)$/.test(result.elem.obj.name)
  );
}

export function hasField(t: Type, name: string): boolean {
  const found = lookupFieldOrMethod(t, name, null);
  return found !== null && found.obj.kind === ObjKind.Var;
}
