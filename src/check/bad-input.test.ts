/** What no program should be, and some are: recursion without end, huge functions, dependencies that are not what go.mod says. */
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { rules } from "../rules/registry.ts";
import { check, type CheckOutcome } from "./run.ts";

afterAll(removeTrees);

const goroot = {
  "go/VERSION": "go1.26.0\n",
  "go/src/runtime/r.go": "package runtime\n",
  "go/src/os/o.go":
    "package os\n\ntype File struct{ fd int }\n\nfunc (f *File) Close() error { return nil }\nfunc (f *File) Sync() error { return nil }\n\nfunc Open(name string) (*File, error) { return nil, nil }\n",
};

function run(root: string): Promise<CheckOutcome> {
  const load = {
    goos: "linux",
    goarch: "amd64",
    env: { HOME: join(root, "home"), PATH: "", GOROOT: join(root, "go"), GOMODCACHE: join(root, "cache") },
  };
  return check(join(root, "m"), { patterns: ["./..."], rules: rules.map((r) => r.id), jobs: 0, load });
}

const found = (o: CheckOutcome): string[] =>
  o.findings.filter((f) => f.severity !== "note").map((f) => `${f.function.replace(/^.*\./, "")} ${f.rule}`);

const leak = `func leak(p string) error {
	f, err := os.Open(p)
	if err != nil {
		return err
	}
	return f.Sync()
}
`;

test("recursion, and a component of hundreds of functions that call each other", async () => {
  const size = 300;
  const functions = Array.from(
    { length: size },
    (_, i) => `func close${i}(f *os.File, d int) error {
	if d == 0 {
		return f.Close()
	}
	if d%2 == 0 {
		return close${(i + 1) % size}(f, d-1)
	}
	return close${(i * 7 + 3) % size}(f, d-1)
}

func open${i}(p string, d int) (*os.File, error) {
	if d == 0 {
		return os.Open(p)
	}
	return open${(i * 5 + 2) % size}(p, d-1)
}
`,
  );
  const root = makeTree({
    ...goroot,
    "m/go.mod": "module example.com/m\n\ngo 1.24\n",
    "m/a.go": `package m

import "os"

${functions.join("\n")}
func closes(p string) error {
	f, err := open0(p, 3)
	if err != nil {
		return err
	}
	return close0(f, 9)
}

func again(f *os.File, d int) {
	if d > 0 {
		again(f, d-1)
	}
}

func keeps(p string) {
	f, err := os.Open(p)
	if err != nil {
		return
	}
	again(f, 4)
}

${leak}`,
  });
  const outcome = await run(root);
  expect(outcome.problems).toEqual([]);
  expect(outcome.faults).toBe(0);
  expect(found(outcome)).toContain("leak resource-unclosed");
  expect(found(outcome)).not.toContain("closes resource-unclosed");
});

test("a function that calls one that calls one, twenty thousand deep", async () => {
  const size = 20_000;
  const steps = Array.from({ length: size }, (_, i) => `func Step${i}() {\n\tStep${i + 1}()\n}\n`);
  const root = makeTree({
    ...goroot,
    "m/go.mod": "module example.com/m\n\ngo 1.24\n",
    "m/deep/deep.go": `package deep\n\n${steps.join("\n")}\nfunc Step${size}() {}\n`,
    "m/a.go": `package m

import (
	"os"

	"example.com/m/deep"
)

func runs() { deep.Step0() }

${leak}`,
  });
  const outcome = await run(root);
  expect(outcome.problems).toEqual([]);
  expect(found(outcome)).toEqual(["leak resource-unclosed"]);
});

test("a function with more states than are followed is named, and the rest of the package judged", async () => {
  const cases = Array.from(
    { length: 2500 },
    (_, i) => `	case ${i}:
		if f, err = os.Open(p); err != nil {
			return err
		}
		x = ${(i * 7 + 1) % 2500}
		f.Close()
`,
  );
  const root = makeTree({
    ...goroot,
    "m/go.mod": "module example.com/m\n\ngo 1.24\n",
    "m/huge.go": `package m

import "os"

func huge(x int, p string) error {
	var f *os.File
	var err error
	for {
		switch x {
${cases.join("")}		default:
			return nil
		}
	}
}
`,
    "m/small.go": `package m\n\nimport "os"\n\n${leak}`,
  });
  const outcome = await run(root);
  expect(outcome.faults).toBe(0);
  expect(found(outcome)).toEqual(["leak resource-unclosed"]);
  expect(outcome.problems.map((p) => p.message)).toEqual([
    expect.stringMatching(
      /^huge has more paths than are followed: \d+ of the things it opens, from this line on, are not judged$/,
    ),
  ]);
  expect(outcome.problems[0].line).toBeGreaterThan(1);
});

const dependant = `package m

import (
	"os"

	"example.org/dep"
)

func uses(p string) error {
	f, err := os.Open(p)
	if err != nil {
		return err
	}
	return dep.Finish(f)
}

${leak}`;
const requires = "module example.com/m\n\ngo 1.24\n\nrequire example.org/dep v1.2.0\n";

test("a dependency whose source is missing: what it does with things is not judged, and it is named", async () => {
  const outcome = await run(makeTree({ ...goroot, "m/go.mod": requires, "m/a.go": dependant }));
  expect(outcome.missing).toEqual(["example.org/dep"]);
  expect(found(outcome)).toEqual(["leak resource-unclosed"]);
});

test("a dependency at another version than go.mod says is as good as missing", async () => {
  const dep = (finish: string): string => `package dep\n\nimport "os"\n\nfunc Finish(f *os.File) error { ${finish} }\n`;
  const other = await run(
    makeTree({
      ...goroot,
      "m/go.mod": requires,
      "m/a.go": dependant,
      "cache/example.org/dep@v1.0.0/go.mod": "module example.org/dep\n",
      "cache/example.org/dep@v1.0.0/dep.go": dep("return f.Sync()"),
    }),
  );
  expect(other.missing).toEqual(["example.org/dep"]);
  expect(found(other)).toEqual(["leak resource-unclosed"]);

  const right = await run(
    makeTree({
      ...goroot,
      "m/go.mod": requires,
      "m/a.go": dependant,
      "cache/example.org/dep@v1.2.0/go.mod": "module example.org/dep\n",
      "cache/example.org/dep@v1.2.0/dep.go": dep("return f.Sync()"),
    }),
  );
  expect(right.missing).toEqual([]);
  expect(found(right).sort()).toEqual(["leak resource-unclosed", "uses resource-unclosed"]);
});
