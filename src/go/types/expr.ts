/** Expressions: gives every expression of a body its mode, type and constant value (spec, "Expressions"). */
import type {
  FuncLit,
  Ident,
  IndexExpr,
  SelectorExpr,
  SliceExpr,
  StarExpr,
  TypeAssertExpr,
  UnaryExpr,
} from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { binary } from "./binary.ts";
import { callExpr, funcInstance, reverseInfer } from "./call.ts";
import type { Checker } from "./checker.ts";
import { compositeLit } from "./composite.ts";
import {
  type ConstValue,
  parseChar,
  parseFloat_,
  parseImag,
  parseInt_,
  parseString,
  represent,
  unaryOp,
  unsignedMask,
} from "./constant.ts";
import { typeOfObj } from "./decl.ts";
import { lookupFieldOrMethod } from "./lookup.ts";
import { type Obj, ObjKind, Var } from "./object.ts";
import { ConstRecord, constOf, Mode, record, recordConst, recordUnknown, typeOf } from "./record.ts";
import { allTypes, coreString, coreType, termsOf, under } from "./typeset.ts";
import { type Basic, BasicKind, Info, pointerTo, Signature, sliceOf, Tuple, type Type, TypeKind } from "./type.ts";
import { funcType, qualified, typExpr } from "./typexpr.ts";
import { boolType, byteType, intType, iotaConst, stringType, typ, unknownType } from "./universe.ts";

export function isUntyped(t: Type): t is Basic {
  return t.kind === TypeKind.Basic && (t.info & Info.Untyped) !== 0;
}

/** The info bits of a basic underlying type; 0 for others. */
export function basicInfo(t: Type): number {
  const u = t.kind === TypeKind.Basic ? t : under(t);
  return u.kind === TypeKind.Basic ? u.info : 0;
}

/** As `basicInfo`, where a type parameter has what all types of its set have. */
export function allInfo(t: Type, bits: number): boolean {
  if (t.kind !== TypeKind.TypeParam) return (basicInfo(t) & bits) !== 0;
  return allTypes(t, (u) => (basicInfo(u) & bits) !== 0);
}

const defaults: BasicKind[] = [];
defaults[BasicKind.UntypedBool] = BasicKind.Bool;
defaults[BasicKind.UntypedInt] = BasicKind.Int;
defaults[BasicKind.UntypedRune] = BasicKind.Int32;
defaults[BasicKind.UntypedFloat] = BasicKind.Float64;
defaults[BasicKind.UntypedComplex] = BasicKind.Complex128;
defaults[BasicKind.UntypedString] = BasicKind.String;

/** The default type of an untyped constant (spec, "Constants"); typed ones and nil are their own. */
export function defaultType(t: Type): Type {
  if (t.kind !== TypeKind.Basic) return t;
  const kind = defaults[t.basic];
  return kind === undefined ? t : typ[kind];
}

/**
 * Types an expression that stands for one value (or a type, or a builtin: see its mode afterwards). `hint` is the type
 * that composite literals without one take.
 */
export function expr(c: Checker, e: Expr, hint: Type | null): Type {
  switch (e.kind) {
    case NodeKind.Ident:
      return ident(c, e);
    case NodeKind.BasicLit: {
      const [type, value] = literal(e.tok, e.value);
      return recordConst(e, type, value);
    }
    case NodeKind.FuncLit:
      return funcLit(c, e);
    case NodeKind.CompositeLit:
      return compositeLit(c, e, hint);
    case NodeKind.ParenExpr: {
      const t = expr(c, e.x, null);
      e.mode = e.x.mode;
      e.tv = e.x.tv;
      return t;
    }
    case NodeKind.SelectorExpr:
      return selector(c, e);
    case NodeKind.IndexExpr:
      return index(c, e);
    case NodeKind.IndexListExpr: {
      const t = expr(c, e.x, null);
      if (e.x.mode === Mode.TypeExpr) return typExpr(c, e);
      return t.kind === TypeKind.Signature ? funcInstance(c, e, e.x, e.indices) : recordUnknown(e);
    }
    case NodeKind.SliceExpr:
      return slice(c, e);
    case NodeKind.TypeAssertExpr:
      return typeAssert(c, e);
    case NodeKind.CallExpr:
      return callExpr(c, e);
    case NodeKind.StarExpr:
      return star(c, e);
    case NodeKind.UnaryExpr:
      return unary(c, e);
    case NodeKind.BinaryExpr:
      return binary(c, e);
    case NodeKind.ArrayType:
    case NodeKind.ChanType:
    case NodeKind.FuncType:
    case NodeKind.InterfaceType:
    case NodeKind.MapType:
    case NodeKind.StructType:
      return typExpr(c, e);
    case NodeKind.KeyValueExpr:
      expr(c, e.key, null);
      expr(c, e.value, null);
      return recordUnknown(e);
    default:
      return recordUnknown(e);
  }
}

