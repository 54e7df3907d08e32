/**
 * Functions that somebody else gets to call, as often as they like: those that are given to a call, or are put into the field of what somebody has.
 *
 *     worker.New(queue, c.reconcile)                  srv.OnMessage = c.receive
 *     return &Resource{Create: createAgent}
 *
 * Not what is registered, or listed with others of its kind, one of which somebody picks by a name; nor what a command runs.
 */
import type { FunctionUnit } from "../flow/unit.ts";
import { passesErrorOn, runsAtMostAFewTimes } from "../knowledge/entry-points.ts";
import { registers } from "../knowledge/start-names.ts";
import type { CallExpr, CompositeLit } from "../syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { type Func, ObjKind } from "../types/object.ts";
import { funcName } from "../types/print.ts";
import { objOf, typeOf } from "../types/record.ts";
import { TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";

export interface HandedOn {
  /** To somebody who calls them as often as they like. */
  readonly functions: ReadonlySet<Func>;
  /** To what runs them a finite number of times, there and then: `filepath.Walk(dir, f.visit)`, `range []step{a.find, a.look}`. */
  readonly run: ReadonlyMap<Func, readonly { readonly unit: FunctionUnit; readonly at: Node }[]>;
}

/** `commanded`: expressions whose values commands run. */
export function handedOnIn(units: readonly FunctionUnit[], commanded: ReadonlySet<Node>): HandedOn {
  const functions = new Set<Func>();
  const run = new Map<Func, { unit: FunctionUnit; at: Node }[]>();
  const give = (value: Expr): void => {
    const f = functionOf(value);
    if (f !== null && !commanded.has(nameOf(value) ?? value)) functions.add(f);
  };
  const runAt = (value: Expr, unit: FunctionUnit, at: Node): void => {
    const f = functionOf(value);
    if (f === null) return;
    const places = run.get(f) ?? [];
    run.set(f, places);
    places.push({ unit, at });
  };
  const inCall = (call: CallExpr, unit: FunctionUnit | null): void => {
    for (const arg of call.args) {
      if (runsFinitely(call)) {
        if (unit !== null) runAt(arg, unit, call);
      } else if (!registers.test(calleeOf(call).name)) give(arg);
    }
  };
  const inLiteral = (lit: CompositeLit, listed: ReadonlySet<Node>, unit: FunctionUnit | null): void => {
    const { kind } = under(typeOf(lit));
    if (kind === TypeKind.Struct && !listed.has(lit))
      for (const e of lit.elts) give(e.kind === NodeKind.KeyValueExpr ? e.value : e);
    else if (kind === TypeKind.Slice && unit !== null) for (const e of lit.elts) runAt(e, unit, lit);
  };
  for (const unit of units) {
    for (const call of unit.nodes(NodeKind.CallExpr)) inCall(call, unit);
    for (const s of unit.nodes(NodeKind.AssignStmt))
      if (s.lhs.length === s.rhs.length)
        s.lhs.forEach((place, i) => unparen(place).kind === NodeKind.SelectorExpr && give(s.rhs[i]));
    const literals = unit.nodes(NodeKind.CompositeLit);
    const listed = listedIn(literals);
    for (const lit of literals) inLiteral(lit, listed, unit);
  }
  // var listCommand = &Endpoint{Path: "/v1/list", Get: list}
  for (const file of new Set(units.map((u) => u.file)))
    for (const decl of file.file.decls) {
      if (decl.kind === NodeKind.FuncDecl) continue;
      const literals: CompositeLit[] = [];
      walk(decl, (n) => {
        if (n.kind === NodeKind.CompositeLit) literals.push(n);
        if (n.kind === NodeKind.CallExpr) inCall(n, null);
        return n.kind !== NodeKind.FuncLit;
      });
      const listed = listedIn(literals);
      for (const lit of literals) inLiteral(lit, listed, null);
    }
  return { functions, run };
}

function runsFinitely(call: CallExpr): boolean {
  const { func } = calleeOf(call);
  if (func === null) return false;
  const name = funcName(func.origin);
  return passesErrorOn.has(name) || runsAtMostAFewTimes.has(name);
}

/** Of the literals those that are elements of lists and maps. */
function listedIn(literals: readonly CompositeLit[]): ReadonlySet<Node> {
  const listed = new Set<Node>();
  for (const lit of literals) {
    if (under(typeOf(lit)).kind === TypeKind.Struct) continue;
    for (const e of lit.elts)
      walk(e, (n) => {
        if (n.kind === NodeKind.CompositeLit) listed.add(n);
        return n.kind !== NodeKind.FuncLit;
      });
  }
  return listed;
}

/** The function that a value is: `reconcile`, `c.reconcile`. */
function functionOf(value: Expr): Func | null {
  const name = nameOf(value);
  const obj = name === null ? null : objOf(name);
  return obj?.kind === ObjKind.Func ? obj.origin : null;
}

function nameOf(value: Expr): Extract<Expr, { kind: NodeKind.Ident }> | null {
  const e = unparen(value);
  const name = e.kind === NodeKind.SelectorExpr ? e.sel : e;
  return name.kind === NodeKind.Ident ? name : null;
}
