/**
 * A goroutine that sends one value after the other, and a function that takes them and can leave in between: the next send finds nobody.
 * "If a stage fails to consume all the inbound values, the goroutines attempting to send those values will block indefinitely":
 * https://go.dev/blog/pipelines
 */
import type { Block } from "../../../go/cfg/blocks.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { variable } from "../../../go/flow/facts.ts";
import { mentions } from "../../../go/flow/mentions.ts";
import {
  answersOf,
  type Channel,
  ChanOp,
  type ChanUse,
  endsOf,
  leavesAfter,
  type LeavingPath,
} from "../../../go/summary/channels.ts";
import { doneOf, isContext } from "../../../go/summary/contexts.ts";
import type { Started } from "../../../go/summary/started.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { calleeOf } from "../../../go/types/callee.ts";
import { typeOf } from "../../../go/types/record.ts";
import type { Pass } from "../../rule.ts";

/** How the function leaves while the goroutine goes on sending; null where that is not sure. `sends`: its sends that nothing else can end. */
export function leavesStream(
  pass: Pass,
  unit: FunctionUnit,
  channel: Channel,
  lit: Started,
  sends: readonly ChanUse[],
  all: readonly Channel[],
): LeavingPath | null {
  const receives = channel.uses.filter((u) => u.op === ChanOp.Receive || u.op === ChanOp.Range);
  const [receive] = receives;
  if (receives.length !== 1 || receive.inside.length > 0) return null;
  if (receive.op === ChanOp.Receive && !receive.inLoop) return null;
  const every = channel.uses.filter((u) => u.op === ChanOp.Send);
  const [send] = sends;
  if (every.length !== sends.length || !send.inLoop || send.inside.at(-1) !== lit || looksAtContext(lit)) return null;
  const sender = pass.units.find((u) => u.node === lit);
  if (sender === undefined || !sends.some(({ node }) => sendsAgain(sender, node, sends))) return null;
  const path = leavesAfter(unit, receive, [...answersOf(all, lit), ...endsOf(all, lit)], pass);
  if (path === null) return null;
  // Who sends an error and then stops is not left behind by who leaves with that error.
  const goesOn = sends.length === 1 && !stopsBehind(lit, send.node);
  if (!goesOn && path.decisions.some(({ cond }) => cond !== null && mentions(cond, takenFrom(unit, receive))))
    return null;
  return path;
}

/** Behind one send there is another: not where each of them is the goroutine's last. */
function sendsAgain({ cfg }: FunctionUnit, from: Node, sends: readonly ChanUse[]): boolean {
  const start = cfg.place(from);
  if (start === undefined) return true;
  const places = sends.flatMap(({ node }) => cfg.place(node) ?? []);
  if (places.some((p) => p.block === start.block && p.index > start.index)) return true;
  const seen = new Set<Block>();
  const queue = start.block.succs.map((e) => e.to);
  for (let block = queue.pop(); block !== undefined; block = queue.pop()) {
    if (seen.has(block)) continue;
    seen.add(block);
    if (places.some((p) => p.block === block)) return true;
    queue.push(...block.succs.map((e) => e.to));
  }
  return false;
}

/** The variables that have what was received, or a part of it. */
function takenFrom(unit: FunctionUnit, receive: ChanUse): ReadonlySet<unknown> {
  const taken = new Set<unknown>();
  const add = (e: Node | null | undefined): void => {
    const v = e !== null && e !== undefined && "mode" in e ? variable(e) : null;
    if (v !== null) taken.add(v);
  };
  if (receive.node.kind === NodeKind.RangeStmt) add(receive.node.key);
  for (let size = -1; size !== taken.size;) {
    size = taken.size;
    for (const s of unit.nodes(NodeKind.AssignStmt))
      if (s.rhs.some((e) => (e.pos <= receive.node.pos && receive.node.end <= e.end) || mentions(e, taken)))
        for (const e of s.lhs) add(e);
  }
  return taken;
}

/** Behind the send, in the turn of the loop, the goroutine may stop. */
function stopsBehind(lit: Started, send: Node): boolean {
  let stops = false;
  walk(lit.body, (n) => {
    if (n.kind === NodeKind.FuncLit) return false;
    const leaves = n.kind === NodeKind.ReturnStmt || (n.kind === NodeKind.BranchStmt && n.tok !== Token.Continue);
    if (leaves && n.pos > send.end) stops = true;
    return !stops;
  });
  return stops;
}

/** It asks a context whether to go on: whoever leaves may have seen to that. */
function looksAtContext(lit: Started): boolean {
  let looks = false;
  walk(lit.body, (n) => {
    if (n.kind === NodeKind.CallExpr && n.fun.kind === NodeKind.SelectorExpr)
      looks ||= doneOf(n) !== null || (calleeOf(n).name === "Err" && isContext(typeOf(n.fun.x)));
    return !looks;
  });
  return looks;
}
