/**
 * A prepared statement that some path does not close. It stays prepared on the server, once for each connection that ran
 * it, and keeps the pool from forgetting those connections.
 */
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "sql-stmt-unclosed",
  title: "Prepared statement is not closed on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    reportLeaks(pass, "sql-stmt-unclosed", {
      released: "closed",
      held: "open",
      remedy: "Close it with `defer {x}.Close()` after the error check",
      defer: "defer {x}.Close()",
    });
  },
});
