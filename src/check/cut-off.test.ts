/** An edit reaches no further than it makes a difference. */
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { rules } from "../rules/registry.ts";
import { check, type CheckOutcome } from "./run.ts";

afterAll(removeTrees);

const all = rules.map((r) => r.id);

const distribution = makeTree({
  VERSION: "go1.26.0\n",
  "src/runtime/r.go": "package runtime\n",
  "src/fmt/f.go": "package fmt\n",
  "src/os/o.go": "package os\n\nfunc Exit(code int) {}\n",
  "src/io/io.go":
    "package io\n\ntype Closer interface{ Close() error }\n\ntype ReadCloser interface{ Closer; Read(b []byte) (int, error) }\n",
  "src/net/http/h.go": `package http

import "io"

type Response struct{ Body io.ReadCloser; StatusCode int }

type Request struct{ Method string }

type ResponseWriter interface{ WriteHeader(code int) }

func Get(url string) (*Response, error) { return nil, nil }
`,
});

const inner = `package inner

import "net/http"

func Close(r *http.Response) {
	r.Body.Close()
}

func Work() {
	println("work")
}
`;

const lib = `package lib

import (
	"net/http"

	"example.com/m/inner"
)

func Get(u string) (*http.Response, error) {
	return http.Get(u)
}

func Drop(r *http.Response) {
	r.Body.Close()
}

func Pump() {
	inner.Work()
}
`;

const user = (name: string): string => `package ${name}

import (
	"net/http"

	"example.com/m/lib"
)

func Fetch(u string) error {
	r, err := lib.Get(u)
	if err != nil {
		return err
	}
	lib.Drop(r)
	return nil
}

func Handle(w http.ResponseWriter, r *http.Request) {
	go lib.Pump()
}
`;

const tree = {
  "go.mod": "module example.com/m\n\ngo 1.22\n",
  "inner/inner.go": inner,
  "lib/lib.go": lib,
  "a/a.go": user("a"),
  "b/b.go": user("b"),
  "c/c.go": user("c"),
};

function run(root: string, cached: boolean): Promise<CheckOutcome> {
  return check(root, {
    patterns: ["./..."],
    rules: all,
    jobs: 0,
    load: { goos: "linux", goarch: "amd64", goroot: distribution },
    ...(cached ? { cache: { dir: join(root, ".cache"), identity: "t" } } : {}),
  });
}

/** A checked tree whose files can be edited: how many packages were not analysed again, and what is found. */
async function held(files: Readonly<Record<string, string>>): Promise<{
  readonly root: string;
  readonly edit: (
    file: string,
    from: string,
    to: string,
  ) => Promise<readonly [cached: number, found: readonly string[]]>;
}> {
  const root = makeTree(files);
  let time = Date.now() / 1000 - 1000;
  const age = (file: string): void => utimesSync(join(root, file), time, (time += 1));
  for (const file of Object.keys(files)) age(file);
  await run(root, true);
  return {
    root,
    edit: async (file, from, to) => {
      const before = readFileSync(join(root, file), "utf8");
      expect(before).toContain(from);
      writeFileSync(join(root, file), before.replaceAll(from, to));
      age(file);
      const [now, anew] = [await run(root, true), await run(root, false)];
      expect([now.findings, now.problems]).toEqual([anew.findings, anew.problems]);
      return [now.stats.cached, now.findings.map((f) => `${f.file} ${f.rule}`)];
    },
  };
}

const leaks = ["a", "b", "c"].map((p) => `${p}/${p}.go http-body-unclosed`);

test("a body that does the same as before is looked at, and whoever calls it is not", async () => {
  const { edit } = await held(tree);
  expect(await edit("lib/lib.go", "\tr.Body.Close()", "\tprintln(r.StatusCode)\n\tr.Body.Close()")).toEqual([4, []]);
  // What it rests on is another body now, of a package that its callers know nothing of …
  expect(await edit("lib/lib.go", "\tr.Body.Close()", "\tinner.Close(r)")).toEqual([4, []]);
  expect(await edit("inner/inner.go", "\tr.Body.Close()", "\tif r != nil {\n\t\tr.Body.Close()\n\t}")).toEqual([4, []]);
  // … and when that one closes no more, it concerns them; lib itself has nothing to close.
  expect(await edit("inner/inner.go", "r.Body.Close()", "println(r)")).toEqual([1, leaks]);
  expect(await edit("inner/inner.go", "println(r)", "r.Body.Close()")).toEqual([1, []]);
});

test("a function that never returns, and one that does again", async () => {
  const { edit } = await held({
    ...tree,
    "inner/inner.go": inner.replace('import "net/http"', 'import (\n\t"net/http"\n\t"os"\n)\n\nvar exit = os.Exit'),
  });
  const end = "\tprintln(r.StatusCode)\n\tr.Body.Close()";
  expect(await edit("lib/lib.go", "\tr.Body.Close()", end)).toEqual([4, []]);
  expect(await edit("lib/lib.go", end, "\tinner.Work()")).toEqual([1, leaks]);
  expect(await edit("inner/inner.go", 'println("work")', "os.Exit(1)")).toEqual([0, []]);
  expect(await edit("inner/inner.go", "os.Exit(1)", "exit(1)")).toEqual([0, leaks]);
});

test("what a rule asks of other packages' functions is asked again, too", async () => {
  const { edit } = await held(tree);
  expect(await edit("lib/lib.go", "\tinner.Work()", "\tprintln()\n\tinner.Work()")).toEqual([4, []]);
  const endless = "\tfor {\n\t\tinner.Work()\n\t}";
  const found = ["a", "b", "c"].map((p) => `${p}/${p}.go goroutine-no-exit`);
  expect(await edit("lib/lib.go", "\tinner.Work()", endless)).toEqual([1, found]);
  // The finding points into the file, whose lines it shows.
  expect(await edit("lib/lib.go", "package lib\n", "package lib\n\n")).toEqual([1, found]);
  expect(await edit("lib/lib.go", endless, "\tinner.Work()")).toEqual([1, []]);
});

test("when nearly everything has changed nothing is asked", async () => {
  const names = Array.from({ length: 1100 }, (_, i) => `Step${i}`);
  const { edit } = await held({
    "go.mod": "module example.com/m\n\ngo 1.22\n",
    "lib/lib.go": `package lib\n\n${names.map((n) => `func ${n}() {\n\tprintln("one")\n}\n`).join("\n")}`,
    "few/few.go": `package few\n\nimport "example.com/m/lib"\n\nfunc Run() { lib.Step0() }\n`,
    "many/many.go": `package many\n\nimport "example.com/m/lib"\n\nfunc Run() {\n${names.map((n) => `\tlib.${n}()\n`).join("")}}\n`,
  });
  // few, whose one question was asked while there was room; many has eleven hundred.
  expect(await edit("lib/lib.go", "one", "two")).toEqual([1, []]);
});
