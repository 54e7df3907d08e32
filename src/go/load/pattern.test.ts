import { expect, test } from "vitest";
import { IgnoreList, matcherOf, treeMatcherOf } from "./pattern.ts";

test.each([
  ["net/...", "net", true],
  ["net/...", "net/http", true],
  ["net/...", "netchan", false],
  ["...", "a/b", true],
  ["net...", "netchan", true],
  ["a/.../c", "a/b/c", true],
  ["a/.../c", "a/b/x/c", true],
  ["a/.../c", "a/c", false],
  ["a/...c", "a/xc", true],
  ["./...", "./vendor", true],
  ["./...", "./vendor/x", false],
  ["./...", "./mycode/vendor/x", false],
  ["./vendor/...", "./vendor/x", true],
  ["./vendor/...", "./vendor/x/vendor/y", false],
  ["cmd/...", "cmd/vendor", true],
  ["a.b/...", "axb/c", false],
  ["a+b/...", "a+b/c", true],
])("%s matches %s: %s", (pattern, name, expected) => {
  expect(matcherOf(pattern)(name)).toBe(expected);
});

test("trees that can hold a match", () => {
  const can = treeMatcherOf("a.com/b/.../c");
  expect(["", "a.com", "a.com/b", "a.com/b/x"].every(can)).toBe(true);
  expect(["a.co", "a.com/c", "b"].some(can)).toBe(false);
  expect(treeMatcherOf("a.com/b")("a.com/b/c")).toBe(false);
});

test("ignore directives", () => {
  const list = new IgnoreList(["./node_modules", "static", "./a/b/"]);
  expect(
    ["node_modules", "node_modules/x", "static", "web/static/x", "a/b", "a/b/c"].every((p) => list.ignores(p)),
  ).toBe(true);
  expect(["", "web/node_modules", "statics", "a", "a/bc"].some((p) => list.ignores(p))).toBe(false);
});
