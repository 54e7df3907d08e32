/**
 * A Redis client is made for every call. A Redis client is a pool of connections; made for each request and not closed, they add up.
 *
 * Reported only with evidence that the path runs again and again, and only where nothing closes or keeps what was made.
 */
import { perCallMessages, reportPerCall } from "../../per-call.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "redis-client-per-call",
  title: "A Redis client is made for every call",
  severity: "error",
  since: "0.1.0",
  messages: perCallMessages,
  mayBeUnsure: true,
  check(pass) {
    reportPerCall(pass, "redis-client-per-call");
  },
});
