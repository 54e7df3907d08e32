/**
 * Owner types: a struct that a constructor fills with a resource, and whose own Close, Stop or Shutdown releases it, is
 * itself a resource for whoever calls the constructor.
 *
 *     f, err := os.Open(path)          f is a file
 *     return &Log{f: f}, nil           it goes into field f of Log
 *     func (l *Log) Close() error { return l.f.Close() }      which Close releases: a *Log must be closed
 */
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import type { ResourceSpec } from "../flow/resource.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import { unparen } from "../types/callee.ts";
import { deref, lookupFieldOrMethod } from "../types/lookup.ts";
import { type Func, ObjKind, Var } from "../types/object.ts";
import { isContext } from "./contexts.ts";
import { objOf, typeOf } from "../types/record.ts";
import { type Named, type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";

/** Methods by which an owner is told to let go, the usual ones first. */
export const ownerMethods: readonly string[] = ["Close", "Stop", "Shutdown", "Release", "Destroy", "Disconnect"];

/** The struct type that a constructor returns; null where the result is an interface, or not the program's own. */
export function ownerType(t: Type): Named | null {
  const [base] = deref(t);
  if (base.kind !== TypeKind.Named || under(base).kind !== TypeKind.Struct) return null;
  return base.origin.obj.pkg?.source?.standard === true ? null : base.origin;
}

/** The field of `owner` that `unit` stores the acquired value in, and whether it stores the target or the root there. */
export function storingField(
  unit: FunctionUnit,
  owner: Named,
  root: Var,
  spec: ResourceSpec,
): { readonly field: string; readonly isTarget: boolean } | null {
  let found: { field: string; isTarget: boolean } | null = null;
  let several = false;
  const take = (field: string, value: Expr): void => {
    const isTarget = denotesTarget(value, root, spec);
    if (!isTarget && variable(value) !== root) return;
    if (found !== null && found.field !== field) several = true;
    found = { field, isTarget };
  };
  walk(unit.body, (n: Node) => {
    if (n.kind === NodeKind.CompositeLit) {
      const t = typeOf(n);
      if (t.kind !== TypeKind.Named || t.origin !== owner) return;
      const u = under(t);
      n.elts.forEach((elt, i) => {
        if (elt.kind === NodeKind.KeyValueExpr) {
          if (elt.key.kind === NodeKind.Ident) take(elt.key.name, elt.value);
        } else if (u.kind === TypeKind.Struct && u.fields[i] !== undefined) take(u.fields[i].name, elt);
      });
    } else if (n.kind === NodeKind.AssignStmt && n.lhs.length === n.rhs.length) {
      n.lhs.forEach((e, i) => {
        const place = unparen(e);
        if (place.kind !== NodeKind.SelectorExpr) return;
        const [base] = deref(typeOf(place.x));
        const obj = objOf(place.sel);
        if (base.kind === TypeKind.Named && base.origin === owner && obj instanceof Var) take(place.sel.name, n.rhs[i]);
      });
    }
  });
  return several ? null : found;
}

function denotesTarget(value: Expr, root: Var, spec: ResourceSpec): boolean {
  const e = unparen(value);
  if (spec.path.length === 0) return variable(e) === root;
  return e.kind === NodeKind.SelectorExpr && variable(e.x) === root && e.sel.name === spec.path[0];
}

/** The method of an owner that must release what it holds; declared with a body, or promoted from the field itself. */
export function ownerMethod(owner: Named, from: FunctionUnit): Func | null {
  const ptr = owner.ptr ?? null;
  for (const name of ownerMethods) {
    const found =
      lookupFieldOrMethod(ptr ?? owner, name, from.file.pkg) ?? lookupFieldOrMethod(owner, name, from.file.pkg);
    if (found !== null && found.obj.kind === ObjKind.Func && !found.obj.isInterfaceMethod) return found.obj.origin;
  }
  return null;
}

/** What callers of the constructor owe: a call of `method`, or of one of the others that release the same. */
export function ownerKindOf(owner: Named, method: Func, others: readonly string[]): ResourceKind {
  const pkg = owner.obj.pkg?.name ?? "";
  return {
    id: `owner:${owner.obj.pkg?.path ?? ""}.${owner.obj.name}`,
    noun: `${pkg}.${owner.obj.name}`,
    rule: "resource-unclosed",
    path: [],
    methods: [...new Set([method.name, ...others, ...ownerMethods])],
    call: false,
    exhaustedBy: [],
    releaseText: `{x}.${method.name}()`,
  };
}

/** A release method that the type itself declares, without arguments but perhaps a context. */
export function ownMethod(owner: Named): Func | null {
  for (const name of ownerMethods) {
    const found = [...(owner.methods ?? [])].find(([n]) => n === name)?.[1];
    if (found?.kind === ObjKind.Func && found.decl?.body != null && takesNothing(found)) return found;
  }
  return null;
}

/** No parameters, or a context alone: `Release(port int)` ends a part, not the owner. */
function takesNothing(f: Func): boolean {
  const { params } = f.signature();
  return params.length === 0 || (params.length === 1 && isContext(params[0].type));
}
