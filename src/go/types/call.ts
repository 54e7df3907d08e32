/** Calls, conversions and instantiations of generic functions (spec, "Calls", "Conversions", "Instantiations"). */
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { builtinCall } from "./builtin.ts";
import type { Checker } from "./checker.ts";
import { represent, toInt } from "./constant.ts";
import { assignTo, basicInfo, defaultType, expr, isUntyped, retype } from "./expr.ts";
import { infer, type InferArg } from "./infer.ts";
import { type Builtin, ObjKind } from "./object.ts";
import { constOf, Mode, record, recordConst, recordUnknown, typeOf } from "./record.ts";
import { instantiateSignature, renameParams, substitute, substituteSignature } from "./subst.ts";
import { coreType, under } from "./typeset.ts";
import { BasicKind, Info, type Signature, Tuple, type Type, TypeKind, type TypeParam } from "./type.ts";
import { typExpr } from "./typexpr.ts";
import { unknownType } from "./universe.ts";

/** One argument of a call: `e` is null for the second and later values of a multi-value call. */
interface Arg {
  readonly e: Expr | null;
  readonly type: Type;
}

export function callExpr(c: Checker, e: CallExpr): Type {
  const { fun } = e;
  const explicit = instantiation(fun);
  let sig: Signature | null;
  let given: Type[] = [];
  if (explicit !== null) {
    // f[A](…): the remaining type arguments may come from the call's arguments.
    const t = expr(c, explicit.x, null);
    if (explicit.x.mode === Mode.TypeExpr) return conversion(c, e, typExpr(c, unparen(fun)), fun);
    if (explicit.x.mode === Mode.Value && t.kind === TypeKind.Signature && t.typeParams !== null) {
      given = explicit.indices.map((index) => typExpr(c, index));
      sig = t;
      record(unparen(fun), Mode.Value, t);
    } else {
      const ft = expr(c, fun, null);
      sig = callable(ft);
    }
  } else {
    const t = expr(c, fun, null);
    if (fun.mode === Mode.TypeExpr) return conversion(c, e, t, fun);
    if (fun.mode === Mode.Builtin) return builtinCall(c, e, builtinOf(fun));
    sig = callable(t);
  }
  const args = argumentsOf(c, e);
  if (sig === null) {
    for (const arg of args) if (arg.e !== null) settle(arg.e);
    return recordUnknown(e);
  }
  const inst = applyArguments(e, sig, given, args);
  if (inst !== sig)
    for (let f: Expr = fun; ; f = f.x) {
      record(f, Mode.Value, inst);
      if (f.kind !== NodeKind.ParenExpr) break;
    }
  const results = inst.results;
  if (results.length === 0) return record(e, Mode.NoValue, unknownType);
  if (results.length === 1) return record(e, Mode.Value, results[0].type ?? unknownType);
  inst.tuple ??= new Tuple(results.map((r) => r.type ?? unknownType));
  return record(e, Mode.Value, inst.tuple);
}

function unparen(e: Expr): Expr {
  while (e.kind === NodeKind.ParenExpr) e = e.x;
  return e;
}

function instantiation(fun: Expr): { x: Expr; indices: readonly Expr[] } | null {
  const f = unparen(fun);
  if (f.kind === NodeKind.IndexExpr) return { x: f.x, indices: [f.index] };
  if (f.kind === NodeKind.IndexListExpr) return { x: f.x, indices: f.indices };
  return null;
}

function builtinOf(fun: Expr): Builtin | null {
  const f = unparen(fun);
  const id = f.kind === NodeKind.SelectorExpr ? f.sel : f;
  const obj = id.kind === NodeKind.Ident ? (id.obj as Builtin | null) : null;
  return obj !== null && obj.kind === ObjKind.Builtin ? obj : null;
}

function callable(t: Type): Signature | null {
  const u = coreType(t);
  return u !== null && u.kind === TypeKind.Signature ? u : null;
}

/** Types the arguments; a single multi-value call is spread. */
function argumentsOf(c: Checker, e: CallExpr): Arg[] {
  const list = e.args;
  if (list.length === 1) {
    const t = expr(c, list[0], null);
    if (t.kind === TypeKind.Tuple) return t.types.map((type) => ({ e: null, type }));
    return [{ e: list[0], type: t }];
  }
  const args: Arg[] = [];
  for (const arg of list) args.push({ e: arg, type: expr(c, arg, null) });
  return args;
}

/** An argument of a call that is not understood still takes its default type. */
function settle(e: Expr): void {
  const t = typeOf(e);
  if (isUntyped(t)) retype(e, defaultType(t));
}

/** Passes the arguments; the signature with its type parameters filled in. */
function applyArguments(e: CallExpr, sig: Signature, given: readonly Type[], args: readonly Arg[]): Signature {
  const spread = e.ellipsis >= 0;
  if (sig.typeParams !== null) {
    // Arguments that are generic functions are inferred together with the call.
    sig = inferCall(sig, given, args, spread);
  } else if (args.length === 0) return sig;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg.e === null) continue;
    const target = paramType(sig, i, spread);
    if (target === null) settle(arg.e);
    else assignTo(arg.e, target);
  }
  return sig;
}

