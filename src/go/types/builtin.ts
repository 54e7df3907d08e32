/** Calls of predeclared functions and of package unsafe's (spec, "Built-in functions"). */
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import type { Checker } from "./checker.ts";
import { compareOp, type ConstValue, imagPart, makeComplex, realPart, stringLength } from "./constant.ts";
import { assignTo, convertUntyped, defaultType, expr, initType, intOperand, isUntyped, rounded } from "./expr.ts";
import { matchOperands } from "./binary.ts";
import { type Builtin, BuiltinId } from "./object.ts";
import { lookupFieldOrMethod } from "./lookup.ts";
import { constOf, Mode, record, recordConst, recordUnknown, selectionOf, typeOf } from "./record.ts";
import { alignOf, fieldOffsets, sizeOf } from "./sizes.ts";
import { coreString, coreType, under } from "./typeset.ts";
import { BasicKind, pointerTo, sliceOf, type Type, TypeKind } from "./type.ts";
import { typExpr } from "./typexpr.ts";
import { anyType, byteType, intType, stringType, typ, unknownType } from "./universe.ts";

export function builtinCall(c: Checker, e: CallExpr, fn: Builtin | null): Type {
  if (fn === null) {
    for (const arg of e.args) expr(c, arg, null);
    return recordUnknown(e);
  }
  const [a, b] = e.args;
  switch (fn.id) {
    case BuiltinId.Append:
      return append(c, e);
    case BuiltinId.Len:
    case BuiltinId.Cap:
      return length(c, e, fn.id === BuiltinId.Len);
    case BuiltinId.Make:
      if (a === undefined) return recordUnknown(e);
      for (const size of e.args.slice(1)) intOperand(c, size);
      return record(e, Mode.Value, typExpr(c, a));
    case BuiltinId.New: {
      if (a === undefined) return recordUnknown(e);
      const t = expr(c, a, null);
      // From Go 1.26 on the operand may be a value: new(42).
      return record(e, Mode.Value, pointerTo(a.mode === Mode.TypeExpr ? t : initType(a)));
    }
    case BuiltinId.Min:
    case BuiltinId.Max:
      return extreme(c, e, fn.id === BuiltinId.Min ? "<" : ">");
    case BuiltinId.Complex:
      return complex(c, e);
    case BuiltinId.Real:
    case BuiltinId.Imag:
      return part(c, e, fn.id === BuiltinId.Real);
    case BuiltinId.Copy:
      for (const arg of e.args) expr(c, arg, null); // copy(b, "text"): the text stays untyped
      return record(e, Mode.Value, intType);
    case BuiltinId.Recover:
      return record(e, Mode.Value, anyType);
    case BuiltinId.Delete: {
      if (a === undefined || b === undefined) break;
      const u = coreType(expr(c, a, null));
      expr(c, b, null);
      if (u !== null && u.kind === TypeKind.Map) assignTo(b, u.key);
      return record(e, Mode.NoValue, unknownType);
    }
    case BuiltinId.Panic:
    case BuiltinId.Print:
    case BuiltinId.Println:
    case BuiltinId.Clear:
    case BuiltinId.Close:
      visit(c, e.args);
      return record(e, Mode.NoValue, unknownType);
    default:
      return unsafeCall(c, e, fn.id);
  }
  visit(c, e.args);
  return recordUnknown(e);
}

/** Types arguments that are used as they are; untyped ones take their default type. */
function visit(c: Checker, args: readonly Expr[]): void {
  for (const arg of args) {
    expr(c, arg, null);
    initType(arg);
  }
}

function append(c: Checker, e: CallExpr): Type {
  const [first, ...rest] = e.args;
  if (first === undefined) return recordUnknown(e);
  const t = expr(c, first, null);
  if (t.kind === TypeKind.Tuple) return record(e, Mode.Value, t.types[0]);
  const u = coreString(t);
  const elem = u !== null && u.kind === TypeKind.Slice ? u.elem : null;
  for (const arg of rest) {
    const at = expr(c, arg, null);
    if (e.ellipsis >= 0) {
      // append([]byte, string...)
      if (isUntyped(at) && at.basic === BasicKind.UntypedNil) convertUntyped(arg, t);
    } else if (elem !== null) assignTo(arg, elem);
    else initType(arg);
  }
  return t === unknownType ? recordUnknown(e) : record(e, Mode.Value, t);
}

