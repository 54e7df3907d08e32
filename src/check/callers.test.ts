import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { Incremental } from "./incremental.ts";
import { check, type CheckOptions } from "./run.ts";

afterAll(removeTrees);

const goMod = "module example.com/m\n\ngo 1.22\n";

/** Leaks what it opens where reading fails, and nowhere else. */
const load = `package load

import (
	"io"
	"net"
	"os"
)

func Load(name string) ([]byte, error) {
	c, err := net.Dial("tcp", name)
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(c)
	if err != nil {
		return nil, err
	}
	return all, c.Close()
}

// Size never closes it.
func Size(name string) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
`;

async function severities(
  root: string,
  patterns: readonly string[] = ["./..."],
  options: Partial<CheckOptions> = {},
): Promise<string[]> {
  const { findings } = await check(root, { patterns, rules: ["resource-unclosed"], jobs: 0, ...options });
  return findings.map((f) => `${f.function.replace(/^.*\./, "")}: ${f.severity}`);
}

/** What `internal/load` is told of, with such programs in the module. */
function told(files: Readonly<Record<string, string>>): Promise<string[]> {
  return severities(makeTree({ "go.mod": goMod, "internal/load/load.go": load, ...files }));
}

const main = (body: string, imports = '"example.com/m/internal/load"'): string =>
  `package main\n\nimport (\n\t"os"\n\n\t${imports}\n)\n\nfunc main() {\n${body}\n}\n`;

test("what only the start of a program reaches, once, is a note, and so is what nothing comes to", async () => {
  const files = { "cmd/serve/main.go": main("\tload.Load(os.Args[1])\n\tselect {}") };
  expect(await told(files)).toEqual(["Load: note", "Size: note"]);
});

test("of a package that is part of nothing but tools, all is a note: their processes are over when they have done their work", async () => {
  const tool = main("\tfor _, name := range os.Args[1:] {\n\t\tload.Size(name)\n\t}");
  const all = ["Load: note", "Size: note"];
  expect(await told({ "cmd/tool/main.go": tool })).toEqual(all);
  expect(
    await told({ "cmd/tool/main.go": tool, "cmd/serve/main.go": main('\tfor {\n\t\tload.Size("x")\n\t}') }),
  ).toEqual(["Load: note", "Size: error"]);
  // That a signal ends it early does not make it stay; that it waits for one does.
  const signals = (body: string): string =>
    main(
      `\tctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)\n\tdefer stop()\n\tload.Size(os.Args[1])\n${body}`,
      '"context"\n\t"os/signal"\n\n\t"example.com/m/internal/load"',
    );
  expect(await told({ "cmd/tool/main.go": signals("\tif ctx.Err() != nil {\n\t\tos.Exit(1)\n\t}") })).toEqual(all);
  expect(await told({ "cmd/tool/main.go": signals("\t<-ctx.Done()") })).toEqual(["Load: note", "Size: note"]);
  // What lies between them may stay.
  const watch =
    'package watch\n\nimport "example.com/m/internal/load"\n\nfunc On(names <-chan string) {\n\tfor name := range names {\n\t\tload.Size(name)\n\t}\n}\n';
  expect(
    await told({
      "internal/watch/watch.go": watch,
      "cmd/tool/main.go": main("\twatch.On(nil)", '"example.com/m/internal/watch"'),
    }),
  ).toEqual(["Load: note", "Size: error"]);
  // A program's parts lie below it; what lies elsewhere others can import.
  const below = { "go.mod": goMod, "apps/pack/load/load.go": load, "lib.go": "package m\n" };
  const pack = main("\tfor _, name := range os.Args[1:] {\n\t\tload.Size(name)\n\t}", '"example.com/m/apps/pack/load"');
  expect(await severities(makeTree({ ...below, "apps/pack/main.go": pack }))).toEqual(all);
  const beside = {
    ...below,
    "apps/unpack/main.go": pack,
    "jobs/jobs.go": 'package jobs\n\nimport _ "example.com/m/apps/pack/load"\n',
  };
  expect(await severities(makeTree(beside))).toEqual(["Load: note", "Size: error"]);
  // Nobody runs it: not known to be a tool's, and where nobody else can it does not matter.
  expect(await severities(makeTree({ "go.mod": goMod, "load/load.go": load }))).toEqual(["Load: error", "Size: error"]);
  expect(await severities(makeTree({ "go.mod": goMod, "internal/load/load.go": load }))).toEqual(all);
});

