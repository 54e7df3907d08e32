/** Declarations: gives package-level objects their types when they are first asked for. Cycles yield unknown. */
import type { FuncDecl, TypeSpec } from "../syntax/ast-decl.ts";
import type { FieldList } from "../syntax/ast-type.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import type { Checker } from "./checker.ts";
import { Const, type Func, type Obj, ObjKind, TypeName, Var } from "./object.ts";
import { receiverBase } from "./package.ts";
import { assignTo, defaultType, expr, initType, multiExpr } from "./expr.ts";
import { constOf, typeOf } from "./record.ts";
import { represent } from "./constant.ts";
import { Scope } from "./scope.ts";
import { Interface, Named, Signature, type Type, TypeKind, TypeParam } from "./type.ts";
import { constraintExpr, funcType, typExpr } from "./typexpr.ts";
import { under } from "./typeset.ts";
import { unknownType } from "./universe.ts";

/** The type of an object; the unknown type where it cannot be known. Package names, builtins and labels have none. */
export function typeOfObj(obj: Obj): Type {
  switch (obj.kind) {
    case ObjKind.Const:
      if (obj.type === null) resolveConst(obj);
      return obj.type ?? unknownType;
    case ObjKind.Var:
      if (obj.type === null) resolveVar(obj);
      return obj.type ?? unknownType;
    case ObjKind.TypeName:
      if (obj.type === null) resolveTypeName(obj);
      return obj.type ?? unknownType;
    case ObjKind.Func:
      return obj.signature();
    default:
      return unknownType;
  }
}

function resolveConst(obj: Const): void {
  const { site, pkg } = obj;
  if (site === null || pkg === null || obj.resolving) {
    obj.type ??= unknownType;
    return;
  }
  obj.resolving = true;
  const c = pkg.checker;
  c.within(site.file, null, BigInt(site.iota), null, () =>
    constDecl(c, obj, site.typ, site.values[site.index] ?? null, site.values !== specValues(site.spec)),
  );
  obj.resolving = false;
}

function specValues(spec: object): unknown {
  return "values" in spec ? spec.values : null;
}

/** `inherited`: the expression belongs to an earlier line of the group and is typed anew for this one. */
export function constDecl(c: Checker, obj: Const, typ: Expr | null, value: Expr | null, inherited: boolean): void {
  if (value === null) {
    obj.type = typ === null ? unknownType : typExpr(c, typ);
    return;
  }
  const declared = typ === null ? null : typExpr(c, typ);
  // The first line's records must stay those of its own iota: they are put back after an inherited evaluation.
  const saved = inherited ? snapshot(value) : null;
  expr(c, value, null);
  if (declared !== null) {
    assignTo(value, declared);
    obj.type = declared;
    const v = constOf(value);
    const u = under(declared);
    obj.value = v !== null && u.kind === TypeKind.Basic ? represent(v, u) : v;
  } else {
    obj.type = typeOf(value);
    obj.value = constOf(value);
  }
  if (saved !== null) restore(saved);
}

type Snapshot = [Expr, number, object | null][];

function snapshot(root: Expr): Snapshot {
  const out: Snapshot = [];
  const visit = (e: Expr): void => {
    out.push([e, e.mode, e.tv]);
    switch (e.kind) {
      case NodeKind.BinaryExpr:
        visit(e.x);
        visit(e.y);
        break;
      case NodeKind.UnaryExpr:
      case NodeKind.ParenExpr:
      case NodeKind.StarExpr:
        visit(e.x);
        break;
      case NodeKind.CallExpr:
        visit(e.fun);
        e.args.forEach(visit);
        break;
      default:
        break;
    }
  };
  visit(root);
  return out;
}

function restore(saved: Snapshot): void {
  for (const [e, mode, tv] of saved) {
    if (mode === 0) continue; // never typed for its own line yet
    e.mode = mode;
    e.tv = tv;
  }
}

function resolveVar(obj: Var): void {
  const { site, pkg } = obj;
  if (site === null || pkg === null || obj.resolving) {
    obj.type ??= unknownType;
    return;
  }
  obj.resolving = true;
  const c = pkg.checker;
  const spec = site.spec;
  c.within(site.file, null, null, null, () => {
    const declared = site.typ === null ? null : typExpr(c, site.typ);
    if (declared !== null) obj.type = declared; // known before the initialiser, which may mention the variable
    if (site.values.length === 0 || spec.kind !== NodeKind.ValueSpec) {
      obj.type ??= unknownType;
      return;
    }
    if (site.values.length === 1 && spec.names.length > 1) {
      if (declared !== null && !c.wantBodies) return;
      const types = multiExpr(c, site.values[0], spec.names.length);
      spec.names.forEach((id, i) => {
        const v = id.obj;
        if (v instanceof Var) v.type ??= defaultType(types[i] ?? unknownType);
      });
      return;
    }
    const value = site.values[site.index];
    if (value === undefined || (declared !== null && !c.wantBodies)) {
      obj.type ??= unknownType;
      return;
    }
    expr(c, value, declared);
    if (declared !== null) assignTo(value, declared);
    else obj.type = initType(value);
  });
  obj.resolving = false;
}

function resolveTypeName(obj: TypeName): void {
  const { site, pkg } = obj;
  if (site === null || pkg === null || site.spec.kind !== NodeKind.TypeSpec || obj.resolving) {
    obj.type ??= unknownType;
    return;
  }
  const c = pkg.checker;
  const spec = site.spec;
  c.within(site.file, null, null, null, () => typeDecl(c, obj, spec));
}

