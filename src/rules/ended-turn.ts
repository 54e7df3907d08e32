/** Leaks of loops: what a turn makes in a variable of its own is lost when the turn ends, wherever the path leaves the function later. */
import type { Edge } from "../go/cfg/blocks.ts";
import { type Exit, LeakKind } from "../go/flow/leak.ts";
import { variable } from "../go/flow/facts.ts";
import { mentions } from "../go/flow/mentions.ts";
import { calleeOf, unparen } from "../go/types/callee.ts";
import type { Var } from "../go/types/object.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import { type Node, NodeKind } from "../go/syntax/ast.ts";
import { walk } from "../go/syntax/walk.ts";

type Loop = Extract<Node, { kind: NodeKind.ForStmt | NodeKind.RangeStmt }>;

export interface EndedTurn {
  readonly loop: Loop;
  /** What is decided up to the end of the turn. */
  readonly decisions: readonly Edge[];
}

/** The turn that ends with it held, on the way to `exit`; null where the path stays in the turn, or leaves the loop from it. */
export function endedTurn({ unit, site, leak }: FoundLeak, exit: Exit = leak): EndedTurn | null {
  const root = site.origin?.root ?? null;
  if (leak.kind !== LeakKind.Exit || root === null) return null;
  let loop: Loop | null = null;
  walk(unit.body, (n) => {
    if (n.pos > site.call.pos || n.end < site.call.end) return false;
    if ((n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt) && n.body.pos <= site.call.pos) loop = n;
    return true;
  });
  return loop === null || !within(root, loop) || outlives(root, loop) ? null : cut(loop, site.call, exit);
}

/** `all = append(all, f)`, `last = f`: something from before the loop has it, too. */
function outlives(root: Var, loop: Loop): boolean {
  const itself = new Set([root]);
  let kept = false;
  walk(loop.body, (n) => {
    if (n.kind !== NodeKind.AssignStmt) return !kept;
    const holds = n.rhs.some((e) => {
      const x = unparen(e);
      return (x.kind !== NodeKind.CallExpr || calleeOf(x).builtin !== null) && mentions(x, itself);
    });
    kept ||= holds && n.lhs.some((e) => !within(variable(e) ?? { pos: 0 }, loop));
    return !kept;
  });
  return kept;
}

/** Decisions that a turn begins with, or that stand ahead of the acquisition in the loop, are the next turn's. */
function cut(loop: Loop, made: Node, { at, decisions }: Exit): EndedTurn | null {
  const isAhead = (n: Node): boolean => within(n, loop) && n.pos < made.pos;
  const next = decisions.findIndex(({ cond, subject }) => subject === loop || (cond !== null && isAhead(cond)));
  if (next >= 0) return { loop, decisions: decisions.slice(0, next) };
  return at !== null && isAhead(at) ? { loop, decisions } : null;
}

/** In the loop's own part of the text, its condition included. */
function within(n: { readonly pos: number }, loop: Loop): boolean {
  return n.pos > loop.pos && n.pos < loop.end;
}
