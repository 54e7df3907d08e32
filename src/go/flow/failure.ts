/** What says that something went wrong. */
import type { Edge } from "../cfg/blocks.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { AssignStmt, ReturnStmt } from "../syntax/ast-stmt.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { identical } from "../types/identical.ts";
import type { Var } from "../types/object.ts";
import { Mode, typeOf } from "../types/record.ts";
import { type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { errorType } from "../types/universe.ts";
import { isErrorNumber, nonNilBehind, variable } from "./facts.ts";
import type { Exit } from "./leak.ts";
import type { FunctionUnit } from "./unit.ts";

/** error, or a type of the program's own that by its name says what went wrong: `BaseMethodFault`, `*APIError`, `syscall.Errno`. Nil or 0: nothing did. */
export function isFailure(t: Type): boolean {
  if (identical(t, errorType) || isErrorNumber(t)) return true;
  const base = t.kind === TypeKind.Pointer ? t.elem : t;
  if (base.kind !== TypeKind.Named || (base === t && under(t).kind !== TypeKind.Interface)) return false;
  return /(?:Err|Error|Fault|Failure)$/.test(base.obj.name);
}

/** Something went wrong where the edge is taken: `err != nil` holds. */
export function isFailed(edge: Edge): boolean {
  const type = nonNilBehind(edge)?.type ?? null;
  return type !== null && isFailure(type);
}

/** The variable is one that says what went wrong. */
export function isError(v: Var | null): boolean {
  return v !== null && v.type !== null && isFailure(v.type);
}

/** The error is an argument of a call whose results are assigned. */
export function givesAway(n: AssignStmt, error: Var): boolean {
  return n.rhs.some((e) => {
    const call = unparen(e);
    return call.kind === NodeKind.CallExpr && call.args.some((arg) => variable(arg) === error) && !wrapsError(call);
  });
}

/** fmt.Errorf("…: %w", err) and its kin make another error of it and decide nothing. */
function wrapsError(call: CallExpr): boolean {
  const t = typeOf(call);
  return identical(t, errorType);
}

/** The call whose error decides that the function is left: `c, err := dial(ctx)` ahead of `if err != nil`. */
export function failedCall(unit: FunctionUnit, decisions: readonly Edge[]): CallExpr | null {
  const last = decisions.at(-1);
  const error = last === undefined ? null : nonNilBehind(last);
  if (last?.cond == null || error === null) return null;
  let found: CallExpr | null = null;
  for (const s of unit.nodes(NodeKind.AssignStmt)) {
    if (s.pos > last.cond.pos || variable(s.lhs[s.lhs.length - 1]) !== error) continue;
    const e = s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
    found = e?.kind === NodeKind.CallExpr ? e : null;
  }
  return found;
}

/** The expression is an error that is not nil: one that was tested, or one that is made here. */
export function isNotNilError(e: Expr, decisions: readonly Edge[]): boolean {
  const v = variable(e);
  if (v?.isPackageLevel === true) return true;
  if (v !== null) return decisions.some((edge) => nonNilBehind(edge) === v);
  const x = unparen(e);
  if (x.kind === NodeKind.CallExpr) return /err|wrap|new|status/i.test(calleeOf(x).name);
  return x.kind === NodeKind.UnaryExpr || x.kind === NodeKind.CompositeLit || x.kind === NodeKind.SelectorExpr;
}

/** The statement returns an error, and not nil. `decisions`: those of the path to it. */
export function returnsFailure({ results }: ReturnStmt, decisions: readonly Edge[]): boolean {
  const error = results.at(-1);
  return error !== undefined && unparen(error).mode !== Mode.Nil && isNotNilError(error, decisions);
}

/** The function is left there by a statement that returns an error. */
export function isFailing({ at, decisions }: Exit): boolean {
  return at?.kind === NodeKind.ReturnStmt && returnsFailure(at, decisions);
}
