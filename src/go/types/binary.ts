/** Binary expressions: arithmetic, comparison, shifts; left spines of any length without recursion. */
import type { BinaryExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token, tokenText } from "../syntax/token.ts";
import type { Checker } from "./checker.ts";
import { binaryOp, compareOp, shiftOp, toInt } from "./constant.ts";
import {
  allInfo,
  basicInfo,
  convertUntyped,
  defaultType,
  expr,
  isComparison,
  isUntyped,
  retype,
  rounded,
} from "./expr.ts";
import { constOf, Mode, record, recordConst, recordUnknown, typeOf } from "./record.ts";
import { under } from "./typeset.ts";
import { BasicKind, Info, type Type, TypeKind } from "./type.ts";
import { typ, unknownType } from "./universe.ts";

export function binary(c: Checker, e: BinaryExpr): Type {
  if (e.x.kind !== NodeKind.BinaryExpr) {
    expr(c, e.x, null);
    return operator(c, e);
  }
  // a + b + c + … nests to the left: generated code has chains of tens of thousands.
  const spine: BinaryExpr[] = [];
  let at: Expr = e;
  while (at.kind === NodeKind.BinaryExpr) {
    spine.push(at);
    at = at.x;
  }
  expr(c, at, null);
  let t: Type = unknownType;
  for (let i = spine.length - 1; i >= 0; i--) t = operator(c, spine[i]);
  return t;
}

/** Types `e` whose left operand is typed already. */
function operator(c: Checker, e: BinaryExpr): Type {
  const { x, y, op } = e;
  expr(c, y, null);
  if (op === Token.Shl || op === Token.Shr) return shift(e);
  return arithmetic(e, x, y, op);
}

/** `x op= y`, both typed: only the operands are of interest. */
export function operatorAssign(x: Expr, y: Expr, op: Token): void {
  if (op === Token.Shl || op === Token.Shr) {
    const ty = typeOf(y);
    if (constOf(y) === null && isUntyped(ty)) convertUntyped(y, typ[BasicKind.Uint]);
    return;
  }
  matchOperands(x, y);
}

/** `x op y` for an operator that is no shift; records on `e`. */
function arithmetic(e: Expr, x: Expr, y: Expr, op: Token): Type {
  matchOperands(x, y);
  const tx = typeOf(x);
  const ty = typeOf(y);
  if (isComparison(op)) {
    const vx = constOf(x);
    const vy = constOf(y);
    if (vx !== null && vy !== null) {
      return recordConst(e, typ[BasicKind.UntypedBool], compareOp(tokenText[op], vx, vy));
    }
    // The operands are compared at run time: what is untyped still takes its default type.
    if (isUntyped(tx)) retype(x, defaultType(tx));
    if (isUntyped(ty)) retype(y, defaultType(ty));
    return record(e, Mode.Value, typ[BasicKind.UntypedBool]);
  }
  if (tx === unknownType) {
    // The other side tells the type, where there is one: operands have the same type.
    return ty === unknownType || isUntyped(ty) ? recordUnknown(e) : record(e, Mode.Value, ty);
  }
  const vx = constOf(x);
  const vy = constOf(y);
  if (vx !== null && vy !== null) {
    const integer = (basicInfo(tx) & Info.Integer) !== 0;
    return recordConst(e, tx, rounded(binaryOp(tokenText[op], vx, vy, integer), tx));
  }
  return record(e, Mode.Value, tx);
}

/** Where one operand is untyped it takes the other's type; two untyped numbers take the later kind. */
export function matchOperands(x: Expr, y: Expr): void {
  const tx = typeOf(x);
  const ty = typeOf(y);
  const ux = isUntyped(tx);
  const uy = isUntyped(ty);
  if ((!ux && !uy) || !mayConvert(tx, ty)) return;
  if (ux) convertUntyped(x, ty);
  if (uy) convertUntyped(y, tx);
}

function mayConvert(x: Type, y: Type): boolean {
  if (x === unknownType || y === unknownType) return true;
  if (isInterface(x) || isInterface(y)) return true;
  if (allInfo(x, Info.Boolean) !== allInfo(y, Info.Boolean)) return false;
  if (allInfo(x, Info.String) !== allInfo(y, Info.String)) return false;
  return under(x).kind !== TypeKind.Pointer && under(y).kind !== TypeKind.Pointer;
}

function isInterface(t: Type): boolean {
  return t.kind !== TypeKind.TypeParam && under(t).kind === TypeKind.Interface;
}

/** Spec, "Operators": an untyped constant shifted by a variable has the type that it would have without the shift. */
function shift(e: BinaryExpr): Type {
  const { x, y } = e;
  const tx = typeOf(x);
  const ty = typeOf(y);
  const vx = constOf(x);
  const vy = constOf(y);
  if (vy === null && isUntyped(ty)) convertUntyped(y, typ[BasicKind.Uint]);
  if (tx === unknownType) return recordUnknown(e);
  if (vx !== null) {
    if (vy !== null) {
      const value = toInt(vx);
      const count = toInt(vy);
      const t = (basicInfo(tx) & Info.Integer) === 0 ? typ[BasicKind.UntypedInt] : tx;
      if (value === null || count === null) return record(e, Mode.Value, t);
      return recordConst(e, t, rounded(shiftOp(e.op === Token.Shl, value, count), t));
    }
    if (isUntyped(tx)) return record(e, Mode.Value, tx); // retype() reaches x through e
  }
  return record(e, Mode.Value, tx);
}
