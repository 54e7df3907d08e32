/**
 * Types of which every value has a form in JSON: numbers, strings, and what is made of them. NaN has none, nor have channels, functions and cycles;
 * methods of the program's own may fail, and an interface may hold anything. https://pkg.go.dev/encoding/json#Marshal
 */
import type { Expr } from "../syntax/ast.ts";
import { NodeKind } from "../syntax/ast.ts";
import { unparen } from "../types/callee.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { isExported, ObjKind } from "../types/object.ts";
import { typeOf } from "../types/record.ts";
import { BasicKind, Info, pointerTo, type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";

/** Whatever the expression's value is, JSON can say it. */
export function alwaysMarshals(e: Expr): boolean {
  const x = unparen(e);
  const t = typeOf(x);
  if (isSure(t, new Set())) return true;
  // map[string]any{"name": name, "size": 1}
  const u = under(t);
  if (x.kind !== NodeKind.CompositeLit || u.kind !== TypeKind.Map || !isSure(u.key, new Set())) return false;
  return x.elts.every((elt) => elt.kind === NodeKind.KeyValueExpr && alwaysMarshals(elt.value));
}

/** Past this it is a generic type that holds ever another instance of itself: nobody nests types so deep by hand. */
const MaxDepth = 16;

function isSure(t: Type, seen: Set<Type>): boolean {
  // A value may hold itself; and a generic type ever another instance of itself.
  if (seen.has(t) || seen.size > MaxDepth) return false;
  if (t.kind === TypeKind.Named) {
    const { pkg, name } = t.obj;
    // Its year has four digits.
    if (pkg?.path === "time" && name === "Time") return true;
    if (pkg?.path === "encoding/json") return false;
    if (speaksForItself(t)) return false;
  }
  const inner = new Set(seen).add(t);
  const u = under(t);
  switch (u.kind) {
    case TypeKind.Basic:
      return (
        u.basic !== BasicKind.Unknown &&
        (u.info & (Info.Boolean | Info.Integer | Info.String)) !== 0 &&
        u.basic !== BasicKind.UnsafePointer
      );
    case TypeKind.Pointer:
    case TypeKind.Slice:
    case TypeKind.Array:
      return isSure(u.elem, inner);
    case TypeKind.Map: {
      const key = under(u.key);
      const isKey = key.kind === TypeKind.Basic && (key.info & (Info.Integer | Info.String)) !== 0;
      return isKey && isSure(u.key, inner) && isSure(u.elem, inner);
    }
    case TypeKind.Struct:
      return u.fields.every((f) =>
        isExported(f.name) || f.embedded ? f.type !== null && isSure(f.type, inner) : true,
      );
    default:
      return false;
  }
}

/** It has a method that json asks, and that may fail. */
function speaksForItself(t: Type): boolean {
  return ["MarshalJSON", "MarshalText"].some((name) =>
    [t, pointerTo(t)].some((of) => lookupFieldOrMethod(of, name, null)?.obj.kind === ObjKind.Func),
  );
}
