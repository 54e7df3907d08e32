/** Timers and tickers in one function: which Go collects by itself, and which paths leave one running. */
import { evaluated } from "../cfg/blocks.ts";
import { variable } from "../flow/facts.ts";
import { type FoundPath, unsettledPath } from "../flow/paths.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { calledName, isLocal } from "./contexts.ts";
import type { Summaries } from "./summaries.ts";

/**
 * From Go 1.23 on the collector takes timers and tickers that nobody refers to, stopped or not; GODEBUG asynctimerchan=1 brings
 * the old ways back: https://go.dev/doc/go1.23#timer-changes
 */
export function collectsTimers(unit: FunctionUnit, godebug: ReadonlyMap<string, string>): boolean {
  const { major, minor } = unit.file.version;
  return (major > 1 || minor >= 23) && godebug.get("asynctimerchan") !== "1";
}

export interface TimerSite {
  readonly call: CallExpr;
  readonly node: Node;
  readonly variable: Var;
}

/** `t := time.NewTicker(d)` into a local variable; `maker` is the full name of the function. */
export function timerSites(unit: FunctionUnit, summaries: Summaries, maker: string): TimerSite[] {
  const out: TimerSite[] = [];
  if (!unit.nodes(NodeKind.CallExpr).some((call) => calledName(call, summaries) === maker)) return out;
  for (const block of unit.cfg.blocks) {
    if (!block.reachable) continue;
    for (const node of block.nodes) {
      if (node.kind !== NodeKind.AssignStmt || node.lhs.length !== node.rhs.length) continue;
      node.rhs.forEach((e, i) => {
        const call = unparen(e);
        const v = variable(node.lhs[i]);
        if (call.kind !== NodeKind.CallExpr || v === null || v.isParam || !isLocal(unit, v)) return;
        if (calledName(call, summaries) === maker && unit.signature?.results.includes(v) !== true)
          out.push({ call, node, variable: v });
      });
    }
  }
  return out;
}

/** A path to the end of the function on which the timer is not stopped, has not fired (`fires`) and is not handed on. */
export function runningPath(unit: FunctionUnit, { node, variable: v }: TimerSite, fires: boolean): FoundPath | null {
  return unsettledPath(unit.cfg, unit.file.file.src, {
    from: node,
    results: unit.signature?.results ?? [],
    settles: (n) => settles(n, v, fires),
  });
}

function settles(node: Node, v: Var, fires: boolean): boolean {
  let settled = false;
  /** Places where the timer is only read. */
  const reads = new Set<Node>();
  const look = (n: Node): void => {
    if (n.kind === NodeKind.UnaryExpr && n.op === Token.Arrow) {
      const x = unparen(n.x);
      if (x.kind === NodeKind.SelectorExpr && x.sel.name === "C" && variable(x.x) === v) {
        reads.add(unparen(x.x));
        if (fires) settled = true;
      }
    } else if (n.kind === NodeKind.SelectorExpr && variable(n.x) === v && n.sel.name === "Reset")
      reads.add(unparen(n.x));
    else if (n.kind === NodeKind.RangeStmt) {
      const x = unparen(n.x);
      if (x.kind === NodeKind.SelectorExpr && variable(x.x) === v) reads.add(unparen(x.x));
    } else if (n.kind === NodeKind.Ident && n.obj === v && n.pos !== v.pos && !reads.has(n)) settled = true;
  };
  // The operand of a range stands in its block as an expression of its own.
  if (node.kind === NodeKind.SelectorExpr && node.sel.name === "C" && variable(node.x) === v) return false;
  evaluated(node, (n) => {
    look(n);
    if (n.kind === NodeKind.FuncLit) walk(n.body, look);
  });
  return settled;
}

/** No path leaves the function: a range over a ticker's channel has no end of its own. */
export function isEndless(unit: FunctionUnit): boolean {
  if (!unit.cfg.exit.reachable) return true;
  return unsettledPath(unit.cfg, unit.file.file.src, { from: null, settles: () => false }) === null;
}
