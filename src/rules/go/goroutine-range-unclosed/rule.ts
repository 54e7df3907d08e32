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
  isPlain,
  leavesWithout,
} from "../../../go/summary/channels.ts";
import { bodyStarted, goStatement } from "../../../go/summary/started.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { calleeOf } from "../../../go/types/callee.ts";
import { abandonedReport, eachLocalChannel, NotPlain } from "../../abandoned-channel.ts";
import { isAgain } from "../../once.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";
import { endsItself } from "./ends-itself.ts";
import { type ForgottenField, forgottenFields } from "./forgotten-field.ts";
import { type StoppedTicker, stoppedTickers } from "./stopped-ticker.ts";

const messages = {
  left: "The goroutine ranges over {channel}, and {exit} leaves without closing it: the range never ends. Close it on every path, most simply with `defer close({channel})`.",
  never:
    "The goroutine ranges over {channel}, which nobody closes: the range never ends. Close it when the last value is sent.",
  ticker:
    "The goroutine ranges over {channel}, and {function} ends that with {stop}, which does not close the channel: the goroutine waits for ever. Let it receive in a select, beside a channel that is closed when the ticker is stopped.",
  field:
    "The goroutine ranges over {channel}, which neither {method} nor anything else in the package closes: it waits for ever when the owner is gone. Close it in {method}, behind the last send.",
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
    const starts = startedIn(pass);
    for (const found of stoppedTickers(pass, starts)) reportTicker(pass, found);
    for (const found of forgottenFields(pass, starts)) reportField(pass, found);
  },
});

/** What go statements of the package run of it. */
function startedIn({ pkg, units, summaries }: Pass): ReadonlySet<FunctionUnit> {
  const out = new Set<FunctionUnit>();
  for (const unit of units)
    for (const stmt of unit.nodes(NodeKind.GoStmt)) {
      const { func } = calleeOf(stmt.call);
      const body = func === null || func.pkg === pkg ? bodyStarted(stmt, unit, summaries) : null;
      if (body !== null) out.add(body);
    }
  return out;
}

const fewTimes =
  "nothing in the package shows that it is started again and again, and a goroutine that waits holds little";

function reportTicker(pass: Pass, { unit, range, stop }: StoppedTicker): void {
  pass.report({
    file: unit.file,
    at: range,
    unit,
    message: "ticker",
    severity: "warning",
    data: {
      channel: exprText(unit.file, range.x),
      stop: exprText(stop.unit.file, stop.call),
      function: stop.unit.name,
    },
    path: [
      { file: unit.file, at: range.x, message: "the goroutine ranges over it here" },
      { file: stop.unit.file, at: stop.call, message: "the ticker is stopped here, and its channel stays open" },
    ],
    ...(isAgain(pass, unit, range) ? {} : { noteBecause: fewTimes }),
  });
}

function reportField(pass: Pass, { unit, range, field, owner, method }: ForgottenField): void {
  const { file } = unit;
  pass.report({
    file,
    at: range,
    unit,
    message: "field",
    severity: "warning",
    data: { channel: `${owner}.${field.name}`, method: `${owner}.${method.name}` },
    path: [{ file, at: range.x, message: "the goroutine ranges over it here" }],
    ...(isAgain(pass, unit, range) ? {} : { noteBecause: fewTimes }),
  });
}

function checkChannel(pass: Pass, unit: FunctionUnit, channel: Channel): void {
  if (!isPlain(channel)) return pass.spare?.(unit, channel.make, NotPlain);
  const closes = channel.uses.filter((u) => u.op === ChanOp.Close);
  const range = channel.uses.find((u) => u.op === ChanOp.Range && goroutineOf(channel, u) !== null && !isEnded(u));
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

function isEnded({ node }: ChanUse): boolean {
  return node.kind !== NodeKind.RangeStmt || endsItself(node);
}
