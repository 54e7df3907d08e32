/** Baselines and revisions through the command, run from source. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { stanchCommand } from "./testing.ts";

afterAll(removeTrees);
const hasGit = spawnSync("git", ["--version"]).status === 0;

function stanch(cwd: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const env = { ...process.env, NO_COLOR: "1", GOFLAGS: "", STANCH_CACHE: "off", CI: "" };
  const command = [...stanchCommand(), "check", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd, encoding: "utf8", env });
  return { status, out: stdout, err: stderr };
}

const leaky = (fn: string): string =>
  `func ${fn}(name string) (string, error) {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn "", err\n\t}\n\treturn f.Name(), nil\n}\n`;
const file = (...fns: string[]): string => `package a\n\nimport "os"\n\n${fns.map(leaky).join("\n")}`;
const make = (...fns: string[]): string =>
  makeTree({ "go.mod": "module example.com/m\n\ngo 1.22\n", "a/a.go": file(...fns) });

test("a baseline says what was fixed, and shrinks on request", () => {
  const dir = make("A", "B");
  expect(stanch(dir, "--baseline", "b.json", "--update-baseline").status).toBe(0);
  writeFileSync(join(dir, "a/a.go"), file("B", "New").replace("os.Open(name)", "os.Open(name + name)"));
  const { status, out } = stanch(dir, "--baseline", "b.json");
  expect(status).toBe(1);
  expect(out).toContain("fixed: resource-unclosed in example.com/m/a.");
  expect(out).toContain("1 finding of the baseline is fixed; --shrink-baseline takes it out.");
  expect(out).toContain("1 error in 1 package, 1 known from the baseline");
  const entries = (): number =>
    readFileSync(join(dir, "b.json"), "utf8")
      .split("\n")
      .filter((l) => l.includes('"kin"')).length;
  expect(entries()).toBe(2);
  expect(stanch(dir, "--baseline", "b.json", "--shrink-baseline").status).toBe(1);
  expect(entries()).toBe(1);
});

test("baselines that cannot be used, and flags that do not go together: one line, exit 2", () => {
  const dir = make("A");
  const refuse = (text: string, ...args: string[]): string => {
    writeFileSync(join(dir, "b.json"), text);
    const { status, out, err } = stanch(dir, "--baseline", "b.json", ...args);
    expect([status, out, err.trimEnd().includes("\n")]).toEqual([2, "", false]);
    return err;
  };
  expect(refuse('<<<<<<< HEAD\n{"schema": "stanch.baseline/1"}\n=======\n')).toContain("has conflict marks");
  expect(refuse('{"schema": "stanch.baseline/2", "findings": []}')).toContain("was written by a newer Stanch");
  expect(refuse('{"schema": "stanch.baseline/1", "findi')).toContain("is not JSON");
  expect(refuse("{}", "--update-baseline", "--shrink-baseline")).toContain("leave --shrink-baseline out");
  expect(stanch(dir, "--shrink-baseline").err).toContain("needs --baseline FILE");
  expect(stanch(dir, "--new-from", "a", "--new-from-merge-base", "b").err).toContain("give one");
  expect(stanch(dir, "--new-from", "HEAD")).toMatchObject({ status: 2, out: "" });
  // A damaged one is written anew where that is asked for.
  writeFileSync(join(dir, "b.json"), "<<<<<<< HEAD\n");
  expect(stanch(dir, "--baseline", "b.json", "--update-baseline").status).toBe(0);
});

test.skipIf(!hasGit)("--new-from, with a baseline and with --fix", () => {
  const dir = make("A");
  const git = (...args: string[]): void =>
    void execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: dir });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "one");
  expect(stanch(dir, "--new-from", "HEAD")).toMatchObject({ status: 0, err: "" });
  expect(stanch(dir, "--new-from", "HEAD").out).toContain("No new leaks found in 1 package, 1 older");
  writeFileSync(join(dir, "a/b.go"), file("B"));
  const both = stanch(dir, "--new-from", "HEAD");
  expect(both.status).toBe(1);
  expect(both.out).toContain("in example.com/m/a.B");
  expect(both.out).not.toContain("in example.com/m/a.A");
  expect(both.out).toContain("1 error in 1 package, 1 older");
  stanch(dir, "--baseline", "b.json", "--update-baseline");
  writeFileSync(join(dir, "a/c.go"), file("C").replaceAll("name", "path"));
  const out = stanch(dir, "--new-from", "HEAD", "--baseline", "b.json").out;
  expect(out).toContain("1 error in 1 package, 2 known from the baseline");
  // What is mended is what is new.
  const fixed = stanch(dir, "--new-from", "HEAD", "--fix");
  expect(fixed.err).toBe("stanch: mended 2 findings in 2 files\n");
  expect(readFileSync(join(dir, "a/a.go"), "utf8")).toBe(file("A"));
  expect(readFileSync(join(dir, "a/b.go"), "utf8")).toContain("defer f.Close()");
});
