import { expect, test } from "vitest";
import { parseFile } from "../go/syntax/parser.ts";
import { NodeKind } from "../go/syntax/ast.ts";
import { factsOf, functionKey } from "./source-facts.ts";

const source = `package p

// F does.
func F() int { return 1 }

func (t *T[K]) M() {}
func init() { a() }
func init() { b() }
var x = func() int { return 1 }
`;
const of = (text: string): ReturnType<typeof factsOf> => factsOf("p.go", Buffer.from(text));

test("bodies and declarations are told apart", () => {
  const base = of(source);
  expect(Object.keys(base.bodies)).toEqual(["F", "T.M", "init", "init#2"]);
  const body = of(source.replace("return 1 }", "return 2 }"));
  expect(body.decls).toBe(base.decls);
  expect(body.bodies["F"]).not.toBe(base.bodies["F"]);
  expect({ ...body.bodies, F: "" }).toEqual({ ...base.bodies, F: "" });
  expect(body.content).not.toBe(base.content);
  expect(of(source.replace("F() int", "F() int64")).decls).not.toBe(base.decls);
  expect(
    of(source.replace("return 1 }\n`", "").replace("var x = func() int { return 1 }", "var x = 2")).decls,
  ).not.toBe(base.decls);
});

test("keys are the same from either parse", () => {
  const file = parseFile("p.go", Buffer.from(source));
  const keys = file.decls.flatMap((d) => (d.kind === NodeKind.FuncDecl ? [functionKey(file, d)] : []));
  expect(keys).toEqual(Object.keys(of(source).bodies));
});

test("broken source has facts too", () => {
  for (const text of ["", "package", "package p\nfunc (", "\u0000", "package p\nfunc f() {"])
    expect(of(text).content).not.toBe("");
});
