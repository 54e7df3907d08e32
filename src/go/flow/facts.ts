/**
 * Conditions that decide paths: what `err != nil`, `ok`, `!done` and the like say of a variable, and what is known of
 * variables on a path. Everything else is undecided, and both ways are taken.
 */
import { type Edge, EdgeKind } from "../cfg/blocks.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { BuiltinId, ObjKind, Var } from "../types/object.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { constOf, Mode, objOf, selectionOf, typeOf } from "../types/record.ts";
import { BasicKind, Info, type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";

export enum Fact {
  /** Nil, or the empty string. */
  Nil = 1,
  NonNil = 2,
  True = 3,
  False = 4,
}

/** `subject` is in state `whenTrue` if the condition holds, in `whenFalse` if not. */
export interface Test {
  readonly subject: Var;
  readonly whenTrue: Fact;
  readonly whenFalse: Fact;
}

/** The test that a condition makes of one variable, or null. */
export function testOf(cond: Expr): Test | null {
  const e = unparen(cond);
  if (e.kind === NodeKind.Ident || e.kind === NodeKind.SelectorExpr) {
    const v = subject(e);
    return v === null ? null : { subject: v, whenTrue: Fact.True, whenFalse: Fact.False };
  }
  if (e.kind === NodeKind.UnaryExpr && e.op === Token.Not) {
    const t = testOf(e.x);
    return t === null ? null : { subject: t.subject, whenTrue: t.whenFalse, whenFalse: t.whenTrue };
  }
  if (e.kind === NodeKind.BinaryExpr && (e.op === Token.Eql || e.op === Token.Neq)) {
    const x = unparen(e.x);
    const y = unparen(e.y);
    const subjectX = subject(x);
    const tested = subjectX ?? subject(y);
    const other = subjectX === null ? x : y;
    if (tested === null) return null;
    let equal: Fact | null = null;
    let unequal: Fact | null = null;
    if (other.mode === Mode.Nil) [equal, unequal] = [Fact.Nil, Fact.NonNil];
    else if (constOf(other) === true) [equal, unequal] = [Fact.True, Fact.False];
    else if (constOf(other) === false) [equal, unequal] = [Fact.False, Fact.True];
    else if (constOf(other) === "") [equal, unequal] = [Fact.Nil, Fact.NonNil];
    else if (constOf(other) === 0n && isErrorNumber(typeOf(tested === subjectX ? x : y)))
      [equal, unequal] = [Fact.Nil, Fact.NonNil];
    if (equal === null || unequal === null) return null;
    return e.op === Token.Eql
      ? { subject: tested, whenTrue: equal, whenFalse: unequal }
      : { subject: tested, whenTrue: unequal, whenFalse: equal };
  }
  return null;
}

/** A constant that a variable is compared with: `of == value`, or `of < value` where `isBelow`, for which the variable `subject` stands. */
export interface Comparison extends Test {
  readonly of: Var;
  readonly value: string | bigint;
  readonly isBelow: boolean;
}

const comparisons = new WeakMap<Var, Map<string, Comparison>>();

/** `req.Method != "GET"`, `n == 3`, `i < MaxTries`: what the condition says of a variable that is not nil, true or false. */
export function comparisonOf(cond: Expr): Comparison | null {
  const e = unparen(cond);
  if (e.kind !== NodeKind.BinaryExpr) return null;
  const isLeft = constOf(e.x) === null;
  const of = isLeft ? e.x : e.y;
  const value = isLeft ? e.y : e.x;
  if (e.op === Token.Eql) return equals(of, value);
  if (e.op === Token.Neq) return negated(equals(of, value));
  // Of whole numbers n <= 3 is n < 4.
  if (e.op === (isLeft ? Token.Lss : Token.Gtr)) return below(of, value, 0n);
  if (e.op === (isLeft ? Token.Leq : Token.Geq)) return below(of, value, 1n);
  if (e.op === (isLeft ? Token.Geq : Token.Leq)) return negated(below(of, value, 0n));
  if (e.op === (isLeft ? Token.Gtr : Token.Lss)) return negated(below(of, value, 1n));
  return null;
}

/** `x == value`, as an `if` or a case of a `switch x` asks it. */
export function equals(x: Expr, value: Expr): Comparison | null {
  const c = constOf(value);
  return typeof c === "string" || typeof c === "bigint" ? comparison(subject(x), c, false) : null;
}

function below(x: Expr, value: Expr, more: bigint): Comparison | null {
  const c = constOf(value);
  const t = under(typeOf(x));
  const isWhole = t.kind === TypeKind.Basic && (t.info & Info.Integer) !== 0;
  if (typeof c !== "bigint" || !isWhole) return null;
  // i+1 < n
  const sum = unparen(x);
  const added = sum.kind === NodeKind.BinaryExpr && sum.op === Token.Add ? constOf(sum.y) : null;
  return sum.kind === NodeKind.BinaryExpr && typeof added === "bigint"
    ? comparison(subject(sum.x), c + more - added, true)
    : comparison(subject(x), c + more, true);
}

/** The variables of the comparisons next to one, for numbers that go up and down by one: what is known of `i < 1` was known of `i < 0` before `i++`. */
export function neighboursOf({ of, value, isBelow }: Comparison): Var[] {
  if (typeof value !== "bigint" || !isBelow) return [];
  return [value - 1n, value + 1n].flatMap((next) => comparison(of, next, true)?.subject ?? []);
}

/** What is known of a comparison after its number went up by `step`, 1 or -1; null where nothing is. */
export function afterStep(c: Comparison, step: bigint, factOf: (v: Var) => Fact | undefined): Fact | null {
  const { of, value, isBelow } = c;
  if (typeof value !== "bigint") return null;
  const before = comparisons.get(of)?.get(keyOf(value - step, isBelow));
  const shifted = before === undefined ? undefined : factOf(before.subject);
  if (shifted !== undefined) return shifted;
  // What is not below a number is not either when it has grown.
  const same = factOf(c.subject);
  return isBelow && same === (step > 0n ? Fact.False : Fact.True) ? same : null;
}

/** What a constant says of a comparison of the variable that is given it. */
export function ofConstant({ value, isBelow }: Comparison, c: bigint): Fact | null {
  if (typeof value !== "bigint") return null;
  return (isBelow ? c < value : c === value) ? Fact.True : Fact.False;
}

function keyOf(value: string | bigint, isBelow: boolean): string {
  return `${isBelow ? "<" : "=="}${typeof value} ${value}`;
}

function negated(c: Comparison | null): Comparison | null {
  return c === null ? null : { ...c, whenTrue: c.whenFalse, whenFalse: c.whenTrue };
}

/** The same variable each time. */
function comparison(of: Var | null, value: string | bigint, isBelow: boolean): Comparison | null {
  if (of === null) return null;
  let table = comparisons.get(of);
  if (table === undefined) comparisons.set(of, (table = new Map()));
  const key = keyOf(value, isBelow);
  let c = table.get(key);
  if (c === undefined) {
    const stands = new Var(`${of.name}${key}`, of.pkg, of.pos, null, null);
    table.set(key, (c = { of, value, isBelow, subject: stands, whenTrue: Fact.True, whenFalse: Fact.False }));
  }
  return c;
}

/** What `v` is compared with. */
export function comparisonsOf(v: Var): Iterable<Comparison> {
  return comparisons.get(v)?.values() ?? [];
}

/** No value of `of` makes one comparison hold, or not, beside what is known of the others: nothing is 3 and at least 10. */
export function excludes({ of, subject }: Comparison, holds: boolean, factOf: (v: Var) => Fact | undefined): boolean {
  let least: bigint | null = null;
  let bound: bigint | null = null;
  let equal: string | bigint | null = null;
  const unequal = new Set<string | bigint>();
  for (const c of comparisonsOf(of)) {
    const fact = c.subject === subject ? (holds ? Fact.True : Fact.False) : factOf(c.subject);
    if (fact === undefined) continue;
    const { value } = c;
    if (!c.isBelow) {
      if (fact === Fact.False) unequal.add(value);
      else if (equal !== null && equal !== value) return true;
      else equal = value;
    } else if (typeof value === "bigint") {
      if (fact === Fact.True) bound = bound === null || value < bound ? value : bound;
      else least = least === null || value > least ? value : least;
    }
  }
  if (equal !== null && unequal.has(equal)) return true;
  if (typeof equal === "bigint") return (least !== null && equal < least) || (bound !== null && equal >= bound);
  return least !== null && bound !== null && least >= bound;
}

/** The variable that is not nil behind an edge, because its condition says so: `err` where `err != nil` holds. */
export function nonNilBehind(edge: Edge): Var | null {
  return toldBehind(edge, Fact.NonNil);
}

/** The variable that is nil behind an edge. */
export function nilBehind(edge: Edge): Var | null {
  return toldBehind(edge, Fact.Nil);
}

function toldBehind({ kind, cond }: Edge, fact: Fact): Var | null {
  const test = cond === null ? null : testOf(cond);
  const told = kind === EdgeKind.True ? test?.whenTrue : kind === EdgeKind.False ? test?.whenFalse : undefined;
  return test !== null && told === fact ? test.subject : null;
}

/** The variable whose channel a case of a select receives from or sends to. */
export function channelOf({ kind, subject: clause }: Edge): Var | null {
  if (kind !== EdgeKind.Comm || clause?.kind !== NodeKind.CommClause) return null;
  const { comm } = clause;
  if (comm?.kind === NodeKind.SendStmt) return variable(comm.chan);
  const e = comm?.kind === NodeKind.ExprStmt ? comm.x : comm?.kind === NodeKind.AssignStmt ? comm.rhs[0] : undefined;
  const x = e === undefined ? null : unparen(e);
  return x?.kind === NodeKind.UnaryExpr && x.op === Token.Arrow ? variable(x.x) : null;
}

/** The variable that `len(list)` measures; null for other expressions. */
export function lengthOf(e: Expr): Var | null {
  const call = unparen(e);
  if (call.kind !== NodeKind.CallExpr || call.args.length !== 1 || calleeOf(call).builtin?.id !== BuiltinId.Len)
    return null;
  return variable(call.args[0]);
}

/** `len(list) == 0`, `< 1`, `> 0`, `!= 0`: with which outcome the list is empty; null for other conditions. */
export function emptiness(e: Expr): { readonly subject: Var; readonly whenTrue: boolean } | null {
  if (e.kind !== NodeKind.BinaryExpr) return null;
  const list = lengthOf(e.x);
  const n = constOf(e.y);
  if (list === null || typeof n !== "bigint") return null;
  const asks = `${Token[e.op]}${n}`;
  if (asks === "Eql0" || asks === "Lss1" || asks === "Leq0") return { subject: list, whenTrue: true };
  if (asks === "Neq0" || asks === "Gtr0" || asks === "Geq1") return { subject: list, whenTrue: false };
  return null;
}

/** A number that is an error, and none where it is 0: https://pkg.go.dev/syscall#Errno */
export function isErrorNumber(t: Type): boolean {
  if (t.kind !== TypeKind.Named) return false;
  const u = under(t);
  return (
    u.kind === TypeKind.Basic &&
    (u.info & Info.Integer) !== 0 &&
    lookupFieldOrMethod(t, "Error", null)?.obj.kind === ObjKind.Func
  );
}

/** The field that `x.f` selects, as it was declared; null where it is none. */
export function fieldOf(e: Expr): Var | null {
  const x = unparen(e);
  const obj = x.kind === NodeKind.SelectorExpr ? selectionOf(x)?.obj : undefined;
  return obj?.kind === ObjKind.Var && obj.isField ? obj.origin : null;
}

/** The variable that an expression is, or null. */
export function variable(e: Expr): Var | null {
  const x = unparen(e);
  if (x.kind !== NodeKind.Ident) return null;
  const obj = objOf(x);
  return obj !== null && obj.kind === ObjKind.Var ? obj : null;
}

const fields = new WeakMap<Var, Map<string, Var>>();

/**
 * What a condition is about: a variable, or a field reached from one (`c.running`), for which a variable of its own stands.
 * Fields can change behind our back; a fact about one is forgotten when it is assigned here, and only makes us silent.
 */
export function subject(e: Expr): Var | null {
  const x = unparen(e);
  if (x.kind === NodeKind.Ident) return variable(x);
  if (x.kind !== NodeKind.SelectorExpr) return null;
  const names: string[] = [];
  let base: Expr = x;
  while (base.kind === NodeKind.SelectorExpr) {
    const obj = objOf(base.sel);
    if (obj !== null && obj.kind !== ObjKind.Var) return null;
    names.push(base.sel.name);
    base = unparen(base.x);
  }
  const root = variable(base);
  if (root === null) return null;
  let table = fields.get(root);
  if (table === undefined) fields.set(root, (table = new Map()));
  const path = names.reverse().join(".");
  let v = table.get(path);
  if (v === undefined) table.set(path, (v = new Var(`${root.name}.${path}`, root.pkg, root.pos, null, null)));
  return v;
}

/** What `var x T` tells of x. */
export function zeroOf(v: Var): Fact | null {
  if (v.type === null) return null;
  const u = under(v.type);
  switch (u.kind) {
    case TypeKind.Basic:
      return u.basic === BasicKind.Bool ? Fact.False : u.basic === BasicKind.String ? Fact.Nil : null;
    case TypeKind.Pointer:
    case TypeKind.Interface:
    case TypeKind.Signature:
    case TypeKind.Map:
    case TypeKind.Slice:
    case TypeKind.Chan:
      return Fact.Nil;
    default:
      return null;
  }
}

/** What assigning `value` tells of the variable: constants, nil, things that are never nil. */
export function factOf(value: Expr): Fact | null {
  const e = unparen(value);
  if (e.mode === Mode.Nil) return Fact.Nil;
  const c = constOf(e);
  if (c === true) return Fact.True;
  if (c === false) return Fact.False;
  if (typeof c === "string") return c === "" ? Fact.Nil : Fact.NonNil;
  if (e.kind === NodeKind.UnaryExpr && e.op === Token.And) return Fact.NonNil;
  if (e.kind === NodeKind.FuncLit || e.kind === NodeKind.CompositeLit) return Fact.NonNil;
  // done = cleanup; done = conn.Close
  const named =
    e.kind === NodeKind.Ident
      ? objOf(e)
      : e.kind === NodeKind.SelectorExpr
        ? (selectionOf(e)?.obj ?? objOf(e.sel))
        : null;
  if (named?.kind === ObjKind.Func) return Fact.NonNil;
  if (e.kind === NodeKind.CallExpr && e.fun.kind === NodeKind.SelectorExpr) {
    const text = e.fun.x.kind === NodeKind.Ident ? `${e.fun.x.name}.${e.fun.sel.name}` : "";
    if (text === "fmt.Errorf" || text === "errors.New") return Fact.NonNil;
  }
  return null;
}
