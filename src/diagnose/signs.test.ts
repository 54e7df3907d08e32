import { expect, test } from "vitest";
import type { Verdict } from "../watch/verdict.ts";
import { suspectOf } from "./of-verdict.ts";
import { rulesFor } from "./signs.ts";

const socket = (name: string): readonly string[] =>
  rulesFor(
    suspectOf({
      signal: { kind: "socket", name, label: name, counter: false, sawtooth: false, unit: "count", limit: null },
      kind: "socket",
      status: "leak",
      shape: "leak",
      growth: null,
      value: 100,
      from: 10,
      sinceMs: 0,
      decidedMs: 0,
      errorRate: null,
      proven: 0,
      exhaustionSeconds: null,
      detectable: null,
      evidence: [],
      changeOfMind: "",
      location: null,
      stack: [],
    } as unknown as Verdict),
  );

test("connections to a database are no HTTP client's, and those of clients nobody's here", () => {
  expect(socket("10.0.0.7:443 ESTABLISHED")[0]).toBe("http-body-unclosed");
  expect(socket("10.0.0.7:5432 ESTABLISHED")[0]).toBe("sql-rows-unclosed");
  expect(socket("10.0.0.7:5432 ESTABLISHED")).not.toContain("http-body-unclosed");
  expect(socket("fe80::1:6379 ESTABLISHED")[0]).toBe("redis-client-per-call");
  expect(socket(":8080 in CLOSE_WAIT")).toEqual([]);
  expect(socket("total")[0]).toBe("http-body-unclosed");
});

test("connections of gRPC that are replaced are explained by what replaces them, and by nothing else", () => {
  expect(
    rulesFor({ kind: "socket", signature: "grpc-connections-replaced", wait: "", rule: "grpc-keepalive-conflict" }),
  ).toEqual(["grpc-keepalive-conflict"]);
});
