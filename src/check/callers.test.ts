import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { check, type CheckOptions } from "./run.ts";

afterAll(removeTrees);

const goMod = "module example.com/m\n\ngo 1.22\n";

/** Leaks what it opens where reading fails, and nowhere else. */
const load = `package load

import (
	"io"
	"os"
)

func Load(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return all, f.Close()
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

test("what only the start of a program reaches, once, is a note; what nobody calls stays", async () => {
  expect(await told({ "cmd/tool/main.go": main("\tload.Load(os.Args[1])") })).toEqual(["Load: note", "Size: error"]);
});

test("a loop over what a server was started with leaves at most so many errors behind, and as many files open that nobody closes", async () => {
  const body = "\tfor _, name := range os.Args[1:] {\n\t\tload.Load(name)\n\t\tload.Size(name)\n\t}\n\tselect {}";
  expect(await told({ "cmd/tool/main.go": main(body) })).toEqual(["Load: note", "Size: error"]);
});

test("what a walk over files runs is run for each, and no longer", async () => {
  const body =
    "\tfilepath.WalkDir(os.Args[1], func(path string, _ fs.DirEntry, _ error) error {\n\t\tload.Size(path)\n\t\t_, err := load.Load(path)\n\t\treturn err\n\t})\n\tselect {}";
  const imports = '"io/fs"\n\t"path/filepath"\n\n\t"example.com/m/internal/load"';
  expect(await told({ "cmd/tool/main.go": main(body, imports) })).toEqual(["Load: note", "Size: error"]);
});

test("a loop without end, a value that is handed on, another caller: nobody knows how often", async () => {
  const endless = "\tfor {\n\t\tload.Load(os.Args[1])\n\t}";
  expect(await told({ "cmd/tool/main.go": main(endless) })).toEqual(["Load: error", "Size: error"]);
  const value = "\tread := load.Load\n\tread(os.Args[1])";
  expect(await told({ "cmd/tool/main.go": main(value) })).toEqual(["Load: error", "Size: error"]);
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
  expect(await told(both)).toEqual(["Load: error", "Size: error"]);
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
  expect(await told(files)).toEqual(["Load: note", "Size: error"]);
});

test("what has a method of another package's interface may be called by those that do not import it", async () => {
  const files = {
    "start/start.go":
      'package start\n\ntype Starter interface{ Start(name string) error }\n\nfunc Again(s Starter) {\n\tfor {\n\t\ts.Start("x")\n\t}\n}\n',
    "app/app.go": `package app

import "example.com/m/internal/load"

type Disk struct{}

func (*Disk) Start(name string) error {
	_, err := load.Load(name)
	return err
}
`,
    "main.go": main(
      "\tvar s start.Starter = &app.Disk{}\n\ts.Start(os.Args[1])\n\tstart.Again(s)",
      '"example.com/m/app"\n\t"example.com/m/start"',
    ),
  };
  expect(await told(files)).toEqual(["Load: error", "Size: error"]);
});

test("programs that show how a library is used prove nothing, and a library's users are not here", async () => {
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
  expect(await severities(makeTree(library))).toEqual(["Load: error", "Size: error"]);
});

test("one package alone is told the same as with all, by one thread or several, and a changed caller is seen through the cache", async () => {
  const files = {
    "go.mod": goMod,
    "internal/load/load.go": load,
    "cmd/tool/main.go": main("\tload.Load(os.Args[1])"),
  };
  const root = makeTree(files);
  const dir = mkdtempSync(join(tmpdir(), "stanch-callers-"));
  const cache = { dir, identity: "test" };
  try {
    const once = ["Load: note", "Size: error"];
    expect(await severities(root, ["./internal/load"])).toEqual(once);
    expect(await severities(root, ["./..."], { jobs: 2 })).toEqual(once);
    expect(await severities(root, ["./internal/load"], { cache })).toEqual(once);
    expect(await severities(root, ["./internal/load"], { cache })).toEqual(once);
    writeFileSync(join(root, "cmd/tool/main.go"), main("\tfor {\n\t\tload.Load(os.Args[1])\n\t}"));
    const often = ["Load: error", "Size: error"];
    expect(await severities(root, ["./internal/load"], { cache })).toEqual(often);
    expect(await severities(root, ["./..."], { cache })).toEqual(often);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
