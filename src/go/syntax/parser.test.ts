import { describe, expect, it } from "vitest";
import { NodeKind, NoPos } from "./ast.ts";
import type { File, FuncDecl, Node } from "./ast.ts";
import { parseBody, parseFile } from "./parser.ts";
import { children, inspect, walk } from "./walk.ts";

const encoder = new TextEncoder();

function parse(text: string, options = {}): File {
  return parseFile("x.go", encoder.encode(text), options);
}

/** Declared names, to see which declarations survived. */
function declared(file: File): string[] {
  return file.decls.flatMap((d) => {
    if (d.kind === NodeKind.FuncDecl) {
      return [d.name.name];
    }
    return d.kind === NodeKind.GenDecl
      ? d.specs.map((s) => ("names" in s ? s.names[0].name : (s.name?.name ?? "")))
      : [];
  });
}

function messages(file: File): string[] {
  return file.problems.map((p) => p.message);
}

function inFunc(body: string): File {
  return parse(`package p\nfunc f() {\n${body}\n}\nfunc next() {}\n`);
}

describe("trees", () => {
  it("has positions in bytes", () => {
    const file = parse('package p\n\nvar é = "ü" + x\n');
    expect(file.problems).toEqual([]);
    const spec = file.imports.length === 0 && file.decls[0].kind === NodeKind.GenDecl ? file.decls[0].specs[0] : null;
    expect(spec).toMatchObject({ pos: 15, end: 28, names: [{ name: "é", pos: 15, end: 17 }] });
    expect([...file.lines]).toEqual([0, 10, 11, 29]);
  });

  it("tells type parameters from array lengths as Go does", () => {
    const params = (decl: string): string | number => {
      const file = parse(`package p\ntype ${decl}\n`);
      expect(messages(file)).toEqual([]);
      const d = file.decls[0];
      const spec = d.kind === NodeKind.GenDecl ? d.specs[0] : null;
      return spec?.kind === NodeKind.TypeSpec ? (spec.typeParams?.list.length ?? "array") : "";
    };
    expect(params("T[P any] int")).toBe(1);
    expect(params("T[P *C] int")).toBe("array");
    expect(params("T[P *C,] int")).toBe(1);
    expect(params("T[P *struct{}] int")).toBe(1);
    expect(params("T[P *C|~D] int")).toBe(1);
    expect(params("T[P (C)] int")).toBe("array");
    expect(params("T[P []E, E any] int")).toBe(2);
    expect(params("T[N * 2]int")).toBe("array");
    expect(params("T[N]int")).toBe("array");
    expect(params("T[P interface{ m() }] = []P")).toBe(1);
  });

  it("reads composite literals where they are allowed", () => {
    expect(
      messages(inFunc("if x == (T{1}) {}\nfor _, v := range []T{{1}} {_ = v}\nif f(T{}) {}\nswitch x := T{}; x {}")),
    ).toEqual([expect.stringContaining("expected")]);
    expect(messages(inFunc("if x == (T{1}) {}\nfor _, v := range []T{{1}} {_ = v}\nif f(T{}) {}"))).toEqual([]);
  });

  it("reads the newest forms", () => {
    const file = parse(
      "package p\ntype S[T any] = []T\nfunc (r R) M[T any](x T) {}\nfunc f() { for i := range 10 { _ = new(i+1) }\nfor range ch {} }\n",
    );
    expect(messages(file)).toEqual([]);
  });
});

describe("skipped bodies", () => {
  const text =
    "package p\nfunc a() { _ = \"}\" + `}\n}` + string('}') /* } */ // }\n}\nfunc (t T) b(x int) error { if x { return nil } }\nvar v = func() { q() }\nfunc ext()\n";

  it("leaves out declared functions' bodies only, and reads them later", () => {
    const whole = parse(text);
    const file = parse(text, { skipBodies: true });
    expect(messages(file)).toEqual([]);
    expect([...file.lines]).toEqual([...whole.lines]);
    const funcs = file.decls.filter((d): d is FuncDecl => d.kind === NodeKind.FuncDecl);
    expect(funcs.map((d) => [d.name.name, d.body === null, d.bodyPos !== NoPos])).toEqual([
      ["a", true, true],
      ["b", true, true],
      ["ext", true, false],
    ]);
    funcs.forEach((d) => parseBody(file, d));
    expect(JSON.stringify(file.decls, dropBodyPos)).toBe(JSON.stringify(whole.decls, dropBodyPos));
  });

  it("parses a body after all where its braces do not pair up", () => {
    const file = parse("package p\nfunc a() {\n\tif x {\n}\nfunc b() {}\n", { skipBodies: true });
    expect(declared(file)).toEqual(["a", "b"]);
    expect(file.problems).toHaveLength(1);
  });
});

