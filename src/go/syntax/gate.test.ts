import { describe, expect, it } from "vitest";
import { effectiveVersion, versionProblems } from "./gate.ts";
import { parseFile } from "./parser.ts";

function at(text: string, minor: number): string[] {
  const file = parseFile("x.go", new TextEncoder().encode(text));
  expect(file.problems).toEqual([]);
  return versionProblems(file, { major: 1, minor }).map((p) => p.message);
}

describe("version gates", () => {
  it.each([
    ["type A = int", 9, "type alias"],
    ["var x = 0b1", 13, "binary literal"],
    ["var x = 0o1", 13, "0o/0O-style octal literal"],
    ["var x = 1_000", 13, "underscore in numeric literal"],
    ["var x = 0x1p2", 13, "hexadecimal floating-point literal"],
    ["//go:embed x\nvar x string", 16, "go:embed"],
    ["func f[T any]() {}", 18, "type parameter"],
    ["type T[P any] int", 18, "type parameter"],
    ["type I interface { ~int }", 18, "embedding interface element"],
    ["type I interface { int | E }", 18, "embedding interface element"],
    ["var x = f[int, string]()", 18, "type instantiation"],
    ["func f() { for range 10 {} }", 22, "range over 10"],
    ["type T[P any] = int", 23, "generic type alias"],
    ["var x = new(1)", 26, "new(expr)"],
    ["var x = new(f())", 26, "new(expr)"],
    // Of a module of today most files are not walked over: what stands between the name and its parenthesis must not hide a call.
    ["var x = new (1)", 26, "new(expr)"],
    ["var x = new /* one */ (1)", 26, "new(expr)"],
  ])("%s needs 1.%i", (decl, minor, what) => {
    expect(at(`package p\n${decl}\n`, minor)).toEqual([]);
    expect(at(`package p\n${decl}\n`, minor - 1)).toContain(`${what} requires go1.${minor} or later`);
  });

  it("allows methods with type parameters from 1.27 on", () => {
    const text = "package p\nfunc (r R) m[T any](x T) {}\n";
    expect(at(text, 27)).toEqual([]);
    expect(at(text, 26)).toEqual(["method must have no type parameters"]);
    expect(at(`${text}var renew, x = newer(1), new(1) // new\n`, 26)).toEqual(["method must have no type parameters"]);
  });

  it("says nothing of what only looks new", () => {
    const text =
      "package p\ntype T struct { new func(int) }\nfunc new(int) {}\nvar x = 0x1F + 017\nvar y = a[i]\nfunc f() { new(1); for range ch {} }\ntype I interface { E; p.F }\n";
    expect(at(text, 8)).toEqual([]);
    expect(at("package p\nvar x = new(T)\nvar y = new([]int)\n", 8)).toEqual([]);
  });

  it("lets a build line raise and lower the version, not below 1.21", () => {
    const version = (line: string, minor: number): number => {
      const file = parseFile("x.go", new TextEncoder().encode(`${line}\n\npackage p\n`));
      return effectiveVersion(file, { major: 1, minor }).minor;
    };
    expect(version("", 17)).toBe(17);
    expect(version("//go:build go1.23", 17)).toBe(23);
    expect(version("//go:build go1.18", 25)).toBe(21);
  });
});
