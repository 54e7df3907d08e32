import { describe, expect, test } from "vitest";
import { NodeKind } from "../syntax/ast.ts";
import { CalleeKind, calleeOf } from "./callee.ts";
import { constText } from "./constant.ts";
import { implementsInterface } from "./implements.ts";
import { methodSet } from "./lookup.ts";
import { ObjKind, type TypeName } from "./object.ts";
import type { Package } from "./package.ts";
import { funcName, typeString } from "./print.ts";
import { constOf, Mode, typeOf } from "./record.ts";
import { calls, expressions, typePackages, typeText } from "./testing.ts";
import { TypeKind } from "./type.ts";
import { under } from "./typeset.ts";

const short = (pkg: Package): string => pkg.name;

/** Types by source text: `{ "x + 1": "int" }`. */
function types(text: string, wanted: Record<string, string>): void {
  const found = expressions(typeText(text));
  const got: Record<string, string> = {};
  for (const key of Object.keys(wanted)) {
    const e = found.get(key);
    got[key] = e === undefined ? "(no such expression)" : e.mode === Mode.NoValue ? "()" : typeString(typeOf(e), short);
  }
  expect(got).toEqual(wanted);
}

function values(text: string, wanted: Record<string, string>): void {
  const found = expressions(typeText(text));
  const got: Record<string, string> = {};
  for (const key of Object.keys(wanted)) {
    const e = found.get(key);
    const v = e === undefined ? null : constOf(e);
    got[key] = v === null ? "(not constant)" : constText(v);
  }
  expect(got).toEqual(wanted);
}

function callees(text: string): string[] {
  return calls(typeText(text)).map((call) => {
    const c = calleeOf(call);
    return c.func === null ? `${CalleeKind[c.kind]} ${c.name}`.trim() : funcName(c.func, short);
  });
}

describe("untyped constants take the type of their use", () => {
  test("operands, arguments, interfaces, shifts", () => {
    types(
      `package p
      func f(x float64, y any) {}
      func g(s uint, b byte) {
        f(1, 'a')
        var v float64 = 2 << 1
        w := b + 3
        z := 1 << s
        var q int64 = 5 << s
        _ = v == 7
        _, _, _ = w, z, q
      }`,
      {
        "'a'": "int32",
        "2 << 1": "float64",
        "3": "uint8",
        "1 << s": "int",
        "5 << s": "int64",
        "5": "int64",
        "7": "float64",
      },
    );
  });

  test("nil stays untyped; comparisons are untyped booleans until used", () => {
    types(
      `package p
      func f(p *int) bool { b := p == nil; if p != nil { return true }; return b }`,
      {
        nil: "untyped nil",
        "p == nil": "bool",
        "p != nil": "untyped bool",
      },
    );
  });
});

describe("constants are exact", () => {
  test("arithmetic, iota, conversion, rounding", () => {
    values(
      `package p
      const (
        _ = iota
        kb = 1 << (10 * iota)
        mb
      )
      const big = 1 << 100
      const third = 1.0 / 3
      const f = float32(0.1)
      const r = string(rune(0x4e16))
      const q = 7 / 2
      const m = -7 % 3
      const u = ^uint8(1)
      var _, _, _, _ = mb + 0, big >> 98, third * 3, len("héllo")
      var _ = f
      var _ = r
      var _, _ = q + 0, m + 0
      var _ = u`,
      {
        "mb + 0": "1048576",
        "big >> 98": "4",
        "third * 3": "1",
        'len("héllo")': "6",
        f: "13421773/134217728",
        r: "世",
        "q + 0": "3",
        "m + 0": "-1",
        u: "254",
      },
    );
  });

  test("strings keep bytes that are no UTF-8", () => {
    values(
      `package p
      const a = "\\xff\\xc3" + "\\xa9"
      var _ = len(a)
      var _ = "\\u00e9" == "\\xc3\\xa9"`,
      { "len(a)": "3", '"\\u00e9" == "\\xc3\\xa9"': "true" },
    );
  });

  test("len of an array is constant unless it must be evaluated", () => {
    values(
      `package p
      var a [4]int
      func f() [3]int { return [3]int{} }
      var _, _ = len(a), len(f())`,
      { "len(a)": "4", "len(f())": "(not constant)" },
    );
  });

  test("sizes are gc's", () => {
    values(
      `package p
      import "unsafe"
      type s struct { a bool; b int64; c struct{} }
      var x s
      var _, _ = unsafe.Sizeof(x), unsafe.Offsetof(x.b)`,
      { "unsafe.Sizeof(x)": "24", "unsafe.Offsetof(x.b)": "8" },
    );
  });
});

