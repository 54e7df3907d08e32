/**
 * A goroutine that can never end, started on a path that runs again and again: one more for each request or message.
 *
 * Reported only with evidence of that path. An endless goroutine that a program starts once is how programs are written.
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { entryPoints } from "../../../go/summary/entry-points.ts";
import type { GoStmt } from "../../../go/syntax/ast-stmt.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { CalleeKind, calleeOf } from "../../../go/types/callee.ts";
import { type Named, TypeKind } from "../../../go/types/type.ts";
import { typeOf } from "../../../go/types/record.ts";
import { under } from "../../../go/types/typeset.ts";
import { ownerType, ownMethod } from "../../../go/summary/owners.ts";
import { defineQuestion } from "../../../go/summary/question.ts";
import { oneShots } from "../../../go/summary/one-shot.ts";
import { bodyStarted } from "../../../go/summary/started.ts";
import { isExported } from "../../../go/types/object.ts";
import { evidenceSteps, often } from "../../per-call.ts";
import { defineRule, type RulePass } from "../../rule.ts";

const messages = {
  endless:
    "This goroutine is started {often} and can never end: its loop has no return, break or case for the end. Give it a context and a `case <-ctx.Done(): return`.",
  outlives:
    "{constructor} starts this goroutine for each {type}, and {method} cannot end it: its loop has no return, break or case for the end, and it keeps the {type} for ever. Give it a channel that {method} closes.",
  unowned:
    "{constructor} starts this goroutine for each {type} and nothing can end it: its loop has no return, break or case for the end. Give {type} a Close that ends it, or take a context.",
};

export const rule = defineRule({
  id: "goroutine-no-exit",
  title: "Goroutine without an end is started for every call",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    for (const unit of pass.scope) for (const stmt of unit.nodes(NodeKind.GoStmt)) checkGo(pass, unit, stmt);
  },
});

function checkGo(pass: RulePass<typeof messages>, unit: FunctionUnit, stmt: GoStmt): void {
  const body = startedBy(pass, unit, stmt);
  if (body === null) return pass.spare?.(unit, stmt, "what it runs is not known");
  const end = endOf(body);
  if (end !== null) return pass.spare?.(unit, stmt, end);
  const evidence = entryPoints(pass.units, pass.summaries).evidence(unit, stmt);
  if (evidence === null) {
    checkOwner(pass, unit, stmt, body);
    return;
  }
  pass.report({
    file: unit.file,
    at: stmt,
    unit,
    message: "endless",
    data: { often: often(evidence) },
    // A handler that starts the parts of the program does so once, whatever its shape.
    ...(evidence.some(({ message }) => /^calls \S*(?:start|setup|init|install|boot|launch)/i.test(message))
      ? { noteBecause: "by its name it is called once, when parts of the program start" }
      : {}),
    path: [
      ...evidenceSteps(evidence),
      { file: body.file, at: body.body.list[0] ?? body.body, message: "it runs this, without end" },
    ],
  });
}

/**
 * A constructor starts it: one for each value made. Where the type has a method for its end, that cannot end the goroutine, which
 * keeps the value for ever; where it has none, that may be by design.
 */
function checkOwner(pass: RulePass<typeof messages>, unit: FunctionUnit, stmt: GoStmt, body: FunctionUnit): void {
  const made = unit.func?.decl?.recv === null ? constructed(unit) : null;
  if (made === null) return pass.spare?.(unit, stmt, "nothing shows that it is started more than once");
  if (oneShots(pass.units, pass.summaries).runsOnce(unit, stmt))
    return pass.spare?.(unit, stmt, "the process starts it once");
  const end = ownMethod(made);
  // Without a method for the end, and outside of a library, it is made once as far as anybody can tell.
  if (end === null && !isExported(unit.name))
    return pass.spare?.(
      unit,
      stmt,
      `${made.obj.name} has no method for its end, and is made once as far as anybody can tell`,
    );
  const type = made.obj.name;
  pass.report({
    file: unit.file,
    at: stmt,
    unit,
    message: end === null ? "unowned" : "outlives",
    data: { constructor: unit.name, type, method: end === null ? "" : `${type}.${end.name}` },
    noteBecause: "nothing here shows how often its constructor runs, and most types of this shape are made once",
    path: [
      { file: unit.file, at: stmt, message: `${unit.name} starts it for each ${type}` },
      { file: body.file, at: body.body.list[0] ?? body.body, message: "it runs this, without end" },
    ],
  });
}

/** The struct type of the package that a constructor returns: `func New(…) *T`, `func New(…) (*T, error)`. */
function constructed(unit: FunctionUnit): Named | null {
  const type = unit.signature?.results[0]?.type ?? null;
  const named = type === null ? null : ownerType(type);
  return named !== null && named.obj.pkg === unit.file.pkg ? named : null;
}

/** The function that a go statement runs; of another package only where it never ends. */
function startedBy(pass: RulePass<typeof messages>, unit: FunctionUnit, stmt: GoStmt): FunctionUnit | null {
  const { func, kind } = calleeOf(stmt.call);
  // Why it ends is told to those who ask why there is no report.
  const isForeign = kind === CalleeKind.Static && func !== null && func.pkg !== pass.pkg;
  if (isForeign && func.pkg?.source?.standard !== true && pass.spare === null && !pass.summaries.says(neverEnds, func))
    return null;
  return bodyStarted(stmt, unit, pass.summaries);
}

const neverEnds = defineQuestion({
  id: "never ends",
  meanwhile: false,
  answer(f, _: readonly [], summaries) {
    const unit = summaries.unitOf(f);
    return unit !== null && endOf(unit) === null;
  },
});

/**
 * How it may end; null where no path reaches the end, by return or panic. A loop over a channel ends when that is closed, and a
 * call may end the process or the goroutine.
 */
function endOf(unit: FunctionUnit): string | null {
  const { cfg } = unit;
  if (cfg.exit.reachable) return "it can return";
  if (cfg.panic.reachable || cfg.stop.reachable) return "it can end by a panic, or with the process";
  let waits = false;
  walk(unit.body, (n) => {
    // A wait for something whose end may be a panic or Goexit elsewhere is still a wait; ranges over channels do end.
    if (n.kind === NodeKind.RangeStmt && under(typeOf(n.x)).kind === TypeKind.Chan) waits = true;
    return n.kind !== NodeKind.FuncLit;
  });
  return waits ? "it ranges over a channel, and ends when that is closed" : null;
}