function length(c: Checker, e: CallExpr, isLen: boolean): Type {
  const arg = e.args[0];
  if (arg === undefined) return recordUnknown(e);
  const t = expr(c, arg, null);
  const v = constOf(arg);
  if (isLen && typeof v === "string") {
    return recordConst(e, intType, BigInt(stringLength(v)));
  }
  let u: Type | null = t.kind === TypeKind.TypeParam ? null : under(t);
  if (u !== null && u.kind === TypeKind.Pointer) u = under(u.elem);
  // Of an array it is constant unless the operand must be evaluated (spec, "Length and capacity").
  if (u !== null && u.kind === TypeKind.Array && u.length >= 0n && !mustEvaluate(arg)) {
    return recordConst(e, intType, u.length);
  }
  return record(e, Mode.Value, intType);
}

/** The expression contains a function call or a channel receive. Conversions and constant calls do not count. */
function mustEvaluate(e: Expr): boolean {
  switch (e.kind) {
    case NodeKind.CallExpr:
      if (e.mode === Mode.Const) return false;
      return e.fun.mode === Mode.TypeExpr ? e.args.some(mustEvaluate) : true;
    case NodeKind.UnaryExpr:
      return e.op === Token.Arrow || mustEvaluate(e.x);
    case NodeKind.BinaryExpr:
      return mustEvaluate(e.x) || mustEvaluate(e.y);
    case NodeKind.ParenExpr:
    case NodeKind.StarExpr:
    case NodeKind.SelectorExpr:
    case NodeKind.TypeAssertExpr:
      return mustEvaluate(e.x);
    case NodeKind.IndexExpr:
      return mustEvaluate(e.x) || mustEvaluate(e.index);
    case NodeKind.SliceExpr:
      return mustEvaluate(e.x) || [e.low, e.high, e.max].some((x) => x !== null && mustEvaluate(x));
    case NodeKind.CompositeLit:
      return e.elts.some(mustEvaluate);
    case NodeKind.KeyValueExpr:
      return mustEvaluate(e.key) || mustEvaluate(e.value);
    default:
      return false;
  }
}

function extreme(c: Checker, e: CallExpr, op: string): Type {
  for (const arg of e.args) expr(c, arg, null);
  const [first, ...rest] = e.args;
  if (first === undefined) return recordUnknown(e);
  // A typed argument gives all others its type; until one is met, untyped numbers take the latest kind.
  let pick: Expr = first;
  let best: ConstValue | null = constOf(first);
  for (const arg of rest) {
    matchOperands(pick, arg);
    const v = constOf(arg);
    if (best !== null && v !== null) {
      if (compareOp(op, v, best) === true) best = v;
    } else best = null;
    if (isUntyped(typeOf(pick)) || constOf(arg) === null) pick = arg;
  }
  const t = typeOf(pick);
  if (t === unknownType) return recordUnknown(e);
  if (best === null) {
    for (const arg of e.args) assignTo(arg, isUntyped(t) ? defaultType(t) : t);
    return record(e, Mode.Value, isUntyped(t) ? defaultType(t) : t);
  }
  for (const arg of e.args) assignTo(arg, t);
  return recordConst(e, t, rounded(best, t));
}

function complex(c: Checker, e: CallExpr): Type {
  const [re, im] = e.args;
  if (re === undefined) return recordUnknown(e);
  const t = expr(c, re, null);
  if (t.kind === TypeKind.Tuple) return record(e, Mode.Value, complexOf(t.types[0]));
  if (im === undefined) return recordUnknown(e);
  expr(c, im, null);
  matchOperands(re, im);
  const [a, b] = [constOf(re), constOf(im)];
  if (a !== null && b !== null) {
    const result = isUntyped(typeOf(re)) ? typ[BasicKind.UntypedComplex] : complexOf(typeOf(re));
    return recordConst(e, result, makeComplex(a, b));
  }
  for (const arg of [re, im]) if (isUntyped(typeOf(arg))) convertUntyped(arg, typ[BasicKind.Float64]);
  return record(e, Mode.Value, complexOf(typeOf(re)));
}

