/**
 * A client meant to be shared is made for every call. Clients of MongoDB, NATS, Kafka, etcd and AMQP hold connections and goroutines and are safe to share; made for each request and not closed, they add up.
 *
 * Reported only with evidence that the path runs again and again, and only where nothing closes or keeps what was made.
 */
import { perCallMessages, reportPerCall } from "../../per-call.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "client-per-call",
  title: "A client meant to be shared is made for every call",
  severity: "error",
  since: "0.1.0",
  messages: perCallMessages,
  mayBeUnsure: true,
  check(pass) {
    reportPerCall(pass, "client-per-call");
  },
});
