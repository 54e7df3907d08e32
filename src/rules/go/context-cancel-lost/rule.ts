/**
 * A cancel function that some path does not call. Until it is called, or its deadline passes, or the parent ends, the
 * derived context stays in its parent's list of children, with its timer and whatever its values hold.
 */
import { commentAbove } from "../../comment.ts";
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";
import { variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { isIdle } from "./idle.ts";

export const rule = defineRule({
  id: "context-cancel-lost",
  title: "Cancel function of a context is not called on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    const report = (draft: Parameters<typeof pass.report>[0]): void => {
      // ctx, _ := context.WithTimeout(…), under a comment that says why
      if (draft.message === "dropped" && /\bcancel/i.test(commentAbove(draft.file, draft.at))) return;
      if (draft.message === "never" && draft.unit !== null && isLaidAside(draft.unit, draft.data?.["name"])) {
        pass.spare?.(draft.unit, draft.at, "it is laid aside by name");
        return;
      }
      pass.report(draft);
    };
    reportLeaks(
      { ...pass, report },
      "context-cancel-lost",
      {
        released: "called",
        held: "uncalled",
        remedy: "Call it when the work is done, most simply with `defer cancel()`",
        defer: "defer {x}()",
      },
      (leak) => isIdle(leak, pass.summaries),
    );
  },
});

/** `_ = cancel`: somebody has thought of it. */
function isLaidAside(unit: FunctionUnit, name: string | undefined): boolean {
  return unit.nodes(NodeKind.AssignStmt).some(({ lhs: [place], rhs: [value] }) => {
    const v = value === undefined ? null : variable(value);
    return place.kind === NodeKind.Ident && place.name === "_" && v !== null && v.name === name;
  });
}
