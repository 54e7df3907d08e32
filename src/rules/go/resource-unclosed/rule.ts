/**
 * Everything else of the catalogue that some path leaves open: files, connections, listeners, spans and their like.
 */
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "resource-unclosed",
  title: "Resource is not closed on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    // ctx, _ := tracer.Start(…): whoever gets the context ends the span through trace.SpanFromContext
    const report = (draft: Parameters<typeof pass.report>[0]): void => {
      if (draft.message !== "dropped" || draft.data?.["noun"] !== "span") pass.report(draft);
    };
    reportLeaks({ ...pass, report }, "resource-unclosed", ({ site }) => {
      const { releaseText, methods } = site.acquired.kind;
      const ended = methods[0] === "Close" ? "closed" : methods[0] === "Stop" ? "stopped" : "ended";
      return {
        released: ended,
        held: ended === "closed" ? "open" : "running",
        remedy: `Add \`defer ${releaseText}\`${site.origin?.error == null ? "" : " after the error check"}`,
        defer: `defer ${releaseText}`,
      };
    });
  },
});
