/**
 * Spans that go out in a context that is returned, or kept by somebody: whoever gets that has the span by trace.SpanFromContext, and ends it.
 *
 *     ctx, span := tracer.Start(ctx, name)      ctx, span := tracer.Start(tx.Statement.Context, name)
 *     span.SetAttributes(…)                     tx.Statement.Context = ctx
 *     return ctx
 */
import { variable } from "../../../go/flow/facts.ts";
import { everyExit, LeakKind } from "../../../go/flow/leak.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { calledName, isContext } from "../../../go/summary/contexts.ts";
import type { FoundLeak } from "../../../go/summary/leaks.ts";
import type { Summaries } from "../../../go/summary/summaries.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { unparen } from "../../../go/types/callee.ts";
import type { Var } from "../../../go/types/object.ts";
import { typeOf } from "../../../go/types/record.ts";

/** Each way that leaves the span running returns a context that has it, or the function puts one into a field. */
export function goesOutInContext({ unit, site, leak }: FoundLeak, summaries: Summaries): boolean {
  const span = site.origin?.root ?? null;
  if (span === null || leak.kind !== LeakKind.Exit) return false;
  if (isKept(unit, site.call, span, summaries)) return true;
  return everyExit(leak).every(({ at }) => {
    if (at?.kind !== NodeKind.ReturnStmt) return false;
    // A bare return gives what the named results have.
    const named = at.results.length === 0 ? (unit.signature?.results ?? []) : [];
    return (
      named.some((v) => carries(unit, v, site.call, span, summaries)) ||
      at.results.some((e) => carriesItself(unit, e, site.call, span, summaries))
    );
  });
}

/** `tx.Statement.Context = wrapper{ctx, parent}` */
function isKept(unit: FunctionUnit, start: CallExpr, span: Var, summaries: Summaries): boolean {
  return unit.nodes(NodeKind.AssignStmt).some((s) => {
    const [place, value] = [s.lhs[0], s.rhs[0]].map((e) => (e === undefined ? null : unparen(e)));
    if (s.lhs.length !== 1 || place?.kind !== NodeKind.SelectorExpr || value === null) return false;
    let kept = false;
    walk(value, (n) => {
      if (n.kind === NodeKind.Ident) {
        const v = variable(n);
        kept ||= v !== null && carries(unit, v, start, span, summaries);
      }
      // tx.WithContext(ctx) may be something of its own
      return !kept && n.kind !== NodeKind.CallExpr && n.kind !== NodeKind.FuncLit;
    });
    return kept;
  });
}

function carriesItself(unit: FunctionUnit, e: Expr, start: CallExpr, span: Var, summaries: Summaries): boolean {
  const x = unparen(e);
  const v = variable(x);
  if (v !== null) return carries(unit, v, start, span, summaries);
  return x.kind === NodeKind.CallExpr && putsIn(x, span, summaries);
}

/** The variable gets the context that came with the span, or one that it is put into. */
function carries(unit: FunctionUnit, v: Var, start: CallExpr, span: Var, summaries: Summaries): boolean {
  if (v.type === null || !isContext(v.type)) return false;
  return unit.nodes(NodeKind.AssignStmt).some((s) => {
    if (s.lhs.length === 0 || variable(s.lhs[0]) !== v || s.rhs.length !== 1) return false;
    const made = unparen(s.rhs[0]);
    return made === start || (made.kind === NodeKind.CallExpr && putsIn(made, span, summaries));
  });
}

/** trace.ContextWithSpan(ctx, span), and helpers of the program's own that give a context for both. */
function putsIn(call: CallExpr, span: Var, summaries: Summaries): boolean {
  if (!call.args.some((arg) => variable(arg) === span)) return false;
  return calledName(call, summaries).endsWith(".ContextWithSpan") || isContext(typeOf(call));
}