function dropBodyPos(key: string, value: unknown): unknown {
  return key === "bodyPos" ? undefined : value;
}

describe("errors", () => {
  it("are worded as Go words them, one a line", () => {
    expect(messages(inFunc("x := )"))).toEqual(["expected operand, found ')'"]);
    expect(messages(inFunc("f(1 2)"))).toEqual(["missing ',' in argument list"]);
    expect(messages(inFunc("f(1,\n2\n)"))).toEqual(["missing ',' before newline in argument list"]);
    expect(messages(inFunc("if x {} else y()"))).toEqual(["expected if statement or block, found y"]);
    expect(messages(inFunc("go x"))).toEqual(["expression in go must be function call"]);
    expect(messages(inFunc("x = 'ab'"))).toEqual(["illegal rune literal"]);
    expect(messages(parse("package p\nimport 1\n"))).toEqual(["import path must be a string"]);
    expect(messages(parse("hello\n"))).toEqual(["expected 'package', found hello"]);
    expect(messages(parse(""))).toEqual(["expected 'package', found 'EOF'"]);
  });

  it.each([
    ["a missing closing brace", "if x {\n\ty()"],
    ["a stray closing brace", "\ty()\n}\n\tz()"],
    ["a broken expression", "\tx := a +* / b)\n\ty()"],
    ["an open call", "\tf(a, b\n\tg()"],
    ["an open literal", "\tx := T{a: 1,\n\ty()"],
    ["an open struct type", "\ttype T struct {\n\t\ta int\n\t"],
    ["a half switch", "\tswitch x {\n\tcase 1\n\t\ty()"],
    ["a half select", "\tselect {\n\tcase <-"],
    ["a half for", "\tfor i := 0; i <\n"],
    ["a half if", "\tif\n"],
    ["an unterminated string", '\tx := "abc\n\ty()'],
    ["an open parenthesis", "\tx := (((1"],
    ["a half function literal", "\tgo func() {\n\t\tx("],
  ])("%s leaves the next function alone", (_, body) => {
    const file = inFunc(body);
    expect(file.problems.length).toBeGreaterThan(0);
    expect(file.problems.length).toBeLessThan(5);
    expect(declared(file).at(-1)).toBe("next");
    expect(declared(file)[0]).toBe("f");
  });

  it.each([
    ["func (", "type T struct{}"],
    ["func f(a int, {", "var x int"],
    ["type T struct {\n\ta b c", "func g() {}"],
    ["var (\n\ta = 1", "func g() {}"],
    ['import (\n\t"fmt"', "func g() {}"],
    ["garbage here", "func g() {}"],
    ["func f() {\n\tx := 1\n", "func (t *T) g(a, b int) (int, error) { return 0, nil }"],
  ])("%j leaves %j alone", (broken, next) => {
    const file = parse(`package p\n${broken}\n${next}\n`);
    expect(file.problems.length).toBeGreaterThan(0);
    const last = file.decls.at(-1);
    expect(last?.kind).not.toBe(NodeKind.BadDecl);
    expect(last?.pos).toBe(`package p\n${broken}\n`.length);
  });

  it("accepts declarations in the first column inside a body", () => {
    expect(messages(inFunc("var x int\ntype T int\nconst c = 1\nfunc() {}()\n_ = x"))).toEqual([]);
  });

  it("reports what is wrong with the bytes", () => {
    const bytes = (...b: (string | number)[]): Uint8Array =>
      Uint8Array.from(b.flatMap((x) => (typeof x === "number" ? [x] : [...encoder.encode(x)])));
    const first = (src: Uint8Array): string => parseFile("x.go", src).problems[0]?.message ?? "";
    expect(first(bytes("package p\n// ", 0xff, "\n"))).toBe("illegal UTF-8 encoding");
    expect(first(bytes('package p\nvar x = "', 0xc0, 0x80, '"\n'))).toBe("illegal UTF-8 encoding");
    expect(first(bytes("package p\nvar x\0 int\n"))).toBe("illegal character NUL");
    expect(first(bytes("\uFEFFpackage p\n"))).toBe("");
    expect(first(bytes("package p\n\uFEFFvar x int\n"))).toBe("illegal byte order mark");
    expect(first(bytes(0xff, 0xfe, "p"))).toBe("illegal UTF-8 encoding (got UTF-16)");
    expect(first(bytes("package p\r\n\r\nvar s = `a\r\nb`\r\n"))).toBe("");
    expect(first(bytes("package p\nvar x = \u201cq\u201d\n"))).toContain("curly quotation mark");
    expect(first(bytes("package p\n/* open"))).toBe("comment not terminated");
  });

  it.each([
    "0x",
    "0b12",
    "08",
    "1_",
    "0_x1",
    "1e",
    "0x1.0",
    "0b1.0",
    "0o8",
    "1__0",
    "0x1e+",
    "'\\q'",
    "'\\x1'",
    "'\\uD800'",
    "''",
  ])("rejects the literal %s", (literal) => {
    expect(parse(`package p\nvar x = ${literal}\n`).problems).toHaveLength(1);
  });

  it.each([
    "0x_1F",
    "0b1_0",
    "0o17",
    "017",
    "1_000",
    "1e+10",
    ".5",
    "0x1p-2",
    "0X1.8P1",
    "08.5",
    "1i",
    "0b1i",
    "09i",
    "'\\377'",
    "'\\''",
    "'\\U0010FFFF'",
  ])("accepts the literal %s", (literal) => {
    const file = parse(`package p\nvar x = ${literal}\n`);
    expect(messages(file)).toEqual([]);
    let value = "";
    walk(file, (n) => {
      if (n.kind === NodeKind.BasicLit) {
        value = n.value;
      }
    });
    expect(value).toBe(literal);
  });
});

