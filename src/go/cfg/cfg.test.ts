import { describe, expect, it } from "vitest";
import { NodeKind } from "../syntax/ast.ts";
import type { FuncDecl } from "../syntax/ast-decl.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { Node } from "../syntax/ast.ts";
import { parseFile } from "../syntax/parser.ts";
import { EdgeKind, evaluated } from "./blocks.ts";
import type { Block, Cfg } from "./blocks.ts";
import { buildCfg } from "./builder.ts";
import type { CfgHooks } from "./builder.ts";
import { dominators, postDominators } from "./dominators.ts";
import type { DominatorTree } from "./dominators.ts";
import { findLoops } from "./loops.ts";
import { printCfg } from "./print.ts";

function graph(body: string, hooks: CfgHooks = {}): { cfg: Cfg; text: string } {
  const src = new TextEncoder().encode(`package p\nfunc f() {\n${body}\n}\n`);
  const file = parseFile("x.go", src);
  expect(file.problems).toEqual([]);
  const fn = file.decls[0] as FuncDecl;
  const cfg = buildCfg(fn, hooks);
  checkGraph(cfg);
  return { cfg, text: printCfg(cfg, src) };
}

/** What holds for every graph. */
function checkGraph(cfg: Cfg): void {
  const seen = new Set<Node>();
  cfg.blocks.forEach((block, id) => {
    expect(block.id).toBe(id);
    for (const node of block.nodes) {
      expect(seen.has(node)).toBe(false);
      seen.add(node);
    }
    for (const edge of block.succs) {
      expect(edge.from).toBe(block);
      expect(edge.to.preds).toContain(edge);
    }
  });
  expect(cfg.stop.succs).toEqual([]);
  expect(cfg.exit.succs).toEqual([]);
  for (const end of [cfg.exit, cfg.panic, cfg.stop]) {
    expect(end.nodes).toEqual([]);
  }
}

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

/** Dominance by its definition: a dominates b if b is not reached once a is taken out. */
function dominatesByDefinition(cfg: Cfg, a: Block, b: Block, forward: boolean): boolean {
  const roots = forward ? [cfg.entry] : [cfg.exit, cfg.panic, cfg.stop];
  const seen = new Set<Block>([a]);
  const stack = a === b ? [] : roots.filter((r) => r !== a);
  for (let block = stack.pop(); block !== undefined; block = stack.pop()) {
    if (seen.has(block)) {
      continue;
    }
    if (block === b) {
      return false;
    }
    seen.add(block);
    stack.push(...(forward ? block.succs.map((e) => e.to) : block.preds.map((e) => e.from)));
  }
  return true;
}

describe("dominators", () => {
  const bodies = [
    "x()",
    "if a { x() } else { y() }\nz()",
    "for a { if b { return }; if c { break }; x() }",
    "for { if a { panic(1) }; select { case <-c: return; case <-d: continue } }",
    "switch x { case 1: a(); fallthrough; case 2: b(); default: return }\nif p || q && r { s() }",
    "L:\nif a { goto M }\nfor b {\nM:\nx()\nif c { goto L }\n}",
    "defer func() { recover() }()\nfor i := range n { if i { panic(2) } }",
    "for {}\nx()",
  ];

  it.each(bodies)("agree with their definition: %j", (body) => {
    const { cfg } = graph(body);
    const check = (tree: DominatorTree, forward: boolean, inside: (b: Block) => boolean): void => {
      for (const a of cfg.blocks.filter(inside)) {
        for (const b of cfg.blocks.filter(inside)) {
          expect([a.id, b.id, tree.dominates(a, b)]).toEqual([a.id, b.id, dominatesByDefinition(cfg, a, b, forward)]);
        }
      }
    };
    check(dominators(cfg), true, (b) => b.reachable);
    check(postDominators(cfg), false, (b) => reaches(b, cfg));
  });

  it("leaves out what is not reached", () => {
    const { cfg } = graph("return\nx()");
    const dead = cfg.blocks.find((b) => b.nodes.length > 0 && !b.reachable);
    expect(dead && dominators(cfg).dominates(cfg.entry, dead)).toBe(false);
  });
});

function reaches(block: Block, cfg: Cfg): boolean {
  const seen = new Set<Block>();
  const stack = [block];
  for (let b = stack.pop(); b !== undefined; b = stack.pop()) {
    if (b === cfg.exit || b === cfg.panic || b === cfg.stop) {
      return true;
    }
    if (!seen.has(b)) {
      seen.add(b);
      stack.push(...b.succs.map((e) => e.to));
    }
  }
  return false;
}

describe("loops", () => {
  it("nest", () => {
    const { cfg } = graph("for a {\n\tfor b {\n\t\tx()\n\t}\n\tif c { continue }\n\tfor range d { y() }\n}\nz()");
    const loops = findLoops(cfg);
    expect(loops.all.map((l) => [l.header.name, l.parent])).toEqual([
      ["for.head", -1],
      ["for.head", 0],
      ["range.head", 0],
    ]);
    expect(loops.irreducible).toBe(false);
    const depthOf = (name: string): number[] =>
      cfg.blocks.filter((b) => b.name === name && b.reachable).map((b) => loops.depth(b));
    expect(depthOf("for.body")).toEqual([1, 2]);
    expect(depthOf("range.body")).toEqual([2]);
    expect(depthOf("exit")).toEqual([0]);
    expect(loops.all[0].back).toHaveLength(2);
    expect(loops.contains(0, loops.all[1].header)).toBe(true);
    expect(loops.contains(1, loops.all[0].header)).toBe(false);
  });

  it("do not count a block that leaves the loop", () => {
    const { cfg } = graph("for {\n\tif a {\n\t\tx()\n\t\treturn\n\t}\n}");
    const loops = findLoops(cfg);
    const then = cfg.blocks.filter((b) => b.name === "if.then");
    expect(then.map((b) => loops.depth(b))).toEqual([0]);
  });

  it("are found where goto makes them, unless they have two entries", () => {
    expect(findLoops(graph("L:\n\tx()\n\tif a { goto L }").cfg).all).toHaveLength(1);
    const two = findLoops(graph("if a { goto M }\nL:\n\tx()\nM:\n\ty()\n\tif b { goto L }").cfg);
    expect([two.all.length, two.irreducible]).toEqual([0, true]);
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
