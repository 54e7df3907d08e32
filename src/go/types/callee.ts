/** What a call calls. */
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { type Builtin, type Func, type Obj, ObjKind, type Var } from "./object.ts";
import { Mode } from "./record.ts";

export enum CalleeKind {
  /** A declared function or a method of a concrete type: `func` is what runs. */
  Static,
  /** A method of an interface (or type parameter): `func` is the interface's. */
  Interface,
  /** A variable, parameter or field of function type. */
  Variable,
  Builtin,
  Conversion,
  /** The result of another expression: a function literal, a call, an element. */
  Value,
  Unknown,
}

export interface Callee {
  readonly kind: CalleeKind;
  /** For Static and Interface; of generic ones the declared function. */
  readonly func: Func | null;
  readonly variable: Var | null;
  readonly builtin: Builtin | null;
  /** As written in the source: `Get`, `Close`, `cancel`; empty where there is no name. */
  readonly name: string;
}

const none = { func: null, variable: null, builtin: null, name: "" };
const unknownCallee: Callee = { kind: CalleeKind.Unknown, ...none };
const valueCallee: Callee = { kind: CalleeKind.Value, ...none };
const conversionCallee: Callee = { kind: CalleeKind.Conversion, ...none };

export function unparen(e: Expr): Expr {
  while (e.kind === NodeKind.ParenExpr) e = e.x;
  return e;
}

/** The call must have been typed. */
export function calleeOf(call: CallExpr): Callee {
  let fun = unparen(call.fun);
  if (fun.mode === Mode.TypeExpr) return conversionCallee;
  if (fun.kind === NodeKind.IndexExpr || fun.kind === NodeKind.IndexListExpr) {
    const base = unparen(fun.x);
    if (base.mode === Mode.Value) fun = base; // an instantiation; elements of slices and maps are values
  }
  const id = fun.kind === NodeKind.SelectorExpr ? fun.sel : fun;
  if (id.kind !== NodeKind.Ident) return fun.mode === Mode.Unknown ? unknownCallee : valueCallee;
  const obj = id.obj as Obj | null;
  switch (obj?.kind) {
    case ObjKind.Func: {
      const kind = obj.isInterfaceMethod ? CalleeKind.Interface : CalleeKind.Static;
      return { kind, func: obj.origin, variable: null, builtin: null, name: obj.name };
    }
    case ObjKind.Var:
      return { kind: CalleeKind.Variable, func: null, variable: obj, builtin: null, name: obj.name };
    case ObjKind.Builtin:
      return { kind: CalleeKind.Builtin, func: null, variable: null, builtin: obj, name: obj.name };
    default:
      return { ...unknownCallee, name: id.name };
  }
}
