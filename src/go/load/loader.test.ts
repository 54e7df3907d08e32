import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { UsageError } from "../../base/errors.ts";
import { type FileSystem, nodeFileSystem } from "./fs.ts";
import { Loader } from "./loader.ts";
import type { LoadedPackage } from "./loaded-package.ts";
import { listing, makeTree, open, problems, removeTrees, TINY_GO, type Tree } from "./testing.ts";

afterEach(removeTrees);

const MODULE: Tree = {
  ...TINY_GO,
  "m/go.mod":
    "module example.com/m\ngo 1.22\nrequire (\n\texample.com/dep v1.2.0\n\texample.com/Big v1.0.0 // indirect\n)\n",
  "m/a.go": 'package m\nimport ("fmt"; "example.com/dep/sub"; "example.com/m/inner"; "gone.com/x")\n',
  "m/a_test.go": 'package m\nimport "io"\n',
  "m/x_test.go": 'package m_test\nimport "example.com/m"\n',
  "m/a_windows.go": "package m\n",
  "m/inner/i.go": "package inner\n",
  "m/tests/only_test.go": "package tests\n",
  "m/testdata/t.go": "package t\n",
  "m/_old/o.go": "package o\n",
  "m/.git/g.go": "package g\n",
  "m/vendor/example.com/dep/v.go": "package dep\n", // no modules.txt: not the go command's
  "m/nested/go.mod": "module example.com/m/nested\n",
  "m/nested/n.go": "package nested\n",
  "cache/example.com/dep@v1.2.0/sub/s.go": 'package sub\nimport "example.com/Big"\n',
  "cache/example.com/dep@v1.2.0/go.mod": "module example.com/dep\ngo 1.19\nrequire example.com/Big v1.0.0\n",
  "cache/example.com/!big@v1.0.0/b.go": "package big\n",
};

const first = (loader: Loader): LoadedPackage => {
  const [p] = loader.match(["."]).packages;
  if (p === undefined) throw new Error("no package");
  return p;
};

