/**
 * A cancel function that some path does not call. Until it is called, or its deadline passes, or the parent ends, the
 * derived context stays in its parent's list of children, with its timer and whatever its values hold.
 */
import { commentAbove, commentBelow } from "../../comment.ts";
import { type OwnershipMessages, ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { variable } from "../../../go/flow/facts.ts";
import { Effect } from "../../../go/flow/resource.ts";
import { LeakKind } from "../../../go/flow/leak.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import type { FoundLeak } from "../../../go/summary/leaks.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import type { Var } from "../../../go/types/object.ts";
import { endsWithDeadline, endsWithRequest, isHeldByBody, isOverSoon } from "./bounded.ts";
import { isIdle } from "./idle.ts";

export const rule = defineRule({
  id: "context-cancel-lost",
  title: "Cancel function of a context is not called on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    reportLeaks(
      pass,
      "context-cancel-lost",
      {
        released: "called",
        held: "uncalled",
        remedy: "Call it when the work is done, most simply with `defer cancel()`",
        defer: "defer {x}()",
      },
      (leak) => whyHarmless(leak, pass),
      whySpared,
    );
  },
});

function whyHarmless(leak: FoundLeak, pass: RulePass<OwnershipMessages>): string | null {
  if (isIdle(leak, pass.summaries)) return "nothing runs under the context, and no parent keeps it";
  if (isOverSoon(leak)) return "it is over by itself within seconds";
  if (endsWithDeadline(leak)) return "its parent has a deadline, and ends it";
  if (isHeldByBody(leak)) return "the body of the answer that is returned needs it";
  return endsWithRequest(leak, pass) ? "it ends with the request" : null;
}

function whySpared({ unit, site, leak, effect }: FoundLeak): string | null {
  // ctx, _ := context.WithTimeout(…), under a comment that says why
  if (leak.kind === LeakKind.Dropped)
    return /\bcancel/i.test(commentAbove(unit.file, site.call)) ? "a comment says why" : null;
  // NOTE: don't defer this cancel: when the context ends, the pod is destroyed.
  if (/\b(?:don't|do not|must not|never|cannot|can't)\b.*\bcancel/i.test(commentBelow(unit.file, site.call)))
    return "a comment says why";
  const cancel = site.origin?.root ?? null;
  return cancel !== null && (effect & ~Effect.Held) === 0 && isLaidAside(unit, cancel)
    ? "it is laid aside by name"
    : null;
}

/** `_ = cancel`: somebody has thought of it. */
function isLaidAside(unit: FunctionUnit, cancel: Var): boolean {
  return unit
    .nodes(NodeKind.AssignStmt)
    .some(
      ({ lhs: [place], rhs: [value] }) =>
        place.kind === NodeKind.Ident && place.name === "_" && value !== undefined && variable(value) === cancel,
    );
}
