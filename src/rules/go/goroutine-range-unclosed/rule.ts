/**
 * A goroutine ranges over a channel that the function which made it does not close, or not on every path. When the last value
 * is taken the goroutine waits for the next one for ever.
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import {
  type Channel,
  ChanOp,
  type ChanUse,
  goroutineOf,
  goStatement,
  isPlain,
  leavesWithout,
} from "../../../go/summary/channels.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { abandonedReport, eachLocalChannel, NotPlain } from "../../abandoned-channel.ts";
import { defineRule, type RulePass } from "../../rule.ts";

const messages = {
  left: "The goroutine ranges over {channel}, and {exit} leaves without closing it: the range never ends. Close it on every path, most simply with `defer close({channel})`.",
  never:
    "The goroutine ranges over {channel}, which nobody closes: the range never ends. Close it when the last value is sent.",
};

type Pass = RulePass<typeof messages>;

export const rule = defineRule({
  id: "goroutine-range-unclosed",
  title: "Goroutine ranges over a channel that is not closed",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    eachLocalChannel(pass, (unit, channel) => checkChannel(pass, unit, channel));
  },
});

function checkChannel(pass: Pass, unit: FunctionUnit, channel: Channel): void {
  if (!isPlain(channel)) return pass.spare?.(unit, channel.make, NotPlain);
  const closes = channel.uses.filter((u) => u.op === ChanOp.Close);
  const range = channel.uses.find((u) => u.op === ChanOp.Range && goroutineOf(channel, u) !== null && !endsItself(u));
  const lit = range === undefined ? null : goroutineOf(channel, range);
  if (range === undefined || lit === null) return;
  if (closes.some((u) => goroutineOf(channel, u) !== null))
    return pass.spare?.(unit, channel.make, "another goroutine closes it");
  // Filled and closed before the goroutine starts.
  const start = goStatement(unit, lit);
  if (closes.some((u) => u.inside.length === 0 && u.node.pos < (start?.pos ?? 0))) return;
  const path = leavesWithout(unit, lit, closes, pass);
  if (path === null) return pass.spare?.(unit, channel.make, "every path closes it");
  const abandoned = {
    channel,
    wait: range.node.kind === NodeKind.RangeStmt ? range.node.x : range.node,
    waits: "the goroutine ranges over it here",
    leaves: "leaves, and nobody will close it",
    path,
  };
  pass.report(abandonedReport(pass, unit, abandoned, closes.length === 0 ? "never" : "left"));
}

/** The loop has a way out of its own: return, break, goto, or a call that ends the goroutine. */
function endsItself(use: ChanUse): boolean {
  if (use.node.kind !== NodeKind.RangeStmt) return true;
  let ends = false;
  const visit = (root: Node, breaks: boolean): void => {
    walk(root, (n) => {
      if (n.kind === NodeKind.FuncLit) return false;
      if (n.kind === NodeKind.ReturnStmt) ends = true;
      else if (n.kind === NodeKind.BranchStmt)
        ends ||= n.tok === Token.Goto || (n.tok === Token.Break && (breaks || n.label !== null));
      else if (
        n !== root &&
        (n.kind === NodeKind.ForStmt ||
          n.kind === NodeKind.RangeStmt ||
          n.kind === NodeKind.SwitchStmt ||
          n.kind === NodeKind.SelectStmt ||
          n.kind === NodeKind.TypeSwitchStmt)
      ) {
        visit(n.body, false);
        return false;
      }
      return !ends;
    });
  };
  visit(use.node.body, true);
  return ends;
}
