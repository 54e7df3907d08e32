/** What is said of a package does not depend on what was met before it. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, expect, test } from "vitest";
import { Loader } from "../go/load/loader.ts";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { rules } from "../rules/registry.ts";
import { Session } from "./session.ts";

afterAll(removeTrees);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Literals in initialisers: of a variable whose type is asked for by others, of one whose type is declared, and what others acquire through one. */
const files = {
  "go.mod": "module example.com/m\n\ngo 1.22\n",
  "used/used.go": `package used

import (
	"net"
	"os"
)

type Sizer func(name string) (int64, error)

var Size = func(name string) (int64, error) {
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

var Other Sizer = func(name string) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	return f.Seek(0, 2)
}

var dial = func(addr string) (net.Conn, error) { return net.Dial("tcp", addr) }

func Dial(addr string) (net.Conn, error) { return dial(addr) }
`,
  "using/using.go": `package using

import "example.com/m/used"

var Size = used.Size

func Both(name string) (int64, error) {
	n, err := used.Size(name)
	if err != nil {
		return 0, err
	}
	m, err := used.Other(name)
	return n + m, err
}

func Greet(addr string) error {
	conn, err := used.Dial(addr)
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte("hello"))
	return err
}
`,
};

test("the same of each package, whichever comes first, is alone or has been analysed before", () => {
  const loader = Loader.open(makeTree(files));
  const { packages } = loader.match(["./..."]);
  const session = (): Session =>
    new Session(loader, {
      rules,
      known: new Set(rules.map((r) => r.id)),
      generated: false,
      godebug: () => new Map(),
    });
  const found = (s: Session, i: number): string[] =>
    s.analyze(packages[i]).findings.map((f) => `${f.function}: ${f.rule}`);
  const used = found(session(), 0);
  const using = found(session(), 1);
  expect(used).toEqual([
    "example.com/m/used.glob..func1: resource-unclosed",
    "example.com/m/used.glob..func2: resource-unclosed",
  ]);
  expect(using).toEqual(["example.com/m/using.Greet: resource-unclosed"]);
  const forwards = session();
  expect([found(forwards, 0), found(forwards, 1), found(forwards, 0)]).toEqual([used, using, used]);
  const backwards = session();
  expect([found(backwards, 1), found(backwards, 0), found(backwards, 1)]).toEqual([using, used, using]);
});

test("of a package that has been analysed no body is held", async () => {
  const root = makeTree(files);
  const loader = Loader.open(root);
  const bodies: WeakRef<object>[] = [];
  const session = new Session(loader, {
    rules,
    known: new Set(),
    generated: false,
    godebug: () => new Map(),
    onAnalyzed: ({ units }) => bodies.push(...units.map((u) => new WeakRef(u.body))),
  });
  const packages = loader.match(["./..."]).packages;
  for (const pkg of packages) session.analyze(pkg);
  for (let turn = 0; turn < 5 && bodies.some((ref) => ref.deref() !== undefined); turn++) {
    await new Promise((done) => setTimeout(done));
    collect();
  }
  expect(bodies.length).toBeGreaterThan(3);
  // Initialisers of variables are declarations: their literals stay.
  expect(bodies.filter((ref) => ref.deref() !== undefined)).toHaveLength(3);
  expect([...session.loaded].length).toBeGreaterThan(2);
});
