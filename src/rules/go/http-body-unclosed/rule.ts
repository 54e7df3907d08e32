/**
 * The body of an HTTP response that some path leaves open. An open body keeps its connection, the connection's two
 * goroutines and a descriptor; the peer decides when they go.
 */
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";
import { whyRead } from "../../read-to-end.ts";

export const rule = defineRule({
  id: "http-body-unclosed",
  title: "Response body is not closed on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    reportLeaks(
      pass,
      "http-body-unclosed",
      {
        released: "closed",
        held: "open",
        remedy: "Close it with `defer {x}.Body.Close()` after the error check",
        defer: "defer {x}.Body.Close()",
      },
      (leak) => whyRead(leak, pass.summaries),
    );
  },
});
