/** stanch.yaml through the command, run from source. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { stanchCommand } from "./testing.ts";

afterAll(removeTrees);
const leaky =
  'package a\n\nimport "os"\n\nfunc A(name string) (string, error) {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn "", err\n\t}\n\treturn f.Name(), nil\n}\n';
const tree = (config: string): string =>
  makeTree({ "go.mod": "module example.com/m\n\ngo 1.22\n", "a/a.go": leaky, "b/b.go": leaky, "stanch.yaml": config });

function stanch(cwd: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const env = { ...process.env, NO_COLOR: "1", GOFLAGS: "", STANCH_CACHE: "off", CI: "" };
  const command = [...stanchCommand(), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd, encoding: "utf8", env });
  return { status, out: stdout, err: stderr };
}

test("levels and excludes decide what is shown and the exit code; flags go without", () => {
  const dir = tree("rules: { resource-unclosed: note }\nexclude: [b]\n");
  const quiet = stanch(dir, "check");
  expect(quiet.status).toBe(0);
  expect(quiet.out).toContain("note[resource-unclosed]");
  expect(quiet.out).toContain("1 note in 1 package");
  expect(stanch(dir, "check", "--no-config").out).toContain("2 errors in 2 packages");
});

test("a file that cannot be used: every line of it, exit 2", () => {
  const dir = tree("rules:\n  resource-unclosd: off\nexlude: []\n");
  const { status, out, err } = stanch(join(dir, "a"), "check");
  expect([status, out]).toEqual([2, ""]);
  expect(err).toContain(`${join(dir, "stanch.yaml")}:3:1: exlude is unknown; did you mean exclude?`);
  const other = stanch(tree("rules:\n  resource-unclosd: off\n"), "check");
  expect(other.err).toBe(
    "stanch: stanch.yaml:2:3: no rule is called resource-unclosd; did you mean resource-unclosed?\n",
  );
  expect(stanch(dir, "check", "--config", "none.yaml").err).toContain("cannot read none.yaml");
});

test("--explain-config tells where each level comes from, and of names that mean nothing", () => {
  const dir = tree('never-returns: [example.com/m/a.Exit]\nrules: { defer-in-loop: { paths: { "a/**": off } } }\n');
  const { status, out } = stanch(dir, "check", "--explain-config", "--disable", "sql-tx-unfinished");
  expect(status).toBe(1);
  expect(out).toMatch(/defer-in-loop +off +in a\/\*\*, stanch\.yaml:2/);
  expect(out).toMatch(/sql-tx-unfinished +off +--disable/);
  expect(out).toContain("example.com/m/a has no Exit");
});

test("init writes one, and does not replace one", () => {
  const dir = makeTree({ "go.mod": "module example.com/m\n\ngo 1.22\n", "a/a.go": leaky });
  expect(stanch(dir, "init")).toMatchObject({ status: 0 });
  expect(readFileSync(join(dir, "stanch.yaml"), "utf8")).toContain("example.com/m (go 1.22)");
  expect(stanch(dir, "init")).toMatchObject({ status: 2, err: expect.stringContaining("is there already") as string });
  expect(stanch(dir, "check", "--explain-config")).toMatchObject({ status: 0 });
});
