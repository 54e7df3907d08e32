/**
 * A context variable from outside of a loop that each turn wraps once more: a chain that grows by a link a turn. Deadlines of
 * the first turn end the later ones, cancel functions add up in the parent, and each lookup walks the whole chain.
 */
import { mentions } from "../../../go/flow/mentions.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { variable } from "../../../go/flow/facts.ts";
import { derives } from "../../../go/knowledge/contexts.ts";
import { calledName } from "../../../go/summary/contexts.ts";
import { loopsAround } from "../../../go/summary/channels.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import type { AssignStmt } from "../../../go/syntax/ast-stmt.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { findLoops } from "../../../go/cfg/loops.ts";
import { unparen } from "../../../go/types/callee.ts";
import { type Var } from "../../../go/types/object.ts";
import { objOf, typeOf } from "../../../go/types/record.ts";
import { TypeKind } from "../../../go/types/type.ts";
import { under } from "../../../go/types/typeset.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  deadline:
    "{call} wraps `{ctx}` in each turn of this loop, and `{ctx}` comes from outside of it: the deadline or cancel of the first turn ends all later ones. Give the turn a variable of its own with :=.",
  value:
    "{call} wraps `{ctx}` in each turn of this loop, and `{ctx}` comes from outside of it: the chain grows with every turn. Give the turn a variable of its own with :=.",
};

type Pass = RulePass<typeof messages>;
type Loop = ReturnType<typeof loopsAround>[number];

export const rule = defineRule({
  id: "context-grows-in-loop",
  title: "Context is wrapped again in each turn of a loop",
  severity: "warning",
  since: "0.2.0",
  messages,
  check(pass) {
    if (!pass.imports("context")) return;
    for (const unit of pass.scope) {
      if (!hasLoop(unit)) continue;
      const loops = findLoops(unit.cfg);
      for (const block of unit.cfg.blocks) {
        // A turn that wraps and leaves happens once: its block is in no loop of the graph.
        if (!block.reachable || loops.innermost[block.id] < 0) continue;
        for (const node of block.nodes) if (node.kind === NodeKind.AssignStmt) check(pass, unit, node);
      }
    }
  },
});

function hasLoop(unit: FunctionUnit): boolean {
  return unit.nodes(NodeKind.ForStmt).length + unit.nodes(NodeKind.RangeStmt).length > 0;
}

function check(pass: Pass, unit: FunctionUnit, s: AssignStmt): void {
  // ctx = context.WithValue(ctx, k, v)
  const call = s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
  const ctx = variable(s.lhs[0]);
  if (s.tok !== Token.Assign || call?.kind !== NodeKind.CallExpr || ctx === null || ctx.isField) return;
  const gives = derives.get(calledName(call, pass.summaries));
  if (gives === undefined || call.args.length === 0 || variable(call.args[0]) !== ctx) return;
  const loop = loopsAround(unit, s).find((l) => ctx.pos < l.pos || ctx.pos >= l.end);
  if (loop === undefined) return;
  if (isReset(loop, ctx, s)) return pass.spare?.(unit, call, `the loop gives ${ctx.name} another value too`);
  // for k, v := range headers { ctx = context.WithValue(ctx, k, v) }: all of them are wanted
  if (gives === "value" && (gathers(loop, call) || !isUnbounded(loop)))
    return pass.spare?.(unit, call, "the loop gathers values, and has an end");
  pass.report({
    file: unit.file,
    at: call,
    unit,
    message: gives === "value" ? "value" : "deadline",
    data: { call: exprText(unit.file, call.fun), ctx: ctx.name },
    path: [
      {
        file: unit.file,
        at: loop.kind === NodeKind.RangeStmt ? loop.x : loop,
        message: "this loop may run many times",
      },
      { file: unit.file, at: s, message: `each turn wraps ${ctx.name} once more` },
    ],
  });
}

/** Another assignment in the loop begins anew: `ctx = base`. */
function isReset(loop: Loop, ctx: Var, own: AssignStmt): boolean {
  let reset = false;
  walk(loop.body, (n) => {
    if (n.kind !== NodeKind.AssignStmt || n === own) return;
    n.lhs.forEach((e, i) => {
      if (variable(e) !== ctx) return;
      const value = n.rhs.length === n.lhs.length ? n.rhs[i] : n.rhs[0];
      reset ||= !mentions(value, new Set([ctx]));
    });
  });
  return reset;
}

/** A loop that turns for everything that comes, or until the process ends; others make a chain as short as they are. */
function isUnbounded(loop: Loop): boolean {
  if (loop.kind === NodeKind.RangeStmt) return under(typeOf(loop.x)).kind === TypeKind.Chan;
  if (loop.cond !== null) return false;
  let leaves = false;
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.BranchStmt || n.kind === NodeKind.ReturnStmt) leaves = true;
    return !leaves && n.kind !== NodeKind.FuncLit;
  });
  return !leaves;
}

/** The value depends on what the loop ranges over. */
function gathers(loop: Loop, call: CallExpr): boolean {
  if (loop.kind !== NodeKind.RangeStmt) return false;
  const own = new Set<unknown>();
  for (const e of [loop.key, loop.value]) if (e?.kind === NodeKind.Ident) own.add(objOf(e));
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.AssignStmt && n.rhs.some((e) => mentions(e, own)))
      for (const e of n.lhs) if (e.kind === NodeKind.Ident) own.add(objOf(e));
  });
  return call.args.slice(1).some((a) => mentions(a, own));
}
