/**
 * Owner types: a struct that a constructor fills with a resource, and whose own Close, Stop or Shutdown releases it, is
 * itself a resource for whoever calls the constructor.
 *
 *     f, err := os.Open(path)          f is a file
 *     return &Log{f: f}, nil           it goes into field f of Log
 *     func (l *Log) Close() error { return l.f.Close() }      which Close releases: a *Log must be closed
 */
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind, NoPos } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import { given } from "../flow/given.ts";
import { Effect, type ResourceSpec } from "../flow/resource.ts";
import { Hold } from "../flow/state.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { deadlines, type ResourceKind } from "../knowledge/kinds.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { identical } from "../types/identical.ts";
import { deref, lookupFieldOrMethod } from "../types/lookup.ts";
import { type Func, ObjKind, Var } from "../types/object.ts";
import { isContext } from "./contexts.ts";
import { Mode, objOf, typeOf } from "../types/record.ts";
import { type Named, type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { errorType } from "../types/universe.ts";
import { MaxDepth, type Questions } from "./questions.ts";
import type { Summaries } from "./summaries.ts";

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
    if (!isTarget && !isName(unit, variable(value), root)) return;
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

/** The variable, or another that is never given anything else: `var conn *grpc.ClientConn`, `if addr != "" { c, err := dial(addr); …; conn = c }`. */
function isName(unit: FunctionUnit, v: Var | null, root: Var): boolean {
  if (v === null || v === root) return v === root;
  const values = v.isParam || v.isPackageLevel ? [] : given(unit, v);
  return values.length > 0 && values.every((e) => e !== null && variable(e) === root);
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
    failing: deadlines,
    releaseText: `{x}.${method.name}()`,
  };
}

/** The owner itself as what is to be released, by these of its methods. */
function ownKind(kind: ResourceKind, methods: Iterable<Func>): ResourceSpec {
  return { ...kind, path: [], methods: [...methods].map(({ name }) => name) };
}

/** A release method that the type itself declares, without arguments but perhaps a context. */
export function ownMethod(owner: Named): Func | null {
  for (const name of ownerMethods) {
    const found = [...(owner.methods ?? [])].find(([n]) => n === name)?.[1];
    if (found?.kind === ObjKind.Func && hasBody(found) && takesNothing(found)) return found;
  }
  return null;
}

/** Read or not: nobody need have asked what it does. */
function hasBody({ decl }: Func): boolean {
  return decl !== null && (decl.body !== null || decl.bodyPos !== NoPos);
}

/** No parameters, or a context alone: `Release(port int)` ends a part, not the owner. */
function takesNothing(f: Func): boolean {
  const { params } = f.signature();
  return params.length === 0 || (params.length === 1 && isContext(params[0].type));
}

/** An owner, and which of a function's results it is. */
interface Made {
  readonly kind: ResourceKind;
  readonly result: number;
}

/** Kinds of owners, worked out of their release methods and remembered. */
export class Owners {
  constructor(
    private readonly summaries: Summaries,
    private readonly questions: Questions,
  ) {}

  /**
   * The kind of a returned struct that holds the resource and whose release method gives it back; null where it is not
   * such an owner, or its method does not release what it holds.
   */
  kindOf(unit: FunctionUnit, returned: Expr, root: Var | null, kind: ResourceKind): ResourceKind | null {
    const owner = ownerType(typeOf(returned));
    // A struct with a cancel function is no resource by that alone: what it cancels often ends by itself.
    if (owner === null || root === null || kind.call) return null;
    const stored = storingField(unit, owner, root, kind);
    const method = ownerMethod(owner, unit);
    if (stored === null || method === null || !(stored.isTarget || kind.path.length === 0)) return null;
    return this.kindWith(owner, method, stored.field, kind);
  }

  /**
   * The owner that a constructor makes of what it is given, and which of its results that is: `return newLog(f)`, `l, err := newLog(f); …; return l, nil`.
   */
  kindMade(unit: FunctionUnit, returned: Expr, root: Var | null, kind: ResourceKind): Made | null {
    const e = unparen(returned);
    const [call, result] = e.kind === NodeKind.CallExpr ? [e, null] : (givenBy(unit, variable(e)) ?? [null, null]);
    const callee = call === null ? null : calleeOf(call);
    const index = call?.args.findIndex((arg) => variable(arg) === root) ?? -1;
    if (root === null || index < 0 || callee?.func == null || callee.kind !== CalleeKind.Static) return null;
    const made = this.kindOfArgument(callee.func, index, kind);
    return made === null || (result !== null && result !== made.result) ? null : made;
  }

