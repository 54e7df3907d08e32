/**
 * A goroutine that can never end, started on a path that runs again and again: one more for each request or message.
 *
 * Reported only with evidence of that path. An endless goroutine that a program starts once is how programs are written.
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { entryPoints } from "../../../go/summary/entry-points.ts";
import { type GoStmt, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { CalleeKind, calleeOf, unparen } from "../../../go/types/callee.ts";
import { TypeKind } from "../../../go/types/type.ts";
import { typeOf } from "../../../go/types/record.ts";
import { under } from "../../../go/types/typeset.ts";
import { evidenceSteps, often } from "../../per-call.ts";
import { defineRule, type RulePass } from "../../rule.ts";

const messages = {
  endless:
    "this goroutine is started {often} and can never end: its loop has no return, break or case for the end. Give it a context and a `case <-ctx.Done(): return`.",
};

export const rule = defineRule({
  id: "goroutine-no-exit",
  title: "Goroutine without an end is started for every call",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    for (const unit of pass.units) {
      walk(unit.body, (n) => {
        if (n.kind === NodeKind.FuncLit) return false;
        if (n.kind === NodeKind.GoStmt) checkGo(pass, unit, n);
        return true;
      });
    }
  },
});

function checkGo(pass: RulePass<typeof messages>, unit: FunctionUnit, stmt: GoStmt): void {
  const body = startedBy(pass, stmt);
  if (body === null || !isEndless(body)) return;
  const evidence = entryPoints(pass.units, pass.summaries).evidence(unit, stmt);
  if (evidence === null) return;
  pass.report({
    file: unit.file,
    at: stmt,
    unit,
    message: "endless",
    data: { often: often(evidence) },
    path: [
      ...evidenceSteps(evidence),
      { file: body.file, at: body.body.list[0] ?? body.body, message: "it runs this, without end" },
    ],
  });
}

/** The function that a go statement runs: a literal, or a function of the program. */
function startedBy(pass: RulePass<typeof messages>, stmt: GoStmt): FunctionUnit | null {
  const fun = unparen(stmt.call.fun);
  if (fun.kind === NodeKind.FuncLit) return pass.units.find((u) => u.node === fun) ?? null;
  const { func, kind } = calleeOf(stmt.call);
  if (func === null || kind !== CalleeKind.Static || func.pkg?.source?.standard === true) return null;
  return pass.summaries.unitOf(func);
}

/**
 * No path reaches the end, by return or panic. A loop over a channel ends when that is closed, and a call may end the process or
 * the goroutine: neither counts.
 */
function isEndless(unit: FunctionUnit): boolean {
  const { cfg } = unit;
  if (cfg.exit.reachable || cfg.panic.reachable || cfg.stop.reachable) return false;
  let waits = false;
  walk(unit.body, (n) => {
    // A wait for something whose end may be a panic or Goexit elsewhere is still a wait; ranges over channels do end.
    if (n.kind === NodeKind.RangeStmt && under(typeOf(n.x)).kind === TypeKind.Chan) waits = true;
    return n.kind !== NodeKind.FuncLit;
  });
  return !waits;
}