/** An initialiser of a variable without declared type: untyped values take their default type. */
export function initType(e: Expr): Type {
  const t = typeOf(e);
  if (isUntyped(t)) {
    convertUntyped(e, defaultType(t));
    return typeOf(e);
  }
  return e.mode === Mode.NoValue || e.mode === Mode.Builtin ? unknownType : t;
}

/** Assigns `e` to something of type `target`: untyped values and generic functions take the type they are used at. */
export function assignTo(e: Expr, target: Type): void {
  const t = typeOf(e);
  if (isUntyped(t)) convertUntyped(e, target);
  else if (t.kind === TypeKind.Signature && t.typeParams !== null) reverseInfer(e, target);
}

/**
 * Types an expression whose values are spread over `count` places: the results of a call, or the comma-ok forms where
 * `count` is 2. Returns one type per value.
 */
export function multiExpr(c: Checker, e: Expr, count: number): readonly Type[] {
  const t = expr(c, e, null);
  if (t.kind === TypeKind.Tuple) return t.types;
  if (count === 2 && (e.mode === Mode.MapIndex || e.mode === Mode.CommaOk)) {
    recordCommaOk(e, t);
    return [t, boolType];
  }
  return [e.mode === Mode.NoValue ? unknownType : t];
}

/** go/types records both values' types where the comma-ok form is taken; so do we. */
function recordCommaOk(e: Expr, t: Type): void {
  const tuple = new Tuple([t, boolType]);
  for (let x = e; ; x = x.x) {
    x.tv = tuple;
    if (x.kind !== NodeKind.ParenExpr) return;
  }
}

function literal(tok: Token, text: string): [Type, ConstValue | null] {
  switch (tok) {
    case Token.Int:
      return [typ[BasicKind.UntypedInt], parseInt_(text)];
    case Token.Float:
      return [typ[BasicKind.UntypedFloat], parseFloat_(text)];
    case Token.Imag:
      return [typ[BasicKind.UntypedComplex], parseImag(text)];
    case Token.Char:
      return [typ[BasicKind.UntypedRune], parseChar(text)];
    default:
      return [typ[BasicKind.UntypedString], parseString(text)];
  }
}

function ident(c: Checker, e: Ident): Type {
  const obj = c.lookup(e.name);
  e.obj = obj;
  return obj === null ? recordUnknown(e) : use(c, e, obj);
}

/** Records that `e` denotes `obj`. */
function use(c: Checker, e: Expr, obj: Obj): Type {
  switch (obj.kind) {
    case ObjKind.Var:
      return record(e, Mode.Variable, obj.type ?? typeOfObj(obj));
    case ObjKind.Func:
      return record(e, Mode.Value, obj.signature());
    case ObjKind.Const: {
      if (obj === iotaConst) return recordConst(e, typ[BasicKind.UntypedInt], c.iota);
      const t = typeOfObj(obj);
      return recordConst(e, t, obj.value);
    }
    case ObjKind.TypeName:
      return record(e, Mode.TypeExpr, typeOfObj(obj));
    case ObjKind.Builtin:
      return record(e, Mode.Builtin, unknownType);
    case ObjKind.Nil:
      return record(e, Mode.Nil, typ[BasicKind.UntypedNil]);
    default:
      return recordUnknown(e);
  }
}

function funcLit(c: Checker, e: FuncLit): Type {
  c.openScope();
  const sig = funcType(c, e.type, null, null);
  c.closeScope();
  record(e.type, Mode.TypeExpr, sig);
  record(e, Mode.Value, sig);
  c.literalBody(e, sig);
  return sig;
}

function selector(c: Checker, e: SelectorExpr): Type {
  const { x, sel } = e;
  if (x.kind === NodeKind.Ident) {
    const obj = c.lookup(x.name) ?? c.file.lookupMissing(x.name);
    if (obj !== null && obj.kind === ObjKind.PkgName) {
      const member = qualified(c, x, sel.name);
      sel.obj = member;
      if (member === null) return recordUnknown(e);
      const t = use(c, e, member);
      sel.mode = e.mode;
      sel.tv = e.tv;
      return t;
    }
  }
  const t = expr(c, x, null);
  if (t === unknownType || x.mode === Mode.NoValue) return recordUnknown(e);
  const found = lookupFieldOrMethod(t, sel.name, c.pkg);
  if (found === null) return recordUnknown(e);
  e.selection = found;
  sel.obj = found.obj;
  if (x.mode === Mode.TypeExpr) {
    if (found.obj.kind !== ObjKind.Func) return recordUnknown(e);
    return finishSelector(e, Mode.Value, methodExpr(t, found.obj.signature()));
  }
  if (found.obj.kind === ObjKind.Func) {
    return finishSelector(e, Mode.Value, found.obj.signature());
  }
  const mode = x.mode === Mode.Variable || found.indirect ? Mode.Variable : Mode.Value;
  return finishSelector(e, mode, found.obj.type ?? unknownType);
}

