import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parseConfig } from "../config/parse.ts";
import { Loader } from "../go/load/loader.ts";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { rules } from "../rules/registry.ts";
import { Names } from "./names.ts";
import { check, type CheckOptions } from "./run.ts";

afterAll(removeTrees);

const distribution = makeTree({
  VERSION: "go1.26.0\n",
  "src/runtime/r.go": "package runtime\n",
  "src/fmt/f.go": "package fmt\n",
  "src/errors/e.go": "package errors\n\nfunc New(s string) error { return nil }\n",
  "src/context/c.go": "package context\n\ntype Context interface{ Err() error }\n",
});

const lock = `package lock

type Lease struct{ n int }

func (l *Lease) Release() {}
func (l *Lease) Key() string { return "" }

type Pool struct{}

func (p *Pool) Get() (*Lease, error) { return nil, nil }
func (p *Pool) Put(l *Lease)         {}

func Acquire(name string) (*Lease, error) { return nil, nil }

type Sink interface{ Take(l *Lease) }

type Client struct{}

func Dial() *Client { return nil }
func (c *Client) Ask() {}
func (c *Client) Shut() {}

func Exit(why string) {}
func Keep(l *Lease)   {}
`;

const use = `package use

import (
	"context"

	"example.com/m/lock"
)

func leaks() (string, error) {
	l, err := lock.Acquire("a")
	if err != nil {
		return "", err
	}
	return l.Key(), nil
}

func released() (string, error) {
	l, err := lock.Acquire("a")
	if err != nil {
		return "", err
	}
	defer l.Release()
	return l.Key(), nil
}

func putBack(p *lock.Pool) (string, error) {
	l, err := p.Get()
	if err != nil {
		return "", err
	}
	defer p.Put(l)
	return l.Key(), nil
}

func notPutBack(p *lock.Pool) (string, error) {
	l, err := p.Get()
	if err != nil {
		return "", err
	}
	return l.Key(), nil
}

func wraps() (*lock.Lease, error) { return lock.Acquire("b") }

func leaksThroughWrapper() string {
	l, _ := wraps()
	return l.Key()
}

func given(s lock.Sink) error {
	l, err := lock.Acquire("a")
	if err != nil {
		return err
	}
	s.Take(l)
	return nil
}

func exits(bad bool) error {
	l, err := lock.Acquire("a")
	if err != nil {
		return err
	}
	if bad {
		lock.Exit("bad")
		return nil
	}
	l.Release()
	return nil
}

type job struct{}

func (j *job) Run() {
	c := lock.Dial()
	c.Ask()
}

type event struct{}

func onEvent(ctx context.Context, e *event) {
	c := lock.Dial()
	c.Ask()
}

func once() {
	c := lock.Dial()
	c.Ask()
}
`;
const files = { "go.mod": "module example.com/m\n\ngo 1.22\n", "lock/lock.go": lock, "use/use.go": use };
const yaml = `
resources:
  - name: lease
    acquire: [example.com/m/lock.Acquire, "(*example.com/m/lock.Pool).Get"]
    release: [Release, "(*example.com/m/lock.Pool).Put"]
  - { name: lock client, acquire: example.com/m/lock.Dial, release: Shut, lifetime: shared }
takes-ownership: [(example.com/m/lock.Sink).Take]
never-returns: [example.com/m/lock.Exit]
handlers:
  - { func: (*example.com/m/use.job).Run, runs: for every job }
  - { params: [context.Context, "*example.com/m/use.event"], runs: for every event }
`;
const options: CheckOptions = {
  patterns: ["./..."],
  rules: rules.map((r) => r.id),
  jobs: 0,
  load: { goos: "linux", goarch: "amd64", goroot: distribution },
};
const found = async (root: string, text: string, more: Partial<CheckOptions> = {}): Promise<string[]> => {
  const config = parseConfig(text, { file: join(root, "stanch.yaml") });
  const outcome = await check(root, { ...options, config, ...more });
  expect(outcome.faults).toBe(0);
  return outcome.findings.map((f) => `${f.function.replace(/^.*\/use\./, "")} ${f.rule} ${f.severity}`);
};

