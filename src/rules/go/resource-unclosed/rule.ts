/**
 * Everything else of the catalogue that some path leaves open: files, connections, listeners, spans and their like.
 */
import type { FoundLeak } from "../../../go/summary/leaks.ts";
import { ownershipMessages, reportLeaks, type Wording } from "../../ownership.ts";
import { whyRead } from "../../read-to-end.ts";
import { defineRule } from "../../rule.ts";
import { goesOutInContext } from "./carried-span.ts";
import { isDeclined, whyUnread } from "./given-reader.ts";

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
    const wording = ({ site }: FoundLeak): Wording => {
      const { releaseText, methods, functions } = site.acquired.kind;
      if (functions !== undefined) {
        // Declared in stanch.yaml. Which value's method takes it back is not known: no edit, but words.
        const [taker] = methods.length > 0 || site.acquired.kind.call ? [] : functions;
        return {
          released: "released",
          held: "held",
          remedy: taker === undefined ? `Add \`defer ${releaseText}\`` : `Hand it to ${shortName(taker)} before that`,
          defer: taker === undefined ? `defer ${releaseText}` : null,
        };
      }
      const ended = methods[0] === "Close" ? "closed" : methods[0] === "Stop" ? "stopped" : "ended";
      const { origin } = site;
      const check =
        origin?.error != null ? " after the error check" : (origin?.beside?.size ?? 0) > 0 ? " where there is one" : "";
      return {
        released: ended,
        held: ended === "closed" ? "open" : "running",
        remedy: `Add \`defer ${releaseText}\`${check}`,
        defer: `defer ${releaseText}`,
      };
    };
    reportLeaks(
      { ...pass, report },
      "resource-unclosed",
      wording,
      // What a cloud's storage answers is the body of an HTTP response.
      (leak) => (leak.site.acquired.kind.noun === "object body" ? whyRead(leak, pass.summaries) : whyUnread(leak)),
      (leak) =>
        leak.site.acquired.kind.noun === "span" && goesOutInContext(leak, pass.summaries)
          ? "a context that goes out has it"
          : isDeclined(leak)
            ? "by what it is given the call opens nothing"
            : null,
    );
  },
});

/** `lock.Put`, `Pool.Put`: a full name without its path. */
function shortName(full: string): string {
  return full.replace(/^\(\*?[^()]*\.(\w+)\)/, "$1").replace(/^.*\//, "");
}
