/**
 * A wait on `ctx.Done()` alone, where every context that can arrive is Background, TODO, WithoutCancel or values on them:
 * their Done channel is nil, and a receive from nil blocks for ever.
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { type ContextEnds, contextEnds, doneOf, Ending } from "../../../go/summary/contexts.ts";
import { oneShots } from "../../../go/summary/one-shot.ts";
import { type Expr, type Node, NodeKind, type Stmt } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { evaluated } from "../../../go/cfg/blocks.ts";
import { unparen } from "../../../go/types/callee.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  parked:
    "This waits for {ctx}.Done() and nothing else, and {ctx} can only be context.Background, context.TODO or a context without cancel: it is never done and the goroutine stays for ever. Derive it with WithCancel, WithTimeout or NotifyContext, or pass one in that can end.",
};

export const rule = defineRule({
  id: "context-never-done",
  title: "Waits only for a context that can never be done",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    if (!pass.imports("context")) return;
    let ends: ContextEnds | null = null;
    for (const unit of pass.scope) {
      const comms = commsOf(unit);
      for (const block of unit.cfg.blocks) {
        if (!block.reachable) continue;
        for (const node of block.nodes) {
          for (const ctx of waits(node, comms)) {
            ends ??= contextEnds(pass.units, pass.summaries);
            if (oneShots(pass.units, pass.summaries).runsOnce(unit, node))
              pass.spare?.(unit, node, "what starts a program may park its goroutine on purpose");
            else if (ends.ending(ctx, unit) === Ending.Never) report(pass, unit, node, ctx);
            else pass.spare?.(unit, node, `${exprText(unit.file, ctx)} can end, or it is not known that it cannot`);
          }
        }
      }
    }
  },
});

function report(pass: RulePass<typeof messages>, unit: FunctionUnit, at: Node, ctx: Expr): void {
  pass.report({
    file: unit.file,
    at: at.kind === NodeKind.SelectStmt ? at : ctx,
    unit,
    message: "parked",
    data: { ctx: exprText(unit.file, ctx) },
    path: [{ file: unit.file, at, message: "waits here" }],
  });
}

/** Communications of selects: they stand in their clause's block again, but the wait is the select's. */
function commsOf(unit: FunctionUnit): ReadonlySet<Node> {
  const comms = new Set<Node>();
  for (const block of unit.cfg.blocks) {
    for (const node of block.nodes) {
      if (node.kind !== NodeKind.SelectStmt) continue;
      for (const c of node.body.list) if (c.kind === NodeKind.CommClause && c.comm !== null) comms.add(c.comm);
    }
  }
  return comms;
}

/** Contexts whose Done is all that a node waits for. */
function waits(node: Node, comms: ReadonlySet<Node>): Expr[] {
  if (node.kind === NodeKind.SelectStmt) {
    const clauses = node.body.list.filter((c) => c.kind === NodeKind.CommClause);
    const ctx = clauses.length === 1 ? receivedDone(clauses[0].comm) : null;
    return ctx === null ? [] : [ctx];
  }
  if (comms.has(node)) return [];
  const out: Expr[] = [];
  evaluated(node, (n) => {
    if (n.kind !== NodeKind.UnaryExpr || n.op !== Token.Arrow) return;
    const ctx = doneOf(n.x);
    if (ctx !== null) out.push(ctx);
  });
  return out;
}

/** `case <-ctx.Done():` → ctx. */
function receivedDone(comm: Stmt | null): Expr | null {
  const e = comm?.kind === NodeKind.ExprStmt ? comm.x : comm?.kind === NodeKind.AssignStmt ? comm.rhs[0] : undefined;
  const x = e === undefined ? null : unparen(e);
  return x?.kind === NodeKind.UnaryExpr && x.op === Token.Arrow ? doneOf(x.x) : null;
}
