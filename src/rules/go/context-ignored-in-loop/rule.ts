/**
 * A function that is given a context and loops for ever without looking at it: when the context is done, the loop goes on, and
 * whoever started it believes that it has ended.
 */
import { mentions } from "../../../go/flow/mentions.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { livesToTheEnd } from "../../../go/summary/channels.ts";
import { isContext } from "../../../go/summary/contexts.ts";
import type { ForStmt, RangeStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { deref } from "../../../go/types/lookup.ts";
import { ObjKind, type Var } from "../../../go/types/object.ts";
import { objOf, typeOf } from "../../../go/types/record.ts";
import { TypeKind } from "../../../go/types/type.ts";
import { Leaves, onceIsNote } from "../../once.ts";
import { defineRule, type RulePass } from "../../rule.ts";

const messages = {
  ignored:
    "This loop never ends, and nothing in it looks at `{ctx}`: the function goes on when its context is done. Add a `case <-{ctx}.Done(): return` to its wait, or check {ctx}.Err() in each turn.",
};

export const rule = defineRule({
  id: "context-ignored-in-loop",
  title: "Endless loop never looks at the context it was given",
  severity: "warning",
  since: "0.2.0",
  messages,
  check(pass) {
    if (!pass.imports("context")) return;
    for (const unit of pass.scope) checkUnit(pass, unit);
  },
});

function checkUnit(pass: RulePass<typeof messages>, unit: FunctionUnit): void {
  const ctx = unit.signature?.params.find((p) => isContext(p.type) && p.name !== "" && p.name !== "_");
  if (ctx === undefined) return;
  // Nothing leaves the function once it runs: no return, no panic, no call that ends the process.
  const { cfg } = unit;
  const loop = unit.body.list.find((s) => isEndless(s));
  if (loop === undefined) return;
  const spared = livesToTheEnd(unit)
    ? "main and init end with the process"
    : cfg.panic.reachable || cfg.stop.reachable
      ? "it can end by a panic, or with the process"
      : cfg.exit.reachable && leaves(loop)
        ? "the loop has a way out"
        : mentions(loop, boundTo(unit, ctx))
          ? `the loop looks at ${ctx.name}, or at something made from it`
          : null;
  if (spared !== null) return pass.spare?.(unit, loop, spared);
  pass.report({
    file: unit.file,
    at: loop.kind === NodeKind.RangeStmt ? loop.x : loop,
    unit,
    message: "ignored",
    data: { ctx: ctx.name },
    path: [{ file: unit.file, at: loop, message: "loops from here on, whatever becomes of the context" }],
    ...onceIsNote(pass, unit, loop, [], Leaves.GoesOn),
  });
}

/** `for { … }` and `for range ticker.C`, whose channel is never closed. */
function isEndless(s: Node): s is ForStmt | RangeStmt {
  if (s.kind === NodeKind.ForStmt) return s.cond === null;
  if (s.kind !== NodeKind.RangeStmt) return false;
  const x = unparen(s.x);
  if (x.kind === NodeKind.CallExpr) return calleeOf(x).func?.pkg?.path === "time" && calleeOf(x).name === "Tick";
  if (x.kind !== NodeKind.SelectorExpr || x.sel.name !== "C") return false;
  const [t] = deref(typeOf(x.x));
  return t.kind === TypeKind.Named && t.obj.name === "Ticker" && t.obj.pkg?.path === "time";
}

/** A return, break or goto anywhere in it. */
function leaves(loop: Node): boolean {
  let out = false;
  walk(loop, (n) => {
    if (n.kind === NodeKind.ReturnStmt || n.kind === NodeKind.BranchStmt) out = true;
    return !out && n.kind !== NodeKind.FuncLit;
  });
  return out;
}

/** The context, and every variable whose value is made with it or with one of them. */
function boundTo(unit: FunctionUnit, ctx: Var): ReadonlySet<unknown> {
  const bound = new Set<unknown>([ctx]);
  for (let size = 0; size !== bound.size;) {
    size = bound.size;
    walk(unit.body, (n) => {
      if (n.kind !== NodeKind.AssignStmt || !n.rhs.some((e) => mentions(e, bound))) return;
      for (const e of n.lhs) {
        const obj = e.kind === NodeKind.Ident ? objOf(e) : null;
        if (obj?.kind === ObjKind.Var) bound.add(obj);
      }
    });
  }
  return bound;
}
