/**
 * A goroutine receives from a channel that only the function which made it sends on or closes, and on some path that function
 * leaves without doing so. The receive then blocks for ever.
 */
import { unsettledPath } from "../../../go/flow/paths.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import {
  blockNodeOf,
  type Channel,
  ChanOp,
  type ChanUse,
  goroutineOf,
  isPlain,
  leavesWithout,
} from "../../../go/summary/channels.ts";
import { goStatement, type Started } from "../../../go/summary/started.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { abandonedReport, eachLocalChannel, NotPlain } from "../../abandoned-channel.ts";
import { defineRule, type RulePass } from "../../rule.ts";

const messages = {
  left: "The goroutine waits for {channel}, and {exit} leaves without a send or close: it waits for ever. Close the channel on every path, most simply with `defer close({channel})`.",
  never: "The goroutine waits for {channel}, and nothing sends on it or closes it: it waits for ever.",
};

type Pass = RulePass<typeof messages>;

export const rule = defineRule({
  id: "goroutine-recv-blocked",
  title: "Goroutine blocks on a receive that nobody serves",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    eachLocalChannel(pass, (unit, channel, all) => checkChannel(pass, unit, channel, all));
  },
});

function checkChannel(pass: Pass, unit: FunctionUnit, channel: Channel, all: readonly Channel[]): void {
  if (!isPlain(channel)) return pass.spare?.(unit, channel.make, NotPlain);
  const feeds = channel.uses.filter((u) => u.op === ChanOp.Send || u.op === ChanOp.Close);
  const waits = channel.uses.filter((u) => u.op === ChanOp.Receive && !u.optional && goroutineOf(channel, u) !== null);
  const wait = waits[0];
  const lit = wait === undefined ? null : goroutineOf(channel, wait);
  const start = lit === null ? null : goStatement(unit, lit);
  if (lit === null || start === null) return;
  // At a time of its own.
  if (feeds.some((u) => goroutineOf(channel, u) !== null))
    return pass.spare?.(unit, channel.make, "another goroutine sends to it or closes it");
  // done <- x before the go statement, into the buffer.
  if (channel.capacity !== 0 && feeds.some((u) => u.node.pos < start.pos)) return;
  const path = leavesWithout(unit, lit, [...feeds, ...refusalsOf(pass, all, lit, wait.node)], pass);
  if (path === null) return pass.spare?.(unit, channel.make, "every path sends to it or closes it");
  const abandoned = {
    channel,
    wait: wait.node,
    waits: "the goroutine waits here",
    leaves: "leaves, and nobody will send or close",
    path,
  };
  pass.report(abandonedReport(pass, unit, abandoned, feeds.length === 0 ? "never" : "left"));
}

/**
 * What tells the function that the goroutine has ended without waiting: a receive from a channel that it sends on or closes only where it does not come
 * to the wait any more, `failed <- err; return`.
 */
function refusalsOf({ units }: Pass, all: readonly Channel[], lit: Started, wait: Node): ChanUse[] {
  const unit = units.find((u) => u.node === lit);
  if (unit === undefined) return [];
  const goesOnToWait = ({ node }: ChanUse): boolean =>
    unsettledPath(unit.cfg, unit.file.file.src, {
      from: blockNodeOf(unit.cfg, node),
      settles: () => false,
      target: (n) => n.kind !== NodeKind.SelectStmt && n.pos <= wait.pos && wait.end <= n.end,
    }) !== null;
  return all.flatMap((channel) => {
    const told = channel.uses.filter(
      (u) => (u.op === ChanOp.Send || u.op === ChanOp.Close) && goroutineOf(channel, u) === lit,
    );
    return told.length > 0 && !told.some(goesOnToWait)
      ? channel.uses.filter((u) => u.op === ChanOp.Receive || u.op === ChanOp.Range)
      : [];
  });
}
