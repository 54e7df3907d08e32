import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { rules } from "../rules/registry.ts";
import { introduced } from "./introduced.ts";
import { openRevision } from "./revision.ts";
import { check, type CheckOptions } from "./run.ts";

afterAll(removeTrees);

const hasGit = spawnSync("git", ["--version"]).status === 0;
const distribution = makeTree({
  VERSION: "go1.26.0\n",
  "src/runtime/r.go": "package runtime\n",
  "src/fmt/f.go": "package fmt\n",
  "src/os/os.go":
    'package os\n\ntype File struct{}\n\nfunc (f *File) Close() error { return nil }\n\nfunc (f *File) Name() string { return "" }\n\nfunc Open(name string) (*File, error) { return nil, nil }\n',
});
const options: CheckOptions = {
  patterns: ["./..."],
  rules: rules.map((r) => r.id),
  jobs: 0,
  load: { goos: "linux", goarch: "amd64", goroot: distribution },
};
const leaky = (fn: string): string =>
  `func ${fn}(name string) string {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn ""\n\t}\n\treturn f.Name()\n}\n`;
const closed = (fn: string): string => leaky(fn).replace("\treturn f.Name()", "\tdefer f.Close()\n\treturn f.Name()");
const go = (...parts: string[]): string => `package m\n\nimport "os"\n\n${parts.join("\n")}`;

function git(dir: string, ...args: string[]): string {
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
  return execFileSync("git", [...who, ...args], { cwd: dir, encoding: "utf8" });
}

function repository(files: Record<string, string>): string {
  const root = makeTree({ "go.mod": "module example.com/m\n\ngo 1.22\n", ...files });
  git(root, "init", "-q", "-b", "main");
  git(root, "add", "-A");
  git(root, "commit", "-q", "-m", "one");
  return root;
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

async function fresh(root: string, rev = "HEAD", mergeBase = false, dir = root): Promise<string[]> {
  const now = await check(dir, options);
  const revision = openRevision(dir, rev, mergeBase);
  const result = await introduced(dir, options, now, now.findings, revision);
  return result.fresh.filter((f) => !f.suppressed).map((f) => f.function.replace("example.com/m", "").slice(1));
}

test.skipIf(!hasGit)("what the change introduced, and nothing else; the work tree stays as it is", async () => {
  const root = repository({ "a.go": go(leaky("Old"), closed("Fine")), "b/b.go": go(leaky("InB")) });
  expect(await fresh(root)).toEqual([]);
  write(root, "a.go", go(`// moved down\n`, leaky("Old"), leaky("Fine"), leaky("Added")));
  write(root, "c/c.go", go(leaky("Untracked")));
  const before = git(root, "status", "--porcelain", "-z") + readFileSync(join(root, ".git/index")).toString("hex");
  expect(await fresh(root)).toEqual(["Fine", "Added", "c.Untracked"]);
  expect(git(root, "status", "--porcelain", "-z") + readFileSync(join(root, ".git/index")).toString("hex")).toBe(
    before,
  );
  // From a folder of the repository too.
  expect(await fresh(root, "HEAD", false, join(root, "c"))).toEqual(["c.Untracked"]);
});

test.skipIf(!hasGit)("an unchanged line that a change elsewhere made leak", async () => {
  const helper = (body: string): string => `package h\n\nimport "os"\n\nfunc Done(f *os.File) {${body}}\n`;
  const caller =
    'package m\n\nimport (\n\t"os"\n\n\t"example.com/m/h"\n)\n\nfunc A(name string) {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn\n\t}\n\th.Done(f)\n}\n';
  const root = repository({ "a.go": caller, "h/h.go": helper("\n\tf.Close()\n") });
  expect(await fresh(root)).toEqual([]);
  write(root, "h/h.go", helper("\n\t_ = f.Name()\n"));
  expect(await fresh(root)).toEqual(["A"]);
});

test.skipIf(!hasGit)("renamed files, functions and folders introduce nothing", async () => {
  const root = repository({ "old/a.go": go(leaky("A")), "f.go": go(leaky("F")) });
  renameSync(join(root, "old"), join(root, "new"));
  renameSync(join(root, "f.go"), join(root, "g.go"));
  write(root, "g.go", go(leaky("Renamed")));
  git(root, "add", "-A");
  expect(await fresh(root)).toEqual([]);
  git(root, "commit", "-q", "-m", "two");
  expect(await fresh(root, "HEAD~1")).toEqual([]);
  rmSync(join(root, "new"), { recursive: true });
  expect(await fresh(root, "HEAD~1")).toEqual([]);
});

test.skipIf(!hasGit)("since the merge base: what others did meanwhile does not count", async () => {
  const root = repository({ "a.go": go(closed("A")) });
  git(root, "checkout", "-q", "-b", "topic");
  write(root, "t.go", go(leaky("Topic")));
  git(root, "add", "-A");
  git(root, "commit", "-q", "-m", "topic");
  git(root, "checkout", "-q", "main");
  write(root, "t.go", go(leaky("Topic")));
  git(root, "add", "-A");
  git(root, "commit", "-q", "-m", "the same on main");
  git(root, "checkout", "-q", "topic");
  expect(await fresh(root, "main")).toEqual([]);
  expect(await fresh(root, "main", true)).toEqual(["Topic"]);
});

test.skipIf(!hasGit)("no repository, unknown revisions, shallow clones, no git: one clear line", () => {
  const message = (dir: string, rev: string, mergeBase = false): string => {
    try {
      openRevision(dir, rev, mergeBase);
      return "";
    } catch (e) {
      const { name, message: text } = e as Error;
      expect([name, text.includes("\n")]).toEqual(["UsageError", false]);
      return text;
    }
  };
  const bare = makeTree({ "a.go": "package m\n" });
  expect(message(bare, "HEAD")).toBe(`${bare} is in no git repository`);
  const root = repository({ "a.go": go(leaky("A")) });
  expect(message(root, "nope")).toBe("git knows no revision nope");
  expect(message(root, "--help")).toBe("git knows no revision --help");
  expect(message(root, "HEAD~7")).toBe("git knows no revision HEAD~7");
  write(root, "b.go", "package m\n");
  git(root, "add", "-A");
  git(root, "commit", "-q", "-m", "two");
  const shallow = makeTree({});
  git(shallow, "clone", "-q", "--depth", "1", `file://${root}`, ".");
  expect(message(shallow, "HEAD~1")).toMatch(/^git knows no revision HEAD~1: this is a shallow clone; fetch more/);
  git(root, "checkout", "-q", "--orphan", "other");
  git(root, "commit", "-q", "-m", "unrelated");
  expect(message(root, "main", true)).toBe("main and HEAD have no common ancestor");
  const path = process.env["PATH"];
  process.env["PATH"] = "/nowhere";
  try {
    expect(message(root, "HEAD")).toContain("git is not installed");
  } finally {
    process.env["PATH"] = path;
  }
});