test("a loop over what a server was started with has so many turns and no more", async () => {
  const body = "\tfor _, name := range os.Args[1:] {\n\t\tload.Load(name)\n\t\tload.Size(name)\n\t}\n\tselect {}";
  expect(await told({ "cmd/tool/main.go": main(body) })).toEqual(["Load: note", "Size: note"]);
});

test("what a generated file names may be called there, as often as it likes", async () => {
  const program = `${load.replace("package load", "package main").replaceAll("Load", "read")}
func main() {
	read(os.Args[1])
	select {}
}
`;
  const parser = `// Code generated by a parser generator. DO NOT EDIT.\n\npackage main\n\nfunc parse(names <-chan string) {\n\tfor name := range names {\n\t\tread(name)\n\t}\n}\n`;
  expect(await severities(makeTree({ "go.mod": goMod, "main.go": program }))).toEqual(["read: note", "Size: note"]);
  expect(await severities(makeTree({ "go.mod": goMod, "main.go": program, "parse.go": parser }))).toEqual([
    "read: error",
    "Size: note",
  ]);
});

test("what a walk over files runs is run for each, and no longer", async () => {
  const body =
    "\tfilepath.WalkDir(os.Args[1], func(path string, _ fs.DirEntry, _ error) error {\n\t\tload.Size(path)\n\t\t_, err := load.Load(path)\n\t\treturn err\n\t})\n\tselect {}";
  const imports = '"io/fs"\n\t"path/filepath"\n\n\t"example.com/m/internal/load"';
  expect(await told({ "cmd/tool/main.go": main(body, imports) })).toEqual(["Load: note", "Size: note"]);
});

test("a loop without end, a value that is handed on, another caller: nobody knows how often", async () => {
  const endless = "\tfor {\n\t\tload.Load(os.Args[1])\n\t}";
  expect(await told({ "cmd/tool/main.go": main(endless) })).toEqual(["Load: error", "Size: note"]);
  // A way out, and nothing that it waits for: it goes through what there is, or tries until it works, and a command ends with it.
  const retry = "\tfor {\n\t\tif _, err := load.Load(os.Args[1]); err == nil {\n\t\t\tbreak\n\t\t}\n\t}";
  expect(await told({ "cmd/tool/main.go": main(retry) })).toEqual(["Load: note", "Size: note"]);
  const given = (use: string): Record<string, string> => ({
    "internal/load/load.go": load.replaceAll("Load", "Poll"),
    "bus/bus.go": `package bus

import (
	"io/fs"
	"path/filepath"

	"example.com/m/internal/load"
)

type handler func(name string) ([]byte, error)

type Bus struct {
	on     handler
	byName map[string]handler
}

func (b *Bus) subscribe(h handler) { b.on = h }

func (b *Bus) register(name string, h handler) { b.byName[name] = h }

func visit(path string, d fs.DirEntry, err error) error {
	_, err = load.Poll(path)
	return err
}

func New(dir string) *Bus {
	b := &Bus{byName: map[string]handler{}}
	filepath.WalkDir("", nil)
	${use}
	return b
}
`,
    "cmd/serve/main.go": main("\tbus.New(os.Args[1])\n\tselect {}", '"example.com/m/bus"'),
  });
  const often = ["Poll: error", "Size: note"];
  const rarely = ["Poll: note", "Size: note"];
  expect(await told(given("b.subscribe(load.Poll)"))).toEqual(often);
  expect(await told(given("b.on = load.Poll"))).toEqual(often);
  expect(await told(given("b = &Bus{on: load.Poll}"))).toEqual(often);
  expect(await told(given("return b\n}\n\nvar one = Bus{on: load.Poll}\n\nfunc Other() *Bus {\n\tb := &one"))).toEqual(
    often,
  );
  expect(await told(given("for {\n\t\tfor _, h := range []handler{load.Poll} {\n\t\t\th(dir)\n\t\t}\n\t}"))).toEqual(
    often,
  );
  // One of several, that somebody picks by its name; what goes through what there is.
  expect(await told(given('b.register("poll", load.Poll)'))).toEqual(rarely);
  expect(await told(given('b.byName["poll"] = load.Poll'))).toEqual(rarely);
  expect(await told(given('b.byName = map[string]handler{"poll": load.Poll}'))).toEqual(rarely);
  expect(
    await told(given("return b\n}\n\nvar all = []Bus{{on: load.Poll}}\n\nfunc Other() *Bus {\n\tb := &all[0]")),
  ).toEqual(rarely);
  expect(await told(given("filepath.WalkDir(dir, visit)"))).toEqual(rarely);
  expect(await told(given("for _, h := range []handler{load.Poll} {\n\t\th(dir)\n\t}"))).toEqual(rarely);
  const handler = `package web

import (
	"net/http"

	"example.com/m/internal/load"
)

func Show(w http.ResponseWriter, r *http.Request) {
	all, _ := load.Load(r.URL.Path)
	w.Write(all)
}
`;
  const both = { "cmd/tool/main.go": main("\tload.Load(os.Args[1])"), "web/web.go": handler };
  expect(await told(both)).toEqual(["Load: error", "Size: note"]);
});

