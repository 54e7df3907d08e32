import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { scaffold } from "./new-rule.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const copy = mkdtempSync(join(tmpdir(), "stanch-new-rule-"));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test("a scaffolded rule is listed, builds with the types, and passes its own page", { timeout: 120_000 }, () => {
  for (const name of ["src", "tools", "docs", "package.json", "tsconfig.json", "vitest.config.ts"])
    cpSync(join(root, name), join(copy, name), { recursive: true, filter: (p) => !p.includes("testdata/captures") });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const run = (command: string, ...args: string[]): { status: number | null; out: string } => {
    const { status, stdout, stderr } = spawnSync(join("node_modules/.bin", command), args, {
      cwd: copy,
      encoding: "utf8",
    });
    return { status, out: stdout + stderr };
  };
  const made = run("tsx", "tools/new-rule.ts", "sleep-somewhere", "Sleep stands in a function");
  expect(made.out).toContain("wrote src/rules/go/sleep-somewhere/rule.ts");
  expect(made.status).toBe(0);
  expect(readFileSync(join(copy, "docs/rules/README.md"), "utf8")).toContain("sleep-somewhere");
  const types = run("tsc", "-p", "tsconfig.json", "--noEmit");
  expect(types.out.split("\n").filter((l) => l.includes("sleep-somewhere"))).toEqual([]);
  const tests = run("vitest", "run", "src/check/rule-pages.test.ts", "-t", "sleep-somewhere");
  expect(tests.out).toMatch(/Tests .*3 passed/);
  expect(tests.status).toBe(0);
  expect(run("tsx", "tools/new-rule.ts", "sleep-somewhere", "Again").out).toContain("is there already");
});

test("ids and titles that will not do", () => {
  for (const id of ["", "one", "Two-Words", "a_b", "a--b", "../x-y"])
    expect(() => scaffold(id, "T", "0.1.0")).toThrow("will not do");
  for (const title of ["", "Ends.", "a\nb"]) expect(() => scaffold("a-b", title, "0.1.0")).toThrow("a title");
});