describe("size", () => {
  const deep = 100_000;

  it.each([
    ["parentheses", `var x = ${"(".repeat(deep)}1${")".repeat(deep)}`],
    ["unary operators", `var x = ${"!".repeat(deep)}y`],
    ["dereferences", `var x ${"*".repeat(deep)}int`],
    ["slices", `var x ${"[]".repeat(deep)}int`],
    ["channels", `var x ${"chan ".repeat(deep)}int`],
    ["functions", `var x ${"func() ".repeat(deep)}int`],
    ["literals", `var x = T${"{".repeat(deep)}${"}".repeat(deep)}`],
    ["indices", `var x = ${"a[".repeat(deep)}1${"]".repeat(deep)}`],
    ["calls in calls", `var x = ${"f(".repeat(deep)}1${")".repeat(deep)}`],
    ["blocks", `func f() ${"{".repeat(deep)}${"}".repeat(deep)}`],
    ["ifs", `func f() {${"if x {".repeat(deep)}${"}".repeat(deep)}}`],
    ["closures", `func f() {${"g(func() {".repeat(deep)}${"})".repeat(deep)}}`],
    ["labels", `func f() {${"l: ".repeat(deep)} x() }`],
    ["switches", `func f() {${"switch { case x: ".repeat(deep)}${"}".repeat(deep)}}`],
    ["structs", `var x ${"struct { a ".repeat(deep)}int${"}".repeat(deep)}`],
    ["interfaces", `var x ${"interface { ".repeat(deep)}${"}".repeat(deep)}`],
    ["type arguments", `var x ${"T[".repeat(deep)}int${"]".repeat(deep)}`],
    ["maps", `var x ${"map[".repeat(deep)}int${"]int".repeat(deep)}`],
    ["receives", `var x = ${"<-".repeat(deep)}y`],
    ["nothing but openings", `var x = ${"([".repeat(deep)}`],
  ])("too deep %s are one problem, and the next declaration is read", (_, text) => {
    const file = parse(`package p\n${text}\nfunc next() {}\n`);
    expect(messages(file)).toEqual(["exceeded max nesting depth"]);
    expect(declared(file).at(-1)).toBe("next");
  });

  it.each([
    ["operands", `var x = 1${" + a".repeat(deep)}`],
    ["selectors", `var x = a${".b".repeat(deep)}`],
    ["calls", `var x = a${".b()".repeat(deep)}`],
    ["indices", `var x = a${"[0]".repeat(deep)}`],
    ["union terms", `type T interface { int${" | a".repeat(deep)} }`],
    ["else ifs", `func f() { if x {}${" else if x {}".repeat(deep)} }`],
    ["statements", `func f() {${"x()\n".repeat(deep)}}`],
    ["comments", "// x\n".repeat(deep)],
  ])("long chains of %s are read, walked and inspected", (_, text) => {
    const file = parse(`package p\n${text}\n`);
    expect(messages(file)).toEqual([]);
    let nodes = 0;
    walk(file, () => {
      nodes++;
    });
    let entered = 0;
    let left = 0;
    inspect(
      file,
      () => {
        entered++;
      },
      () => {
        left++;
      },
    );
    expect([entered, left]).toEqual([nodes, nodes]);
    expect(messages(parse(`package p\n${text}\n`, { comments: false }))).toEqual([]);
  });

  it("reads ordinary files with little stack left, and reports where there is none", () => {
    const text = `package p\nfunc f() {${"if x {".repeat(20)}${"}".repeat(20)}}\n`;
    const verdicts = new Set<string>();
    const down = (): void => {
      try {
        down();
      } catch {
        // On the way back up there is ever more stack.
      }
      if (verdicts.size < 2) {
        try {
          verdicts.add(messages(parse(text)).join());
        } catch (error) {
          // Not even the call of parseFile had room.
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    };
    down();
    expect(verdicts).toContain("");
    expect(messages(parse(text))).toEqual([]);
  });

  it("reads 200,000 lines and a line of 50 MB in linear time", () => {
    // Quadratic time would be hours: the runner's limit of a minute tells.
    for (const text of [
      `package p\nfunc f() {\n${"\tx = append(x, 1)\n".repeat(200_000)}}\n`,
      `package p\nvar s = "${"a".repeat(50_000_000)}"\n`,
      `package p\nvar s = []int{${"1, ".repeat(3_000_000)}}\n`,
    ])
      expect(messages(parseFile("x.go", encoder.encode(text)))).toEqual([]);
  });

  it("reports at most 50 problems, in order", () => {
    const file = parse(`package p\n${"func f() { x := ) }\n".repeat(1000)}`);
    expect(file.problems).toHaveLength(50);
    expect(declared(file)).toHaveLength(1000);
    expect(file.problems.every((p, i) => i === 0 || p.pos > file.problems[i - 1].pos)).toBe(true);
  });
});

describe("walk", () => {
  const file = parse(
    'package p\nimport q "fmt"\ntype T[P any] struct { a, b int `t`; *E }\ntype I interface { m(x int) (y error); ~int | E[int, P] }\n' +
      "func (r T) f(a ...int) (chan<- int, map[string][4]func()) {\nL: for i, v := range x { x[i:2:3] = v.(T); continue L }\n" +
      "switch y := x.(type) { case nil: }\nselect { case c <- 1: default: }\nif a := 1; a > 2 {} else { defer f() }\ngo func() {}()\ni++\nreturn T{k: -1}, (*p)\n}\n",
  );

  it("goes in source order, parents first, each node once", () => {
    expect(file.problems).toEqual([]);
    const seen = new Set<Node>();
    const order: Node[] = [];
    walk(file, (n) => {
      expect(seen.has(n)).toBe(false);
      seen.add(n);
      order.push(n);
    });
    const entered: Node[] = [];
    inspect(
      file,
      (n) => {
        entered.push(n);
      },
      () => {},
    );
    expect(entered).toEqual(order);
    for (const node of order) {
      const below = children(node);
      below.forEach((child) => {
        expect(child.pos).toBeGreaterThanOrEqual(node.kind === NodeKind.File ? 0 : node.pos);
        expect(child.end).toBeLessThanOrEqual(node.end);
      });
      // (A function's type begins at `func`, before its receiver and name.)
      const inOrder = below.every((c, i) => i === 0 || below[i - 1].end <= c.pos);
      expect(inOrder || node.kind === NodeKind.FuncDecl).toBe(true);
    }
  });

  it("leaves out what is below a node whose visit says false", () => {
    let names = 0;
    walk(file, (n) => {
      names += n.kind === NodeKind.Ident ? 1 : 0;
      return n.kind !== NodeKind.FuncDecl && n.kind !== NodeKind.GenDecl;
    });
    expect(names).toBe(1);
  });
});
