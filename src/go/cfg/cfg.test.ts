import { describe, expect, it } from "vitest";
import { type Node, NodeKind } from "../syntax/ast.ts";
import type { FuncDecl } from "../syntax/ast-decl.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { parseFile } from "../syntax/parser.ts";
import { EdgeKind, evaluated } from "./blocks.ts";
import { buildCfg } from "./builder.ts";
import type { CfgHooks } from "./builder.ts";
import { dominators, postDominators } from "./dominators.ts";
import { findLoops } from "./loops.ts";
import { graph } from "./testing.ts";

const dump = (body: string, hooks: CfgHooks = {}): string => `\n${graph(body, hooks).text}`;

describe("graphs", () => {
  it("if, with short circuits", () => {
    expect(dump("if x := g(); a && !(b || c) {\n\ty()\n} else {\n\tz()\n}\nw()")).toMatchInlineSnapshot(`
      "
      b0 entry
          x := g()
          a
          → b7 if true: a
          → b6 if false: a
      b1 exit
      b4 if.done
          w()
          → b1 return
      b5 if.then
          y()
          → b4
      b6 if.else
          z()
          → b4
      b7 and
          b
          → b6 if true: b
          → b8 if false: b
      b8 or
          c
          → b6 if true: c
          → b5 if false: c
      "
    `);
  });

  it("else if", () => {
    expect(dump("if a {\n\treturn\n} else if b {\n\ty()\n}\nw()")).toMatchInlineSnapshot(`
      "
      b0 entry
          a
          → b5 if true: a
          → b6 if false: a
      b1 exit
      b4 if.done
          w()
          → b1 return
      b5 if.then
          return
          → b1 return
      b6 if.else
          b
          → b8 if true: b
          → b4 if false: b
      b8 if.then
          y()
          → b4
      "
    `);
  });

  it("for", () => {
    expect(dump("for i := 0; i < n; i++ {\n\tif a { break }\n\tif b { continue }\n\tx()\n}")).toMatchInlineSnapshot(`
      "
      b0 entry
          i := 0
          → b4
      b1 exit
      b4 for.head
          i < n
          → b5 if true: i < n
          → b7 if false: i < n
      b5 for.body
          a
          → b9 if true: a
          → b8 if false: a
      b6 for.post
          i++
          → b4
      b7 for.done
          → b1 return
      b8 if.done
          b
          → b12 if true: b
          → b11 if false: b
      b9 if.then
          break
          → b7
      b11 if.done
          x()
          → b6
      b12 if.then
          continue
          → b6
      "
    `);
  });

  it("for without a condition", () => {
    expect(dump("for {\n\tx()\n}\ny()")).toMatchInlineSnapshot(`
      "
      b0 entry
          → b4
      b1 exit (unreachable)
      b4 for.head
          x()
          → b4
      b5 for.done (unreachable)
          y()
          → b1 return
      "
    `);
  });

  it("range, also over functions", () => {
    expect(dump("for k, v := range m() {\n\tif v { return }\n\tuse(k)\n}\nfor range ch {\n}\nz()"))
      .toMatchInlineSnapshot(`
      "
      b0 entry
          m()
          → b4
      b1 exit
      b4 range.head
          → b5 element
          → b6 done
      b5 range.body
          k, v = element
          v
          → b8 if true: v
          → b7 if false: v
      b6 range.done
          ch
          → b10
      b7 if.done
          use(k)
          → b4
      b8 if.then
          return
          → b1 return
      b10 range.head
          → b11 element
          → b12 done
      b11 range.body
          → b10
      b12 range.done
          z()
          → b1 return
      "
    `);
  });

  it("switch with a tag, fallthrough and default in the middle", () => {
    expect(dump("switch x := g(); x {\ncase 1, 2:\n\ta()\n\tfallthrough\ndefault:\n\tb()\ncase 3:\n\tbreak\n}\nc()"))
      .toMatchInlineSnapshot(`
      "
      b0 entry
          x := g()
          x
          1
          → b4 case 1
          → b8 not case 1
      b1 exit
      b4 switch.case
          a()
          fallthrough
          → b5
      b5 switch.default
          b()
          → b7
      b6 switch.case
          break
          → b7
      b7 switch.done
          c()
          → b1 return
      b8 switch.next
          2
          → b4 case 2
          → b9 not case 2
      b9 switch.next
          3
          → b6 case 3
          → b10 not case 3
      b10 switch.next
          → b5
      "
    `);
  });

  it("switch without a tag", () => {
    expect(dump("switch {\ncase a && b:\n\tx()\ncase err != nil:\n\ty()\n}")).toMatchInlineSnapshot(`
      "
      b0 entry
          a
          → b8 if true: a
          → b7 if false: a
      b1 exit
      b4 switch.case
          x()
          → b6
      b5 switch.case
          y()
          → b6
      b6 switch.done
          → b1 return
      b7 switch.next
          err != nil
          → b5 if true: err != nil
          → b9 if false: err != nil
      b8 and
          b
          → b4 if true: b
          → b7 if false: b
      b9 switch.next
          → b6
      "
    `);
  });

  it("type switch", () => {
    expect(dump("switch y := x.(type) {\ncase nil:\n\ta()\ncase int, *T:\n\tb(y)\n}")).toMatchInlineSnapshot(`
      "
      b0 entry
          y := x.(type)
          → b4 type nil
          → b7 not type nil
      b1 exit
      b4 switch.case
          a()
          → b6
      b5 switch.case
          b(y)
          → b6
      b6 switch.done
          → b1 return
      b7 switch.next
          → b5 type int
          → b8 not type int
      b8 switch.next
          → b5 type *T
          → b9 not type *T
      b9 switch.next
          → b6
      "
    `);
  });

  it("select", () => {
    expect(dump("select {\ncase v, ok := <-ch:\n\ta(v, ok)\ncase out <- 1:\n\treturn\ndefault:\n}\nb()"))
      .toMatchInlineSnapshot(`
      "
      b0 entry
          select
          → b5 chosen
          → b6 chosen
          → b8 chosen
      b1 exit
      b4 select.done
          b()
          → b1 return
      b5 select.case
          v, ok := <-ch
          a(v, ok)
          → b4
      b6 select.case
          out <- 1
          return
          → b1 return
      b8 select.default
          → b4
      "
    `);
  });

  it("empty select", () => {
    expect(dump("select {}\nx()")).toMatchInlineSnapshot(`
      "
      b0 entry
          select
          → b3 stop
      b1 exit (unreachable)
      b3 stop
      b4 select.done (unreachable)
          x()
          → b1 return
      "
    `);
  });

  it("goto and labels", () => {
    expect(
      dump(
        "L:\n\tfor a {\n\t\tfor b {\n\t\t\tif c { continue L }\n\t\t\tif d { break L }\n\t\t\tgoto M\n\t\t}\n\t}\nM:\n\tx()\n\tgoto L",
      ),
    ).toMatchInlineSnapshot(`
      "
      b0 entry
          → b4
      b1 exit (unreachable)
      b4 label L
          → b6
      b5 label M
          x()
          goto L
          → b4
      b6 for.head
          a
          → b7 if true: a
          → b8 if false: a
      b7 for.body
          → b9
      b8 for.done
          → b5
      b9 for.head
          b
          → b10 if true: b
          → b11 if false: b
      b10 for.body
          c
          → b13 if true: c
          → b12 if false: c
      b11 for.done
          → b6
      b12 if.done
          d
          → b16 if true: d
          → b15 if false: d
      b13 if.then
          continue L
          → b6
      b15 if.done
          goto M
          → b5
      b16 if.then
          break L
          → b8
      "
    `);
  });

  it("defer, panic and recover", () => {
    expect(dump("defer func() { recover() }()\nif a {\n\tpanic(1)\n}\nx()")).toMatchInlineSnapshot(`
      "
      b0 entry
          defer func() { recover() }()
          a
          → b5 if true: a
          → b4 if false: a
      b1 exit
      b2 panic
          → b1 recover
      b4 if.done
          x()
          → b1 return
      b5 if.then
          panic(1)
          → b2 panic
      "
    `);
  });

  it("calls that never return", () => {
    const neverReturns = (call: CallExpr): boolean =>
      call.fun.kind === NodeKind.SelectorExpr && call.fun.sel.name === "Fatal";
    expect(dump("if err != nil {\n\tlog.Fatal(err)\n}\nx()", { neverReturns })).toMatchInlineSnapshot(`
      "
      b0 entry
          err != nil
          → b5 if true: err != nil
          → b4 if false: err != nil
      b1 exit
      b3 stop
      b4 if.done
          x()
          → b1 return
      b5 if.then
          log.Fatal(err)
          → b3 stop
      "
    `);
  });

  it("unreachable code", () => {
    expect(dump("return\nx()\nif a { y() }")).toMatchInlineSnapshot(`
      "
      b0 entry
          return
          → b1 return
      b1 exit
      b4 unreachable
          x()
          a
          → b6 if true: a
          → b5 if false: a
      b5 if.done (unreachable)
          → b1 return
      b6 if.then (unreachable)
          y()
          → b5
      "
    `);
  });

  it("constant conditions", () => {
    const constant = (x: Node): boolean | null => (x.kind === NodeKind.Ident && x.name === "debug" ? false : null);
    const { cfg } = graph("if debug && a {\n\tx()\n}\ny()", { constant });
    expect(cfg.blocks.filter((b) => b.name === "if.then").map((b) => b.reachable)).toEqual([false]);
  });

  it("branches that lead nowhere stop", () => {
    expect(dump("for {\n\tbreak X\n}\ngoto Y\nfallthrough")).toMatchInlineSnapshot(`
      "
      b0 entry
          → b4
      b1 exit (unreachable)
      b3 stop
      b4 for.head
          break X
          → b3 stop
      b5 for.done (unreachable)
          goto Y
          → b3 stop
      b7 unreachable
          fallthrough
          → b3 stop
      "
    `);
  });
});

