/** Calls that acquire, and where in their function what they give goes to. */
import type { Edge } from "../cfg/blocks.ts";
import { type Fact, variable } from "../flow/facts.ts";
import { isFailure } from "../flow/failure.ts";
import { Hold } from "../flow/state.ts";
import type { Origin } from "../flow/origin.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { derives } from "../knowledge/contexts.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { type Func, ObjKind, type Var } from "../types/object.ts";
import { funcName } from "../types/print.ts";
import { typeOf } from "../types/record.ts";
import { type Signature, type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { tellsNoBody } from "./bodyless.ts";
import { isContext, isRequest, requestMade } from "./contexts.ts";

/** A call that acquires: which result holds what. */
export interface Acquired {
  readonly kind: ResourceKind;
  readonly result: number;
  /** The function that acquires for its caller, where it is not the documented one itself. */
  readonly through: Func | null;
  /** What its other results are whenever it gives the resource: `return f, true`. */
  readonly beside?: ReadonlyMap<number, Fact>;
}

/** A call that acquires, in the block node that contains it. `origin` is null where the value goes nowhere we follow. */
export interface Site {
  readonly call: CallExpr;
  readonly node: Node;
  readonly acquired: Acquired;
  readonly origin: Origin | null;
}

/** The variables that a call's results are assigned to, where that is all that happens to them. */
export function originOf(unit: FunctionUnit, node: Node, call: CallExpr, acquired: Acquired): Origin | null {
  let places: readonly (Expr | null)[] | null = null;
  if (node.kind === NodeKind.AssignStmt) {
    if (node.rhs.length === 1 && unparen(node.rhs[0]) === call) places = node.lhs;
    else if (node.rhs.length === node.lhs.length) {
      const i = node.rhs.findIndex((e) => unparen(e) === call);
      if (i >= 0) places = [node.lhs[i]];
    }
  } else if (node.kind === NodeKind.DeclStmt && node.decl.kind === NodeKind.GenDecl) {
    for (const spec of node.decl.specs) {
      if (spec.kind === NodeKind.ValueSpec && spec.values.length === 1 && unparen(spec.values[0]) === call)
        places = spec.names;
    }
  } else if (node.kind === NodeKind.ExprStmt && unparen(node.x) === call) {
    return { node, root: null, hold: Hold.Root, error: null };
  }
  if (places === null) return null;
  const place = places[acquired.result];
  if (place === undefined || place === null || place.kind !== NodeKind.Ident) return null;
  const sent = acquired.kind.id === "http-body" ? requestContexts(unit, call) : [];
  const contexts = sent.length > 0 ? { contexts: sent } : {};
  if (place.name === "_") return { node, root: null, hold: Hold.Root, error: null, ...contexts };
  const root = place.obj as Var | null;
  if (root === null || root.kind !== ObjKind.Var || root.isPackageLevel) return null;
  // A variable of the function around this closure: what happens to it there is not seen from here.
  if (root.pos < unit.node.pos || root.pos >= unit.node.end) return null;
  const last = places[places.length - 1];
  let error: Var | null = null;
  if (places.length > 1 && last !== place && last !== null && last?.kind === NodeKind.Ident) {
    const v = last.obj as Var | null;
    // By the call's type: the variable may come from a call that nobody knows (`ref, err := missing.Parse(s)`).
    const given = signatureOf(call)?.results.at(-1)?.type ?? null;
    if (v !== null && v.kind === ObjKind.Var && given !== null && isFailure(given)) error = v;
  }
  if (acquired.kind.id === "http-body") {
    const isAbsent = (edge: Edge): boolean => tellsNoBody(edge, root);
    return { node, root, hold: Hold.Root, error, isAbsent, ...contexts };
  }
  if (acquired.kind.id === "sql-rows" || acquired.kind.id === "pgx-rows") {
    // Behind `rows.Err() != nil` they are closed; database/sql closes them, too, when the context of their query is done:
    // https://cs.opensource.google/go/go/+/refs/tags/go1.26.0:src/database/sql/sql.go (Rows.Next, Rows.awaitDone)
    const ctx =
      acquired.kind.id === "sql-rows" ? call.args.map((arg) => (isContext(typeOf(arg)) ? variable(arg) : null)) : [];
    return { node, root, hold: Hold.Root, error, contexts: [root, ...ctx.filter((v) => v !== null)] };
  }
  if (acquired.kind.id !== "cancel" && acquired.kind.endsWithContext !== true)
    return { node, root, hold: Hold.Root, error };
  // The context that the function cancels, and its parent: when either ends there is nothing left to cancel.
  const above = [acquired.kind.id === "cancel" ? places[0] : null, call.args[0]].map((e) =>
    e === null || e === undefined ? null : variable(e),
  );
  return { node, root, hold: Hold.Root, error, contexts: above.filter((v) => v !== null) };
}

/** `f, local := open(path)`: what the variables beside the resource are where there is one. */
export function besideOf(node: Node, { beside }: Acquired): Pick<Origin, "beside"> {
  if (beside === undefined || beside.size === 0 || node.kind !== NodeKind.AssignStmt || node.rhs.length !== 1)
    return {};
  const out = new Map<Var, Fact>();
  for (const [i, fact] of beside) {
    const v = i < node.lhs.length ? variable(node.lhs[i]) : null;
    if (v !== null && !v.isPackageLevel && !v.captured) out.set(v, fact);
  }
  return { beside: out };
}

/**
 * Contexts of the request that a call sends. "The context controls the entire lifetime of a request and its response":
 * https://pkg.go.dev/net/http#NewRequestWithContext
 */
function requestContexts(unit: FunctionUnit, call: CallExpr): Var[] {
  const sent = call.args.find((arg) => isRequest(typeOf(arg)));
  if (sent === undefined) return [];
  const out: Var[] = [];
  const add = (e: Expr | undefined): void => {
    const v = e === undefined ? null : variable(e);
    if (v !== null) out.push(v);
  };
  const addFrom = (e: Expr): void => {
    const made = e.kind === NodeKind.CallExpr ? requestMade(e) : null;
    const fun = made === null ? null : unparen(made.fun);
    if (fun?.kind === NodeKind.SelectorExpr && /^(?:NewRequestWithContext|WithContext|Clone)$/.test(fun.sel.name))
      add(made?.args.find((arg) => isContext(typeOf(arg))));
  };
  const request = variable(sent);
  if (request === null) addFrom(unparen(sent));
  else
    for (const s of unit.nodes(NodeKind.AssignStmt)) {
      const made = s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
      if (made?.kind !== NodeKind.CallExpr || s.lhs.length === 0) continue;
      const fun = unparen(made.fun);
      if (variable(s.lhs[0]) === request) addFrom(made);
      else if (fun.kind === NodeKind.SelectorExpr && fun.sel.name === "Context" && variable(fun.x) === request)
        add(s.lhs[0]);
    }
  // ctx, cancel := context.WithTimeout(parent, time.Minute): when parent is done, ctx is.
  for (const v of out)
    for (const s of unit.nodes(NodeKind.AssignStmt)) {
      const made = s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
      if (made?.kind !== NodeKind.CallExpr || made.args.length === 0 || s.lhs.length === 0) continue;
      const parent = variable(made.args[0]);
      if (variable(s.lhs[0]) !== v || parent === null || out.includes(parent)) continue;
      const { func } = calleeOf(made);
      if (func !== null && derives.has(funcName(func.origin))) out.push(parent);
    }
  return out;
}

export function signatureOf(call: CallExpr): Signature | null {
  const t = under(typeOf(call.fun));
  return t.kind === TypeKind.Signature ? t : null;
}

export function parameterType(sig: Signature, index: number): Type | null {
  const last = sig.params.length - 1;
  if (sig.variadic && index >= last) {
    const t = sig.params[last]?.type ?? null;
    return t !== null && t.kind === TypeKind.Slice ? t.elem : t;
  }
  return sig.params[index]?.type ?? null;
}