describe("a module", () => {
  test("./... lists what go list lists", () => {
    const root = makeTree(MODULE);
    expect(listing(open(root, "m"), "./...")).toEqual(["example.com/m: a.go", "example.com/m/inner: i.go"]);
    expect(listing(open(root, "m", { goos: "windows" }), "./...")[0]).toBe("example.com/m: a.go a_windows.go");
    expect(listing(open(root, "m/inner"), ".", "../...", "./...")).toEqual([
      "example.com/m/inner: i.go",
      "example.com/m: a.go",
    ]);
  });

  test("tests join their package, external ones make their own", () => {
    const loader = open(makeTree(MODULE), "m", { tests: true });
    expect(listing(loader, "./...")).toEqual([
      "example.com/m: a.go a_test.go",
      "example.com/m_test: x_test.go",
      "example.com/m/inner: i.go",
      "example.com/m/tests: only_test.go",
    ]);
    const [m, external] = loader.match(["."]).packages;
    if (m === undefined || external === undefined) throw new Error("two packages");
    expect([m.tests, external.tests, external.name]).toEqual([true, true, "m_test"]);
    expect(loader.resolve("example.com/m", external)).toBe(m);
    expect(m.imports).toContain("io");
  });

  test("imports lead to the standard library, the module cache, the module itself, or nowhere", () => {
    const root = makeTree(MODULE);
    const loader = open(root, "m");
    const m = first(loader);
    const to = (path: string, from = m): string | undefined => loader.resolve(path, from)?.dir.slice(root.length + 1);
    expect(to("fmt")).toBe("go/src/fmt");
    expect(to("example.com/dep/sub")).toBe("cache/example.com/dep@v1.2.0/sub");
    expect(to("example.com/m/inner")).toBe("m/inner");
    expect(loader.resolve("example.com/m/inner", m)).toBe(loader.match(["./inner"]).packages[0]);
    for (const path of [
      "gone.com/x",
      "C",
      "",
      "../x",
      "/etc",
      "example.com/m/nested",
      "example.com/m/../m",
      "example.com/dep",
      "golang.org/x/net/idna",
      "vendor/golang.org/x/net/idna",
    ]) {
      expect(to(path), path).toBeUndefined();
    }
    const sub = loader.resolve("example.com/dep/sub", m);
    if (sub === null) throw new Error("no sub");
    expect(to("example.com/Big", sub)).toBe("cache/example.com/!big@v1.0.0");
    expect(sub.module).toMatchObject({
      path: "example.com/dep",
      version: "v1.2.0",
      goVersion: { major: 1, minor: 19 },
      main: false,
    });
    expect(m.module).toMatchObject({
      path: "example.com/m",
      version: "",
      goVersion: { major: 1, minor: 22 },
      main: true,
    });
    expect(loader.resolve("example.com/Big", sub)?.module?.goVersion).toEqual({ major: 1, minor: 16 });
    expect([m.standard, loader.resolve("fmt", m)?.standard, loader.resolve("fmt", m)?.module?.path]).toEqual([
      false,
      true,
      "std",
    ]);
  });

  test("the standard library sees its own vendor folder", () => {
    const loader = open(makeTree(MODULE), "m");
    const http = loader.resolve("net/http", first(loader));
    if (http === null) throw new Error("no net/http");
    expect(loader.resolve("golang.org/x/net/idna", http)?.path).toBe("vendor/golang.org/x/net/idna");
    const [cmd] = loader.match(["cmd/go"]).packages;
    if (cmd === undefined) throw new Error("no cmd/go");
    expect(loader.resolve("golang.org/x/mod", cmd)?.path).toBe("cmd/vendor/golang.org/x/mod");
    expect(listing(loader, "std")).toEqual([
      "fmt: print.go",
      "io: io.go",
      "net/http: http.go",
      "runtime: r.go",
      "vendor/golang.org/x/net/idna: idna.go",
    ]);
  });

  test("patterns by import path", () => {
    const loader = open(makeTree(MODULE), "m/inner");
    expect(listing(loader, "example.com/m")).toEqual(["example.com/m: a.go"]);
    expect(listing(loader, "example.com/m/...")).toEqual(["example.com/m: a.go", "example.com/m/inner: i.go"]);
    expect(listing(loader, "example.com/dep/...")).toEqual(["example.com/dep/sub: s.go"]);
    expect(listing(loader, "net/...", "fmt")).toEqual(["net/http: http.go", "fmt: print.go"]);
    expect(
      listing(loader, "all")
        .map((l) => l.split(":")[0])
        .sort(),
    ).toEqual(["example.com/Big", "example.com/dep/sub", "example.com/m", "example.com/m/inner", "fmt", "io"]);
  });

  test("named files are looked at inside their package", () => {
    const root = makeTree(MODULE);
    const loader = open(root, "m");
    const match = loader.match(["a.go"]);
    expect(match.packages.map((p) => p.path)).toEqual(["example.com/m"]);
    expect([...match.focus.values()].map((f) => [...f])).toEqual([[join(root, "m/a.go")]]);
    expect([...loader.match(["a.go", "."]).focus]).toEqual([]);
    const excluded = loader.match(["./a_windows.go"]).packages;
    expect(excluded.map((p) => [p.path, p.files.length])).toEqual([["command-line-arguments", 1]]);
    const withTest = loader.match(["a_test.go"]).packages;
    expect(withTest.map((p) => [p.path, p.files.length, p.tests])).toEqual([["example.com/m", 2, true]]);
    expect(loader.match(["x_test.go"]).packages.map((p) => p.path)).toEqual(["example.com/m_test"]);
  });
});

