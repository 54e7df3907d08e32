/**
 * What works under a context that the function itself ends: it is over with the function, released or not.
 *
 *     ctx, cancel := context.WithTimeout(parent, time.Second)
 *     defer cancel()
 *     rows, err := db.QueryContext(ctx, query)      ← closed when ctx is done
 */
import { variable } from "../go/flow/facts.ts";
import { derives } from "../go/knowledge/contexts.ts";
import { calledName } from "../go/summary/contexts.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import type { Summaries } from "../go/summary/summaries.ts";
import type { CallExpr } from "../go/syntax/ast-expr.ts";
import { NodeKind } from "../go/syntax/ast.ts";
import { unparen } from "../go/types/callee.ts";
import type { Var } from "../go/types/object.ts";

/** A context that the resource ends with (`Origin.contexts`) is made by the function, whose end cancels it, whatever happened. */
export function endsWithFunction({ unit, site }: FoundLeak, summaries: Summaries): boolean {
  const contexts = site.origin?.contexts ?? [];
  const assignments = unit.nodes(NodeKind.AssignStmt);
  return assignments.some((s) => {
    const made = s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
    if (s === site.node || s.lhs.length !== 2 || made?.kind !== NodeKind.CallExpr || s.pos > site.call.pos)
      return false;
    const [ctx, cancel] = s.lhs.map((e) => variable(e));
    if (ctx === null || cancel === null || !contexts.includes(ctx) || !derives.has(calledName(made, summaries)))
      return false;
    // Of two contexts with one name for what ends them it ends the later.
    const isGiven = assignments.some((other) => other !== s && other.lhs.some((e) => variable(e) === cancel));
    return !isGiven && unit.nodes(NodeKind.DeferStmt).some((d) => calls(d.call, cancel));
  });
}

/** `cancel()`, `func() { …; cancel() }()`: not under a condition. */
function calls(call: CallExpr, cancel: Var): boolean {
  const fun = unparen(call.fun);
  if (fun.kind !== NodeKind.FuncLit) return variable(fun) === cancel;
  return fun.body.list.some(
    (s) => s.kind === NodeKind.ExprStmt && s.x.kind === NodeKind.CallExpr && calls(s.x, cancel),
  );
}
