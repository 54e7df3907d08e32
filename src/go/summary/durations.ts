/** How long a wait takes, as far as one function tells. In nanoseconds. */
import { subject, variable } from "../flow/facts.ts";
import { given } from "../flow/given.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { constOf } from "../types/record.ts";

/**
 * What ends by itself sooner than this is gone before it adds up: 100 a second are a thousand at once. In the code that the rules were
 * measured on, what waited for half a minute somebody mended; what waited for seconds nobody touched.
 */
export const Short = 10_000_000_000n;

/** It takes at least so long: a constant, one with something added, a variable of the function that is set to such once. */
export function atLeast(unit: FunctionUnit, e: Expr, depth = 0): bigint | null {
  const x = unparen(e);
  const constant = constOf(x);
  if (typeof constant === "bigint") return constant;
  if (depth > 3) return null;
  if (x.kind === NodeKind.BinaryExpr && x.op === Token.Add) {
    const [a, b] = [atLeast(unit, x.x, depth + 1), atLeast(unit, x.y, depth + 1)];
    return a === null || (b !== null && b > a) ? b : a;
  }
  const v = variable(x);
  if (v === null || v.isParam || v.isPackageLevel || v.captured) return null;
  const [value, ...more] = given(unit, v);
  return value == null || more.length > 0 ? null : atLeast(unit, value, depth + 1);
}

/** It takes so long unless somebody has said otherwise: a constant, or a setting that is given one here where it has none. */
export function byDefault(unit: FunctionUnit, e: Expr): bigint | null {
  const constant = constOf(unparen(e));
  if (typeof constant === "bigint") return constant;
  const v = subject(e);
  if (v === null) return null;
  const [value, ...more] = given(unit, v);
  const said = value == null || more.length > 0 ? null : constOf(unparen(value));
  return typeof said === "bigint" ? said : null;
}

/** When a context that `call` makes is over by itself, counted from now: `WithTimeout(ctx, d)`, `WithDeadline(ctx, time.Now().Add(d))`. */
export function untilDeadline(unit: FunctionUnit, call: CallExpr): bigint | null {
  const [, limit] = call.args;
  if (limit === undefined) return null;
  const { name } = calleeOf(call);
  if (/^WithTimeout(?:Cause)?$/.test(name)) return byDefault(unit, limit);
  const at = unparen(limit);
  const isSoon = /^WithDeadline(?:Cause)?$/.test(name) && at.kind === NodeKind.CallExpr && calleeOf(at).name === "Add";
  return isSoon && at.args.length === 1 ? byDefault(unit, at.args[0]) : null;
}
