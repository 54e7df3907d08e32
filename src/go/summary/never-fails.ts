/**
 * Decisions that no run takes: `if err != nil` behind a call that never fails.
 *
 *     func NewRecorder(w io.Writer) (*Recorder, error) { return &Recorder{w}, nil }
 *
 *     rec, err := NewRecorder(f)
 *     if err != nil {
 *         return nil, err      ← nobody comes here
 *     }
 *
 * Asked of what was found, not while paths are searched: that would open the body of every callee.
 */
import type { Edge } from "../cfg/blocks.ts";
import { nonNilBehind, variable } from "../flow/facts.ts";
import { type AssignStmt, type CallExpr, type Expr, NodeKind } from "../syntax/ast.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { funcName } from "../types/print.ts";
import { Mode } from "../types/record.ts";
import type { Summaries } from "./summaries.ts";

/** The decision takes an error for not nil that always is. */
export function neverTaken(edge: Edge, summaries: Summaries): boolean {
  const error = nonNilBehind(edge);
  const call = error === null ? null : callBefore(edge, error);
  return call !== null && (neverFails(call, summaries) || takesOwnAddressApart(call, edge));
}

/**
 * `net.SplitHostPort(l.Addr().String())`, and then `strconv.Atoi(port)`: the address of what was opened is as package net writes it. (Behind an edge
 * that is told of what the calls before it gave.)
 */
function takesOwnAddressApart(call: CallExpr, edge: Edge): boolean {
  const { func } = calleeOf(call);
  const arg = call.args[0];
  if (func === null || arg === undefined) return false;
  const name = funcName(func.origin);
  if (name === "net.SplitHostPort") return isOwnAddress(arg, edge);
  if (!/^strconv\.(?:Atoi|ParseU?int)$/i.test(name)) return false;
  const port = variable(arg);
  const split = port === null ? null : callBefore(edge, port);
  return split !== null && takesOwnAddressApart(split, edge);
}

/** `l.Addr().String()`, or a variable that was given it. */
function isOwnAddress(arg: Expr, edge: Edge): boolean {
  const e = unparen(arg);
  const v = variable(e);
  const text = v === null ? e : callBefore(edge, v);
  if (text?.kind !== NodeKind.CallExpr || text.args.length > 0) return false;
  const fun = unparen(text.fun);
  const of = fun.kind === NodeKind.SelectorExpr && fun.sel.name === "String" ? unparen(fun.x) : null;
  return of?.kind === NodeKind.CallExpr && /^(?:Local|Remote)?Addr$/.test(calleeOf(of).name);
}

/** Every return statement of the function called gives nil for its last result. */
export function neverFails(call: CallExpr, summaries: Summaries): boolean {
  const { func, kind } = calleeOf(call);
  if (func === null || kind !== CalleeKind.Static) return false;
  const unit = summaries.unitOf(func.origin);
  const last = unit?.signature?.results.at(-1);
  // A deferred function may give a named result another value.
  if (unit === null || last === undefined || (last.name !== "" && unit.nodes(NodeKind.DeferStmt).length > 0))
    return false;
  const { returns } = unit.cfg;
  return returns.length > 0 && returns.every(({ results }) => results.at(-1)?.mode === Mode.Nil);
}

/** The call that gave `v` its value, ahead of the edge. */
function callBefore(edge: Edge, v: Var): CallExpr | null {
  const given = assignmentBefore(edge, v);
  const value = given?.rhs.length === 1 ? unparen(given.rhs[0]) : null;
  return value?.kind === NodeKind.CallExpr ? value : null;
}

/** The last assignment to `v` ahead of the edge, where only one way leads from it there. */
function assignmentBefore({ from }: Edge, v: Var): AssignStmt | null {
  for (let block = from, steps = 0; steps < 4; steps++) {
    for (const n of block.nodes.toReversed())
      if (n.kind === NodeKind.AssignStmt && n.lhs.some((e) => variable(e) === v)) return n;
    const before = block.preds.filter((e) => e.from.reachable);
    if (before.length !== 1) return null;
    block = before[0].from;
  }
  return null;
}