describe("selectors", () => {
  const text = `package p
    type inner struct{ N int }
    func (inner) Val() {}
    func (*inner) Ptr() {}
    type outer struct { *inner; extra }
    type extra struct { N int }
    type only struct { inner }
    type closer interface { Close() error }
    type wrap struct { closer }
    func f(o outer, w wrap, v only, c closer) {
      o.Val(); o.Ptr(); w.Close(); c.Close(); v.Val()
      _ = v.N
      _ = o.N
    }`;

  test("promotion through values, pointers and interfaces; ambiguity is nothing", () => {
    types(text, { "v.N": "int", "o.N": "unknown" });
    expect(callees(text)).toEqual([
      "(p.inner).Val",
      "(*p.inner).Ptr",
      "(p.closer).Close",
      "(p.closer).Close",
      "(p.inner).Val",
    ]);
  });

  test("method sets and implements", () => {
    const pkg = typeText(text);
    const named = (name: string) => (pkg.lookup(name) as TypeName).type ?? expect.fail(name);
    expressions(pkg);
    expect([...methodSet(named("only")).keys()]).toEqual(["Val"]);
    expect([...methodSet(named("outer")).keys()].sort()).toEqual(["Ptr", "Val"]);
    const iface = under(named("closer"));
    if (iface.kind !== TypeKind.Interface) throw new Error("closer is an interface");
    expect(implementsInterface(named("wrap"), iface)).toBe(true);
    expect(implementsInterface(named("only"), iface)).toBe(false);
  });

  test("method expressions and values", () => {
    types(
      text +
        `
      var e = (*inner).Ptr
      var o2 outer
      var v = o2.Val`,
      { "(*inner).Ptr": "func(*p.inner)", "o2.Val": "func()" },
    );
  });
});

describe("generics", () => {
  test("inference from arguments, constraints and function arguments", () => {
    types(
      `package p
      type Num interface { ~int | ~float64 }
      func Map[T, U any](s []T, f func(T) U) []U { return nil }
      func Sum[S ~[]E, E Num](s S) E { var e E; return e }
      func Keys[M ~map[K]V, K comparable, V any](m M) []K { return nil }
      func id[T any](t T) T { return t }
      type IDs []int
      func f(ids IDs, m map[string]IDs) {
        a := Map(ids, func(i int) string { return "" })
        b := Sum(ids)
        c := Keys(m)
        d := Map(ids, id)
        e := id[float64](1)
        _, _, _, _, _ = a, b, c, d, e
      }`,
      {
        'Map(ids, func(i int) string { return "" })': "[]string",
        "Sum(ids)": "int",
        "Keys(m)": "[]string",
        "Map(ids, id)": "[]int",
        "id[float64](1)": "float64",
      },
    );
  });

  test("instances: methods, fields, recursion, aliases with parameters", () => {
    types(
      `package p
      type List[T any] struct { head *node[T] }
      type node[T any] struct { val T; next *node[T] }
      func (l *List[E]) Each(f func(E) bool) {}
      func (l *List[E]) First() E { return l.head.val }
      type Pair[A, B any] struct { A A; B B }
      type Named[B any] = Pair[string, B]
      func f(l List[[]byte], n Named[int]) {
        x := l.First()
        y := l.head.next.val
        z := n.B
        for v := range l.Each { _ = v }
        _, _, _ = x, y, z
      }`,
      { "l.First()": "[]uint8", "l.head.next.val": "[]uint8", "n.B": "int", "l.Each": "func(f func([]uint8) bool)" },
    );
  });

  test("a generic function that calls itself with other arguments", () => {
    types(
      `package p
      func walk[K comparable, V any](k K, v V) { walk(v, k) }
      func swap[A, B any](a A, b B) (B, A) { return b, a }
      func g[A, B any](a A, b B) { x, y := swap(b, a); _, _ = x, y }`,
      { "swap(b, a)": "(A, B)" },
    );
  });
});

