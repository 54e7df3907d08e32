import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { rules } from "../rules/registry.ts";
import { inspectFile, inspectFunction } from "./inspect.ts";
import type { CheckOptions } from "./run.ts";

afterAll(removeTrees);

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
  load: { goos: "linux", goarch: "amd64", goroot: distribution },
};
const text = `package a

import "os"

type box struct{ f *os.File }

func open(name string) (*os.File, error) { return os.Open(name) }

func Released(name string, keep func(*os.File)) string {
	f, err := open(name)
	if err != nil {
		return ""
	}
	if name == "x" {
		keep(f)
		return ""
	}
	defer f.Close()
	return f.Name()
}

func (b *box) Store(name string) { b.f, _ = os.Open(name) }
`;
const root = makeTree({ "go.mod": "module example.com/m\n\ngo 1.22\n", "a/a.go": text, "a/a_test.go": "package a\n" });

test("a file: what is acquired, how each path ends, what was asked", () => {
  const { path, functions } = inspectFile(root, options, "a/a.go");
  expect(path).toBe("example.com/m/a");
  const [, released, store] = functions;
  expect(released.name).toBe("example.com/m/a.Released");
  expect(released.sites).toMatchObject([
    {
      line: 10,
      call: "open",
      noun: "file",
      wrapper: "example.com/m/a.open",
      variable: "f",
      dropped: false,
      gaveUp: false,
    },
  ]);
  expect(released.sites[0].ends).toEqual([
    { line: 15, how: "handed on", text: "keep(f)", through: "keep" },
    { line: 18, how: "released", text: "defer f.Close()", through: null },
  ]);
  expect(released.sites[0].answers).toEqual(["keep: argument 1 is kept or handed to code that is not known"]);
  expect(released.sites[0].states[0]).toEqual({ block: 0, state: "not acquired yet" });
  expect(store.sites).toMatchObject([{ line: 22, variable: null, ends: [] }]);
  expect(released.calls.find((c) => c.name === "keep")?.why).toContain("which function that is cannot be known");
});

test("a function by parts of its name", () => {
  for (const name of ["a.Released", "Released", "example.com/m/a.Released", "./a.Released"])
    expect(
      inspectFunction(root, options, name)[0].functions.map((f) => f.name),
      name,
    ).toEqual(["example.com/m/a.Released"]);
  expect(inspectFunction(root, options, "(*example.com/m/a.box).Store")[0].functions).toHaveLength(1);
  expect(inspectFunction(root, options, "box.Store")[0].functions[0].cfg).toContain("b0 entry");
});

test("what is not there", () => {
  expect(() => inspectFile(root, options, "a/none.go")).toThrow("is in no package that is analysed");
  expect(() => inspectFile(root, options, "a/a_test.go")).toThrow("--tests analyses test files");
  expect(() => inspectFunction(root, options, "a.Relased")).toThrow("did you mean example.com/m/a.Released?");
});
