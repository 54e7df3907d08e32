/**
 * What works under a context that the function itself ends: it is over with the function, released or not.
 *
 *     ctx, cancel := context.WithTimeout(parent, time.Second)
 *     defer cancel()
 *     rows, err := db.QueryContext(ctx, query)      ← closed when ctx is done
 */
import { variable } from "../go/flow/facts.ts";
import { mentions } from "../go/flow/mentions.ts";
import { derives } from "../go/knowledge/contexts.ts";
import { calledName } from "../go/summary/contexts.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import type { Summaries } from "../go/summary/summaries.ts";
import { NodeKind } from "../go/syntax/ast.ts";
import { unparen } from "../go/types/callee.ts";

/** A context that the resource ends with (`Origin.contexts`) is made by the function, and its cancel function is deferred. */
export function endsWithFunction({ unit, site }: FoundLeak, summaries: Summaries): boolean {
  const contexts = site.origin?.contexts ?? [];
  return unit.nodes(NodeKind.AssignStmt).some((s) => {
    const made = s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
    if (made?.kind !== NodeKind.CallExpr || !derives.has(calledName(made, summaries)) || s.lhs.length !== 2)
      return false;
    const [ctx, cancel] = s.lhs.map((e) => variable(e));
    if (ctx === null || cancel === null || !contexts.includes(ctx) || s.pos > site.call.pos) return false;
    return unit.nodes(NodeKind.DeferStmt).some((d) => mentions(d.call, new Set([cancel])));
  });
}
