/**
 * A grpc.ClientConn that some path does not close: an HTTP/2 connection, its goroutines and its resolver stay.
 */
import { ownershipMessages, reportLeaks } from "../../ownership.ts";
import { perCallPlaces } from "../../per-call.ts";
import { defineRule } from "../../rule.ts";

export const rule = defineRule({
  id: "grpc-conn-unclosed",
  title: "gRPC connection is not closed on some path",
  severity: "error",
  since: "0.1.0",
  messages: ownershipMessages,
  check(pass) {
    // Made for every request: another rule says so, with another repair.
    const elsewhere = perCallPlaces(pass, "grpc-conn-per-call");
    const report = (draft: Parameters<typeof pass.report>[0]): void => {
      if (!elsewhere.has(draft.at)) pass.report(draft);
    };
    reportLeaks({ ...pass, report }, "grpc-conn-unclosed", {
      released: "closed",
      held: "open",
      remedy: "Close it with `defer {x}.Close()`, or make one and share it",
      defer: "defer {x}.Close()",
    });
  },
});