describe("facts of a graph", () => {
  it("lists defers, and finds nodes", () => {
    const { cfg } = graph("defer a()\nfor x {\n\tdefer b()\n}\nfunc() { defer c() }()");
    expect(cfg.defers).toHaveLength(2);
    expect(cfg.place(cfg.defers[1])?.block.name).toBe("for.body");
    expect(cfg.place(cfg.defers[1].call)).toBeUndefined();
  });

  it("recovers only where the deferred function itself calls recover", () => {
    const recovers = (body: string, hooks: CfgHooks = {}): boolean =>
      graph(body, hooks).cfg.panic.succs.some((e) => e.kind === EdgeKind.Recover);
    expect(recovers("defer func() { if r := recover(); r != nil { x() } }()")).toBe(true);
    expect(recovers("defer func() { func() { recover() }() }()")).toBe(false);
    expect(recovers("defer handle()")).toBe(false);
    expect(recovers("defer handle()", { recovers: () => true })).toBe(true);
  });

  it("walks what a node evaluates", () => {
    const { cfg } = graph("for k := range m {\n\tx(func() { inner() })\n}\nselect {\ncase <-ch:\n\ty()\n}");
    const names: string[] = [];
    for (const block of cfg.blocks) {
      for (const node of block.nodes) {
        evaluated(node, (n) => {
          if (n.kind === NodeKind.Ident) {
            names.push(n.name);
          }
        });
      }
    }
    expect(names.toSorted()).toEqual(["ch", "k", "m", "x", "y"]);
  });

  it("gives an external function a graph from entry to exit", () => {
    const file = parseFile("x.go", new TextEncoder().encode("package p\nfunc f()\n"));
    const cfg = buildCfg(file.decls[0] as FuncDecl);
    expect(cfg.entry.succs.map((e) => e.to)).toEqual([cfg.exit]);
  });
});

