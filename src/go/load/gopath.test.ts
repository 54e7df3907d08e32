import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { listing, makeTree, open, removeTrees, TINY_GO, type Tree } from "./testing.ts";

afterEach(removeTrees);

const GOPATH: Tree = {
  ...TINY_GO,
  "gp/src/github.com/me/app/main.go": 'package main\nimport ("fmt"; "github.com/me/lib"; "github.com/x/y"; "./rel")\n',
  "gp/src/github.com/me/app/rel/r.go": "package rel\n",
  "gp/src/github.com/me/app/vendor/github.com/x/y/y.go": 'package y\nimport "github.com/x/z"\n',
  "gp/src/github.com/me/app/vendor/github.com/x/z/z.go": "package z\n",
  "gp/src/github.com/me/app/sub/s.go": 'package sub\nimport "github.com/x/y"\n',
  "gp/src/github.com/me/lib/l.go": "package lib\n",
  "gp/src/github.com/x/y/y.go": "package y\n",
};

test("packages of a GOPATH go by their place in it, vendor folders come first", () => {
  const root = makeTree(GOPATH);
  const loader = open(root, "gp/src/github.com/me/app", { env: { GOPATH: join(root, "gp") } });
  expect(listing(loader, "./...")).toEqual([
    "github.com/me/app: main.go",
    "github.com/me/app/rel: r.go",
    "github.com/me/app/sub: s.go",
  ]);
  const [app, , sub] = loader.match(["./..."]).packages;
  if (app === undefined || sub === undefined) throw new Error("packages");
  const to = (path: string, from = app): string | undefined => loader.resolve(path, from)?.path;
  expect(to("github.com/me/lib")).toBe("github.com/me/lib");
  expect(to("github.com/x/y")).toBe("github.com/me/app/vendor/github.com/x/y");
  expect(loader.resolve("github.com/x/y", app)).toBe(loader.resolve("github.com/x/y", sub));
  expect(to("./rel")).toBe("github.com/me/app/rel");
  expect(to("../../../outside")).toBeUndefined();
  expect(to("fmt")).toBe("fmt");
  const y = loader.resolve("github.com/x/y", app);
  if (y === null) throw new Error("no y");
  expect(to("github.com/x/z", y)).toBe("github.com/me/app/vendor/github.com/x/z");
  expect(app.module).toBeNull();
  expect(listing(loader, "github.com/me/...")).toEqual([
    "github.com/me/app: main.go",
    "github.com/me/app/rel: r.go",
    "github.com/me/app/sub: s.go",
    "github.com/me/lib: l.go",
  ]);
});

test("GO111MODULE=off passes over go.mod", () => {
  const root = makeTree({ ...GOPATH, "gp/src/github.com/me/app/go.mod": "module other.name/app\n" });
  const env = { GOPATH: join(root, "gp"), GO111MODULE: "off" };
  expect(listing(open(root, "gp/src/github.com/me/app", { env }), ".")).toEqual(["github.com/me/app: main.go"]);
  expect(listing(open(root, "gp/src/github.com/me/app"), ".")).toEqual(["other.name/app: main.go"]);
});

test("a tree outside of GOPATH gets the path that its own files betray", () => {
  const at = (files: Tree, dir = "t"): string[] => listing(open(makeTree({ ...TINY_GO, ...files }), dir), "./...");
  expect(
    at({ "t/vendor/vendor.json": '{"rootPath": "a.com/t"}', "t/t.go": "package t\n", "t/u/u.go": "package u\n" }),
  ).toEqual(["a.com/t: t.go", "a.com/t/u: u.go"]);
  expect(at({ "t/Godeps/Godeps.json": '{"ImportPath": "b.com/t"}', "t/t.go": "package t\n" })).toEqual([
    "b.com/t: t.go",
  ]);
  expect(at({ "t/glide.yaml": "package: c.com/t\n", "t/t.go": "package t\n" })).toEqual(["c.com/t: t.go"]);
  expect(
    at({ "t/.git/config": '[remote "origin"]\n\turl = git@github.com:me/t.git\n', "t/u/u.go": "package u\n" }, "t/u"),
  ).toEqual(["github.com/me/t/u: u.go"]);
  expect(at({ "t/.git/config": "\turl = https://github.com/me/t\n", "t/t.go": "package t\n" })).toEqual([
    "github.com/me/t: t.go",
  ]);
  expect(at({ "t/t.go": 'package t // import "d.com/t"\n' })).toEqual(["d.com/t: t.go"]);
  expect(at({ "x/src/e.com/t/t.go": "package t\n" }, "x/src/e.com/t")).toEqual(["e.com/t: t.go"]);
  expect(at({ "t/t.go": "package t\n" })).toEqual(["t: t.go"]);
});

test("a lone file", () => {
  const root = makeTree({ ...TINY_GO, "t/x.go": "//go:build ignore\n\npackage main\n", "t/y.go": "package t\n" });
  const loader = open(root, "t");
  expect(loader.match(["x.go"]).packages.map((p) => [p.path, p.name])).toEqual([["command-line-arguments", "main"]]);
});
