import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { GoEnv, splitTags } from "./env.ts";
import { nodeFileSystem as fs } from "./fs.ts";
import { findGoroot, gorootAt, toolTags } from "./goroot.ts";
import { listing, makeTree, open, removeTrees, TINY_GO } from "./testing.ts";

afterEach(removeTrees);

const distribution = (at: string, version: string): Record<string, string> => ({
  [`${at}/VERSION`]: `${version}\n`,
  [`${at}/src/runtime/r.go`]: "package runtime\n",
  [`${at}/src/fmt/f.go`]: "package fmt\n",
  [`${at}/bin/go`]: "",
});

test("GOROOT goes before the go on PATH, links followed, and that before the usual places", () => {
  const root = makeTree({
    ...distribution("named", "go1.20.1"),
    ...distribution("lib/go-1.21", "go1.21.5"),
    "bin/go": { link: "../lib/go-1.21/bin/go" },
    ...distribution("home/sdk/go1.9.1", "go1.9.1"),
  });
  const version = (variables: Record<string, string>): string | undefined =>
    findGoroot(new GoEnv({ HOME: join(root, "home"), PATH: "", ...variables }, fs), null, fs)?.version;
  expect(version({ GOROOT: join(root, "named"), PATH: join(root, "bin") })).toBe("go1.20.1");
  expect(version({ GOROOT: join(root, "nowhere"), PATH: `/none:${join(root, "bin")}` })).toBe("go1.21.5");
});

test("a newer toolchain from the module cache where the module asks for it", () => {
  const root = makeTree({
    ...distribution("go", "go1.20.1"),
    ...distribution("cache/golang.org/toolchain@v0.0.1-go1.24.2.linux-amd64", "go1.24.2"),
    ...distribution("cache/golang.org/toolchain@v0.0.1-go1.9.0.linux-amd64", "go1.9"),
  });
  const env = new GoEnv({ GOROOT: join(root, "go"), GOMODCACHE: join(root, "cache"), PATH: "", HOME: root }, fs);
  expect(findGoroot(env, { major: 1, minor: 20 }, fs)?.version).toBe("go1.20.1");
  expect(findGoroot(env, { major: 1, minor: 24 }, fs)?.version).toBe("go1.24.2");
});

test("what is and what is no distribution", () => {
  const root = makeTree({
    ...TINY_GO,
    "bare/src/runtime/r.go": "",
    "checkout/src/runtime/r.go": "",
    "checkout/src/fmt/f.go": "",
    "checkout/src/internal/goversion/goversion.go": "package goversion\n\nconst Version = 27\n",
  });
  expect(gorootAt(join(root, "go"), fs)).toMatchObject({ version: "go1.26.8", language: { major: 1, minor: 26 } });
  expect(gorootAt(join(root, "checkout"), fs)?.version).toBe("go1.27");
  expect(gorootAt(join(root, "bare"), fs)).toBeNull();
});

test("the env file, GOFLAGS and tags", () => {
  const root = makeTree({ "home/.config/go/env": "GOFLAGS=-tags=a,b -mod=mod\nGOOS=plan9\n# c\nbad\n" });
  const env = new GoEnv({ HOME: join(root, "home"), GOOS: "windows" }, fs);
  expect([env.get("GOOS"), env.flags.get("tags"), env.flags.get("mod"), env.modCache]).toEqual([
    "windows",
    "a,b",
    "mod",
    join(root, "home/go/pkg/mod"),
  ]);
  expect(new GoEnv({ HOME: join(root, "home"), GOENV: "off" }, fs).get("GOOS")).toBe("");
  expect([...new GoEnv({ HOME: root, GOFLAGS: "'-tags=a b' --mod=vendor -v" }, fs).flags]).toEqual([
    ["tags", "a b"],
    ["mod", "vendor"],
    ["v", ""],
  ]);
  expect(splitTags("a, b c,,")).toEqual(["a", "b", "c"]);
});

test("tags of the toolchain", () => {
  const root = makeTree({
    ...TINY_GO,
    "go/src/internal/buildcfg/exp.go":
      "x := 1\n\tbaseline := goexperiment.Flags{\n\t\tRegabiWrappers: regabiSupported,\n\t\tDwarf5: dwarf5Supported,\n\t\tGreenTeaGC: true,\n\t}\n",
  });
  const goroot = gorootAt(join(root, "go"), fs);
  const tags = (goos: string, goarch: string, variables = {}): string =>
    toolTags(goroot, goos, goarch, new GoEnv({ HOME: root, ...variables }, fs), fs).join(" ");
  expect(tags("linux", "amd64", { GOAMD64: "v3" })).toBe(
    "goexperiment.regabiwrappers goexperiment.regabiargs goexperiment.dwarf5 goexperiment.greenteagc amd64.v1 amd64.v2 amd64.v3",
  );
  expect(tags("darwin", "386", { GOEXPERIMENT: "nogreenteagc,synctest" })).toBe("goexperiment.synctest 386.sse2");
  expect(tags("linux", "arm")).toContain("arm.5 arm.6 arm.7");
  expect(tags("linux", "arm64", { GOARM64: "v9.0" })).toContain("arm64.v9.0 arm64.v8.0 arm64.v8.1");
});

test("release tags follow the distribution, or the module where it asks for more", () => {
  const source = {
    ...TINY_GO,
    "m/a.go": "//go:build go1.26\n\npackage m\n",
    "m/b.go": "//go:build go1.27\n\npackage m\n",
    "m/c.go": "//go:build !go1.26\n\npackage m\n",
  };
  expect(listing(open(makeTree({ ...source, "m/go.mod": "module m\ngo 1.20\n" }), "m"), ".")).toEqual(["m: a.go"]);
  expect(listing(open(makeTree({ ...source, "m/go.mod": "module m\ngo 1.27.1\n" }), "m"), ".")).toEqual([
    "m: a.go b.go",
  ]);
});

test("tags in GOFLAGS and in options", () => {
  const root = makeTree({
    ...TINY_GO,
    "m/go.mod": "module m\n",
    "m/a.go": "//go:build x && !y\n\npackage m\n",
    "m/b.go": "//go:build y\n\npackage m\n",
  });
  expect(listing(open(root, "m", { env: { GOFLAGS: "-tags=x" } }), ".")).toEqual(["m: a.go"]);
  expect(listing(open(root, "m", { env: { GOFLAGS: "-tags=x" }, tags: ["y"] }), ".")).toEqual(["m: b.go"]);
});