/** The type that the i-th argument is assigned to; null past the end. */
export function paramType(sig: Signature, i: number, spread: boolean): Type | null {
  const n = sig.params.length;
  if (sig.variadic && i >= n - 1) {
    const last = sig.params[n - 1].type;
    if (last === null) return null;
    if (spread) return last;
    return last.kind === TypeKind.Slice ? last.elem : last;
  }
  return i < n ? sig.params[i].type : null;
}

function inferCall(sig: Signature, given: readonly Type[], args: readonly Arg[], spread: boolean): Signature {
  const declared = sig.typeParams ?? [];
  let params: TypeParam[] = [...declared];
  let own: Signature = sig;
  // Inside a generic function its parameters are types like others; when it calls itself they need other names.
  if (args.some((a) => a.type.generic) || given.some((t) => t.generic)) {
    params = renameParams(declared);
    own = instantiateSignature(sig, params);
  }
  const count = params.length;
  const known: (Type | null)[] = params.map((_, i) => given[i] ?? null);
  const list: InferArg[] = [];
  const genericArgs: { e: Expr; sig: Signature; from: number; to: number }[] = [];
  args.forEach((arg, i) => {
    const param = paramType(own, i, spread);
    if (param === null) return;
    const t = arg.type;
    if (arg.e !== null && t.kind === TypeKind.Signature && t.typeParams !== null) {
      const fresh = renameParams(t.typeParams);
      genericArgs.push({ e: arg.e, sig: t, from: params.length, to: params.length + fresh.length });
      params.push(...fresh);
      list.push({ param, type: instantiateSignature(t, fresh) });
    } else list.push({ param, type: t });
  });
  const found = infer(params, known, list).map((t) => t ?? unknownType);
  for (const g of genericArgs) {
    record(g.e, Mode.Value, instantiateSignature(g.sig, found.slice(g.from, g.to)));
  }
  if (own !== sig) {
    const s = substituteSignature(own, { params: params.slice(0, count), args: found.slice(0, count) });
    return s;
  }
  return instantiateSignature(sig, found.slice(0, count));
}

/** `f[A, B]` as a value. With fewer arguments than parameters, and for plain generic `f`, the use decides later. */
export function funcInstance(c: Checker, e: Expr, x: Expr, indices: readonly Expr[]): Type {
  const sig = typeOf(x);
  if (sig.kind !== TypeKind.Signature || sig.typeParams === null) {
    for (const index of indices) expr(c, index, null);
    return recordUnknown(e);
  }
  const given = indices.map((index) => typExpr(c, index));
  const found =
    given.length === sig.typeParams.length ? given : infer(sig.typeParams, given, []).map((t) => t ?? unknownType);
  return record(e, Mode.Value, instantiateSignature(sig, found));
}

/** A generic function assigned to a function type: `var f func(int) int = double`. */
export function reverseInfer(e: Expr, target: Type): void {
  const sig = typeOf(e);
  const u = coreType(target);
  if (sig.kind !== TypeKind.Signature || sig.typeParams === null || u === null || u.kind !== TypeKind.Signature) return;
  const params = renameParams(sig.typeParams);
  const own = instantiateSignature(sig, params);
  const found = infer(params, [], [{ param: own, type: u }]);
  const inst = instantiateSignature(
    sig,
    found.map((t) => (t === null ? unknownType : substitute(t, { params, args: found }))),
  );
  for (let x = e; ; x = x.x) {
    record(x, Mode.Value, inst);
    if (x.kind !== NodeKind.ParenExpr) return;
  }
}

function conversion(c: Checker, e: CallExpr, target: Type, fun: Expr): Type {
  record(unparen(fun), Mode.TypeExpr, target);
  for (const extra of e.args.slice(1)) expr(c, extra, null);
  const arg = e.args[0];
  if (arg === undefined) return record(e, Mode.Value, target);
  const t = expr(c, arg, target);
  const value = constOf(arg);
  const u = under(target);
  const constType = target.kind !== TypeKind.TypeParam && u.kind === TypeKind.Basic && (u.info & Info.ConstType) !== 0;
  if (isUntyped(t)) {
    let final: Type = target;
    const isInterface = target.kind !== TypeKind.TypeParam && u.kind === TypeKind.Interface;
    if (isInterface || (value !== null && !constType) || t.basic === BasicKind.UntypedNil) final = defaultType(t);
    else if (value !== null && (t.info & Info.Integer) !== 0 && (basicInfo(target) & Info.String) !== 0) final = t;
    if (target === unknownType) final = defaultType(t);
    retype(arg, final);
    // go/types leaves the operand's value unrounded: only the conversion's result is a float64.
    if (value !== null && final === target) recordConst(arg, final, value);
  } else if (t.kind === TypeKind.Signature && t.typeParams !== null) reverseInfer(arg, target);
  if (target === unknownType) return recordUnknown(e);
  if (value === null || !constType || u.kind !== TypeKind.Basic) return record(e, Mode.Value, target);
  if ((u.info & Info.String) !== 0 && typeof value !== "string") {
    // string(65) is "A"; what is no code point becomes U+FFFD.
    const cp = toInt(value);
    if (cp === null) return record(e, Mode.Value, target);
    const valid = cp >= 0n && cp <= 0x10ffffn && !(cp >= 0xd800n && cp <= 0xdfffn);
    return recordConst(e, target, valid ? String.fromCodePoint(Number(cp)) : "\ufffd");
  }
  return recordConst(e, target, represent(value, u));
}