test("replace: by a folder, by a fork, of one version only; exclude", () => {
  const root = makeTree({
    ...TINY_GO,
    "m/go.mod": `module m.com/m
go 1.20
require (
	a.com/a v1.0.0
	b.com/b v1.0.0
	c.com/c v1.0.0
)
replace a.com/a => ../local
replace b.com/b v1.0.0 => fork.com/b v1.5.0
replace c.com/c v9.0.0 => ../nowhere
`,
    "m/m.go": "package m\n",
    "local/go.mod": "module a.com/a\ngo 1.21\n",
    "local/a.go": "package a\n",
    "local/nested/go.mod": "module a.com/a/nested\n",
    "local/nested/n.go": "package nested\n",
    "cache/fork.com/b@v1.5.0/b.go": "package b\n",
    "cache/c.com/c@v1.0.0/c.go": "package c\n",
  });
  const loader = open(root, "m");
  const to = (path: string): string | undefined => loader.resolve(path, first(loader))?.dir.slice(root.length + 1);
  expect([to("a.com/a"), to("b.com/b"), to("c.com/c"), to("a.com/a/nested")]).toEqual([
    "local",
    "cache/fork.com/b@v1.5.0",
    "cache/c.com/c@v1.0.0",
    undefined,
  ]);
  expect(loader.resolve("a.com/a", first(loader))?.module).toMatchObject({
    path: "a.com/a",
    version: "v1.0.0",
    goVersion: { minor: 21 },
    main: false,
  });
});

test("a module from before pruning reads the whole graph, a later one only when it must", () => {
  const graph: Tree = {
    ...TINY_GO,
    "cache/a.com/a@v1.0.0/a.go": "package a\n",
    "cache/cache/download/a.com/a/@v/v1.0.0.mod": "module a.com/a\nrequire b.com/b v1.3.0\n",
    "cache/b.com/b@v1.1.0/b.go": "package b\n",
    "cache/b.com/b@v1.3.0/b.go": "package b\n",
    "m/m.go": "package m\n",
  };
  const b = (mod: string): string | undefined => {
    const loader = open(makeTree({ ...graph, "m/go.mod": mod }), "m");
    return loader.resolve("b.com/b", first(loader))?.module?.version;
  };
  expect(b("module m\ngo 1.16\nrequire (\n\ta.com/a v1.0.0\n\tb.com/b v1.1.0\n)\n")).toBe("v1.3.0");
  expect(b("module m\ngo 1.17\nrequire (\n\ta.com/a v1.0.0\n\tb.com/b v1.1.0\n)\n")).toBe("v1.1.0");
  expect(b("module m\ngo 1.17\nrequire a.com/a v1.0.0\n")).toBe("v1.3.0");
  expect(b("module m\nrequire a.com/a v1.0.0\nexclude b.com/b v1.3.0\n")).toBeUndefined();
});

test("workspaces", () => {
  const root = makeTree({
    ...TINY_GO,
    "w/go.work": "go 1.22\nuse (\n\t./a\n\t./b\n\t./gone\n)\nreplace d.com/d => ./d\n",
    "w/a/go.mod": "module w.com/a\ngo 1.22\nrequire (\n\tw.com/b v1.0.0\n\td.com/d v1.0.0\n)\n",
    "w/a/a.go": 'package a\nimport "w.com/b"\n',
    "w/b/go.mod": "module w.com/b\ngo 1.22\n",
    "w/b/b.go": "package b\n",
    "w/c/go.mod": "module w.com/c\n",
    "w/c/c.go": "package c\n",
    "w/d/d.go": "package d\n",
  });
  const loader = open(root, "w");
  expect(listing(loader, "./...")).toEqual(["w.com/a: a.go", "w.com/b: b.go", "d.com/d: d.go"]);
  expect(listing(loader, "./a/...", "w.com/b")).toEqual(["w.com/a: a.go", "w.com/b: b.go"]);
  const [a, b] = loader.match(["./..."]).packages;
  if (a === undefined) throw new Error("no a");
  expect(loader.resolve("w.com/b", a)).toBe(b);
  expect(loader.resolve("d.com/d", a)?.dir).toBe(join(root, "w/d"));
  expect(problems(loader, root, "./a")).toEqual(["w/go.work:5:2 use ./gone: there is no go.mod in that folder"]);
  // However a folder is reached, a workspace is one world.
  const inside = open(root, "w/a");
  expect(inside.worldAt(join(root, "w"))).toBe(inside.worldAt(join(root, "w/b")));
  // A module that go.work does not name stands alone; GOWORK=off takes the workspace away.
  expect(listing(open(root, "w/c"), ".")).toEqual(["w.com/c: c.go"]);
  const alone = open(root, "w/a", { env: { GOWORK: "off" } });
  expect(alone.resolve("w.com/b", first(alone))).toBeNull();
});

