import { afterAll, expect, test } from "vitest";
import type { Finding } from "../diag/finding.ts";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import type { BuildInfo } from "../probe/buildinfo.ts";
import { findingsOfProgram } from "./program-findings.ts";

afterAll(removeTrees);
const root = makeTree({
  "go.mod": "module example.com/m\n\ngo 1.22\n",
  "cmd/a/main.go": 'package main\n\nimport "example.com/m/lib"\n\nfunc main() { lib.F() }\n',
  "cmd/b/main.go": "package main\n\nfunc main() {}\n",
  "lib/lib.go": "package lib\n\nfunc F() {}\n",
});
const findings = ["cmd/a/main.go", "cmd/b/main.go", "lib/lib.go"].map((file) => ({ file }) as Finding);

function of(build: Partial<BuildInfo> | null): string[] {
  return findingsOfProgram(root, build as BuildInfo | null, findings).map((f) => f.file);
}
const module = (path: string) => ({ path, version: "", replacedBy: "" });

test("what a program does not import cannot leak in it", () => {
  const main = module("example.com/m");
  expect(of({ path: "example.com/m/cmd/a", main, deps: [] })).toEqual(["cmd/a/main.go", "lib/lib.go"]);
  expect(of({ path: "example.com/m/cmd/b", main, deps: [] })).toEqual(["cmd/b/main.go"]);
});

test("a program of another module has none of them, but for packages that it may import", () => {
  const main = module("example.com/other");
  expect(of({ path: "example.com/other", main, deps: [] })).toEqual([]);
  expect(of({ path: "example.com/other", main, deps: [module("example.com/m")] })).toEqual(["lib/lib.go"]);
});

test("a program that says nothing of itself may have all of them", () => {
  expect(of(null).length).toBe(3);
  expect(of({ path: "command-line-arguments", main: null, deps: [] }).length).toBe(3);
});
