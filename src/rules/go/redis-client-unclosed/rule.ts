/**
 * A Redis client, which is a pool of connections, that some path does not close.
 */
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "redis-client-unclosed",
  title: "Redis client is not closed on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    reportLeaks(pass, "redis-client-unclosed", {
      released: "closed",
      held: "open",
      remedy: "Close it with `defer {x}.Close()`, or make one and share it",
      defer: "defer {x}.Close()",
    });
  },
});
