import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cgroupLimit, goMemoryLimit } from "./memory-limit.ts";
import { ProcReader } from "./procfs.ts";

const scratch = mkdtempSync(join(tmpdir(), "stanch-memory-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test("the least limit along the control groups counts; max and version 1's largest number are none", () => {
  const at = (path: string, file: string, text: string): void => {
    mkdirSync(join(scratch, path), { recursive: true });
    writeFileSync(join(scratch, path, file), text);
  };
  at("v2/a/b", "memory.max", "max\n");
  at("v2/a", "memory.max", "1048576\n");
  expect(cgroupLimit("/a/b", join(scratch, "v2"))).toBe(1_048_576);
  expect(cgroupLimit("/elsewhere", join(scratch, "v2"))).toBeNull();
  at("v1/memory/x", "memory.limit_in_bytes", "9223372036854771712\n");
  expect(cgroupLimit("/x", join(scratch, "v1"))).toBeNull();
  // Names come from the target's side: they do not lead out of the tree.
  expect(cgroupLimit("/../../../etc", join(scratch, "v2"))).toBeNull();
});

test.each([
  ["A=1\0GOMEMLIMIT=512MiB\0B=2\0", 512 * 2 ** 20],
  ["GOMEMLIMIT=1000\0", 1000],
  ["GOMEMLIMIT=2GiB", 2 * 2 ** 30],
  ["GOMEMLIMIT=off\0", null],
  ["XGOMEMLIMIT=5MiB\0", null],
  ["GOMEMLIMIT=9223372036854775807\0", null],
])("GOMEMLIMIT in %j", (environ, bytes) => {
  mkdirSync(join(scratch, "proc/7"), { recursive: true });
  writeFileSync(join(scratch, "proc/7/environ"), environ);
  expect(goMemoryLimit(new ProcReader(join(scratch, "proc")), 7)).toBe(bytes);
});