test("through functions of packages between, and the methods of an interface", async () => {
  const files = {
    "app/app.go": `package app

import "example.com/m/internal/load"

type Loader interface{ Start(name string) error }

type disk struct{}

func New() Loader { return &disk{} }

func (*disk) Start(name string) error { return read(name) }

func read(name string) error {
	_, err := load.Load(name)
	return err
}
`,
    "main.go": main("\tapp.New().Start(os.Args[1])", '"example.com/m/app"'),
  };
  expect(await told(files)).toEqual(["Load: note", "Size: note"]);
});

test("what has a method of another package's interface may be called by those that do not import it", async () => {
  const files = {
    "start/start.go":
      'package start\n\ntype Starter interface{ Fetch(name string) error }\n\nfunc Again(s Starter) {\n\tfor {\n\t\ts.Fetch("x")\n\t}\n}\n',
    "app/app.go": `package app

import "example.com/m/internal/load"

type Disk struct{}

func (*Disk) Fetch(name string) error {
	_, err := load.Load(name)
	return err
}
`,
    "main.go": main(
      "\tvar s start.Starter = &app.Disk{}\n\ts.Fetch(os.Args[1])\n\tstart.Again(s)",
      '"example.com/m/app"\n\t"example.com/m/start"',
    ),
  };
  expect(await told(files)).toEqual(["Load: error", "Size: note"]);
  // What a part of a program is started with is called by who starts it.
  const started = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, text.replaceAll("Fetch", "Start")]),
  );
  expect(await told(started)).toEqual(["Load: note", "Size: note"]);
});

test("what nothing in the module calls others can, as often as they like, where they can import it", async () => {
  const read = load.replaceAll("Load", "Read");
  const at = (dir: string, text: string): Promise<string[]> =>
    severities(
      makeTree({
        "go.mod": goMod,
        "m.go": "package m",
        [`${dir}/load.go`]: text,
        "cmd/serve/main.go": main("\tload.Size(os.Args[1])\n\tselect {}", `"example.com/m/${dir}"`),
      }),
    );
  for (const dir of ["pkg/load", "load/client", "load-sdk"]) {
    expect(await at(dir, read)).toEqual(["Read: error", "Size: error"]);
    expect(await at(dir, load)).toEqual(["Load: note", "Size: error"]);
  }
  expect(await at("internal/load", read)).toEqual(["Read: note", "Size: note"]);
  // A module below such a folder has others beside it.
  const below = { "go.mod": "module example.com/m/internal/files\n\ngo 1.22\n", "load/load.go": load };
  expect(await severities(makeTree(below))).toEqual(["Load: error", "Size: error"]);
});

test("what only programs of the module import is a part of them: what nothing but their start comes to is a note", async () => {
  const serve = main("\tload.Size(os.Args[1])\n\tselect {}", '"example.com/m/load"');
  const at = (files: Readonly<Record<string, string>>): Promise<string[]> =>
    severities(makeTree({ "go.mod": goMod, "load/load.go": load, "cmd/serve/main.go": serve, ...files }));
  expect(await at({})).toEqual(["Load: note", "Size: note"]);
  const user = (pkg: string): string => `package ${pkg}\n\nimport _ "example.com/m/load"\n`;
  expect(await at({ "internal/jobs/jobs.go": user("jobs") })).toEqual(["Load: note", "Size: note"]);
  expect(await at({ "jobs/jobs.go": user("jobs") })).toEqual(["Load: note", "Size: error"]);
  // The package of the module itself.
  const root = { "go.mod": goMod, "load.go": load, "cmd/serve/main.go": serve.replace("m/load", "m") };
  expect(await severities(makeTree(root))).toEqual(["Load: note", "Size: error"]);
});