function complexOf(t: Type): Type {
  const u = under(t);
  const single = u.kind === TypeKind.Basic && u.basic === BasicKind.Float32;
  return typ[single ? BasicKind.Complex64 : BasicKind.Complex128];
}

function part(c: Checker, e: CallExpr, real: boolean): Type {
  const arg = e.args[0];
  if (arg === undefined) return recordUnknown(e);
  const t = expr(c, arg, null);
  const v = constOf(arg);
  if (isUntyped(t)) {
    if (v !== null) return recordConst(e, typ[BasicKind.UntypedFloat], real ? realPart(v) : imagPart(v));
    convertUntyped(arg, typ[BasicKind.Complex128]);
  }
  const u = under(typeOf(arg));
  const result =
    typ[u.kind === TypeKind.Basic && u.basic === BasicKind.Complex64 ? BasicKind.Float32 : BasicKind.Float64];
  return v === null ? record(e, Mode.Value, result) : recordConst(e, result, real ? realPart(v) : imagPart(v));
}

function unsafeCall(c: Checker, e: CallExpr, id: BuiltinId): Type {
  const arg = e.args[0];
  if (arg === undefined) return recordUnknown(e);
  const t = expr(c, arg, null);
  const uintptr = typ[BasicKind.Uintptr];
  const constant = (value: bigint | null): Type => recordConst(e, uintptr, value);
  switch (id) {
    case BuiltinId.Sizeof:
      return constant(sizeOf(initType(arg)));
    case BuiltinId.Alignof:
      return constant(alignOf(initType(arg)));
    case BuiltinId.Offsetof:
      return constant(offset(c, arg));
    case BuiltinId.Add:
      for (const x of e.args.slice(1)) intOperand(c, x);
      return record(e, Mode.Value, typ[BasicKind.UnsafePointer]);
    case BuiltinId.Slice:
    case BuiltinId.SliceData:
    case BuiltinId.String:
    case BuiltinId.StringData: {
      for (const x of e.args.slice(1)) intOperand(c, x);
      if (id === BuiltinId.String) return record(e, Mode.Value, stringType);
      if (id === BuiltinId.StringData) {
        initType(arg);
        return record(e, Mode.Value, pointerTo(byteType));
      }
      const u = coreType(t);
      if (id === BuiltinId.Slice) {
        return u !== null && u.kind === TypeKind.Pointer ? record(e, Mode.Value, sliceOf(u.elem)) : recordUnknown(e);
      }
      return u !== null && u.kind === TypeKind.Slice ? record(e, Mode.Value, pointerTo(u.elem)) : recordUnknown(e);
    }
    default:
      return recordUnknown(e);
  }
}

/** unsafe.Offsetof(x.f): relative to the struct that x is, embedded structs on the way included. */
function offset(c: Checker, arg: Expr): bigint | null {
  let e = arg;
  while (e.kind === NodeKind.ParenExpr) e = e.x;
  if (e.kind !== NodeKind.SelectorExpr) return null;
  const found = selectionOf(e) ?? lookupFieldOrMethod(typeOf(e.x), e.sel.name, c.pkg);
  if (found === null) return null;
  let t = typeOf(e.x);
  if (under(t).kind === TypeKind.Pointer) {
    const u = under(t);
    if (u.kind === TypeKind.Pointer) t = u.elem;
  }
  let total = 0n;
  for (const i of found.path) {
    const u = under(t);
    if (u.kind !== TypeKind.Struct) return null;
    const offsets = fieldOffsets(u);
    if (offsets === null || i < 0) return null;
    total += offsets[i];
    t = u.fields[i].type ?? unknownType;
  }
  return total;
}