describe("statements declare in order", () => {
  test("shadowing, redeclaration, closures see what stands before them", () => {
    types(
      `package p
      import "strings"
      var err string
      func two() (int, error) { return 0, nil }
      func f(strings []string) {
        g := func() { _ = err + "package" }
        n, err := two()
        m, err := two()
        _, _, _ = n, m, err
        g()
        _ = strings[0]
      }
      func h() { _ = strings.ToUpper("x") }`,
      { 'err + "package"': "string", "strings[0]": "string" },
    );
  });

  test("type switches, comma-ok forms, ranges", () => {
    types(
      `package p
      func f(x any, m map[string]int, c chan []byte) {
        switch v := x.(type) {
        case int: _ = v + 1
        case string, error: _ = v
        }
        n, ok := m["k"]
        b, open := <-c
        s, is := x.(string)
        for i, r := range "é" { _, _ = i, r }
        for range 3 {}
        for i := range uint8(3) { _ = i * 2 }
        _, _, _, _, _, _ = n, ok, b, open, s, is
      }`,
      {
        "v + 1": "int",
        'm["k"]': "(int, bool)",
        "<-c": "([]uint8, bool)",
        "x.(string)": "(string, bool)",
        "i * 2": "uint8",
      },
    );
  });
});

describe("what is missing is unknown and guesses nothing", () => {
  const text = `package p
    import "example.com/gone/redis/v9"
    import . "example.com/other"
    type T struct { *redis.Client; n int }
    func f(t T, o Option) (redis.Reply, error) {
      c := redis.NewClient(o)
      t.Ping()
      _ = t.n
      return c.Do(1 + 2)
    }`;
  test("packages, their members and what derives from them", () => {
    types(text, { "redis.NewClient(o)": "unknown", c: "unknown", "t.n": "int", "c.Do(1 + 2)": "unknown" });
    expect(callees(text)).toEqual(["Unknown NewClient", "Unknown Ping", "Unknown Do"]);
  });

  test("source that does not compile", () => {
    types(
      `package p
      type T T
      type A struct { B }
      type B struct { A }
      type I interface { I; M() }
      const c = c + 1
      var v = w
      var w = v
      func (x Missing) m() { x.y() }
      func f() { undefined(1)(2); var a A; _ = a.x.y[3]; _ = T(nil); break; goto nowhere; return 1, 2 }`,
      { "undefined(1)": "unknown", "a.x.y[3]": "unknown", v: "unknown" },
    );
  });

  test("instantiation without end", () => {
    types(
      `package p
      type Grow[T any] struct { next *Grow[[]T]; v T }
      func f(g Grow[int]) { _ = g.next.next.v }`,
      { "g.next.next.v": "[][]int" },
    );
  });
});

describe("packages", () => {
  test("names that differ from paths, unexported members of others, init order does not matter", () => {
    const pkg = typePackages(
      {
        "example.com/go-yaml":
          "package yaml\nfunc Parse() (n Node) { return }\ntype Node struct { Kind int; hidden string }\n",
        p: `package p
          import "example.com/go-yaml"
          var a = b + 1
          var b = yaml.Parse().Kind
          var _ = yaml.Parse().hidden`,
      },
      "p",
    );
    const found = expressions(pkg);
    const kind = (text: string): string => typeString(typeOf(found.get(text) ?? expect.fail(text)), short);
    expect([kind("b + 1"), kind("yaml.Parse().Kind"), kind("yaml.Parse().hidden")]).toEqual(["int", "int", "unknown"]);
    expect(pkg.lookup("a")?.kind).toBe(ObjKind.Var);
  });
});

describe("sizes that real generated code reaches", () => {
  test("a concatenation of 100,000 operands and 20,000 else-ifs", () => {
    const sum = Array.from({ length: 100_000 }, () => "s").join(" + ");
    const chain = Array.from({ length: 20_000 }, (_, i) => `if n == ${i} { _ = n }`).join(" else ");
    const pkg = typeText(`package p\nfunc f(s string, n int) string { ${chain}; return ${sum} }\n`);
    let last = "";
    for (const { file } of pkg.files) {
      const decl = file.decls[0];
      if (decl.kind !== NodeKind.FuncDecl) continue;
      const ret = decl.body?.list.at(-1);
      if (ret?.kind === NodeKind.ReturnStmt) last = typeString(typeOf(ret.results[0]));
    }
    expect(last).toBe("string");
  });
});
