/**
 * A goroutine receives from a channel that only the function which made it sends on or closes, and on some path that function
 * leaves without doing so. The receive then blocks for ever.
 */
import type { Block, Cfg } from "../../../go/cfg/blocks.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import {
  type Channel,
  ChanOp,
  type ChanUse,
  goroutineOf,
  isPlain,
  leavesWithout,
} from "../../../go/summary/channels.ts";
import { goStatement, type Started } from "../../../go/summary/started.ts";
import type { Node } from "../../../go/syntax/ast.ts";
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
  const cfg = units.find((u) => u.node === lit)?.cfg;
  const block = cfg === undefined ? null : blockOf(cfg, wait);
  if (cfg === undefined || block === null) return [];
  return all.flatMap((channel) => {
    const told = channel.uses.filter(
      (u) => (u.op === ChanOp.Send || u.op === ChanOp.Close) && goroutineOf(channel, u) === lit,
    );
    const ends = told.length > 0 && told.every((u) => !leadsTo(blockOf(cfg, u.node), block));
    return ends ? channel.uses.filter((u) => u.op === ChanOp.Receive || u.op === ChanOp.Range) : [];
  });
}

function blockOf({ blocks }: Cfg, n: Node): Block | null {
  return blocks.find(({ nodes }) => nodes.some((x) => x.pos <= n.pos && n.end <= x.end)) ?? null;
}

function leadsTo(from: Block | null, to: Block): boolean {
  const seen = new Set<Block>();
  const queue = from === null ? [to] : [from];
  for (let b = queue.pop(); b !== undefined; b = queue.pop()) {
    if (b === to) return true;
    for (const edge of b.succs)
      if (!seen.has(edge.to)) {
        seen.add(edge.to);
        queue.push(edge.to);
      }
  }
  return false;
}