test("a folder of modules without one of its own", () => {
  const root = makeTree({
    ...TINY_GO,
    "r/x/go.mod": "module r.com/x\n",
    "r/x/x.go": "package x\n",
    "r/y/z/go.mod": "module r.com/z\n",
    "r/y/z/z.go": "package z\n",
  });
  expect(listing(open(root, "r"), "./...")).toEqual(["r.com/x: x.go", "r.com/z: z.go"]);
  expect(listing(open(root, "r/x"), ".", "../y/z")).toEqual(["r.com/x: x.go", "r.com/z: z.go"]);
});

describe("vendor", () => {
  const vendored: Tree = {
    ...TINY_GO,
    "m/go.mod": "module m.com/m\ngo 1.23\nrequire a.com/a v1.0.0\n",
    "m/m.go": 'package m\nimport "a.com/a"\n',
    "m/vendor/modules.txt": "# a.com/a v1.0.0\n## explicit; go 1.18\na.com/a\n",
    "m/vendor/a.com/a/a.go": "package a\n",
    "m/vendor/a.com/a/unlisted/u.go": "package unlisted\n",
    "cache/a.com/a@v1.0.0/a.go": "package a\n",
  };

  test("is the default where the go command made it", () => {
    const root = makeTree(vendored);
    const loader = open(root, "m");
    const a = loader.resolve("a.com/a", first(loader));
    expect(a?.dir).toBe(join(root, "m/vendor/a.com/a"));
    expect(a?.module).toMatchObject({ path: "a.com/a", version: "v1.0.0", goVersion: { minor: 18 } });
    expect(loader.resolve("a.com/a/unlisted", first(loader))).toBeNull();
    expect(listing(loader, "./...")).toEqual(["m.com/m: m.go"]);
    expect(listing(loader, "./vendor/...")).toContain("a.com/a: a.go");
    expect(listing(loader, "a.com/...")).toEqual(["a.com/a: a.go"]);
    expect(loader.match(["."]).problems).toEqual([]);
  });

  test("-mod and old go lines turn it off, GOFLAGS too", () => {
    const from = (root: string, options = {}): string | undefined => {
      const loader = open(root, "m", options);
      return loader.resolve("a.com/a", first(loader))?.dir.slice(root.length + 1);
    };
    const root = makeTree(vendored);
    expect(from(root, { mod: "mod" })).toBe("cache/a.com/a@v1.0.0");
    expect(from(root, { env: { GOFLAGS: "-mod=readonly" } })).toBe("cache/a.com/a@v1.0.0");
    const old = makeTree({ ...vendored, "m/go.mod": "module m.com/m\ngo 1.13\nrequire a.com/a v1.0.0\n" });
    expect(from(old)).toBe("cache/a.com/a@v1.0.0");
    expect(from(old, { mod: "vendor" })).toBe("m/vendor/a.com/a");
  });

  test("inconsistent vendoring is one problem", () => {
    const root = makeTree({ ...vendored, "m/go.mod": "module m.com/m\ngo 1.23\nrequire a.com/a v1.1.0\n" });
    expect(problems(open(root, "m"), root, ".")).toEqual([
      'm/vendor/modules.txt:0:0 inconsistent vendoring: a.com/a@v1.1.0 is required in go.mod, but not marked as explicit in vendor/modules.txt (and 1 more); run "go mod vendor"',
    ]);
  });
});

