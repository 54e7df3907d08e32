/**
 * `time.Tick` in a function that returns. Its ticker cannot be stopped; before Go 1.23 it ticks on for ever, one for each call.
 */
import { evaluated } from "../../../go/cfg/blocks.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { calledName } from "../../../go/summary/contexts.ts";
import { collectsTimers } from "../../../go/summary/timers.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { onceIsNote } from "../../once.ts";
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
    for (const unit of pass.units) {
      const spared = whySpared(pass, unit);
      if (spared !== null && pass.spare === null) continue;
      for (const block of unit.cfg.blocks) {
        if (!block.reachable) continue;
        for (const node of block.nodes) {
          evaluated(node, (n) => {
            if (n.kind !== NodeKind.CallExpr || calledName(n, pass.summaries) !== "time.Tick") return;
            if (spared !== null) return pass.spare?.(unit, n, spared);
            pass.report({
              file: unit.file,
              at: n,
              unit,
              message: "leak",
              path: [{ file: unit.file, at: n, message: "nothing can stop it" }],
              ...onceIsNote(pass, unit, n),
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
  return unit.cfg.exit.reachable ? null : "the function never ends, and needs it as long";
}

/** Packages of commands: what they start ends with them. */
function isCommand(path: string): boolean {
  return /(?:^|\/)(?:cmd|command|commands|cli)(?:\/|$)/.test(path);
}
