import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { open, makeTree, removeTrees, TINY_GO } from "../src/go/load/testing.ts";
import { parseFile } from "../src/go/syntax/parser.ts";
import { StdlibIndex } from "../src/go/stdlib/index.ts";
import { isImportable, makeStubs } from "./stdlib-stubs.ts";
import { cut } from "./stub-text.ts";

afterEach(removeTrees);

/** Stubs of a distribution that holds these packages: "path/file" → source. */
function stubs(files: Record<string, string>): Record<string, string> {
  const tree = Object.fromEntries(Object.entries(files).map(([path, source]) => [`go/src/${path}`, source]));
  const made = makeStubs(open(makeTree({ ...TINY_GO, ...tree }), "go/.."));
  return Object.fromEntries(made.flatMap((p) => p.files.map((f) => [`${p.path}/${f.name}`, f.source])));
}

test("exported declarations stay, bodies and comments go, what is reached stays", () => {
  const made = stubs({
    "a/a.go": `// Package a.
package a

import (
	"fmt"
	in "a/internal/deep"
	"io"
)

// Doc.
type T struct {
	A, b int \`json:"a"\` // note
	hidden fmt.Stringer
	embedded
	*in.Base
}

type embedded struct{ io.Reader }
type unused struct{}

func (t *T) Do(x param) (err error) { return nil }
func (t *T) secret() {}
func (embedded) Promoted() {}
func F[K comparable, V any](m map[K]V, f func(struct{ X int }) unexp) {}
func g() {}

type param int
type unexp interface{ marker(); M() }
func (param) marker() {}
func (param) M() {}
`,
    "a/internal/deep/d.go":
      "package deep\n\ntype Base struct{ X Other }\ntype Other int\ntype Not int\nfunc (*Base) B() {}\n",
  });
  expect(made["a/a.go"]).toBe(`package a
import "io"
import in "a/internal/deep"
type T struct {
A, b int
embedded
*in.Base
}
type embedded struct{ io.Reader }
func (t *T) Do(x param) (err error)
func (embedded) Promoted()
func F[K comparable, V any](m map[K]V, f func(struct{ X int }) unexp)
type param int
type unexp interface{ marker(); M() }
func (param) marker()
func (param) M()
`);
  expect(made["a/internal/deep/d.go"]).toBe(
    "package deep\ntype Base struct{ X Other }\ntype Other int\nfunc (*Base) B()\n",
  );
});

test("constants keep their values, variables what they are typed from", () => {
  const made = stubs({
    "errors/e.go": "package errors\n\nfunc New(text string) error { return nil }\n",
    "b/b.go": `package b

import "errors"

const (
	first = iota + base // x
	_
	Third
)
const base = 1 << 3
const lonely = 2

var (
	Err   = errors.New("a  //b") /* c */
	Typed error = errors.New("gone")
	Table = map[string][]int{"x": {1, 2}, "y": helper()}
	Sized = [...]string{"a", "b"}
	Func  = func(x int) (y kind) { return helper2() }
	P     = &T{f: helper()}
	M     = T{}.make()
	_     = unreached()
	low   = 1
)
type kind int
type T struct{ f int }
func (T) make() string { return "" }
func (T) other() {}
func helper() int { return 1 }
func helper2() int { return 1 }
func unreached() int { return 1 }
`,
  });
  expect(made["b/b.go"]).toBe(
    `package b
import "errors"
const (
first = iota + base
_
Third
)
const (
base = 1 << 3
)
var (
Err = errors.New("a  //b")
Typed error
Table = map[string][]int{ }
Sized = [...]string{"a", "b"}
Func = func(x int) (y kind) {}
P = &T{ }
M = T{}.make()
)
type kind int
type T struct{ }
func (T) make() string
`.replace("const (\nbase = 1 << 3\n)", "const base = 1 << 3"),
  );
});

test("which packages are importable", () => {
  expect(["net/http", "unsafe", "runtime/cgo"].every(isImportable)).toBe(true);
  expect(["internal/abi", "net/http/internal", "vendor/x", "cmd/go", "builtin"].some(isImportable)).toBe(false);
});

test("cuts nest, strings keep their blanks, line ends stay", () => {
  const src = new TextEncoder().encode('var  a = "x  y" +\n\n\t`r\n  s`  +  \'"\' /* long\ncomment */ b');
  const start = "var  a".length;
  expect(cut(src, { pos: 0, end: src.length }, [])).toContain('var a = "x  y" +\n`r\n  s` + \'"\'');
  expect(
    cut(src, { pos: 0, end: 10 }, [
      { pos: 3, end: start, by: "" },
      { pos: 4, end: 5, by: "Z" },
    ]),
  ).toBe('var = "');
  const comment = src.indexOf(0x2f);
  expect(cut(src, { pos: 0, end: src.length }, [{ pos: comment, end: src.length - 2, by: "" }]).endsWith("\nb")).toBe(
    true,
  );
});

test("the bundled index parses without a problem and holds what services use", () => {
  const index = StdlibIndex.decode(readFileSync(new URL("../src/go/stdlib/stdlib.bin", import.meta.url)));
  let files = 0;
  for (const path of index.paths()) {
    for (const name of index.package(path)?.files ?? []) {
      const file = parseFile(`${path}/${name}`, index.source(path, name) ?? new Uint8Array());
      expect(file.problems, `${path}/${name}`).toEqual([]);
      files++;
    }
  }
  expect(files).toBeGreaterThan(500);
  for (const path of [
    "net/http",
    "context",
    "database/sql",
    "time",
    "os/exec",
    "sync/atomic",
    "encoding/json",
    "syscall",
    "unsafe",
    "runtime/cgo",
  ]) {
    expect(index.package(path), path).not.toBeNull();
  }
});
