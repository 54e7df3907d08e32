/** Which types can keep a reference to a resource. */
import { implementsInterface } from "../types/implements.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { ObjKind } from "../types/object.ts";
import { type Interface, type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { errorType } from "../types/universe.ts";

/** Whether a value of this type can keep a reference to something: numbers, strings, errors and messages do not. */
export function mayHold(t: Type): boolean {
  const u = under(t);
  switch (u.kind) {
    case TypeKind.Basic:
      return false;
    case TypeKind.Interface:
      // a logger's Error(msg string, args ...any) makes no error of it
      return implementsInterface(t, under(errorType) as Interface) !== true;
    case TypeKind.Array:
    case TypeKind.Slice:
    case TypeKind.Chan:
      return mayHold(u.elem);
    case TypeKind.Map:
      return mayHold(u.key) || mayHold(u.elem);
    default:
      return !isMessage(t);
  }
}

/** Of protocol buffers: "Message is the top-level interface that all messages must implement": https://pkg.go.dev/google.golang.org/protobuf/proto#Message */
function isMessage(t: Type): boolean {
  const named = t.kind === TypeKind.Pointer ? t.elem : t;
  if (named.kind !== TypeKind.Named) return false;
  return ["ProtoReflect", "ProtoMessage"].some((m) => lookupFieldOrMethod(t, m, null)?.obj.kind === ObjKind.Func);
}
