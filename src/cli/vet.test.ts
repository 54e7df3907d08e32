/** Under the real `go vet`; left out where there is no Go, except in CI. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = new URL("../..", import.meta.url).pathname;
const tool = join(root, "dist/stanch.mjs");
const hasGo = spawnSync("go", ["version"]).status === 0;
const dir = mkdtempSync(join(tmpdir(), "stanch-vet-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(dir, path, ".."), { recursive: true });
  writeFileSync(join(dir, path), text);
}
function go(...args: string[]): { status: number | null; out: string } {
  const r = spawnSync("go", args, { cwd: dir, encoding: "utf8", env: { ...process.env, STANCH_CACHE: "off" } });
  return { status: r.status, out: r.stdout + r.stderr };
}

test("the built command runs by its name, as the package's bin does", () => {
  expect(spawnSync(tool, ["--version"], { encoding: "utf8" }).stdout).toMatch(/^\d+\.\d+\.\d+/);
});

test("what go vet asks before it begins", () => {
  const version = spawnSync(tool, ["-V=full"], { cwd: dir, encoding: "utf8" }).stdout;
  expect(version).toMatch(/^stanch version devel \S+ buildID=stanch\/[0-9a-f]{64}\n$/);
  write("stanch.yaml", "exclude: []\n");
  expect(spawnSync(tool, ["-V=full"], { cwd: dir, encoding: "utf8" }).stdout).not.toBe(version);
  rmSync(join(dir, "stanch.yaml"));
  expect(JSON.parse(spawnSync(tool, ["-flags"], { encoding: "utf8" }).stdout)).toHaveLength(1);
});

test("a configuration that is none", () => {
  write("x.cfg", "{");
  const r = spawnSync(tool, [join(dir, "x.cfg")], { encoding: "utf8" });
  expect([r.status, r.stderr.split("\n").length]).toEqual([2, 2]);
  write("x.cfg", "{}");
  expect(spawnSync(tool, [join(dir, "x.cfg")], { encoding: "utf8" }).stderr).toContain("is no configuration of go vet");
});

describe.skipIf(!hasGo)("go vet -vettool", () => {
  beforeAll(() => {
    write("go.mod", "module example.com/vetted\n\ngo 1.24\n");
    write("closer/closer.go", 'package closer\n\nimport "os"\n\nfunc Done(f *os.File) { f.Close() }\n');
    write(
      "app/app.go",
      'package app\n\nimport (\n\t"os"\n\n\t"example.com/vetted/closer"\n)\n\nfunc Size(path string) (int64, error) {\n\tf, err := os.Open(path)\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\tdefer closer.Done(f)\n\ti, err := f.Stat()\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\treturn i.Size(), nil\n}\n',
    );
    write("app/app_test.go", 'package app\n\nimport "testing"\n\nfunc TestSize(t *testing.T) { Size("/") }\n');
  });

  test("finds what check finds, and asks again when a body below has changed", () => {
    expect(go("vet", `-vettool=${tool}`, "./...")).toMatchObject({ status: 0 });
    // The helper forgets to close: app.go itself is as it was.
    write("closer/closer.go", 'package closer\n\nimport "os"\n\nfunc Done(f *os.File) { f.Name() }\n');
    const after = go("vet", `-vettool=${tool}`, "./...");
    expect(after.status).toBe(1);
    expect(after.out).toContain("app/app.go:10:");
    expect(after.out).toContain("(resource-unclosed)");
    const checked = JSON.parse(
      spawnSync(tool, ["check", "./...", "--format", "json"], { cwd: dir, encoding: "utf8" }).stdout,
    ) as { findings: { file: string; line: number }[] };
    expect(checked.findings.map((f) => `${f.file}:${f.line}`)).toEqual(["app/app.go:10"]);
  }, 240_000);

  test("as JSON", () => {
    const { out } = go("vet", "-json", `-vettool=${tool}`, "./app");
    const json = out.slice(out.indexOf("{"));
    expect(json).toContain('"resource-unclosed"');
    expect(json).toContain('"posn"');
  }, 120_000);
});

if (!hasGo && process.env["CI"] === "true")
  test("CI has Go", () => expect(execFileSync("go", ["version"])).toBeTruthy());
