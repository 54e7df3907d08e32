/**
 * `time.Tick` in a function that returns. Its ticker cannot be stopped; before Go 1.23 it ticks on for ever, one for each call.
 */
import { evaluated } from "../../../go/cfg/blocks.ts";
import { calledName } from "../../../go/summary/contexts.ts";
import { collectsTimers, isEndless } from "../../../go/summary/timers.ts";
import { variable } from "../../../go/flow/facts.ts";
import { unsettledPath } from "../../../go/flow/paths.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { unparen } from "../../../go/types/callee.ts";
import { Leaves, onceIsNote } from "../../once.ts";
import { defineRule, type Pass } from "../../rule.ts";

export const rule = defineRule({
  id: "time-tick-leak",
  title: "time.Tick in a function that returns",
  severity: "error",
  since: "0.1.0",
  messages: {
    leak: "The ticker of time.Tick cannot be stopped, and this function returns: before Go 1.23 each call leaves one ticking for ever. Use time.NewTicker and `defer t.Stop()`.",
  },
  check(pass) {
    if (!pass.imports("time")) return;
    for (const unit of pass.scope) {
      const spared = whySpared(pass, unit);
      if (spared !== null && pass.spare === null) continue;
      for (const block of unit.cfg.blocks) {
        if (!block.reachable) continue;
        for (const node of block.nodes) {
          evaluated(node, (n) => {
            if (n.kind !== NodeKind.CallExpr || calledName(n, pass.summaries) !== "time.Tick") return;
            if (spared !== null) return pass.spare?.(unit, n, spared);
            if (isNeededForEver(pass, unit, node, n))
              return pass.spare?.(unit, n, "what waits for it never ends, and needs it as long");
            pass.report({
              file: unit.file,
              at: n,
              unit,
              message: "leak",
              path: [{ file: unit.file, at: n, message: "nothing can stop it" }],
              ...onceIsNote(pass, unit, n, [], Leaves.Always),
            });
          });
        }
      }
    }
  },
});

function whySpared(pass: Pass, unit: FunctionUnit): string | null {
  if (pass.pkg.name === "main" || isCommand(pass.pkg.path)) return "a command runs it once, and ends";
  if (unit.file.file.path.endsWith("_test.go")) return "it is gone with the test";
  if (collectsTimers(unit, pass.godebug)) return "from Go 1.23 on a ticker that nobody refers to is collected";
  if (isWrapper(unit)) return "it is another name for time.Tick: whoever calls it decides how often";
  return unit.cfg.exit.reachable ? null : "the function never ends, and needs it as long";
}

/** `func (c *clock) Tick(d time.Duration) <-chan time.Time { return time.Tick(d) }` */
function isWrapper({ body, signature }: FunctionUnit): boolean {
  const [only] = body.list;
  const call =
    body.list.length === 1 && only.kind === NodeKind.ReturnStmt && only.results.length === 1
      ? unparen(only.results[0])
      : null;
  const [d] = signature?.params ?? [];
  return call?.kind === NodeKind.CallExpr && call.args.length === 1 && d !== undefined && variable(call.args[0]) === d;
}

/** `for range time.Tick(d)` has no end of its own; and a goroutine without an end that waits for `t` needs it as long. */
function isNeededForEver(pass: Pass, unit: FunctionUnit, node: Node, tick: Node): boolean {
  if (isRangedOver(unit, tick)) {
    const { file, cfg } = unit;
    return unsettledPath(cfg, file.file.src, { from: node, settles: () => false }) === null;
  }
  const v = node.kind === NodeKind.AssignStmt && node.rhs.length === 1 ? variable(node.lhs[0]) : null;
  if (v === null) return false;
  return pass.units.some((u) => {
    if (u.outer !== unit || u.node.kind !== NodeKind.FuncLit || !isEndless(u)) return false;
    let waits = false;
    walk(u.body, (n) => {
      if (n.kind === NodeKind.Ident && variable(n) === v) waits = true;
      return !waits;
    });
    return waits;
  });
}

function isRangedOver(unit: FunctionUnit, tick: Node): boolean {
  return unit.nodes(NodeKind.RangeStmt).some((loop) => unparen(loop.x) === tick);
}

/** Packages of commands: what they start ends with them. */
function isCommand(path: string): boolean {
  return /(?:^|\/)(?:cmd|command|commands|cli)(?:\/|$)/.test(path);
}
