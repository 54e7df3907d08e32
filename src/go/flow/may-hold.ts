/** Which types can keep a reference to a resource. */
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { ObjKind } from "../types/object.ts";
import { type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";

/** Whether a value of this type can keep a reference to something: numbers, strings and errors do not. */
export function mayHold(t: Type): boolean {
  const u = under(t);
  switch (u.kind) {
    case TypeKind.Basic:
      return false;
    case TypeKind.Interface:
      return lookupFieldOrMethod(t, "Error", null)?.obj.kind !== ObjKind.Func;
    case TypeKind.Array:
    case TypeKind.Slice:
    case TypeKind.Chan:
      return mayHold(u.elem);
    case TypeKind.Map:
      return mayHold(u.key) || mayHold(u.elem);
    default:
      return true;
  }
}