test("a file that only some ways out leave open is a note in what others can import, too, but where something here comes to it again and again", async () => {
  const text = load.replace('net.Dial("tcp", name)', "os.Open(name)").replace('\t"net"\n', "");
  const at = (files: Readonly<Record<string, string>>): Promise<string[]> =>
    severities(makeTree({ "go.mod": goMod, "m.go": "package m", "load/load.go": text, ...files }));
  expect(await at({})).toEqual(["Load: note", "Size: error"]);
  const follow = (body: string): string =>
    `package follow\n\nimport "example.com/m/load"\n\nfunc Follow(names <-chan string) {\n${body}\n}\n`;
  expect(await at({ "follow/follow.go": follow("\tload.Load(<-names)") })).toEqual(["Load: note", "Size: error"]);
  const again = follow("\tfor {\n\t\tload.Load(<-names)\n\t}");
  expect(await at({ "follow/follow.go": again })).toEqual(["Load: error", "Size: error"]);
});

test("programs that show how a library is used prove nothing; what a library's own programs call from their start is for that", async () => {
  expect(await told({ "examples/one/main.go": main("\tload.Load(os.Args[1])") })).toEqual([
    "Load: error",
    "Size: error",
  ]);
  const library = {
    "go.mod": goMod,
    "m.go": "package m\n",
    "load/load.go": load,
    "cmd/tool/main.go": main("\tload.Load(os.Args[1])", '"example.com/m/load"'),
  };
  expect(await severities(makeTree(library))).toEqual(["Load: note", "Size: error"]);
});

test("what nobody can call, between the start and the place, does not count", async () => {
  const serve = {
    "internal/serve/serve.go":
      'package serve\n\nimport "example.com/m/internal/load"\n\nfunc Run(name string) { load.Load(name) }\n\nfunc Twice(name string) {\n\tfor {\n\t\tload.Load(name)\n\t}\n}\n',
    "cmd/serve/main.go": main("\tserve.Run(os.Args[1])\n\tselect {}", '"example.com/m/internal/serve"'),
  };
  expect(await told(serve)).toEqual(["Load: error", "Size: note"]);
  const wrapper = {
    ...serve,
    "internal/serve/serve.go":
      'package serve\n\nimport "example.com/m/internal/load"\n\nfunc Run(name string) { load.Load(name) }\n\nfunc Default(name string) { load.Load(name) }\n',
  };
  expect(await told(wrapper)).toEqual(["Load: note", "Size: note"]);
});

