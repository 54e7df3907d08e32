import { chmodSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { rules } from "../rules/registry.ts";
import { check, type CheckOptions, type CheckOutcome } from "./run.ts";

afterAll(removeTrees);

const all = rules.map((r) => r.id);

const tree = {
  "go.mod": "module example.com/m\n\ngo 1.22\n",
  "a/a.go": 'package a\n\nimport "encoding/json"\n\nfunc A(b []byte) (n int) {\n\tjson.Unmarshal(b, &n)\n\treturn\n}\n',
  "b/b.go": `package b

import "net/http"

func Get(u string) (*http.Response, error) { return http.Get(u) }

func Drop(r *http.Response) {
	r.Body.Close()
}
`,
  "c/c.go": `package c

import "example.com/m/b"

func C(u string) error {
	r, err := b.Get(u)
	if err != nil {
		return err
	}
	b.Drop(r)
	return nil
}
`,
  "d/d.go": "package d\n\nfunc broken( {\n",
  "e/e.go": 'package e\n\nimport "example.org/missing"\n\nvar E = missing.X\n',
};

/** A Go distribution of what the tree uses: quick to type, and the same on every machine. */
const distribution = makeTree({
  VERSION: "go1.26.0\n",
  "src/runtime/r.go": "package runtime\n",
  "src/fmt/f.go": "package fmt\n",
  "src/errors/e.go": "package errors\n\nfunc New(text string) error { return nil }\n",
  "src/io/io.go":
    "package io\n\ntype Closer interface{ Close() error }\n\ntype ReadCloser interface{ Closer; Read(b []byte) (int, error) }\n",
  "src/net/http/h.go":
    'package http\n\nimport "io"\n\ntype Response struct{ Body io.ReadCloser; StatusCode int }\n\nfunc Get(url string) (*Response, error) { return nil, nil }\n',
  "src/encoding/json/j.go": "package json\n\nfunc Unmarshal(b []byte, v any) error { return nil }\n",
});
const here = { goos: "linux", goarch: "amd64", goroot: distribution };

function run(root: string, options: Partial<CheckOptions> = {}): Promise<CheckOutcome> {
  return check(root, {
    patterns: ["./..."],
    rules: all,
    jobs: 0,
    load: here,
    ...options,
  });
}

/** What must not depend on caches and workers. */
function essence(o: CheckOutcome): object {
  return {
    findings: o.findings,
    problems: o.problems,
    missing: o.missing,
    files: o.stats.files,
    functions: o.stats.functions,
  };
}

/** Files written now are too young for the cache to trust their times. */
function age(root: string, ...files: string[]): void {
  const then = new Date(Date.now() - 60_000);
  for (const f of files) utimesSync(join(root, f), then, then);
}
const sources = Object.keys(tree);
let edits = 0;
function edit(root: string, file: string, text: string): void {
  writeFileSync(join(root, file), text);
  const then = new Date(Date.now() - 30_000 + 1000 * edits++);
  utimesSync(join(root, file), then, then);
}

test("findings, problems, missing imports", async () => {
  const o = await run(makeTree(tree));
  expect(o.findings.map((f) => `${f.file}:${f.line} ${f.rule}`)).toEqual(["a/a.go:6 unmarshal-error-unchecked"]);
  expect(o.problems[0]).toMatchObject({
    file: "d/d.go",
    line: 3,
    message: expect.stringContaining("syntax error") as string,
  });
  expect(o.missing).toEqual(["example.org/missing"]);
  expect([o.incomplete, o.faults, o.stats.packages]).toEqual([1, 0, 5]);
});

test("one worker, four, none, and the cache say the same", async () => {
  const root = makeTree(tree);
  age(root, ...sources);
  const cache = { dir: join(root, ".cache"), identity: "t" };
  const cold = await run(root, { cache });
  const warm = await run(root, { cache });
  expect([cold.stats.cached, warm.stats.cached]).toEqual([0, 5]);
  expect(essence(warm)).toEqual(essence(cold));
  const one = await run(root, { jobs: 1 });
  const four = await run(root, { jobs: 4 });
  expect([one.stats.workers, four.stats.workers]).toEqual([1, 4]);
  expect(essence(one)).toEqual(essence(cold));
  expect(essence(four)).toEqual(essence(cold));
});

test("an edit reaches those it concerns: own package, importers by declarations, callers by bodies", async () => {
  const root = makeTree(tree);
  age(root, ...sources);
  const cache = { dir: join(root, ".cache"), identity: "t" };
  const cachedNow = async (): Promise<[number, string[]]> => {
    const o = await run(root, { cache });
    expect(essence(o)).toEqual(essence(await run(root)));
    return [o.stats.cached, o.findings.map((f) => `${f.file} ${f.rule}`)];
  };
  await run(root, { cache });
  expect((await cachedNow())[0]).toBe(5);
  // A body that C's analysis read: Drop closes no more, and C leaks although c.go is as it was.
  edit(root, "b/b.go", tree["b/b.go"].replace("r.Body.Close()", "_ = r.StatusCode"));
  const [cached, found] = await cachedNow();
  expect(cached).toBe(3);
  expect(found).toContain("c/c.go http-body-unclosed");
  edit(root, "b/b.go", tree["b/b.go"]);
  expect((await cachedNow())[1]).toEqual(["a/a.go unmarshal-error-unchecked"]);
  // A new function elsewhere in the file: the declarations changed.
  edit(root, "b/b.go", `${tree["b/b.go"]}\nfunc More() {}\n`);
  expect((await cachedNow())[0]).toBe(3);
  // A body that nobody else read.
  edit(root, "a/a.go", tree["a/a.go"].replace("return", "n++\n\treturn"));
  expect((await cachedNow())[0]).toBe(4);
  // A new file.
  edit(root, "a/more.go", "package a\n");
  expect((await cachedNow())[0]).toBe(4);
});

test("names of functions that are called no more leave the cache, too", async () => {
  const root = makeTree(tree);
  const cache = { dir: join(root, ".cache"), identity: "t" };
  const generation = (g: number): void => {
    const names = Array.from({ length: 20 }, (_, i) => `F${g}of${i}`);
    edit(root, "b/b.go", `package b\n\n${names.map((n) => `func ${n}() {}\n`).join("\n")}`);
    edit(
      root,
      "c/c.go",
      `package c\n\nimport "example.com/m/b"\n\nfunc C() {\n${names.map((n) => `\tb.${n}()\n`).join("")}}\n`,
    );
  };
  const stored = async (): Promise<string[]> => {
    expect(essence(await run(root, { cache }))).toEqual(essence(await run(root)));
    const file = readdirSync(cache.dir).find((name) => name.startsWith("results-"));
    const text = readFileSync(join(cache.dir, file ?? ""), "utf8");
    return (JSON.parse(text.slice(text.indexOf("\n"))) as { names: string[] }).names;
  };
  age(root, ...sources);
  generation(0);
  const first = await stored();
  expect(first.filter((n) => n.includes(".F0of"))).toHaveLength(20);
  for (let g = 1; g < 5; g++) {
    generation(g);
    const names = await stored();
    expect(names.filter((n) => n.includes(`.F${g}of`))).toHaveLength(20);
    expect(names.length).toBeLessThanOrEqual(1.5 * first.length);
  }
  expect((await run(root, { cache })).stats.cached).toBe(5);
});

test("another tool, other rules, another target: other results", async () => {
  const root = makeTree(tree);
  age(root, ...sources);
  const cache = { dir: join(root, ".cache"), identity: "t" };
  await run(root, { cache });
  const none = async (options: Partial<CheckOptions>): Promise<void> => {
    expect((await run(root, { cache, ...options })).stats.cached).toBe(0);
  };
  await none({ cache: { ...cache, identity: "u" } });
  await none({ rules: all.slice(1) });
  await none({ load: { ...here, goos: "windows" } });
  edit(root, "go.mod", "module example.com/m\n\ngo 1.23\n");
  await none({});
});

test("a damaged cache, or none that can be written, is gone on without", async () => {
  const root = makeTree(tree);
  age(root, ...sources);
  const cache = { dir: join(root, ".cache"), identity: "t" };
  const cold = await run(root, { cache });
  for (const text of ["", "{", "null", "[]", '{"entries":{"x":null}}', '{"graph":{},"entries":{}}']) {
    for (const name of readdirSync(cache.dir)) writeFileSync(join(cache.dir, name), text);
    expect(essence(await run(root, { cache }))).toEqual(essence(cold));
  }
  const file = join(root, "not-a-folder");
  writeFileSync(file, "");
  expect(essence(await run(root, { cache: { ...cache, dir: join(file, "x") } }))).toEqual(essence(cold));
  const locked = join(root, "locked");
  mkdirSync(locked);
  chmodSync(locked, 0o500);
  expect(essence(await run(root, { cache: { ...cache, dir: locked } }))).toEqual(essence(cold));
});

test("files as patterns: findings of those files only", async () => {
  const root = makeTree({ ...tree, "a/z.go": tree["a/a.go"].replace("func A", "func Z") });
  const o = await run(root, { patterns: ["a/z.go"] });
  expect(o.findings.map((f) => f.file)).toEqual(["a/z.go"]);
});

test("a pattern that names nothing is the user's to mend", async () => {
  await expect(run(makeTree(tree), { patterns: ["./nowhere"] })).rejects.toMatchObject({ name: "UsageError" });
});

test("an interruption ends the run", async () => {
  const controller = new AbortController();
  controller.abort(new DOMException("interrupted", "AbortError"));
  await expect(run(makeTree(tree), { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
  await expect(run(makeTree(tree), { signal: controller.signal, jobs: 2 })).rejects.toMatchObject({
    name: "AbortError",
  });
});

test("bodies of generated files are read for what somebody asks of them, and not judged", async () => {
  const mark = "// Code generated by hand. DO NOT EDIT.\n\n";
  const generated = `${mark}package g

func Drop(r *keeper) { r.res.Body.Close() }

func close(b interface{ Close() error }) { b.Close() }
`;
  const files = {
    "go.mod": "module example.com/g\n\ngo 1.22\n",
    // Kept in a field that only the generated file reads, and handed to a helper of it.
    "g.go": `package g

import "net/http"

type keeper struct{ res *http.Response }

func Keep(u string) (*keeper, error) {
	r, err := http.Get(u)
	if err != nil {
		return nil, err
	}
	return &keeper{res: r}, nil
}

func Help(u string) error {
	r, err := http.Get(u)
	if err != nil {
		return err
	}
	close(r.Body)
	return nil
}
`,
  };
  const root = makeTree({ ...files, "z.go": generated });
  const whole = await run(root);
  expect(whole.findings).toEqual([]);
  expect(whole.problems).toEqual([]);
  // Without it the second is one: the check can fail.
  const without = makeTree({ ...files, "z.go": `${mark}package g\n\nfunc close(b any) {}\n` });
  expect((await run(without)).findings.map((f) => f.rule)).toContain("http-body-unclosed");
  // What is wrong inside them is said only where they are to be judged.
  const broken = makeTree({ ...files, "z.go": `${generated}\nfunc bad() { x := }\n` });
  expect((await run(broken)).problems).toEqual([]);
  expect((await run(broken, { generated: true })).problems.map((p) => p.message)).toEqual([
    "syntax error: expected operand, found '}'",
  ]);
});

test("the same syntax error on two lines is told twice", async () => {
  const root = makeTree({
    "go.mod": "module example.com/g\n\ngo 1.22\n",
    "g.go": "package g\n\nfunc a() { x := }\n\nfunc b() { y := }\n",
  });
  expect((await run(root)).problems.map((p) => p.line)).toEqual([3, 5]);
});

test("whether a type is to be closed does not depend on who asks first", async () => {
  const root = makeTree({
    "go.mod": "module example.com/m\n\ngo 1.22\n",
    "store/store.go": `package store

import (
	"io"
	"net/http"
)

type Page struct{ body io.ReadCloser }

func Open(u string) (*Page, error) {
	r, err := http.Get(u)
	if err != nil {
		return nil, err
	}
	return &Page{body: r.Body}, nil
}

func (p *Page) Close() error { return p.body.Close() }
`,
    // Five calls above: as deep as is looked.
    "a/a.go": `package a

import "example.com/m/store"

func First(u string) *store.Page {
	p, _ := f1(u)
	return p
}

func f1(u string) (*store.Page, error) { return f2(u) }
func f2(u string) (*store.Page, error) { return f3(u) }
func f3(u string) (*store.Page, error) { return f4(u) }
func f4(u string) (*store.Page, error) { return store.Open(u) }
`,
    "b/b.go": `package b

import "example.com/m/store"

func Has(u string) bool {
	p, err := store.Open(u)
	return p != nil && err == nil
}
`,
  });
  const inB = async (patterns: string[]): Promise<string[]> =>
    (await run(root, { patterns })).findings.filter((f) => f.file === "b/b.go").map((f) => f.message);
  const alone = await inB(["./b"]);
  expect(alone).toHaveLength(1);
  expect(await inB(["./a", "./b"])).toEqual(alone);
});
