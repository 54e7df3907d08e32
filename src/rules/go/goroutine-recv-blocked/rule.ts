/**
 * A goroutine receives from a channel that only the function which made it sends on or closes, and on some path that function
 * leaves without doing so. The receive then blocks for ever.
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import {
  type Channel,
  ChanOp,
  goroutineOf,
  goStatement,
  isPlain,
  leavesWithout,
  livesToTheEnd,
  localChannels,
} from "../../../go/summary/channels.ts";
import { position } from "../../../go/syntax/lines.ts";
import { decisionSteps } from "../../decision.ts";
import { defineRule, type RulePass } from "../../rule.ts";

const messages = {
  left: "the goroutine waits for {channel}, and {exit} leaves without a send or close: it waits for ever. Close the channel on every path, most simply with `defer close({channel})`.",
  never: "the goroutine waits for {channel}, and nothing sends on it or closes it: it waits for ever.",
};

type Pass = RulePass<typeof messages>;

export const rule = defineRule({
  id: "goroutine-recv-blocked",
  title: "Goroutine blocks on a receive that nobody serves",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    for (const unit of pass.units) {
      if (livesToTheEnd(unit)) continue;
      for (const channel of localChannels(unit)) checkChannel(pass, unit, channel);
    }
  },
});

function checkChannel(pass: Pass, unit: FunctionUnit, channel: Channel): void {
  if (!isPlain(channel)) return;
  const feeds = channel.uses.filter((u) => u.op === ChanOp.Send || u.op === ChanOp.Close);
  // Another goroutine feeds it, at a time of its own.
  if (feeds.some((u) => goroutineOf(channel, u) !== null)) return;
  const waits = channel.uses.filter((u) => u.op === ChanOp.Receive && !u.optional && goroutineOf(channel, u) !== null);
  const wait = waits[0];
  const lit = wait === undefined ? null : goroutineOf(channel, wait);
  const start = lit === null ? null : goStatement(unit, lit);
  if (lit === null || start === null) return;
  // done <- x before the go statement, into the buffer.
  if (channel.capacity !== 0 && feeds.some((u) => u.node.pos < start.pos)) return;
  const path = leavesWithout(unit, lit, feeds);
  if (path === null) return;
  const { file } = unit;
  pass.report({
    file,
    at: channel.make,
    unit,
    message: feeds.length === 0 ? "never" : "left",
    data: {
      channel: channel.variable.name,
      exit:
        path.at === null ? "the end of the function" : `the return on line ${position(file.file, path.at.pos).line}`,
    },
    path: [
      { file, at: channel.make, message: `${channel.variable.name} is made here` },
      { file, at: wait.node, message: "the goroutine waits here" },
      ...decisionSteps(file, path.decisions),
      { file, at: path.at ?? unit.body.list.at(-1) ?? unit.body, message: "leaves, and nobody will send or close" },
    ],
  });
}
