/** A check that stays must not keep what is over: this tool of all. */
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { rules } from "../rules/registry.ts";
import { Incremental } from "./incremental.ts";

afterAll(removeTrees);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Each kind of thing that is remembered of a function, and types of others that know ours. */
const source = `package app

import (
	"context"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
)

type job struct{ name string }

var current atomic.Pointer[job]

type owner struct{ f *os.File }

func newOwner(name string) (*owner, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return &owner{f}, nil
}

func (o *owner) Close() error { return o.f.Close() }

func made() *job { return &job{} }

func fatal() { os.Exit(1) }

func closeBody(r *http.Response) { r.Body.Close() }

func fetch(ctx context.Context, url string) error {
	o, err := newOwner(url)
	if err != nil {
		fatal()
	}
	defer func() { o.Close() }()
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	if made() == nil || resp.StatusCode != 200 {
		return nil
	}
	closeBody(resp)
	results := make(chan *job)
	var once sync.Once
	go func() { once.Do(func() { results <- made() }) }()
	select {
	case j := <-results:
		current.Store(j)
	case <-ctx.Done():
	}
	return nil
}
`;

test("nothing of a package is held once it has been edited", async () => {
  const root = makeTree({ "go.mod": "module example.com/app\n\ngo 1.24\n", "a.go": source });
  const file = join(root, "a.go");
  const project = new Incremental(root, { rules: rules.map((r) => r.id), config: null });
  const edit = (i: number): WeakRef<object> => {
    project.set(file, new TextEncoder().encode(`${source}\n// ${i}\n`));
    const pkg = project.packageOf(file);
    if (pkg === null) throw new Error("no package");
    project.analyze(pkg, new Set([file]));
    const found = project.analyze(pkg);
    expect(found.findings.map((f) => f.rule)).toContain("http-body-unclosed");
    project.finish(pkg, found);
    return new WeakRef(pkg);
  };
  const old = [edit(0), edit(1), edit(2)];
  edit(3);
  // A reference that was looked at lasts to the end of the turn, and what compiled code has at hand now and then to the next.
  for (let turn = 0; turn < 5 && old.some((ref) => ref.deref() !== undefined); turn++) {
    await new Promise((done) => setTimeout(done));
    collect();
  }
  expect(old.map((ref) => ref.deref() === undefined)).toEqual([true, true, true]);
});

test("what only a command reaches is a note once its callers were asked, and an error again when one calls it for ever", () => {
  const main = (body: string): string =>
    `package main\n\nimport (\n\t"os"\n\n\t"example.com/m/internal/load"\n)\n\nfunc main() {\n\t${body}\n}\n`;
  const root = makeTree({
    "go.mod": "module example.com/m\n\ngo 1.22\n",
    "main.go": main("load.Load(os.Args[1])"),
    "internal/load/load.go": `package load

import "os"

func Load(name string) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	names, err := f.Readdirnames(-1)
	if err != nil {
		return 0, err
	}
	return int64(len(names)), f.Close()
}
`,
  });
  const project = new Incremental(root, { rules: ["resource-unclosed"], config: null });
  const file = join(root, "internal/load/load.go");
  const severities = (): (string | boolean)[] => {
    const pkg = project.packageOf(file);
    if (pkg === null) throw new Error("no package");
    const first = project.analyze(pkg);
    return [
      ...first.findings.map((f) => f.severity),
      first.settled,
      ...project.finish(pkg, first).findings.map((f) => f.severity),
    ];
  };
  expect(severities()).toEqual(["error", false, "note"]);
  expect(severities()).toEqual(["note", true, "note"]);
  project.set(join(root, "main.go"), Buffer.from(main("for {\n\t\tload.Load(os.Args[1])\n\t}")));
  expect(severities()).toEqual(["error", false, "error"]);
  project.set(join(root, "main.go"), null);
  expect(severities()).toEqual(["error", false, "note"]);
  // A file that was not there before, with imports as before.
  const more = main("")
    .replace("func main()", "func poll()")
    .replace("\t\n", "\tfor {\n\t\tload.Load(os.Args[1])\n\t}\n");
  project.set(join(root, "poll.go"), Buffer.from(more));
  expect(severities()).toEqual(["error", false, "error"]);
  project.set(join(root, "poll.go"), null);
  expect(severities()).toEqual(["error", false, "note"]);
});