test("one package alone is told the same as with all, by one thread or several, and a changed caller is seen through the cache", async () => {
  const files = {
    "go.mod": goMod,
    "internal/load/load.go": load,
    "cmd/tool/main.go": main("\tload.Load(os.Args[1])\n\tselect {}"),
  };
  const root = makeTree(files);
  const dir = mkdtempSync(join(tmpdir(), "stanch-callers-"));
  const cache = { dir, identity: "test" };
  try {
    const once = ["Load: note", "Size: note"];
    expect(await severities(root, ["./internal/load"])).toEqual(once);
    expect(await severities(root, ["./..."], { jobs: 2 })).toEqual(once);
    expect(await severities(root, ["./internal/load"], { cache })).toEqual(once);
    expect(await severities(root, ["./internal/load"], { cache })).toEqual(once);
    writeFileSync(join(root, "cmd/tool/main.go"), main("\tfor {\n\t\tload.Load(os.Args[1])\n\t}"));
    const often = ["Load: error", "Size: note"];
    expect(await severities(root, ["./internal/load"], { cache })).toEqual(often);
    expect(await severities(root, ["./..."], { cache })).toEqual(often);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a tree without go.mod goes by the name that its own files import it by", async () => {
  const files = (body: string): Record<string, string> => ({
    "internal/load/load.go": load,
    "internal/again/again.go":
      'package again\n\nimport "example.com/m/internal/load"\n\nfunc Twice(name string) {\n\tload.Load(name)\n\tload.Load(name)\n}\n',
    "cmd/serve/main.go": main(body),
  });
  expect(await severities(makeTree(files('\tload.Load("x")\n\tselect {}')))).toEqual(["Load: note", "Size: note"]);
  expect(await severities(makeTree(files('\tfor {\n\t\tload.Load("x")\n\t}')))).toEqual(["Load: error", "Size: note"]);
});

test("a tree without go.mod has no borders: who can import a package may come as often as they like", async () => {
  const at = (dir: string, mod: Record<string, string>): Promise<string[]> =>
    severities(
      makeTree({
        ...mod,
        ".git/config": "url = https://example.com/m",
        [`${dir}/load.go`]: load,
        "doc/doc.go": `package doc\n\nimport "example.com/m/${dir}"\n\ntype Doc struct{ Name string }\n\nfunc (d *Doc) Resolve() error {\n\t_, err := load.Load(d.Name)\n\treturn err\n}\n`,
        "cmd/serve/main.go": main("\tprintln(doc.Doc{Name: os.Args[1]}.Name)\n\tselect {}", '"example.com/m/doc"'),
      }),
    );
  expect(await at("load", { "go.mod": goMod })).toEqual(["Load: note", "Size: error"]);
  expect(await at("load", {})).toEqual(["Load: error", "Size: error"]);
  expect(await at("internal/load", {})).toEqual(["Load: note", "Size: note"]);
});

test("what is there for tests is known in a tree without go.mod, too", async () => {
  const files = { ".git/config": "", "system_test/helpers.go": load.replace("package load", "package system") };
  expect(await severities(makeTree(files))).toEqual(["Load: note", "Size: note"]);
});

test("who names a function imports its package: however many import those, they are not asked", async () => {
  const imports = (path: string, body: string): string =>
    `package ${path}\n\nimport "example.com/m/internal/load"\n\n${body}\n`;
  const files: Record<string, string> = {
    "go.mod": goMod,
    "internal/load/load.go": load,
    "internal/boot/boot.go": imports("boot", "func Boot(name string) ([]byte, error) { return load.Load(name) }"),
    "internal/other/other.go": imports("other", "func Size(name string) (int64, error) { return load.Size(name) }"),
    "cmd/serve/main.go": main("\tboot.Boot(os.Args[1])\n\tselect {}", '"example.com/m/internal/boot"'),
  };
  for (let i = 0; i < 140; i++)
    files[`internal/p${i}/p.go`] =
      `package p${i}\n\nimport "example.com/m/internal/other"\n\nfunc F() { other.Size("p") }\n`;
  const root = makeTree(files);
  const told = ["Load: note", "Size: note"];
  expect(await severities(root)).toEqual(told);
  expect(await severities(root, ["./internal/load"])).toEqual(told);
  // One after the other is asked: who calls Boot is not known before it is known that it calls Load.
  const outcome = new Incremental(root, { rules: ["resource-unclosed"], config: null });
  const pkg = outcome.packageOf(join(root, "internal/load/load.go"));
  if (pkg === null) throw new Error("no package");
  const { findings, settled } = outcome.finish(pkg, outcome.analyze(pkg));
  expect([settled, ...findings.map((f) => f.severity)]).toEqual([true, "note", "note"]);
});

test("who calls a method through an interface imports neither its package: found with all, alone, through the cache and in an editor", async () => {
  const api = (body: string): string => `package api

import "net/http"

type Store interface{ Put(name string) error }

type handler struct{ store Store }

func New(s Store) http.Handler { return &handler{s} }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	${body}
}
`;
  const puts = api("if err := h.store.\n\t\tPut(r.URL.Path); err != nil {\n\t\tw.WriteHeader(500)\n\t}");
  const root = makeTree({
    "go.mod": goMod,
    "api/api.go": puts,
    "internal/store/store.go": `package store

import "os"

type Disk struct{}

func (*Disk) Put(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(name); err != nil {
		return err
	}
	return f.Close()
}
`,
    "cmd/serve/main.go": `package main

import (
	"net/http"

	"example.com/m/api"
	"example.com/m/internal/store"
)

func main() { http.ListenAndServe("localhost:8080", api.New(&store.Disk{})) }
`,
  });
  const dir = mkdtempSync(join(tmpdir(), "stanch-callers-"));
  const cache = { dir, identity: "test" };
  const told = async (patterns: readonly string[]): Promise<string[]> => [
    ...(await severities(root, patterns)),
    ...(await severities(root, patterns, { cache })),
    ...(await severities(root, patterns, { cache, jobs: 2 })),
  ];
  try {
    expect(await told(["./..."])).toEqual(["Put: error", "Put: error", "Put: error"]);
    expect(await told(["./internal/store"])).toEqual(["Put: error", "Put: error", "Put: error"]);
    const project = new Incremental(root, { rules: ["resource-unclosed"], config: null });
    const inEditor = (): string[] => {
      const pkg = project.packageOf(join(root, "internal/store/store.go"));
      if (pkg === null) throw new Error("no package");
      return project.finish(pkg, project.analyze(pkg)).findings.map((f) => f.severity);
    };
    expect(inEditor()).toEqual(["error"]);
    const idle = api("w.WriteHeader(204)");
    project.set(join(root, "api/api.go"), Buffer.from(idle));
    expect(inEditor()).toEqual(["note"]);
    project.set(join(root, "api/api.go"), null);
    expect(inEditor()).toEqual(["error"]);
    writeFileSync(join(root, "api/api.go"), idle);
    expect(await told(["./internal/store"])).toEqual(["Put: note", "Put: note", "Put: note"]);
    expect(await told(["./..."])).toEqual(["Put: note", "Put: note", "Put: note"]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