  /** All that a function returns, where it does not fail, owns what it is given there. */
  private kindOfArgument(f: Func, index: number, kind: ResourceKind): Made | null {
    const sig = f.signature();
    const param = sig.params[index];
    if (param === undefined || f.pkg?.source?.standard === true || this.questions.depth >= MaxDepth) return null;
    const unit = this.summaries.unitOf(f);
    if (unit === null || !sig.results.some((r) => r.type !== null && ownerType(r.type) !== null)) return null;
    this.questions.depth++;
    const tracked = this.summaries.track(unit, { node: null, root: param, hold: Hold.Root, error: null }, kind);
    let found: Made | null = null;
    let isSure = (tracked.effect & Effect.Escaped) === 0;
    for (const { stmt, index: result } of tracked.returned) {
      const owner = this.kindOf(unit, stmt.results[result], param, kind);
      isSure &&= owner !== null && (found === null || (found.kind.id === owner.id && found.result === result));
      // return m, err: with some errors there is one all the same
      isSure &&= stmt.results.every((e, i) => i === result || !mayBeError(e));
      if (owner !== null) found = { kind: owner, result };
    }
    this.questions.depth--;
    if (!isSure || found === null) return null;
    const { result } = found;
    const others = unit.cfg.returns.filter((r) => tracked.returned.every(({ stmt }) => stmt !== r));
    return others.every(({ results }) => results[result] !== undefined && unparen(results[result]).mode === Mode.Nil)
      ? found
      : null;
  }

  /** The kind of an owner that holds what is to be released in this field; null where the method does not release it. */
  kindWith(owner: Named, method: Func, field: string, kind: ResourceKind): ResourceKind | null {
    return this.questions.remember<ResourceKind | null>(
      owner,
      `owner|${kind.id}|${field}`,
      null,
      () => this.questions.fromTop(() => this.computeKind(owner, method, field, kind)),
      () => (method.recvNamed?.origin === owner ? { about: method, terms: { ask: "owner", field, kind } } : null),
    );
  }

  private computeKind(owner: Named, method: Func, field: string, kind: ResourceKind): ResourceKind | null {
    const path = method.recvNamed?.origin === owner ? [field] : [];
    const releases =
      path.length === 0 ? kind.methods.includes(method.name) : this.releasesField(method, { ...kind, path });
    if (!releases) return null;
    const others = [...(owner.methods ?? [])].filter(
      ([, m]) =>
        m !== method &&
        // By the method that is promoted, or by that of the field itself.
        (this.releasesField(m, { ...kind, path }) ||
          (path.length === 0 && this.releasesField(m, { ...kind, path: [field] }))),
    );
    const names = new Set([method, ...others.map(([, m]) => m)]);
    // Rollback undoes, and calls Close; those in turn that call Rollback.
    for (let size = 0; size !== names.size;) {
      size = names.size;
      for (const [, m] of owner.methods ?? [])
        if (!names.has(m) && this.callsOneOf(m, names) && this.releasesField(m, ownKind(kind, names))) names.add(m);
    }
    names.delete(method);
    return ownerKindOf(
      owner,
      method,
      [...names].map(({ name }) => name),
    );
  }

  /** The method calls one of the others, of its receiver perhaps. */
  private callsOneOf(method: Func, others: ReadonlySet<Func>): boolean {
    const unit = this.summaries.unitOf(method);
    return (
      unit !== null &&
      unit.nodes(NodeKind.CallExpr).some((call) => {
        const { func } = calleeOf(call);
        return func !== null && others.has(func.origin);
      })
    );
  }

  /** Whether a method releases what the field of its receiver holds, on some path at least. */
  private releasesField(method: Func, spec: ResourceSpec): boolean {
    const recv = method.signature().recv;
    const unit = recv === null || this.questions.depth >= MaxDepth ? null : this.summaries.unitOf(method);
    if (unit === null || recv === null) return false;
    this.questions.depth++;
    const { effect } = this.summaries.track(unit, { node: null, root: recv, hold: Hold.Root, error: null }, spec);
    this.questions.depth--;
    return (effect & Effect.Released) !== 0;
  }
}

/** An error, and not `nil`. */
function mayBeError(e: Expr): boolean {
  return unparen(e).mode !== Mode.Nil && identical(typeOf(e), errorType);
}

/** The call that a variable is a result of, and which; null where it is assigned more than once. */
function givenBy(unit: FunctionUnit, v: Var | null): readonly [CallExpr, number] | null {
  if (v === null) return null;
  const all = unit.nodes(NodeKind.AssignStmt).filter(({ lhs }) => lhs.some((e) => variable(e) === v));
  const [only] = all;
  const call = all.length === 1 && only.rhs.length === 1 ? unparen(only.rhs[0]) : null;
  return call?.kind === NodeKind.CallExpr ? [call, only.lhs.findIndex((e) => variable(e) === v)] : null;
}
