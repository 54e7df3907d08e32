import { expect, test } from "vitest";
import { scanHeader } from "./scan-header.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const scan = (text: string): [string, readonly string[]] => {
  const header = scanHeader(bytes(text), true);
  if (header === null) throw new Error("a whole file has a header");
  return [header.name, header.imports];
};

test("package clause and imports in every form", () => {
  expect(scan('package a\nimport "fmt"\nimport (\n\t. "x"\n\t_ "y" // side\n\tz `raw`; "w"\n)\nvar i int')).toEqual([
    "a",
    ["fmt", "x", "y", "raw", "w"],
  ]);
  expect(scan('// c\n/* d */ package /* e */ main;import"fmt";import();func main(){}')).toEqual(["main", ["fmt"]]);
  expect(scan('package größe\nimport übung "a/é"')).toEqual(["größe", ["a/é"]]);
  expect(scan("package a\nimporter()")).toEqual(["a", []]);
  expect(scan('package a\nimport "a\\x2fb"')).toEqual(["a", ["a/b"]]);
});

test("broken files give what could be read", () => {
  for (const text of [
    "",
    "// only a comment",
    "/* open",
    "packag",
    "package",
    "/",
    "\0\0\0",
    "\xff\xfe",
    "func main() {}",
  ])
    expect(scan(text)[0]).toBe("");
  expect(scan('package a\nimport "open')).toEqual(["a", []]);
  expect(scan("package a\nimport `open")).toEqual(["a", []]);
  expect(scan('package a\nimport ( "b"')).toEqual(["a", ["b"]]);
  expect(scan('package a\nimport ( "b" - "c")')).toEqual(["a", ["b"]]);
  expect(scan("package a\nimport x y")).toEqual(["a", []]);
});

test("a part that ends early asks for more, at every length", () => {
  const text =
    '// Licence.\n\n//go:build linux\n\n/* doc */ package abc // import "x/abc"\n\nimport (\n\t"fmt"\n\tq "a/b"\n)\n\nvar x = 1\n';
  const whole = scanHeader(bytes(text), true);
  const end = text.indexOf("var");
  for (let n = 0; n < text.length; n++) {
    const part = scanHeader(bytes(text).subarray(0, n), false);
    if (part === null) expect(n).toBeLessThan(end + "import".length + 1);
    else expect(part).toEqual(whole);
  }
});

test("constraint candidates and import comments", () => {
  expect(scanHeader(bytes("// go build rebuild\n\npackage a"), true)?.leading).toBeNull();
  expect(scanHeader(bytes("//go:build x\n\npackage a"), true)?.leading).toContain("go:build x");
  expect(scanHeader(bytes("package a\n\n//go:build x\n"), true)?.leading).toBeNull();
  expect(scanHeader(bytes('package a // import "b/a"\n'), true)?.importComment).toBe("b/a");
  expect(scanHeader(bytes('package a /* import "b/a" */\n'), true)?.importComment).toBe("b/a");
  expect(scanHeader(bytes('package a // see "b"\n'), true)?.importComment).toBeNull();
});

test("long heads in bounded time", () => {
  const many = `package a\nimport (\n${'\t"x/y/z"\n'.repeat(100_000)})\n`;
  expect(scan(many)[1]).toHaveLength(100_000);
  expect(scan(`/*${"*".repeat(2_000_000)}`)[0]).toBe("");
  expect(scan(`${"// b\n".repeat(400_000)}package a`)[0]).toBe("a");
});
