/** Composite literals (spec, "Composite literals"). */
import type { CompositeLit } from "../syntax/ast-expr.ts";
import type { ArrayType as ArrayTypeExpr } from "../syntax/ast-type.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import type { Checker } from "./checker.ts";
import { toInt } from "./constant.ts";
import { assignTo, expr, intOperand } from "./expr.ts";
import { deref } from "./lookup.ts";
import { ObjKind } from "./object.ts";
import { constOf, Mode, record, recordUnknown } from "./record.ts";
import { coreType } from "./typeset.ts";
import { arrayOf, type Struct, type Type, TypeKind } from "./type.ts";
import { typExpr } from "./typexpr.ts";

export function compositeLit(c: Checker, e: CompositeLit, hint: Type | null): Type {
  let type: Type;
  let base: Type;
  if (e.type !== null) {
    const open = openArray(e.type);
    if (open !== null) {
      const elem = typExpr(c, open.elt);
      const length = elements(c, e.elts, elem);
      type = arrayOf(length, elem);
      record(e.type, Mode.TypeExpr, type);
      return record(e, Mode.Value, type);
    }
    type = base = typExpr(c, e.type);
  } else if (hint !== null) {
    type = hint;
    const core = coreType(hint);
    base = core !== null && core.kind === TypeKind.Pointer ? deref(core)[0] : hint; // {…} for *T means &T{…}
  } else {
    visitAll(c, e.elts);
    return recordUnknown(e);
  }
  const u = coreType(base);
  switch (u?.kind) {
    case TypeKind.Struct:
      structElements(c, e.elts, u);
      break;
    case TypeKind.Array:
    case TypeKind.Slice:
      elements(c, e.elts, u.elem);
      break;
    case TypeKind.Map:
      for (const elt of e.elts) {
        if (elt.kind !== NodeKind.KeyValueExpr) {
          expr(c, elt, null);
          continue;
        }
        value(c, elt.key, u.key);
        value(c, elt.value, u.elem);
      }
      break;
    default:
      visitAll(c, e.elts);
      return u === null || u === undefined ? recordUnknown(e) : record(e, Mode.Value, type);
  }
  return record(e, Mode.Value, type);
}

function openArray(t: Expr): ArrayTypeExpr | null {
  return t.kind === NodeKind.ArrayType && t.len !== null && t.len.kind === NodeKind.Ellipsis && t.len.elt === null
    ? t
    : null;
}

function value(c: Checker, e: Expr, target: Type): void {
  expr(c, e, target);
  assignTo(e, target);
}

function structElements(c: Checker, elts: readonly Expr[], u: Struct): void {
  for (let i = 0; i < elts.length; i++) {
    const elt = elts[i];
    if (elt.kind !== NodeKind.KeyValueExpr) {
      const t = u.fields[i]?.type ?? null;
      expr(c, elt, t);
      if (t !== null) assignTo(elt, t);
      continue;
    }
    const name = elt.key.kind === NodeKind.Ident ? elt.key.name : "";
    const field = u.fields.find((f) => f.name === name);
    if (elt.key.kind === NodeKind.Ident) elt.key.obj = field ?? null;
    if (field === undefined || field.kind !== ObjKind.Var || field.type === null) {
      expr(c, elt.value, null);
      continue;
    }
    value(c, elt.value, field.type);
  }
}

/** Elements of an array or slice; the length they make. */
function elements(c: Checker, elts: readonly Expr[], elem: Type): bigint {
  let next = 0n;
  let length = 0n;
  for (const elt of elts) {
    let item = elt;
    if (elt.kind === NodeKind.KeyValueExpr) {
      intOperand(c, elt.key);
      const v = constOf(elt.key);
      next = (v === null ? null : toInt(v)) ?? next;
      item = elt.value;
    }
    value(c, item, elem);
    next++;
    if (next > length) length = next;
  }
  return length;
}

function visitAll(c: Checker, elts: readonly Expr[]): void {
  for (const elt of elts) {
    if (elt.kind === NodeKind.KeyValueExpr) {
      if (elt.key.kind !== NodeKind.Ident) expr(c, elt.key, null);
      expr(c, elt.value, null);
    } else expr(c, elt, null);
  }
}
