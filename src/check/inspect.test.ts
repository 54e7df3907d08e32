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
  "src/sync/s.go": "package sync\n\ntype Mutex struct{}\n\nfunc (m *Mutex) Lock() {}\n\nfunc (m *Mutex) Unlock() {}\n",
  "src/encoding/json/j.go": "package json\n\nfunc Unmarshal(b []byte, v any) error { return nil }\n",
  "src/time/t.go":
    "package time\n\ntype Duration int64\n\ntype Time struct{}\n\ntype Ticker struct{ C <-chan Time }\n\nfunc (t *Ticker) Stop() {}\n\nfunc NewTicker(d Duration) *Ticker { return nil }\n\nfunc After(d Duration) <-chan Time { return nil }\n",
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

test("why a rule says nothing of a place that looks like a finding", () => {
  const source = `package b

import (
	"encoding/json"
	"sync"
	"time"
)

var mu sync.Mutex

func Decode() (n int) {
	json.Unmarshal([]byte("1"), &n)
	return n
}

func Watch(stop chan struct{}) {
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5):
			}
		}
	}()
}

func Tick() {
	t := time.NewTicker(1)
	defer t.Stop()
	<-t.C
}

func Two(f func() bool) int {
	mu.Lock()
	if f() {
		mu.Unlock()
		return 1
	}
	mu.Unlock()
	return 2
}

func Send() int {
	c := make(chan int)
	go func() { c <- 1 }()
	return <-c
}
`;
  const spared = (version: string, file = source): string[] => {
    const dir = makeTree({ "go.mod": `module example.com/b\n\ngo ${version}\n`, "b.go": file });
    return inspectFile(dir, options, "b.go").spared.map((p) => `${p.line} ${p.rule}: ${p.why}`);
  };
  expect(spared("1.22").sort()).toEqual([
    "12 unmarshal-error-unchecked: its input is written here, and either always decodes or never",
    "17 goroutine-no-exit: it can return",
    "22 timer-after-in-loop: no other case leads back to the select, so that there is one timer at a time",
    "29 ticker-unstopped: every path stops it, or hands it on",
    "35 mutex-not-unlocked: every path unlocks it",
    "45 goroutine-send-blocked: every path receives from it",
    "46 goroutine-no-exit: it can return",
  ]);
  expect(spared("1.23")).toContain("29 ticker-unstopped: from Go 1.23 on a ticker that nobody refers to is collected");
  const open = `package b

import "os"

func check(name string) error { return nil }

func Open(name string) (*os.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if err := check(name); err != nil {
		return nil, err
	}
	return f, nil
}
`;
  expect(spared("1.22", open)).toEqual(["8 resource-unclosed: no run takes the way on which it is left"]);
  // What is reported is not spared.
  expect(spared("1.22", source.replace("return <-c", "return 0"))).not.toContain(expect.stringMatching(/send-blocked/));
});

test("what other packages decide is told as check tells it", () => {
  const root = makeTree({
    "go.mod": "module example.com/m\n\ngo 1.22\n",
    "main.go": 'package main\n\nimport "example.com/m/internal/a"\n\nfunc main() {\n\ta.Use("x")\n\tselect {}\n}\n',
    "internal/a/a.go":
      'package a\n\nimport "os"\n\nfunc Use(name string) string {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn ""\n\t}\n\treturn f.Name()\n}\n',
  });
  const { findings } = inspectFile(root, options, "internal/a/a.go");
  expect(findings.map((f) => [f.rule, f.severity, f.noteBecause])).toEqual([
    [
      "resource-unclosed",
      "note",
      "nothing but commands and the start of programs comes to example.com/m/internal/a.Use in this module",
    ],
  ]);
});

test("what keeps a finding from being a note", () => {
  const a =
    'package a\n\nimport "os"\n\nfunc Use(name string) string {\n\tf, err := os.Open(name)\n\tif err != nil {\n\t\treturn ""\n\t}\n\treturn f.Name()\n}\n';
  const told = (files: Readonly<Record<string, string>>, path = "internal/a"): string[] => {
    const root = makeTree({ "go.mod": "module example.com/m\n\ngo 1.22\n", [`${path}/a.go`]: a, ...files });
    const { findings, counts } = inspectFile(root, options, `${path}/a.go`);
    return findings.map((f) => counts.get(f.fingerprint) ?? f.noteBecause ?? "");
  };
  const main = (body: string): string =>
    `package main\n\nimport "example.com/m/internal/a"\n\nfunc main() {\n${body}\n\tselect {}\n}\n`;
  expect(told({})).toEqual(["nothing in this module imports the package, and no other module can"]);
  expect(told({}, "a")).toEqual(["nothing here calls example.com/m/a.Use"]);
  expect(told({ "main.go": main('\tfor {\n\t\ta.Use("x")\n\t}') })).toEqual([
    "example.com/m comes to example.com/m/internal/a.Use again and again",
  ]);
  const notShown =
    "nothing in this module shows that it happens again and again: no handler and no loop without end comes here";
  expect(told({ "main.go": main('\tfor range 3 {\n\t\ta.Use("x")\n\t}') })).toEqual([notShown]);
  const boot = 'package boot\n\nimport "example.com/m/internal/a"\n\nfunc Boot() { a.Use("x") }\n';
  expect(told({ "boot/boot.go": boot })).toEqual(["nothing here calls example.com/m/boot.Boot"]);
  const program = (path: string): string => main('\ta.Use("x")').replace("internal/a", path);
  expect(told({ "main.go": program("pkg/a") }, "pkg/a")).toEqual(["other modules can import example.com/m/pkg/a"]);
  expect(told({ "main.go": program("a") }, "a")).toEqual([
    "nothing but commands and the start of programs comes to example.com/m/a.Use in this module",
  ]);
});

test("what a callee takes over unless it fails ends a path twice: with the caller of the caller, and held", () => {
  const refusing = `package a

import "os"

type failure struct{}

func (failure) Error() string { return "" }

type box struct{ f *os.File }

func (b *box) Close() error { return b.f.Close() }

func named(f *os.File) error {
	if f.Name() == "" {
		return failure{}
	}
	return nil
}

func newBox(f *os.File) (*box, error) {
	if err := named(f); err != nil {
		return nil, err
	}
	return &box{f}, nil
}

func Open(name string) (*box, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return newBox(f)
}
`;
  const dir = makeTree({ "go.mod": "module example.com/m\n\ngo 1.22\n", "a/a.go": refusing });
  const open = inspectFile(dir, options, "a/a.go").functions.find((f) => f.name === "example.com/m/a.Open");
  expect(open?.sites[0].ends).toEqual([
    { line: 32, how: "returned", text: "return newBox(f)", through: "example.com/m/a.newBox" },
    { line: 32, how: "held", text: "return newBox(f)", through: null },
  ]);
  expect(open?.sites[0].answers).toEqual([
    "example.com/m/a.newBox: argument 1 is returned on some paths, and is left to who gave it, with an error",
  ]);
});
