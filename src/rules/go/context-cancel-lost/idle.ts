/**
 * Contexts under which nothing runs. One that is derived from a context that can never be done hangs in no parent: the collector takes it,
 * unless somebody was given it and waits for its end.
 *
 *     ctx, cancel := context.WithCancel(context.Background())
 *     s := &server{ctx: ctx, cancel: cancel}
 *     s.addr, err = resolve(name)
 *     if err != nil {
 *         return nil, err            nobody has seen ctx but s, which goes the same way
 *     }
 */
import { failedCall, isFailed } from "../../../go/flow/failure.ts";
import { variable } from "../../../go/flow/facts.ts";
import { mentions } from "../../../go/flow/mentions.ts";
import { everyExit, LeakKind } from "../../../go/flow/leak.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { derives, neverDone } from "../../../go/knowledge/contexts.ts";
import { calledName } from "../../../go/summary/contexts.ts";
import { untilDeadline } from "../../../go/summary/durations.ts";
import type { FoundLeak } from "../../../go/summary/leaks.ts";
import type { Summaries } from "../../../go/summary/summaries.ts";
import { type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { unparen } from "../../../go/types/callee.ts";
import type { Var } from "../../../go/types/object.ts";

/** A timer with nothing behind it is a few hundred bytes: for so long nobody misses them. */
const AMinute = 60_000_000_000n;

/** Nothing hangs in a parent, and on each way out nobody was given the context but for what is left with it; or it never had an end. */
export function isIdle({ unit, site, leak }: FoundLeak, summaries: Summaries): boolean {
  const { call, node } = site;
  const kind = derives.get(calledName(call, summaries));
  // ctx, _ = context.WithCancel(context.Background()) is another Background(): who waits for its end was told that there is none.
  if (leak.kind === LeakKind.Dropped) return kind === "cancel" && isNeverDone(call.args[0], call.pos, unit, summaries);
  if ((leak.kind !== LeakKind.Exit && leak.kind !== LeakKind.Overwritten) || node.kind !== NodeKind.AssignStmt)
    return false;
  // A deadline's timer runs until it fires, whatever the parent is.
  const wait = kind === "deadline" ? untilDeadline(unit, call) : null;
  if (kind !== "cancel" && (wait === null || wait > AMinute)) return false;
  if (!isNeverDone(call.args[0], call.pos, unit, summaries)) return false;
  const ctx = variable(node.lhs[0]);
  if (ctx === null) return false;
  const holders = holdersOf(unit, ctx);
  return everyExit(leak).every(({ at, decisions }) => {
    // if err != nil { if s.lenient { return nil } … }
    const failure = decisions.slice(0, decisions.findLastIndex(isFailed) + 1);
    return at !== null && !isSeen(unit, holders, node.end, at.pos, failedCall(unit, failure));
  });
}

/** Background() and the like, or a variable that had nothing else until `pos`. */
function isNeverDone(parent: Expr | undefined, pos: number, unit: FunctionUnit, summaries: Summaries): boolean {
  if (parent === undefined) return false;
  const x = unparen(parent);
  if (x.kind === NodeKind.CallExpr) return neverDone.has(calledName(x, summaries));
  const v = variable(x);
  if (v === null || v.isParam || v.isPackageLevel || v.captured) return false;
  const given = unit
    .nodes(NodeKind.AssignStmt)
    .filter((s) => s.end <= pos && s.lhs.some((e) => variable(e) === v))
    .map((s) => (s.lhs.length === 1 && s.rhs.length === 1 ? unparen(s.rhs[0]) : null));
  return (
    given.length > 0 && given.every((e) => e?.kind === NodeKind.CallExpr && neverDone.has(calledName(e, summaries)))
  );
}

/** The context, and the variables with what it was put into: `s := &server{ctx: ctx}`. */
function holdersOf(unit: FunctionUnit, ctx: Var): ReadonlySet<Var> {
  const holders = new Set([ctx]);
  for (const s of unit.nodes(NodeKind.AssignStmt)) {
    if (!s.rhs.some((e) => unparen(e).kind !== NodeKind.CallExpr && mentions(e, new Set([ctx])))) continue;
    for (const e of s.lhs) {
      let base = unparen(e);
      while (base.kind === NodeKind.SelectorExpr) base = unparen(base.x);
      const v = variable(base);
      if (v !== null) holders.add(v);
    }
  }
  return holders;
}

/** Between the two places something is called with a holder, or a literal captures one; `failed` is what gave the error instead. */
function isSeen(unit: FunctionUnit, holders: ReadonlySet<Var>, from: number, to: number, failed: Node | null): boolean {
  let seen = false;
  walk(unit.body, (n) => {
    if (seen || n.pos >= to || n === failed || n.kind === NodeKind.ReturnStmt) return false;
    if (n.kind !== NodeKind.CallExpr && n.kind !== NodeKind.FuncLit) return true;
    if (n.pos >= from) seen ||= mentions(n, holders);
    return n.end > from;
  });
  return seen;
}
