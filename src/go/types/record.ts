/**
 * What typing leaves on the syntax tree, and how to read it: the one place that knows the slots of `syntax/ast.ts`.
 *
 * An expression's `tv` is its Type, or a ConstRecord where it is a constant; `mode` tells what kind of thing it is.
 */
import type { Ident, SelectorExpr } from "../syntax/ast-expr.ts";
import type { Expr } from "../syntax/ast.ts";
import type { ConstValue } from "./constant.ts";
import type { LookupResult } from "./lookup.ts";
import type { Obj } from "./object.ts";
import type { Type } from "./type.ts";
import { unknownType } from "./universe.ts";

export enum Mode {
  /** Not visited. */
  None,
  /** Cannot be known: a dependency is missing or the source is broken. */
  Unknown,
  /** A call without results. */
  NoValue,
  Builtin,
  TypeExpr,
  Const,
  /** Addressable. */
  Variable,
  MapIndex,
  Value,
  Nil,
  /** A value that may be taken with a second one: map index, channel receive, type assertion. */
  CommaOk,
}

export class ConstRecord {
  readonly kind = -1;
  constructor(
    readonly type: Type,
    readonly value: ConstValue,
  ) {}
}

type Recorded = Type | ConstRecord | null;

export function record(e: Expr, mode: Mode, type: Type): Type {
  e.mode = mode;
  e.tv = type;
  return type;
}

export function recordConst(e: Expr, type: Type, value: ConstValue | null): Type {
  if (value === null) return record(e, Mode.Value, type);
  e.mode = Mode.Const;
  e.tv = new ConstRecord(type, value);
  return type;
}

export function recordUnknown(e: Expr): Type {
  e.mode = Mode.Unknown;
  e.tv = unknownType;
  return unknownType;
}

/** The type of an expression; the unknown type where it was not typed. A multi-value call has a Tuple. */
export function typeOf(e: Expr): Type {
  const tv = e.tv as Recorded;
  if (tv === null) return unknownType;
  return tv.kind === -1 ? tv.type : tv;
}

/** The value of a constant expression, else null. */
export function constOf(e: Expr): ConstValue | null {
  const tv = e.tv as Recorded;
  return tv !== null && tv.kind === -1 ? tv.value : null;
}

/** The object that an identifier declares or denotes; null where unknown. */
export function objOf(id: Ident): Obj | null {
  return id.obj as Obj | null;
}

/** How the field or method of a selector expression was found; null for qualified identifiers and unknowns. */
export function selectionOf(e: SelectorExpr): LookupResult | null {
  return e.selection as LookupResult | null;
}

export function isTypeExpr(e: Expr): boolean {
  return e.mode === Mode.TypeExpr;
}
