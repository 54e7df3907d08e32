/** Type expressions: from syntax to types (spec, "Types"). */
import { ChanDir, type FieldList, type FuncType, type InterfaceType, type StructType } from "../syntax/ast-type.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import type { Checker } from "./checker.ts";
import { parseString, toInt } from "./constant.ts";
import { typeOfObj } from "./decl.ts";
import { expr } from "./expr.ts";
import { instantiate } from "./named.ts";
import { Func, type Obj, ObjKind, type TypeName, Var } from "./object.ts";
import { constOf, Mode, record, recordUnknown, typeOf } from "./record.ts";
import { substitute } from "./subst.ts";
import {
  arrayOf,
  chanOf,
  Interface,
  mapOf,
  mentionsParam,
  pointerTo,
  Signature,
  sliceOf,
  Struct,
  type Term,
  type Type,
  TypeKind,
  type TypeParam,
  Union,
} from "./type.ts";
import { unknownType } from "./universe.ts";

/** The type that `e` denotes; the unknown type where it denotes none. */
export function typExpr(c: Checker, e: Expr): Type {
  switch (e.kind) {
    case NodeKind.Ident: {
      const obj = c.lookup(e.name);
      e.obj = obj;
      return obj !== null && obj.kind === ObjKind.TypeName
        ? record(e, Mode.TypeExpr, typeOfObj(obj))
        : recordUnknown(e);
    }
    case NodeKind.SelectorExpr: {
      const obj = qualified(c, e.x, e.sel.name);
      e.sel.obj = obj;
      if (obj === null || obj.kind !== ObjKind.TypeName) return recordUnknown(e);
      record(e.sel, Mode.TypeExpr, typeOfObj(obj));
      return record(e, Mode.TypeExpr, typeOfObj(obj));
    }
    case NodeKind.ParenExpr:
      return record(e, Mode.TypeExpr, typExpr(c, e.x));
    case NodeKind.StarExpr:
      return record(e, Mode.TypeExpr, pointerTo(typExpr(c, e.x)));
    case NodeKind.ArrayType: {
      if (e.len === null) return record(e, Mode.TypeExpr, sliceOf(typExpr(c, e.elt)));
      // `[...]T` has its length from the literal it stands in front of (composite.ts).
      const length = e.len.kind === NodeKind.Ellipsis ? -1n : arrayLength(c, e.len);
      return record(e, Mode.TypeExpr, arrayOf(length, typExpr(c, e.elt)));
    }
    case NodeKind.MapType: {
      const key = typExpr(c, e.key);
      return record(e, Mode.TypeExpr, mapOf(key, typExpr(c, e.value)));
    }
    case NodeKind.ChanType:
      return record(e, Mode.TypeExpr, chanOf(e.dir === ChanDir.Both ? ChanDir.Both : e.dir, typExpr(c, e.value)));
    case NodeKind.FuncType: {
      c.openScope();
      const sig = funcType(c, e, null, null);
      c.closeScope();
      return record(e, Mode.TypeExpr, sig);
    }
    case NodeKind.StructType:
      return record(e, Mode.TypeExpr, structType(c, e));
    case NodeKind.InterfaceType:
      return record(e, Mode.TypeExpr, interfaceType(c, e));
    case NodeKind.IndexExpr:
      return record(e, Mode.TypeExpr, instantiated(c, e.x, [e.index]));
    case NodeKind.IndexListExpr:
      return record(e, Mode.TypeExpr, instantiated(c, e.x, e.indices));
    case NodeKind.Ellipsis:
      return e.elt === null ? recordUnknown(e) : record(e, Mode.TypeExpr, sliceOf(typExpr(c, e.elt)));
    default:
      return recordUnknown(e);
  }
}

/** `pkg.Name`; null where `x` is no package or has no such member. Records the package name's use. */
export function qualified(c: Checker, x: Expr, name: string): Obj | null {
  if (x.kind !== NodeKind.Ident) return null;
  const obj = c.lookup(x.name) ?? c.file.lookupMissing(x.name);
  x.obj = obj;
  return obj !== null && obj.kind === ObjKind.PkgName ? obj.imported.lookup(name) : null;
}

function arrayLength(c: Checker, e: Expr): bigint {
  expr(c, e, null);
  const v = constOf(e);
  return v === null ? -1n : (toInt(v) ?? -1n);
}

function instantiated(c: Checker, x: Expr, args: readonly Expr[]): Type {
  const base = typExpr(c, x);
  const targs = args.map((a) => typExpr(c, a));
  const name = x.kind === NodeKind.SelectorExpr ? x.sel : x;
  const obj = name.kind === NodeKind.Ident ? (name.obj as TypeName | null) : null;
  if (obj?.kind === ObjKind.TypeName && obj.alias !== null) {
    const { typeParams, rhs } = obj.alias;
    return substitute(rhs, { params: typeParams as readonly TypeParam[], args: targs });
  }
  return base.kind === TypeKind.Named ? instantiate(base, targs) : unknownType;
}

