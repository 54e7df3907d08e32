/** Decisions of a path in words: what held, which case was taken. */
import { type Edge, EdgeKind } from "../go/cfg/blocks.ts";
import { type Expr, NodeKind } from "../go/syntax/ast.ts";
import { Token } from "../go/syntax/token.ts";
import { unparen } from "../go/types/callee.ts";
import type { FileScope } from "../go/types/package.ts";
import type { StepDraft } from "./rule.ts";
import { exprText } from "./source-text.ts";

const opposite: Partial<Record<Token, string>> = {
  [Token.Eql]: "!=",
  [Token.Neq]: "==",
  [Token.Lss]: ">=",
  [Token.Geq]: "<",
  [Token.Gtr]: "<=",
  [Token.Leq]: ">",
};

export function decisionSteps(file: FileScope, decisions: readonly Edge[]): StepDraft[] {
  const steps: StepDraft[] = [];
  for (const { kind, cond, subject } of decisions) {
    if (kind === EdgeKind.True && cond !== null)
      steps.push({ file, at: cond, message: `\`${exprText(file, cond)}\` holds` });
    else if (kind === EdgeKind.False && cond !== null) steps.push({ file, at: cond, message: negated(file, cond) });
    else if ((kind === EdgeKind.Case || kind === EdgeKind.TypeCase) && cond !== null)
      steps.push({ file, at: cond, message: `case \`${exprText(file, cond)}\` is taken` });
    else if (kind === EdgeKind.Element && subject !== null)
      steps.push({
        file,
        at: subject.kind === NodeKind.RangeStmt ? subject.x : subject,
        message: "the loop has another element",
      });
    else if (kind === EdgeKind.Comm && subject?.kind === NodeKind.CommClause)
      steps.push({ file, at: subject.comm ?? subject, message: "this case of the select is taken" });
  }
  return steps;
}

function negated(file: FileScope, cond: Expr): string {
  const e = unparen(cond);
  const op = e.kind === NodeKind.BinaryExpr ? opposite[e.op] : undefined;
  if (e.kind === NodeKind.BinaryExpr && op !== undefined)
    return `\`${exprText(file, e.x)} ${op} ${exprText(file, e.y)}\` holds`;
  return `\`${exprText(file, cond)}\` does not hold`;
}