const all = [
  "leaks resource-unclosed error",
  "notPutBack resource-unclosed error",
  "leaksThroughWrapper resource-unclosed error",
  "(*example.com/m/use.job).Run client-per-call error".replace(/^.*\/use\./, ""),
  "onEvent client-per-call error",
];

test("declared resources, takers, ends and handlers count like those of the tables", async () => {
  const root = makeTree(files);
  expect(await found(root, "")).toEqual([]);
  expect(await found(root, yaml)).toEqual(all);
});

test("messages use the declared words", async () => {
  const root = makeTree(files);
  const config = parseConfig(yaml, { file: join(root, "stanch.yaml") });
  const { findings } = await check(root, { ...options, config });
  expect(findings[0].message).toBe("The lease from lock.Acquire is never released. Add `defer l.Release()`.");
  expect(findings[0].fix?.title).toBe("Add `defer l.Release()`");
  const shared = findings.find((f) => f.rule === "client-per-call");
  expect(shared?.message).toContain("lock.Dial makes a lock client for every job");
});

test("a resource that only a function takes back", async () => {
  const root = makeTree(files);
  const only = `resources: [{ name: lease, acquire: "(*example.com/m/lock.Pool).Get", release: "(*example.com/m/lock.Pool).Put" }]`;
  const config = parseConfig(only, { file: join(root, "stanch.yaml") });
  const { findings } = await check(root, { ...options, config });
  expect(findings.map((f) => [f.line, f.message, f.fix])).toEqual([
    [36, "The lease from p.Get is never released. Hand it to Pool.Put before that.", null],
  ]);
});

test("one worker and the cache know the declarations, and a change of them is seen", async () => {
  const root = makeTree(files);
  const cache = { dir: join(makeTree({}), "c"), identity: "test" };
  expect(await found(root, yaml, { jobs: 1, cache })).toEqual(all);
  expect(await found(root, yaml, { jobs: 1, cache })).toEqual(all);
  expect(await found(root, "", { jobs: 1, cache })).toEqual([]);
});

test("levels by path, and excluded files", async () => {
  const root = makeTree({ ...files, "use/more/more.go": use.replace("package use", "package more") });
  const with_ = (more: string): Promise<string[]> => found(root, `${yaml}${more}`);
  const both = await with_("");
  expect(both.length).toBeGreaterThan(all.length);
  expect(await with_('exclude: ["use/more"]')).toEqual(all);
  expect(await with_('exclude: ["**/use.go", "**/more.go"]')).toEqual([]);
  expect(await with_("rules: { resource-unclosed: off, client-per-call: note }\nexclude: [use/more/**]")).toEqual([
    "job).Run client-per-call note",
    "onEvent client-per-call note",
  ]);
  const levels = await with_(
    'rules: { client-per-call: off, resource-unclosed: { level: note, paths: { "use/**": off, "use/use.go": warning } } }',
  );
  expect(levels).toEqual(all.slice(0, 3).map((l) => l.replace("error", "warning")));
});

test("names are looked up", () => {
  const root = makeTree(files);
  const loader = Loader.open(root, options.load);
  const names = new Names(loader, loader.match(["./use"]).packages);
  const at = (full: string): string => {
    const f = names.find(full);
    return f.kind === "found"
      ? `${f.file.slice(root.length + 1)}:${f.line}`
      : f.kind === "unseen"
        ? `unseen ${f.path}`
        : f.hint;
  };
  expect(at("example.com/m/lock.Acquire")).toBe("lock/lock.go:13");
  expect(at("(*example.com/m/lock.Pool).Put")).toBe("lock/lock.go:11");
  expect(at("(example.com/m/lock.Sink).Take")).toBe("lock/lock.go:15");
  expect(at("(example.com/m/lock.Pool).Put")).toBe("it is called (*example.com/m/lock.Pool).Put");
  expect(at("example.com/m/lock.Aquire")).toBe("example.com/m/lock has no Aquire; did you mean Acquire?");
  expect(at("(*example.com/m/lock.Pool).Pit")).toBe("example.com/m/lock.Pool has no Pit; did you mean Put?");
  expect(at("(*example.com/m/lock.Pol).Put")).toBe("example.com/m/lock has no Pol; did you mean Pool?");
  expect(at("example.com/other.F")).toBe("unseen example.com/other");
  expect(at("(*example.com/m/use.job).Run")).toBe("use/use.go:74");
});
