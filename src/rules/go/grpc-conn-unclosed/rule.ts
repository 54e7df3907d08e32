/**
 * A grpc.ClientConn that some path does not close: an HTTP/2 connection, its goroutines and its resolver stay.
 */
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "grpc-conn-unclosed",
  title: "gRPC connection is not closed on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    reportLeaks(pass, "grpc-conn-unclosed", {
      released: "closed",
      held: "open",
      remedy: "Close it with `defer {x}.Close()`, or make one and share it",
      defer: "defer {x}.Close()",
    });
  },
});
