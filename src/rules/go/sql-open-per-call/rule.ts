/**
 * A database pool is opened for every call. sql.Open makes a pool, not a connection. Opened for each request and not closed, each keeps its connections and a goroutine.
 *
 * Reported only with evidence that the path runs again and again, and only where nothing closes or keeps what was made.
 */
import { perCallMessages, reportPerCall } from "../../per-call.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "sql-open-per-call",
  title: "A database pool is opened for every call",
  severity: "error",
  since: "0.1.0",
  messages: perCallMessages,
  mayBeUnsure: true,
  check(pass) {
    reportPerCall(pass, "sql-open-per-call");
  },
});
