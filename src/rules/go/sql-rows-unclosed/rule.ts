/**
 * Rows that some path neither closes nor reads to the end. Until then they hold their connection: it counts as in use, and
 * when as many are lost as the pool may have, every caller waits.
 */
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";
import { endsWithTransaction } from "./transaction.ts";

export const rule = defineRule({
  id: "sql-rows-unclosed",
  title: "Rows are neither closed nor read to the end on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    reportLeaks(
      pass,
      "sql-rows-unclosed",
      {
        released: "closed",
        held: "open",
        remedy: "Close them with `defer {x}.Close()` after the error check",
        defer: "defer {x}.Close()",
      },
      (leak) => (endsWithTransaction(leak) ? "they end with the transaction" : null),
    );
  },
});
