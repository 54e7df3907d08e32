/** The commands as people call them, run from source. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { stanchCommand } from "./testing.ts";
import { coloursOn } from "./colour.ts";

afterAll(removeTrees);
const tree = makeTree({
  "go.mod": "module example.com/m\n\ngo 1.22\n",
  "a/a.go":
    'package a\n\nimport "encoding/json"\n\nfunc A(b []byte) (n int) {\n\terr := json.Unmarshal(b, &n)\n\t_ = err\n\treturn\n}\n',
  "clean/c.go": "package clean\n",
  "empty/README": "",
});

function stanch(...args: string[]): { status: number | null; out: string; err: string } {
  return stanchIn(tree, {}, ...args);
}

function stanchIn(cwd: string, more: NodeJS.ProcessEnv, ...args: string[]): ReturnType<typeof stanch> {
  const command = [...stanchCommand(), ...args];
  const env = { ...process.env, NO_COLOR: "1", GOFLAGS: "", STANCH_CACHE: "off", ...more };
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd, encoding: "utf8", env });
  return { status, out: stdout, err: stderr };
}

test("check ./...: findings, exit 1", () => {
  const { status, out, err } = stanch("check", "./...");
  expect([status, err]).toEqual([1, ""]);
  expect(out).toContain("warning[unmarshal-error-unchecked]: The error of json.Unmarshal is assigned to err");
  expect(out).toContain(" --> a/a.go:6:9 in example.com/m/a.A");
  expect(out).toContain("1 warning in 2 packages");
});

test("exit codes follow --fail-on, --disable and what is checked", () => {
  expect(stanch("check", "./clean").status).toBe(0);
  expect(stanch("check", "--fail-on", "error").status).toBe(0);
  expect(stanch("check", "--disable", "unmarshal-error-unchecked").status).toBe(0);
  expect(stanch("check", "--rules", "unmarshal-error-unchecked,defer-in-loop").status).toBe(1);
});

test("check --format json", () => {
  const { status, out } = stanch("check", "--format", "json", "./...");
  expect(status).toBe(1);
  const document = JSON.parse(out) as { schema: string; findings: { rule: string; file: string }[] };
  expect(document.schema).toBe("stanch.check/1");
  expect(document.findings.map((f) => `${f.file} ${f.rule}`)).toEqual(["a/a.go unmarshal-error-unchecked"]);
});

test("usage errors: one line, exit 2", () => {
  for (const [args, text] of [
    [["check", "./nowhere"], "nowhere"],
    [["check", "./empty"], "empty"],
    [["check", "--rules", "unmarshal-error-unchekced"], "did you mean unmarshal-error-unchecked?"],
    [["check", "--format", "xml"], "one of text, json, sarif"],
    [["check", "--jobs", "many"], "a whole number"],
    [["explain", "defer-in-lop"], "did you mean defer-in-loop?"],
  ] as const) {
    const { status, out, err } = stanch(...args);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toContain(text);
    expect(err).not.toContain("    at ");
  }
});

test("explain", () => {
  expect(stanch("explain", "defer-in-loop").out).toContain("What it finds");
  expect(stanch("explain", "--markdown", "defer-in-loop").out).toContain("```go\n");
  expect(stanch("explain", "ignore-unused").out).toContain("suppresses nothing");
  expect(stanch("explain").out).toMatch(/^defer-in-loop +warning +Release is deferred/m);
});

test("colours", () => {
  expect(coloursOn({ isTTY: true }, {})).toBe(true);
  expect(coloursOn({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  expect(coloursOn({ isTTY: true }, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
  expect(coloursOn({}, { FORCE_COLOR: "1" })).toBe(true);
  expect(coloursOn({}, {})).toBe(false);
});

test("a baseline hides what it lists", () => {
  const file = join(tree, "baseline.json");
  expect(stanch("check", "--baseline", file).err).toContain("cannot read the baseline");
  expect(stanch("check", "--update-baseline").err).toContain("needs --baseline FILE");
  const written = stanch("check", "--baseline", file, "--update-baseline");
  expect([written.status, written.err]).toEqual([0, ""]);
  const { status, out } = stanch("check", "--baseline", file);
  expect(status).toBe(0);
  expect(out).toContain("No new leaks found in 2 packages, 1 known from the baseline");
});

test("--diff shows what --fix would do, --fix does it, in CI it only shows", () => {
  const text =
    'package a\n\nimport "os"\n\nfunc A(name string) (string, error) {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn "", err\n\t}\n\treturn f.Name(), nil\n}\n';
  const files = { "go.mod": "module example.com/m\n\ngo 1.22\n", "a/a.go": text };
  const dir = makeTree(files);
  const at = (env: NodeJS.ProcessEnv, ...args: string[]): ReturnType<typeof stanch> =>
    stanchIn(dir, env, "check", ...args);
  const now = (): string => readFileSync(join(dir, "a/a.go"), "utf8");
  const diff = at({ CI: "" }, "--diff");
  expect(diff.status).toBe(1);
  expect(diff.out).toContain("--- a/a/a.go\n+++ b/a/a.go\n@@ -7,5 +7,6 @@\n");
  expect(diff.out).toContain("\n+\tdefer f.Close()\n");
  expect(at({ CI: "true" }, "--fix").out).toBe(diff.out);
  expect(now()).toBe(text);
  const fixed = at({ CI: "" }, "--fix");
  expect([fixed.status, fixed.err]).toEqual([0, "stanch: mended 1 finding in 1 file\n"]);
  expect(now()).toContain("\tdefer f.Close()\n");
  expect(at({ CI: "" }, "--diff")).toMatchObject({ status: 0, out: "" });
});
