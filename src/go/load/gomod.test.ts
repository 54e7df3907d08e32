import { expect, test } from "vitest";
import { parseGoMod, parseReplacement } from "./gomod.ts";
import { parseGoWork } from "./gowork.ts";
import { escapeModulePath } from "./modcache.ts";
import { parseModulesTxt, vendorInconsistencies } from "./vendor.ts";

test("every directive", () => {
  const mod = parseGoMod(
    `// Deprecated: no.
module "example.com/m" // trailing

go 1.24.0
toolchain go1.26.1
godebug default=go1.21
godebug (
	panicnil=1
)
require example.com/a v1.2.3
require (
	example.com/b v0.0.0-20240101000000-abcdefabcdef // indirect
	"example.com/c/v2" v2.0.0 // indirect; and more
)
exclude example.com/a v1.2.2
replace example.com/a => ../a
replace example.com/b v1.0.0 => example.com/fork v1.0.1
replace (
	example.com/c/v2 => ./c
)
retract [v1.0.0, v1.1.0] // bad
retract v0.9.0
ignore ./node_modules
ignore (
	static
)
tool example.com/m/cmd/x
`,
    true,
  );
  expect(mod).toMatchObject({
    module: "example.com/m",
    go: "1.24.0",
    goVersion: { major: 1, minor: 24 },
    toolchain: "go1.26.1",
    require: [
      { path: "example.com/a", version: "v1.2.3", indirect: false },
      { path: "example.com/b", version: "v0.0.0-20240101000000-abcdefabcdef", indirect: true },
      { path: "example.com/c/v2", version: "v2.0.0", indirect: true },
    ],
    exclude: [{ path: "example.com/a", version: "v1.2.2" }],
    replace: [
      { old: { path: "example.com/a", version: "" }, by: { path: "../a", version: "" } },
      { old: { path: "example.com/b", version: "v1.0.0" }, by: { path: "example.com/fork", version: "v1.0.1" } },
      { old: { path: "example.com/c/v2", version: "" }, by: { path: "./c", version: "" } },
    ],
    retract: ["[ v1.0.0 , v1.1.0 ]", "v0.9.0"],
    ignore: ["./node_modules", "static"],
    tool: ["example.com/m/cmd/x"],
    problems: [],
  });
  expect([...mod.godebug]).toEqual([
    ["default", "go1.21"],
    ["panicnil", "1"],
  ]);
});

test.each([
  ["go 1.20\n", "1:1 no module declaration in go.mod"],
  ["module a\nmodule b\n", "2:1 repeated module statement"],
  ["module a\ngo 1.x\n", "2:1 invalid go version '1.x': must match format 1.23.0"],
  ["module a\ngo 1.20\ngo 1.21\n", "3:1 repeated go statement"],
  ["module a\nrequire b\n", "2:1 usage: require module/path v1.2.3"],
  ["module a\nrequire b master\n", "2:11 invalid version 'master' of b: must be of the form v1.2.3"],
  ["module a\nrequires b v1.0.0\n", "2:1 unknown directive: requires"],
  ["module a\nrequire (\n\tb v1.0.0\n", "2:1 syntax error (unterminated block started here)"],
  ["module a\n)\n", "2:1 syntax error (unexpected closing paren)"],
  ['module "a\n', "1:8 unexpected newline in string"],
  ["module a /* b */\n", "1:10 mod files must use // comments (not /* */ comments)"],
  [
    "module a\nreplace b => c\n",
    "2:1 replacement module without version must be directory path (rooted or starting with . or ..)",
  ],
  ["module a\nreplace b => ../c v1.0.0\n", '2:1 replacement module directory path "../c" cannot have version'],
  ["module a\ntoolchain 1.2\n", "2:1 invalid toolchain version '1.2': must match format go1.23.0 or default"],
  ["<<<<<<< HEAD\nmodule a\n", "1:1 unknown directive: <<<<<<<"],
])("a problem has its place: %j", (source, expected) => {
  const [first] = parseGoMod(source, true).problems;
  expect(`${first?.line}:${first?.column} ${first?.message}`).toBe(expected);
});

test("a broken line does not take its neighbours along", () => {
  const mod = parseGoMod('module a\nrequire "b\nrequire (\n\tc v1.0.0\n\td\n\te v1.1.0\n)\n', true);
  expect(mod.require.map((r) => r.path)).toEqual(["c", "e"]);
  expect(mod.problems).toHaveLength(2);
});

test("dependencies are read leniently", () => {
  const mod = parseGoMod("module a\ngo 1.14.x\nfuture thing\nreplace b => ../b\nrequire c v1.0.0\n", false);
  expect(mod).toMatchObject({ go: "1.14", replace: [], problems: [], require: [{ path: "c" }] });
});

test("arbitrary bytes never throw", () => {
  for (let seed = 1; seed < 300; seed++) {
    let x = seed;
    const text = Array.from({ length: 200 }, () =>
      '()[],=>"`/*\n\t moduleqv1.2.'.charAt((x = (x * 1103515245 + 12345) & 0x7fffffff) % 27),
    ).join("");
    parseGoMod(text, true);
    parseGoWork(text);
    parseModulesTxt(text);
  }
});

test("replacements", () => {
  expect(parseReplacement(["a", "=>", "C:\\x"])).toMatchObject({ by: { path: "C:\\x" } });
  expect(parseReplacement(["a"])).toContain("usage");
  expect(parseReplacement(["a", "v1.0.0", "=>", "b", "v1.0.0", "x"])).toContain("usage");
});

test("go.work", () => {
  const work = parseGoWork(
    "go 1.25\ntoolchain go1.26.0\nuse .\nuse (\n\t./a // comment\n\t../b\n)\nreplace x => ./x\nfoo\nuse a b\n",
  );
  expect(work.use.map((u) => u.path)).toEqual([".", "./a", "../b"]);
  expect(work).toMatchObject({ go: "1.25", replace: [{ old: { path: "x" } }] });
  expect(work.problems.map((p) => `${p.line} ${p.message}`)).toEqual([
    "9 unknown directive: foo",
    "10 use directive expects exactly one argument",
  ]);
});

test("modules.txt", () => {
  const list = parseModulesTxt(
    "## workspace\n# a.com/a v1.0.0\n## explicit; go 1.20\na.com/a\na.com/a/b\n# c.com/c v0.1.0 => ../c\n## explicit\nc.com/c\n# d.com/d => ./d\n# e.com/e v1.0.0\n",
  );
  expect(list.workspace).toBe(true);
  expect(list.packages.get("a.com/a/b")).toMatchObject({
    path: "a.com/a",
    version: "v1.0.0",
    goVersion: { major: 1, minor: 20 },
  });
  expect(list.packages.get("c.com/c")).toMatchObject({ path: "c.com/c", replaced: true, goVersion: null });
  const mod = parseGoMod("module m\nrequire (\n\ta.com/a v1.0.1\n\tc.com/c v0.1.0\n)\n", true);
  expect(vendorInconsistencies(list, [mod])).toEqual([
    "a.com/a@v1.0.1 is required in go.mod, but not marked as explicit in vendor/modules.txt",
    "a.com/a@v1.0.0 is marked as explicit in vendor/modules.txt, but not required in go.mod",
  ]);
});

test("module paths in the cache", () => {
  expect(escapeModulePath("github.com/Azure/azure-SDK")).toBe("github.com/!azure/azure-!s!d!k");
});