/** Declares a type: a package-level one when first asked for, a local one where it stands. */
export function typeDecl(c: Checker, obj: TypeName, spec: TypeSpec): void {
  if (spec.assign >= 0) {
    obj.resolving = true;
    if (spec.typeParams !== null) {
      c.openScope();
      const typeParams = declareTypeParams(c, spec.typeParams);
      const rhs = typExpr(c, spec.type);
      c.closeScope();
      obj.alias = { typeParams, rhs };
      obj.type = rhs;
    } else {
      obj.type = typExpr(c, spec.type);
    }
    obj.resolving = false;
    return;
  }
  const named = new Named(obj, null, null);
  obj.type = named;
  if (spec.typeParams !== null) {
    c.openScope();
    named.typeParams = declareTypeParams(c, spec.typeParams);
    c.closeScope();
  }
}

/** The underlying type that a declaration gives a defined type. */
export function resolveTypeDecl(t: Named): Type {
  const { obj } = t;
  const { pkg, site } = obj;
  if (pkg === null || site === null || site.spec.kind !== NodeKind.TypeSpec) return unknownType;
  const c = pkg.checker;
  const spec = site.spec;
  return c.within(site.file, typeParamScope(t.typeParams, obj.scope), null, null, () => {
    const rhs = typExpr(c, spec.type);
    if (rhs.kind === TypeKind.Interface) for (const m of rhs.methods) m.recvNamed ??= t;
    return rhs.kind === TypeKind.TypeParam ? unknownType : under(rhs);
  });
}

function typeParamScope(params: readonly TypeParam[] | null, parent: Scope | null): Scope | null {
  if (params === null) return parent;
  const scope = new Scope(parent, false);
  for (const p of params) if (p.obj.name !== "_") scope.insert(p.obj.name, p.obj);
  return scope;
}

/** Declares the parameters of a list in the current scope; constraints are resolved when asked for. */
export function declareTypeParams(c: Checker, list: FieldList): TypeParam[] {
  const params: TypeParam[] = [];
  const groups: [Expr, TypeParam[]][] = [];
  for (const field of list.list) {
    const group: TypeParam[] = [];
    for (const id of field.names) {
      const obj = new TypeName(id.name, c.pkg, id.pos, null, null);
      const p = new TypeParam(obj, params.length);
      obj.type = p;
      id.obj = obj;
      params.push(p);
      group.push(p);
      c.declare(id.name, obj);
    }
    groups.push([field.type, group]);
  }
  const { file, scope } = c;
  for (const [bound, group] of groups) {
    let resolved: Type | null = null;
    const resolve = (): Type =>
      (resolved ??= c.within(file, scope, null, null, () => asInterface(constraintExpr(c, bound))));
    for (const p of group) p.setBound(resolve);
  }
  return params;
}

/** `[T ~int|string]` is short for an interface around the union. */
function asInterface(bound: Type): Type {
  const u = bound.kind === TypeKind.TypeParam ? bound : under(bound);
  if (u.kind === TypeKind.Interface || bound === unknownType) return bound;
  return new Interface([], [bound], true, bound.generic);
}

/** The signature of a declared function or method. */
export function resolveSignature(c: Checker, f: Func): Signature {
  const { decl, file } = f;
  if (decl === null || file === null || f.resolving) return new Signature(null, null, [], [], false);
  f.resolving = true;
  const sig = c.within(file, null, null, null, () => declaredSignature(c, f, decl));
  f.type = sig;
  f.resolving = false;
  return sig;
}

function declaredSignature(c: Checker, f: Func, decl: FuncDecl): Signature {
  c.openScope(true);
  let recv: Var | null = null;
  if (decl.recv !== null) recv = receiver(c, f, decl);
  const typeParams = decl.type.typeParams === null ? null : declareTypeParams(c, decl.type.typeParams);
  return funcType(c, decl.type, recv, typeParams);
}

/**
 * The receiver. The names in `func (l *List[E])` stand for List's own type parameters: one set of parameters serves the
 * type and all its methods, and no substitution is needed inside.
 */
function receiver(c: Checker, f: Func, decl: FuncDecl): Var | null {
  const field = decl.recv?.list[0];
  const base = receiverBase(decl);
  if (field === undefined) return null;
  let type: Type = unknownType;
  if (base !== null && base.args.length > 0) {
    const obj = c.pkg.lookup(base.name);
    const named = obj?.kind === ObjKind.TypeName ? typeOfObj(obj) : unknownType;
    if (named.kind === TypeKind.Named && named.typeParams !== null) {
      base.args.forEach((arg, i) => {
        const p = named.typeParams?.[i];
        if (arg.kind !== NodeKind.Ident || p === undefined) return;
        arg.obj = p.obj;
        c.declare(arg.name, p.obj);
      });
    }
  }
  type = typExpr(c, field.type);
  const id = field.names[0];
  const v = new Var(id?.name ?? "", c.pkg, id?.pos ?? field.type.pos, type, null);
  v.isParam = true;
  if (id !== undefined) id.obj = v;
  const elem = type.kind === TypeKind.Pointer ? type.elem : type;
  if (elem.kind === TypeKind.Named) f.recvNamed ??= elem.origin;
  return v;
}