/** A signature. Its parameters are declared when the body is typed: here `func(url string, v url.Values)` means the package. */
export function funcType(c: Checker, e: FuncType, recv: Var | null, typeParams: TypeParam[] | null): Signature {
  const params = variables(c, e.params);
  const results = e.results === null ? [] : variables(c, e.results);
  const last = e.params.list.at(-1);
  const variadic = last !== undefined && last.type.kind === NodeKind.Ellipsis;
  return new Signature(typeParams, recv, params, results, variadic);
}

function variables(c: Checker, list: FieldList): Var[] {
  const out: Var[] = [];
  for (const field of list.list) {
    const type = typExpr(c, field.type);
    if (field.names.length === 0) {
      const v = new Var("", c.pkg, field.type.pos, type, null);
      v.isParam = true;
      out.push(v);
    }
    for (const id of field.names) {
      const v = new Var(id.name, c.pkg, id.pos, type, null);
      v.isParam = true;
      id.obj = v;
      out.push(v);
    }
  }
  return out;
}

function structType(c: Checker, e: StructType): Struct {
  const fields: Var[] = [];
  let tags: string[] | null = null;
  for (const field of e.fields.list) {
    const type = typExpr(c, field.type);
    const tag = field.tag === null ? "" : (parseString(field.tag.value) ?? "");
    const add = (name: string, pos: number, embedded: boolean): Var => {
      const v = new Var(name, c.pkg, pos, type, null);
      v.isField = true;
      v.embedded = embedded;
      if (tag !== "") {
        tags ??= fields.map(() => "");
        tags.push(tag);
      } else if (tags !== null) {
        tags.push("");
      }
      fields.push(v);
      return v;
    };
    if (field.names.length === 0) add(embeddedName(field.type), field.type.pos, true);
    for (const id of field.names) id.obj = add(id.name, id.pos, false);
  }
  return new Struct(fields, tags);
}

/** An embedded field is called as its type, without package and arguments. */
function embeddedName(e: Expr): string {
  switch (e.kind) {
    case NodeKind.Ident:
      return e.name;
    case NodeKind.StarExpr:
    case NodeKind.ParenExpr:
      return embeddedName(e.x);
    case NodeKind.SelectorExpr:
      return e.sel.name;
    case NodeKind.IndexExpr:
    case NodeKind.IndexListExpr:
      return embeddedName(e.x);
    default:
      return "_";
  }
}

function interfaceType(c: Checker, e: InterfaceType): Interface {
  const methods: Func[] = [];
  const embedded: Type[] = [];
  let generic = false;
  for (const field of e.methods.list) {
    const id = field.names[0];
    if (id !== undefined && field.type.kind === NodeKind.FuncType) {
      const m = new Func(id.name, c.pkg, id.pos, null);
      c.openScope();
      m.type = funcType(c, field.type, null, null);
      c.closeScope();
      record(field.type, Mode.TypeExpr, m.type);
      m.isInterfaceMethod = true;
      id.obj = m;
      methods.push(m);
      if (m.type.generic) generic = true;
    } else if (id === undefined) {
      const t = constraintExpr(c, field.type);
      if (mentionsParam(t)) generic = true;
      embedded.push(t);
    }
  }
  return new Interface(methods, embedded, false, generic);
}

/** An element of a constraint: a type, `~T`, or a union of those. */
export function constraintExpr(c: Checker, e: Expr): Type {
  if (e.kind === NodeKind.UnaryExpr && e.op === Token.Tilde) {
    return record(e, Mode.TypeExpr, new Union([{ tilde: true, type: typExpr(c, e.x) }]));
  }
  if (e.kind === NodeKind.BinaryExpr && e.op === Token.Or) {
    const terms: Term[] = [];
    // Left-associative chains can be thousands long in generated code: walk down the left spine.
    const spine: Expr[] = [];
    let at: Expr = e;
    while (at.kind === NodeKind.BinaryExpr && at.op === Token.Or) {
      spine.push(at.y);
      at = at.x;
    }
    spine.push(at);
    for (const part of spine.reverse()) {
      const t = constraintExpr(c, part);
      if (t.kind === TypeKind.Union) terms.push(...t.terms);
      else terms.push({ tilde: false, type: t });
    }
    for (let x: Expr = e, n = terms.length; x.kind === NodeKind.BinaryExpr && x.op === Token.Or; x = x.x, n--) {
      record(x, Mode.TypeExpr, new Union(terms.slice(0, n)));
    }
    return typeOf(e);
  }
  if (e.kind === NodeKind.ParenExpr) return record(e, Mode.TypeExpr, constraintExpr(c, e.x));
  return typExpr(c, e);
}
