/**
 * A timer that some path leaves running. Before Go 1.23 it stays in the runtime's heap, with all that it refers to, until it
 * fires; from 1.23 on the collector takes it.
 */
import { collectsTimers, runningPath, type TimerSite, timerSites } from "../../../go/summary/timers.ts";
import { isRepeated } from "../../../go/summary/channels.ts";
import { atLeast, Short } from "../../../go/summary/durations.ts";
import { entryPoints } from "../../../go/summary/entry-points.ts";
import { variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { position } from "../../../go/syntax/lines.ts";
import { decisionSteps } from "../../decision.ts";
import { Leaves, onceIsNote } from "../../once.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "timer-unstopped",
  title: "Timer is not stopped on some path",
  severity: "warning",
  since: "0.1.0",
  messages: {
    running:
      "{timer} is not stopped on every path: {exit} leaves it running, and before Go 1.23 it stays in memory until it fires. Add `defer {timer}.Stop()`.",
  },
  check(pass) {
    if (!pass.imports("time")) return;
    for (const unit of pass.scope) {
      const collected = collectsTimers(unit, pass.godebug);
      if (collected && pass.spare === null) continue;
      for (const site of timerSites(unit, pass.summaries, "time.NewTimer")) {
        const spare = (why: string): void => pass.spare?.(unit, site.call, why);
        if (collected) {
          spare("from Go 1.23 on a timer that nobody refers to is collected");
          continue;
        }
        const waits = site.call.args[0] === undefined ? null : atLeast(unit, site.call.args[0]);
        if (waits !== null && waits < Short) {
          spare("it fires soon, and is gone then");
          continue;
        }
        // for { select { case <-t.C: … t.Reset(d) … case <-done: return } }
        if (isWorker(unit, site)) {
          spare("a loop waits for it: one timer for the life of a worker");
          continue;
        }
        const path = runningPath(unit, site, true);
        if (path === null) {
          spare("every path stops it, waits for it or hands it on");
          continue;
        }
        const { file } = unit;
        pass.report({
          file,
          at: site.call,
          unit,
          message: "running",
          data: {
            timer: site.variable.name,
            exit:
              path.at === null
                ? "the end of the function"
                : `the return on line ${position(file.file, path.at.pos).line}`,
          },
          path: [
            { file, at: site.call, message: "the timer starts here" },
            ...decisionSteps(file, path.decisions),
            { file, at: path.at ?? unit.body.list.at(-1) ?? unit.body, message: "leaves with it running" },
          ],
          ...(waits === null || entryPoints(pass.units, pass.summaries).evidence(unit, site.call) === null
            ? { noteBecause: "it fires by itself, and nothing shows that there are many or long ones" }
            : {}),
          ...onceIsNote(pass, unit, site.call, [], Leaves.Always),
        });
      }
    }
  },
});

/** A loop waits for the timer. */
function isWorker(unit: FunctionUnit, site: TimerSite): boolean {
  let found = false;
  walk(unit.body, (n) => {
    if (
      n.kind === NodeKind.SelectorExpr &&
      (n.sel.name === "C" || n.sel.name === "Reset") &&
      variable(n.x) === site.variable
    ) {
      if (n.sel.name === "Reset" || isRepeated(unit, n)) found = true;
    }
    return !found;
  });
  return found;
}
