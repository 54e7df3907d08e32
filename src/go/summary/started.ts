/** What goroutines run: function literals, and declared functions of the same file. */
import type { FuncDecl } from "../syntax/ast-decl.ts";
import type { CallExpr, FuncLit } from "../syntax/ast-expr.ts";
import type { BlockStmt, GoStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { deref } from "../types/lookup.ts";
import type { Var } from "../types/object.ts";
import { isNamed } from "./contexts.ts";
import type { Summaries } from "./summaries.ts";

export type Started = FuncLit | (FuncDecl & { readonly body: BlockStmt });

/** The go statement that starts it. */
export function goStatement(unit: FunctionUnit, lit: Started): Node | null {
  let found: Node | null = null;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.GoStmt && (unparen(n.call.fun) === lit || calleeOf(n.call).func?.decl === lit)) found = n;
    return found === null && n.kind !== NodeKind.FuncLit;
  });
  return found;
}

/** `go work(ch)`: a function of the same file, which has the channel by that parameter alone. */
export function startedWith(
  { file }: FunctionUnit,
  call: CallExpr,
  isIt: (e: Expr) => boolean,
): { readonly body: Started; readonly param: Var; readonly arg: Expr } | null {
  const { func, kind } = calleeOf(call);
  const decl = func?.decl ?? null;
  if (func === null || kind !== CalleeKind.Static || decl?.body == null || func.file !== file) return null;
  const given = call.args.flatMap((arg, i) => (isIt(arg) ? [i] : []));
  const { params, variadic } = func.origin.signature();
  const param = given.length === 1 && !variadic ? params[given[0]] : undefined;
  // Who waits for it waits for another variable.
  if (params.some(({ type }) => type !== null && isNamed(deref(type)[0], "sync", "WaitGroup"))) return null;
  return param === undefined ? null : { body: decl as Started, param, arg: unparen(call.args[given[0]]) };
}

/** What a go statement of the package runs, where it is a function of the program: a literal, or one that is declared, wherever. */
export function bodyStarted({ call }: GoStmt, around: FunctionUnit, summaries: Summaries): FunctionUnit | null {
  const fun = unparen(call.fun);
  if (fun.kind === NodeKind.FuncLit) return summaries.literalUnit(fun, around);
  const { func, kind } = calleeOf(call);
  const isOurs = func !== null && kind === CalleeKind.Static && func.pkg?.source?.standard !== true;
  return isOurs ? summaries.unitOf(func.origin) : null;
}
