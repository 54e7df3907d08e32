import { expect, test } from "vitest";
import { messageOf, UsageError } from "./errors.ts";

test("a usage error carries its exit code", () => {
  const e = new UsageError("no such folder");
  expect([e.exitCode, e.name, e.message, e instanceof Error]).toEqual([2, "UsageError", "no such folder", true]);
});

test("any thrown value has a message", () => {
  expect([messageOf(new Error("a")), messageOf("b"), messageOf(undefined)]).toEqual(["a", "b", "undefined"]);
});
