/**
 * A subscription that some path does not close. It owns a connection and the goroutines that read from it.
 */
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "redis-pubsub-unclosed",
  title: "Redis subscription is not closed on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    reportLeaks(pass, "redis-pubsub-unclosed", {
      released: "closed",
      held: "open",
      remedy: "Close it with `defer {x}.Close()`",
      defer: "defer {x}.Close()",
    });
  },
});
