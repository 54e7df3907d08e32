/**
 * A gRPC connection is made for every call. A ClientConn is a pool of its own, with several goroutines; dialled for each request and not closed, they add up.
 *
 * Reported only with evidence that the path runs again and again, and only where nothing closes or keeps what was made.
 */
import { perCallMessages, reportPerCall } from "../../per-call.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "grpc-conn-per-call",
  title: "A gRPC connection is made for every call",
  severity: "error",
  since: "0.1.0",
  messages: perCallMessages,
  mayBeUnsure: true,
  check(pass) {
    reportPerCall(pass, "grpc-conn-per-call");
  },
});
