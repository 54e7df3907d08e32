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
import { type AssignStmt, type CallExpr, NodeKind } from "../syntax/ast.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { Mode } from "../types/record.ts";
import type { Summaries } from "./summaries.ts";

/** The decision takes an error for not nil that always is. */
export function neverTaken(edge: Edge, summaries: Summaries): boolean {
  const error = nonNilBehind(edge);
  const given = error === null ? null : assignmentBefore(edge, error);
  if (error === null || given === null || given.rhs.length !== 1) return false;
  const call = unparen(given.rhs[0]);
  return call.kind === NodeKind.CallExpr && neverFails(call, summaries);
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

/** The last assignment to `v` ahead of the edge, where only one way leads from it there. */
function assignmentBefore({ from }: Edge, v: Var): AssignStmt | null {
  for (let block = from, steps = 0; steps < 4; steps++) {
    for (const n of block.nodes.toReversed())
      if (n.kind === NodeKind.AssignStmt && n.lhs.some((e) => variable(e) === v)) return n;
    if (block.preds.length !== 1) return null;
    block = block.preds[0].from;
  }
  return null;
}