describe("size", () => {
  function analyse(body: string): number {
    const file = parseFile("x.go", new TextEncoder().encode(`package p\nfunc f() {\n${body}\n}\n`));
    expect(file.problems).toEqual([]);
    const cfg = buildCfg(file.decls[0] as FuncDecl);
    const tree = dominators(cfg);
    postDominators(cfg);
    findLoops(cfg, tree);
    return cfg.blocks.length;
  }

  it.each([
    ["early returns", "if err := x(); err != nil {\n\treturn\n}\n".repeat(50_000)],
    ["statements", "x()\n".repeat(200_000)],
    ["cases", `switch x {\n${"case 1:\n\ty()\n".repeat(50_000)}}`],
    ["else ifs", `if a {}${" else if b {}".repeat(50_000)}`],
    ["conditions", `if a${" && b".repeat(50_000)}${" || c".repeat(50_000)} {}`],
    ["loops in a row", "for a {\n\tx()\n}\n".repeat(50_000)],
    ["loops in loops", `${"for a {\n".repeat(900)}x()\n${"y()\n}\n".repeat(900)}`],
    ["labels", Array.from({ length: 50_000 }, (_, i) => `L${i}:\n\tif a { goto L${i >> 1} }\n`).join("")],
    ["breaks out of one loop", `for {\n${"if a { break }\n".repeat(50_000)}}`],
  ])("takes linear time for many %s", (_, body) => {
    // Quadratic time would be hours: the runner's limit of a minute tells.
    expect(analyse(body)).toBeGreaterThan(0);
  });
});
