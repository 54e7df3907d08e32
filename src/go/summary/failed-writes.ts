/**
 * Ways out that are taken only where what was just opened cannot be written to: the disk is full, or gone.
 *
 *     f, err := os.Create(name)
 *     …
 *     enc := json.NewEncoder(f)
 *     if err := enc.Encode(state); err != nil {
 *         return err      ← no run that anybody sees comes here
 *     }
 */
import type { Edge } from "../cfg/blocks.ts";
import { nonNilBehind, variable } from "../flow/facts.ts";
import { callAhead, given } from "../flow/given.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { failAsWriter, failToWrite, makeWriters } from "../knowledge/never-fails.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import type { Summaries } from "./summaries.ts";

/** The decision is taken because writing to `file` failed. */
export function isFailedWrite(edge: Edge, file: Var, unit: FunctionUnit, summaries: Summaries): boolean {
  const error = nonNilBehind(edge);
  const call = error === null ? null : callAhead(edge.from, error);
  const { func } = call === null ? { func: null } : calleeOf(call);
  if (call === null || func === null) return false;
  const name = summaries.nameOf(func.origin);
  const argument = call.args[failAsWriter.get(name) ?? Infinity];
  if (argument !== undefined) return writesTo(argument, file, unit, summaries);
  const fun = unparen(call.fun);
  return failToWrite.has(name) && fun.kind === NodeKind.SelectorExpr && writesTo(fun.x, file, unit, summaries);
}

/** The file, or a writer that was made of it. `asked`: variables on the way, `w = bufio.NewWriter(w)` among them. */
function writesTo(e: Expr, file: Var, unit: FunctionUnit, summaries: Summaries, asked: readonly Var[] = []): boolean {
  const x = unparen(e);
  const v = variable(x);
  if (v === file) return true;
  if (v !== null) {
    if (v.isParam || v.isPackageLevel) return false;
    if (asked.includes(v)) return true; // what else it is made of decides
    const made = given(unit, v);
    return made.length > 0 && made.every((m) => m !== null && writesTo(m, file, unit, summaries, [...asked, v]));
  }
  // json.NewEncoder(f), bufio.NewWriter(gz)
  const { func } = x.kind === NodeKind.CallExpr ? calleeOf(x) : { func: null };
  if (x.kind !== NodeKind.CallExpr || func === null) return false;
  const to = x.args[makeWriters.get(summaries.nameOf(func.origin)) ?? Infinity];
  return to !== undefined && writesTo(to, file, unit, summaries, asked);
}