test("cgo files follow the setting", () => {
  const root = makeTree({
    ...TINY_GO,
    "m/go.mod": "module m\n",
    "m/a.go": "package m\n",
    "m/c.go": 'package m\nimport "C"\n',
  });
  expect(listing(open(root, "m"), ".")).toEqual(["m: a.go c.go"]);
  expect(listing(open(root, "m", { cgo: false }), ".")).toEqual(["m: a.go"]);
});

test("ignore directives of go.mod", () => {
  const root = makeTree({
    ...TINY_GO,
    "m/go.mod": "module m\ngo 1.25\nignore ./gen\nignore static\n",
    "m/m.go": "package m\n",
    "m/gen/g.go": "package gen\n",
    "m/a/static/s.go": "package s\n",
    "m/a/gen/g.go": "package gen\n",
  });
  expect(listing(open(root, "m"), "./...")).toEqual(["m: m.go", "m/a/gen: g.go"]);
  expect(listing(open(root, "m"), "m/...")).toEqual(["m: m.go", "m/a/gen: g.go"]);
});

test("a checkout of Go itself is its own standard library", () => {
  const root = makeTree({
    ...TINY_GO,
    "go/src/go.mod": "module std\n\ngo 1.26\n",
    "go/src/builtin/b.go": "package builtin\n",
    "go/src/fmt/p_test.go": "package fmt\n",
  });
  const loader = open(root, "go/src", { env: { GOROOT: "" } });
  expect(listing(loader, "./...")).toEqual(["fmt: print.go", "io: io.go", "net/http: http.go", "runtime: r.go"]);
  expect(listing(open(root, "go/src", { tests: true }), "./fmt")).toEqual(["fmt: p_test.go print.go"]);
});

