/**
 * A cancel function that some path does not call. Until it is called, or its deadline passes, or the parent ends, the
 * derived context stays in its parent's list of children, with its timer and whatever its values hold.
 */
import { commentAbove } from "../../comment.ts";
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "context-cancel-lost",
  title: "Cancel function of a context is not called on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    // ctx, _ := context.WithTimeout(…), under a comment that says why
    const report = (draft: Parameters<typeof pass.report>[0]): void => {
      if (draft.message !== "dropped" || !/\bcancel/i.test(commentAbove(draft.file, draft.at))) pass.report(draft);
    };
    reportLeaks({ ...pass, report }, "context-cancel-lost", {
      released: "called",
      held: "uncalled",
      remedy: "Call it when the work is done, most simply with `defer cancel()`",
      defer: "defer {x}()",
    });
  },
});