function finishSelector(e: SelectorExpr, mode: Mode, t: Type): Type {
  e.sel.mode = mode;
  e.sel.tv = t;
  return record(e, mode, t);
}

/** `T.m`: the method as a function with its receiver first (spec, "Method expressions"). */
function methodExpr(recv: Type, sig: Signature): Signature {
  const name = sig.params.length > 0 && sig.params[0].name !== "" ? "_" : "";
  const first = new Var(name, null, -1, recv, null);
  first.isParam = true;
  return new Signature(sig.typeParams, null, [first, ...sig.params], sig.results, sig.variadic);
}

/** An index or size: untyped constants become int. */
export function intOperand(c: Checker, e: Expr): void {
  const t = expr(c, e, null);
  if (isUntyped(t)) convertUntyped(e, intType);
}

function index(c: Checker, e: IndexExpr): Type {
  const t = expr(c, e.x, null);
  if (e.x.mode === Mode.TypeExpr) return typExpr(c, e);
  if (e.x.mode === Mode.Value && t.kind === TypeKind.Signature) return funcInstance(c, e, e.x, [e.index]);
  const u = t.kind === TypeKind.TypeParam ? indexable(t) : under(t);
  if (u !== null && u.kind === TypeKind.Map) {
    expr(c, e.index, null);
    assignTo(e.index, u.key);
    return record(e, Mode.MapIndex, u.elem);
  }
  intOperand(c, e.index);
  if (u === null) return recordUnknown(e);
  switch (u.kind) {
    case TypeKind.Basic:
      if ((u.info & Info.String) === 0) return recordUnknown(e);
      return record(e, Mode.Value, byteType); // no constant, even of a constant string
    case TypeKind.Array:
      return record(e, e.x.mode === Mode.Variable ? Mode.Variable : Mode.Value, u.elem);
    case TypeKind.Pointer: {
      const a = under(u.elem);
      return a.kind === TypeKind.Array ? record(e, Mode.Variable, a.elem) : recordUnknown(e);
    }
    case TypeKind.Slice:
      return record(e, Mode.Variable, u.elem);
    default:
      return recordUnknown(e);
  }
}

/** A type parameter may be indexed where all types of its set may and agree on the element. */
function indexable(t: Type): Type | null {
  const core = coreType(t);
  if (core !== null) return core;
  if (t.kind !== TypeKind.TypeParam) return null;
  const terms = termsOf(t);
  if (terms === null || terms.length === 0) return null;
  // A mix of strings and byte slices yields bytes; arrays and slices of one element type that element.
  return under(terms[0].type);
}

function slice(c: Checker, e: SliceExpr): Type {
  const t = expr(c, e.x, null);
  for (const bound of [e.low, e.high, e.max]) if (bound !== null) intOperand(c, bound);
  const u = coreString(t);
  if (u === null) return recordUnknown(e);
  switch (u.kind) {
    case TypeKind.Basic:
      if ((u.info & Info.String) === 0) return recordUnknown(e);
      return record(e, Mode.Value, isUntyped(t) ? stringType : t);
    case TypeKind.Array:
      return record(e, Mode.Value, sliceOf(u.elem));
    case TypeKind.Pointer: {
      const a = under(u.elem);
      return a.kind === TypeKind.Array ? record(e, Mode.Value, sliceOf(a.elem)) : recordUnknown(e);
    }
    case TypeKind.Slice:
      return record(e, Mode.Value, t);
    default:
      return recordUnknown(e);
  }
}

function typeAssert(c: Checker, e: TypeAssertExpr): Type {
  expr(c, e.x, null);
  if (e.type === null) return recordUnknown(e); // x.(type) outside of a type switch
  return record(e, Mode.CommaOk, typExpr(c, e.type));
}

function star(c: Checker, e: StarExpr): Type {
  const t = expr(c, e.x, null);
  if (e.x.mode === Mode.TypeExpr) return record(e, Mode.TypeExpr, pointerTo(t));
  const u = coreType(t);
  return u !== null && u.kind === TypeKind.Pointer ? record(e, Mode.Variable, u.elem) : recordUnknown(e);
}