describe("bad input", () => {
  const usage = (loader: Loader, ...patterns: string[]): string => {
    try {
      loader.match(patterns);
    } catch (e) {
      if (e instanceof UsageError) return e.message;
      throw e;
    }
    return "no error";
  };

  test("paths and patterns that name nothing say what to do", () => {
    const root = makeTree({ ...MODULE, "m/empty/readme.txt": "", "m/only/w_windows.go": "package w\n" });
    const loader = open(root, "m");
    expect(usage(loader, "./nope")).toBe(
      "./nope: no such file or folder; name one that exists, or ./... for all packages below here",
    );
    expect(usage(loader, "nope.go")).toBe("nope.go: no such file; name one that exists");
    expect(usage(loader, "./empty")).toBe(
      "./empty: no Go files in ./empty; for the packages below it write ./empty/...",
    );
    expect(usage(loader, "./empty/...")).toContain("no Go files to analyse below ./empty");
    expect(usage(loader, "./nope/...")).toBe("./nope/...: there is no folder ./nope");
    expect(usage(loader, "./only")).toContain("build constraints exclude all Go files in ./only");
    expect(usage(loader, "./tests")).toBe("./tests: only test files in ./tests; add --tests");
    expect(usage(loader, "inner")).toBe("inner: no package of that path; for the folder write ./inner");
    expect(usage(loader, "gone.com/x")).toContain("is it in go.mod and in the module cache");
    expect(usage(loader, "gone.com/...")).toContain("no package matches");
    expect(usage(loader, "")).toContain("no package of that path");
    expect(() => open(root, "nowhere")).toThrow(UsageError);
    expect(() => open(root, "m/a.go")).toThrow("is not a folder");
    expect(() => open(root, "m", { goroot: join(root, "m") })).toThrow("holds no Go distribution");
  });

  test("two packages in a folder: the larger is analysed, and that is said", () => {
    const root = makeTree({
      ...TINY_GO,
      "m/go.mod": "module m\n",
      "m/a.go": "package a\n",
      "m/b.go": "package b\n",
      "m/c.go": "package b\n",
      "m/d_test.go": "package b_test\n",
      "m/e.go": "package documentation\n",
    });
    const loader = open(root, "m", { tests: true });
    expect(listing(loader, ".")).toEqual(["m: b.go c.go", "m_test: d_test.go"]);
    expect(problems(loader, root, ".")).toEqual([
      "m/a.go:0:0 found packages a (a.go) and b (b.go) in m; only package b is analysed",
    ]);
  });

  test("a broken go.mod is one problem with its place, and loading goes on", () => {
    const root = makeTree({
      ...TINY_GO,
      "m/go.mod": "module m\n<<<<<<< HEAD\ngo 1.22\n=======\nrequire a.com/a v1.0.0\n",
      "m/m.go": "package m\n",
      "cache/a.com/a@v1.0.0/a.go": "package a\n",
    });
    const loader = open(root, "m");
    expect(problems(loader, root, "./...")).toEqual(["m/go.mod:2:1 unknown directive: <<<<<<< (and 1 more)"]);
    expect(loader.resolve("a.com/a", first(loader))).not.toBeNull();
    const bare = makeTree({ ...TINY_GO, "m/go.mod": "\0\xff", "m/m.go": "package m\n" });
    expect(listing(open(bare, "m"), "./...")).toEqual(["m: m.go"]);
    const dir = makeTree({ ...TINY_GO, "m/go.mod/x": "", "m/m.go": "package m\n" });
    expect(listing(open(dir, "m"), "./...")).toEqual(["m: m.go"]);
  });

  test("links: loops, folders, files, dead ends", () => {
    const root = makeTree({
      ...TINY_GO,
      "m/go.mod": "module m\n",
      "m/a.go": "package m\n",
      "m/loop": { link: "." },
      "m/self": { link: "self" },
      "m/dir": { link: "../other" },
      "m/linked.go": { link: "../other/o.go" },
      "m/dead.go": { link: "nowhere" },
      "m/folder.go": { link: "../other" },
      "other/o.go": "package m\n",
      link: { link: "m" },
    });
    const loader = open(root, "m");
    expect(listing(loader, "./...")).toEqual(["m: a.go linked.go"]);
    expect(problems(loader, root, "./...")).toEqual(["m/dead.go:0:0 a symbolic link to nowhere"]);
    expect(listing(open(root, "link"), "./...")).toEqual(["m: a.go linked.go"]);
    expect(() => loader.match(["./self"])).toThrow(UsageError);
  });

  test("files that cannot be read or understood are reported, the rest goes on", () => {
    const root = makeTree({
      ...TINY_GO,
      "m/go.mod": "module m\n",
      "m/a.go": "package m\n",
      "m/b.go/x.txt": "",
      "m/c.go": "//go:build (\n\npackage m\n",
      "m/d.go": "not go at all",
      "m/e.go": "",
      "m/f.go": 'package m\nimport "unfinished',
      "m/.hidden.go": "package x\n",
      "m/_off.go": "package x\n",
    });
    const loader = open(root, "m");
    expect(listing(loader, ".")).toEqual(["m: a.go d.go e.go f.go"]);
    expect(problems(loader, root, ".")).toEqual(["m/c.go:1:1 parsing //go:build line: unexpected end of expression"]);
    expect(() => loader.read(join(root, "m/b.go"))).toThrow(/cannot read .*b\.go/);
    expect(() => loader.read(join(root, "m/none.go"))).toThrow("no such file or directory");
  });

  test("a file without permission is reported, the rest is analysed", () => {
    const root = makeTree({
      ...TINY_GO,
      "m/go.mod": "module m\n",
      "m/a.go": "package m\n",
      "m/b.go": "package m\n",
      "m/shut/s.go": "package shut\n",
    });
    const refuse = (path: string): void => {
      if (path.endsWith("b.go")) throw new Error(`cannot read ${path}: permission denied`);
      if (path.endsWith("shut")) throw new Error(`cannot list ${path}: permission denied`);
    };
    const fs: FileSystem = {
      kind: (path) => nodeFileSystem.kind(path),
      real: (path) => nodeFileSystem.real(path),
      list: (dir) => (refuse(dir), nodeFileSystem.list(dir)),
      read: (file) => (refuse(file), nodeFileSystem.read(file)),
      head: (file) => (refuse(file), nodeFileSystem.head(file)),
    };
    const loader = open(root, "m", { fs });
    expect(listing(loader, "./...")).toEqual(["m: a.go"]);
    expect(problems(loader, root, "./...")).toEqual([
      "m/b.go:0:0 cannot read m/b.go: permission denied",
      "m/shut:0:0 cannot list m/shut",
    ]);
  });

  test.skipIf(process.platform === "win32")("pipes, and links to them, are not opened", () => {
    const root = makeTree({
      ...TINY_GO,
      "m/go.mod": "module m\n",
      "m/a.go": "package m\n",
      "m/l.go": { link: "pipe.go" },
    });
    execFileSync("mkfifo", [join(root, "m/pipe.go")]);
    expect(listing(open(root, "m"), "./...")).toEqual(["m: a.go"]);
    expect(() => open(root, "m").read(join(root, "m/pipe.go"))).toThrow("not a regular file");
  });

  test("heads longer than one read, and deep trees", () => {
    const licence = "// long\n".repeat(10_000);
    const deep = Array.from({ length: 200 }, () => "d").join("/");
    const root = makeTree({
      ...TINY_GO,
      "m/go.mod": "module m\n",
      "m/a.go": `${licence}\n//go:build linux\n\npackage m\nimport "fmt"\n`,
      [`m/${deep}/x.go`]: "package x\n",
    });
    const loader = open(root, "m");
    expect(listing(loader, "./...").map((l) => l.slice(-7))).toEqual(["m: a.go", "d: x.go"]);
    expect(first(loader).imports).toEqual(["fmt"]);
    expect(listing(open(root, "m", { goos: "windows" }), "./...")).toHaveLength(1);
  });

  test("import paths that differ in case only", () => {
    const root = makeTree({
      ...TINY_GO,
      "m/go.mod": "module m\n",
      "m/Ab/a.go": "package ab\n",
      "m/ab/a.go": "package ab\n",
    });
    expect(problems(open(root, "m"), root, "./...")).toEqual([
      'm/ab:0:0 case-insensitive import collision: "m/Ab" and "m/ab"',
    ]);
  });

  test("import cycles and packages of other loaders", () => {
    const root = makeTree({
      ...TINY_GO,
      "m/go.mod": "module m\n",
      "m/a/a.go": 'package a\nimport "m/b"\n',
      "m/b/b.go": 'package b\nimport "m/a"\n',
    });
    const loader = open(root, "m");
    const [a, b] = loader.match(["./...", "all"]).packages;
    if (a === undefined || b === undefined) throw new Error("two packages");
    expect([loader.resolve("m/b", a), loader.resolve("m/a", b)]).toEqual([b, a]);
    expect(() => loader.resolve("m/b", Object.assign({}, a))).toThrow(TypeError);
  });
});

test("without a distribution the bundled index stands in", () => {
  const root = makeTree({ "m/go.mod": "module m\n", "m/m.go": 'package m\nimport "net/http"\n' });
  const loader = open(root, "m", { goroot: null });
  const http = loader.resolve("net/http", first(loader));
  if (http === null) throw new Error("no net/http");
  expect([http.stub, http.standard, http.dir, http.name]).toEqual([true, true, "stdlib:net/http", "http"]);
  const source = http.files.map((f) => new TextDecoder().decode(loader.read(f))).join("\n");
  expect(source).toContain("func Get(url string) (resp *Response, err error)");
  expect(loader.resolve("no/such", http)).toBeNull();
  expect(() => loader.read("stdlib:net/http/none.go")).toThrow("no such file");
  expect(listing(loader, "net/http").length).toBe(1);
  for (const path of http.imports) expect(loader.resolve(path, http), path).not.toBeNull();
});
