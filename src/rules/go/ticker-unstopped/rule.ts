/**
 * A ticker that is never let go.
 *
 * Before Go 1.23 one that some path does not stop ticks on for ever. From 1.23 on the collector takes it, unless something
 * waits for it: a goroutine that ranges over its channel. Stop does not close that channel, so such a range never ends.
 */
import { variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { entryPoints } from "../../../go/summary/entry-points.ts";
import { isContext } from "../../../go/summary/contexts.ts";
import { livesToTheEnd } from "../../../go/summary/channels.ts";
import { goStatement } from "../../../go/summary/started.ts";
import { collectsTimers, isEndless, runningPath, type TimerSite, timerSites } from "../../../go/summary/timers.ts";
import type { FuncLit } from "../../../go/syntax/ast-expr.ts";
import type { RangeStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { position } from "../../../go/syntax/lines.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { unparen } from "../../../go/types/callee.ts";
import { boundDefer } from "../../bound-defer.ts";
import { decisionSteps } from "../../decision.ts";
import { onceIsNote } from "../../once.ts";
import { defineRule, type RulePass } from "../../rule.ts";

const messages = {
  running:
    "{ticker} is not stopped on every path: {exit} leaves it ticking, and before Go 1.23 nothing ever collects it. {remedy}.",
  stopped:
    "The goroutine ranges over {ticker}.C, which Stop does not close: after {ticker}.Stop() it waits for ever. Use a select with a case that ends it.",
  endless:
    "The goroutine ranges over {ticker}.C, which is never closed: it runs for ever, though {scope}. Use a select with a case that ends it.",
};

type Pass = RulePass<typeof messages>;

export const rule = defineRule({
  id: "ticker-unstopped",
  title: "Ticker is never let go",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    if (!pass.imports("time")) return;
    for (const unit of pass.scope) {
      for (const site of timerSites(unit, pass.summaries, "time.NewTicker")) {
        if (livesToTheEnd(unit))
          pass.spare?.(unit, site.call, "main and init keep what they make until the process ends");
        else if (checkRange(pass, unit, site)) continue;
        else if (!collectsTimers(unit, pass.godebug)) checkPath(pass, unit, site);
        else pass.spare?.(unit, site.call, "from Go 1.23 on a ticker that nobody refers to is collected");
      }
    }
  },
});

function checkPath(pass: Pass, unit: FunctionUnit, site: TimerSite): void {
  const path = runningPath(unit, site, false);
  if (path === null)
    return pass.spare?.(
      unit,
      site.call,
      unit.cfg.exit.reachable ? "every path stops it, or hands it on" : "the function never ends, and needs it as long",
    );
  if (isNeededForEver(pass, unit, site)) return pass.spare?.(unit, site.call, "a goroutine without an end uses it");
  const { file } = unit;
  const ticker = site.variable.name;
  const bound = boundDefer(unit, site.variable, site.call);
  pass.report({
    file,
    at: site.call,
    unit,
    message: "running",
    data: {
      ticker,
      remedy:
        bound === null
          ? `Add \`defer ${ticker}.Stop()\``
          : `The defer on line ${position(file.file, bound.pos).line} is bound to the ticker that ${ticker} was there: stop each before there is another, and defer \`func() { ${ticker}.Stop() }()\``,
      exit:
        path.at === null ? "the end of the function" : `the return on line ${position(file.file, path.at.pos).line}`,
    },
    path: [
      { file, at: site.call, message: "the ticker starts here" },
      ...decisionSteps(file, path.decisions),
      { file, at: path.at ?? unit.body.list.at(-1) ?? unit.body, message: "leaves with it ticking" },
    ],
    ...onceIsNote(pass, unit, site.call),
  });
}

/** A goroutine without an end uses it: it has to tick as long. */
function isNeededForEver(pass: Pass, unit: FunctionUnit, site: TimerSite): boolean {
  return pass.units.some(
    (u) => u.outer === unit && u.node.kind === NodeKind.FuncLit && mentions(u.node, site.variable.name) && isEndless(u),
  );
}

/** go func() { for range t.C { … } }(), with no way out of the loop. */
function checkRange(pass: Pass, unit: FunctionUnit, site: TimerSite): boolean {
  const { file } = unit;
  const found = rangeIn(unit, site);
  if (found === null || leaves(pass, found.lit)) return false;
  const stop = stopOf(unit, site, found.lit);
  const evidence = entryPoints(pass.units, pass.summaries).evidence(unit, site.call);
  const ctx = unit.signature?.params.find((p) => isContext(p.type) && p.name !== "" && p.name !== "_");
  const ignored = ctx !== undefined && !mentions(found.lit, ctx.name);
  // Without any of these it may be meant to run as long as the process.
  if (stop === null && evidence === null && !ignored) return false;
  pass.report({
    file,
    at: site.call,
    unit,
    message: stop === null ? "endless" : "stopped",
    data: {
      ticker: site.variable.name,
      scope: evidence === null ? `${ctx?.name ?? "the context"} may end` : "its function runs again and again",
    },
    path: [
      { file, at: site.call, message: "the ticker starts here" },
      { file, at: found.range.x, message: "The goroutine ranges over its channel" },
      ...(stop === null ? [] : [{ file, at: stop, message: "stopped here, which does not end the range" }]),
    ],
    ...(stop === null && evidence === null ? { noteBecause: "nothing proves that it is started again" } : {}),
    ...onceIsNote(pass, unit, site.call),
  });
  return true;
}

function rangeIn(unit: FunctionUnit, { variable: v }: TimerSite): { range: RangeStmt; lit: FuncLit } | null {
  let found: { range: RangeStmt; lit: FuncLit } | null = null;
  walk(unit.body, (n) => {
    if (n.kind !== NodeKind.FuncLit) return found === null;
    if (goStatement(unit, n) !== null) {
      walk(n.body, (m) => {
        if (m.kind !== NodeKind.RangeStmt) return m.kind !== NodeKind.FuncLit;
        const x = unparen(m.x);
        if (x.kind === NodeKind.SelectorExpr && x.sel.name === "C" && variable(x.x) === v) found = { range: m, lit: n };
        return true;
      });
    }
    return false;
  });
  return found;
}

/** The goroutine has a way out: a return or break in the loop, or a panic. */
function leaves(pass: Pass, lit: FuncLit): boolean {
  let out = false;
  walk(lit.body, (n) => {
    if (n.kind === NodeKind.ReturnStmt || n.kind === NodeKind.BranchStmt)
      out ||= n.kind === NodeKind.ReturnStmt || n.tok !== undefined;
    return !out && n.kind !== NodeKind.FuncLit;
  });
  const unit = pass.units.find((u) => u.node === lit);
  return out || unit === undefined || unit.cfg.stop.reachable || unit.cfg.panic.reachable;
}

/** t.Stop() outside the goroutine. */
function stopOf(unit: FunctionUnit, { variable: v }: TimerSite, lit: FuncLit): Node | null {
  let found: Node | null = null;
  walk(unit.body, (n) => {
    if (n === lit) return false;
    if (n.kind === NodeKind.SelectorExpr && n.sel.name === "Stop" && variable(n.x) === v) found = n;
    return found === null;
  });
  return found;
}

function mentions(lit: FuncLit, name: string): boolean {
  let found = false;
  walk(lit.body, (n) => {
    if (n.kind === NodeKind.Ident && n.name === name) found = true;
    return !found;
  });
  return found;
}