function unary(c: Checker, e: UnaryExpr): Type {
  const t = expr(c, e.x, null);
  switch (e.op) {
    case Token.And:
      return t === unknownType ? recordUnknown(e) : record(e, Mode.Value, pointerTo(t));
    case Token.Arrow: {
      const u = coreType(t);
      return u !== null && u.kind === TypeKind.Chan ? record(e, Mode.CommaOk, u.elem) : recordUnknown(e);
    }
    case Token.Tilde:
      return recordUnknown(e);
    default: {
      if (t === unknownType) return recordUnknown(e);
      const v = constOf(e.x);
      if (v === null) return record(e, Mode.Value, t);
      const u = under(t);
      const unsigned = u.kind === TypeKind.Basic && (u.info & Info.Unsigned) !== 0;
      const text = e.op === Token.Sub ? "-" : e.op === Token.Add ? "+" : e.op === Token.Xor ? "^" : "!";
      const result = unaryOp(text, v, unsigned && u.kind === TypeKind.Basic ? unsignedMask(u.basic) : null);
      return recordConst(e, t, rounded(result, t));
    }
  }
}

/** A constant result as a value of its type: typed floats are rounded at every step, as the compiler does. */
export function rounded(value: ConstValue | null, t: Type): ConstValue | null {
  if (value === null || isUntyped(t)) return value;
  const u = under(t);
  return u.kind === TypeKind.Basic ? represent(value, u) : value;
}

/**
 * Gives an untyped expression the type that its use demands (`target` may be untyped itself: the other operand's).
 * Where the conversion is impossible the source does not compile, and the expression stays as it is.
 */
export function convertUntyped(e: Expr, target: Type): void {
  const t = typeOf(e);
  if (!isUntyped(t) || target === unknownType) return;
  const next = implicitType(t, target);
  if (next !== null && next !== t) retype(e, next);
}

/** The type that an untyped value of type `t` takes where `target` is expected; null where it cannot. */
export function implicitType(t: Basic, target: Type): Type | null {
  if (isUntyped(target)) {
    if ((t.info & Info.Numeric) !== 0 && (target.info & Info.Numeric) !== 0) return target.basic > t.basic ? target : t;
    return t.basic === target.basic ? t : null;
  }
  if (target.kind === TypeKind.TypeParam) {
    if (t.basic === BasicKind.UntypedNil) return t;
    const terms = termsOf(target);
    if (terms === null) return null;
    return terms.every((term) => implicitType(t, under(term.type)) !== null) ? target : null;
  }
  const u = under(target);
  switch (u.kind) {
    case TypeKind.Basic:
      if (t.basic === BasicKind.UntypedNil) return u.basic === BasicKind.UnsafePointer ? t : null;
      if ((t.info & Info.Boolean) !== 0) return (u.info & Info.Boolean) !== 0 ? target : null;
      if ((t.info & Info.String) !== 0) return (u.info & Info.String) !== 0 ? target : null;
      return (u.info & Info.Numeric) !== 0 ? target : null;
    case TypeKind.Interface:
      return t.basic === BasicKind.UntypedNil ? t : defaultType(t);
    case TypeKind.Pointer:
    case TypeKind.Signature:
    case TypeKind.Slice:
    case TypeKind.Map:
    case TypeKind.Chan:
      return t.basic === BasicKind.UntypedNil ? t : null;
    default:
      return null;
  }
}

/**
 * Sets the type of an untyped expression and of those operands that share its fate: a parenthesised one, both sides of an
 * arithmetic operator, the left side of a shift. Operands of constants are never materialised and keep their types.
 */
export function retype(e: Expr, t: Type): void {
  if (!isUntyped(typeOf(e))) return;
  const value = constOf(e);
  switch (e.kind) {
    case NodeKind.ParenExpr:
      retype(e.x, t);
      break;
    case NodeKind.UnaryExpr:
      if (value === null) retype(e.x, t);
      break;
    case NodeKind.BinaryExpr:
      if (value !== null || isComparison(e.op)) break;
      retype(e.x, t);
      if (e.op !== Token.Shl && e.op !== Token.Shr) retype(e.y, t);
      break;
    default:
      break;
  }
  if (value === null) {
    e.tv = t;
    return;
  }
  const u = under(t);
  const v = u.kind === TypeKind.Basic && !isUntyped(t) ? represent(value, u) : value;
  e.tv = v === null ? t : new ConstRecord(t, v);
}

export function isComparison(op: Token): boolean {
  return (op >= Token.Eql && op <= Token.Gtr) || (op >= Token.Neq && op <= Token.Geq);
}
