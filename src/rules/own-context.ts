/**
 * What works under a context that ends with the function, or with those that call it: it is over then, released or not.
 *
 *     ctx, cancel := context.WithTimeout(parent, time.Second)      func (b *blob) fetch(ctx context.Context) error {
 *     defer cancel()                                                   ctx, cancel := context.WithCancel(ctx)
 *     rows, err := db.QueryContext(ctx, query)      ← closed           defer cancel()
 *                                                     when ctx         return b.remote.get(ctx)      ← all calls of get
 *                                                     is done                                          end its context
 */
import { variable } from "../go/flow/facts.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import { derives } from "../go/knowledge/contexts.ts";
import { calledName, isLocal } from "../go/summary/contexts.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import { type Mentions, oneShots } from "../go/summary/one-shot.ts";
import type { Summaries } from "../go/summary/summaries.ts";
import type { CallExpr } from "../go/syntax/ast-expr.ts";
import type { BlockStmt } from "../go/syntax/ast-stmt.ts";
import { type Node, NodeKind, type Stmt } from "../go/syntax/ast.ts";
import { walk } from "../go/syntax/walk.ts";
import { unparen } from "../go/types/callee.ts";
import type { Func, Var } from "../go/types/object.ts";

/** Why what a context ends is over soon: a clause; null where its context is not known to end (`Origin.contexts`). */
export function whoEndsContext(
  { unit, site }: FoundLeak,
  units: readonly FunctionUnit[],
  summaries: Summaries,
): string | null {
  const contexts = site.origin?.contexts ?? [];
  return contexts.some((v) => isEnded(unit, v, site.node, units, summaries, 0))
    ? "it ends with a context that the function ends, or all its callers do"
    : null;
}

/** The function, or one around it, ends the context, or was given it by callers who do. */
function isEnded(
  unit: FunctionUnit,
  ctx: Var,
  at: Node,
  units: readonly FunctionUnit[],
  summaries: Summaries,
  depth: number,
): boolean {
  for (let around: FunctionUnit | null = unit; around !== null; around = around.outer) {
    if (endsWith(around, ctx, at, summaries)) return true;
    if (isLocal(around, ctx)) return isEndedByCallers(around, ctx, units, summaries, depth);
  }
  return false;
}

/** The context is made by the function ahead of `at`, and over when it ends, whatever happened. */
function endsWith(unit: FunctionUnit, ctx: Var, at: Node, summaries: Summaries): boolean {
  const assignments = unit.nodes(NodeKind.AssignStmt);
  return assignments.some((s) => {
    const made = s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
    if (s === at || s.lhs.length !== 2 || made?.kind !== NodeKind.CallExpr || s.pos > at.pos) return false;
    const name = calledName(made, summaries);
    const [first, second] = s.lhs.map((e) => variable(e));
    // "the first time a function passed to Go returns a non-nil error or the first time Wait returns, whichever occurs first"
    if (name === "golang.org/x/sync/errgroup.WithContext")
      return second === ctx && unit.nodes(NodeKind.CallExpr).some((c) => isMethodOf(c, first, "Wait"));
    if (first !== ctx || second === null || !derives.has(name)) return false;
    // Of two contexts with one name for what ends them it ends the later.
    const isGiven = assignments.some((other) => other !== s && other.lhs.some((e) => variable(e) === second));
    return (
      !isGiven &&
      (unit.nodes(NodeKind.DeferStmt).some((d) => calls(d.call, second)) || isCalledBehind(unit.body, at, second))
    );
  });
}

/** `cancel()` in the list of statements that `at` stands in, and none between them leaves it. */
function isCalledBehind(body: BlockStmt, at: Node, cancel: Var): boolean {
  let found = false;
  walk(body, (n) => {
    if (found || n.kind === NodeKind.FuncLit || at.pos < n.pos || at.pos >= n.end) return false;
    const list = n.kind === NodeKind.BlockStmt ? n.list : n.kind === NodeKind.CaseClause ? n.body : [];
    const i = list.findIndex((s) => s.pos <= at.pos && at.pos < s.end);
    const next = i < 0 ? -1 : list.findIndex((s, j) => j > i && isCallOf(s, cancel));
    found = next > i && list.slice(i, next).every((s) => !mayLeave(s));
    return true;
  });
  return found;
}

function isCallOf(s: Stmt, cancel: Var): boolean {
  return s.kind === NodeKind.ExprStmt && s.x.kind === NodeKind.CallExpr && calls(s.x, cancel);
}

function mayLeave(s: Stmt): boolean {
  let leaves = false;
  walk(s, (n) => {
    leaves ||= n.kind === NodeKind.ReturnStmt || n.kind === NodeKind.BranchStmt;
    return !leaves && n.kind !== NodeKind.FuncLit;
  });
  return leaves;
}

/** Callers of callers of callers are not asked. */
const MaxDepth = 3;

/** The context is what the function is given, nobody else can call it, and who does ends it when that is done. */
function isEndedByCallers(
  unit: FunctionUnit,
  ctx: Var,
  units: readonly FunctionUnit[],
  summaries: Summaries,
  depth: number,
): boolean {
  const { func, signature } = unit;
  const index = signature?.params.indexOf(ctx) ?? -1;
  if (func === null || index < 0 || depth >= MaxDepth || /^\p{Lu}/u.test(func.name)) return false;
  const mentions = mentionsOf(func, units, summaries);
  if (mentions.some((m) => m.asValue || m.asCommand)) return false;
  const made = mentions.flatMap((m) => m.calls);
  const given = made.map(({ at }) => {
    const arg = at.kind === NodeKind.CallExpr ? at.args[index] : undefined;
    return arg === undefined ? null : variable(arg);
  });
  // return f.fetch(ctx, regions, false): what it hands itself is what others gave it
  return (
    given.some((v) => v !== ctx) &&
    made.every(
      ({ unit: by, at }, i) =>
        given[i] === ctx || (given[i] !== null && isEnded(by, given[i], at, units, summaries, depth + 1)),
    )
  );
}

/** Of a name that is not exported the package has all calls, those through interfaces as well. */
function mentionsOf({ name, pkg }: Func, units: readonly FunctionUnit[], summaries: Summaries): Mentions[] {
  const out: Mentions[] = [];
  for (const [f, mentions] of oneShots(units, summaries).mentioned)
    if (f.name === name && f.pkg === pkg) out.push(mentions);
  return out;
}

function isMethodOf(call: CallExpr, of: Var | null, name: string): boolean {
  const fun = unparen(call.fun);
  return of !== null && fun.kind === NodeKind.SelectorExpr && fun.sel.name === name && variable(fun.x) === of;
}

/** `cancel()`, `func() { …; cancel() }()`: not under a condition. */
function calls(call: CallExpr, cancel: Var): boolean {
  const fun = unparen(call.fun);
  if (fun.kind !== NodeKind.FuncLit) return variable(fun) === cancel;
  return fun.body.list.some(
    (s) => s.kind === NodeKind.ExprStmt && s.x.kind === NodeKind.CallExpr && calls(s.x, cancel),
  );
}
