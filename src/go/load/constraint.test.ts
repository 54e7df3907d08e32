import { expect, test } from "vitest";
import { evalGoBuild, evalPlusBuild, isGoBuild, isPlusBuild } from "./constraint.ts";
import { BuildContext, type BuildTarget } from "./context.ts";
import { fileNameTags } from "./platform.ts";
import { scanHeader } from "./scan-header.ts";

const set = new Set(["linux", "amd64", "go1.21", "cgo"]);
const has = (tag: string): boolean => set.has(tag);
const build = (expression: string): boolean => evalGoBuild(`//go:build ${expression}`, has);

test("//go:build expressions", () => {
  expect(build("linux")).toBe(true);
  expect(build("!linux")).toBe(false);
  expect(build("linux && !amd64 || cgo")).toBe(true);
  expect(build("linux && (windows || darwin)")).toBe(false);
  expect(build("!(windows || darwin) && go1.21")).toBe(true);
  expect(build("go1.22")).toBe(false);
  expect(build("größe || x_1.2")).toBe(false);
});

test.each([
  ["", "unexpected end of expression"],
  ["linux &&", "unexpected end of expression"],
  ["linux & amd64", "invalid syntax at &"],
  ["(linux", "missing close paren"],
  ["linux)", "unexpected token )"],
  ["!!linux", "double negation not allowed"],
  ["linux,amd64", "invalid syntax at ,"],
  ["linux amd64", "unexpected token amd64"],
  [`${"(".repeat(5000)}linux`, "build expression too large"],
  [Array.from({ length: 5000 }, () => "a").join("||"), "build expression too large"],
])("a malformed expression is an error: %.30s", (expression, message) => {
  expect(() => build(expression)).toThrow(message);
});

test("// +build words", () => {
  const plus = (text: string): boolean => evalPlusBuild(`// +build ${text}`, has);
  expect(plus("linux")).toBe(true);
  expect(plus("windows linux,amd64")).toBe(true);
  expect(plus("windows linux,!amd64")).toBe(false);
  expect(plus("!windows")).toBe(true);
  expect(plus("")).toBe(false);
  expect(plus("!!linux !")).toBe(false); // malformed words stand for "ignore"
  expect(plus("a-b !a-b")).toBe(true);
  expect(() => plus("a ".repeat(200))).toThrow("too complex");
});

test("what is a constraint line", () => {
  expect(
    isGoBuild("//go:build linux") && isGoBuild("//go:build") && isPlusBuild("// +build x") && isPlusBuild("//+build x"),
  ).toBe(true);
  expect(isGoBuild("//go:builder x") || isGoBuild("// go:build x") || isPlusBuild("// +builder")).toBe(false);
});

test("file names imply tags after the first underscore only", () => {
  expect(fileNameTags("linux.go")).toBeNull();
  expect(fileNameTags("x_linux.go")).toEqual(["linux"]);
  expect(fileNameTags("x_arm64_test.go")).toEqual(["arm64"]);
  expect(fileNameTags("x_y_windows_386.go")).toEqual(["windows", "386"]);
  expect(fileNameTags("x_amd64_linux.go")).toEqual(["linux"]);
  expect(fileNameTags("linux_test.go")).toBeNull();
  expect(fileNameTags("x_unix.go")).toBeNull();
  expect(fileNameTags("x_linux.pb.go")).toEqual(["linux"]);
});

const target: BuildTarget = {
  goos: "linux",
  goarch: "amd64",
  cgo: false,
  tags: ["extra"],
  toolTags: ["amd64.v1"],
  release: 22,
};
const matches = (source: string, t: BuildTarget = target): boolean => {
  const header = scanHeader(new TextEncoder().encode(source), true);
  if (header === null) throw new Error("no header");
  return new BuildContext(t).matchesHeader(header);
};

test("constraints are found where go/build finds them", () => {
  expect(matches("//go:build windows\n\npackage a")).toBe(false);
  expect(matches("// Copyright\n\n//go:build windows\npackage a")).toBe(false); // no blank line needed
  expect(matches("/* a */\n//go:build windows\npackage a")).toBe(false);
  expect(matches("/*\n//go:build windows\n*/\npackage a")).toBe(true);
  expect(matches("package a\n//go:build windows\n")).toBe(true);
  expect(matches("// +build windows\n\npackage a")).toBe(false);
  expect(matches("// +build windows\npackage a")).toBe(true); // part of the documentation
  expect(matches("/* licence */\n\n// +build windows\n\npackage a")).toBe(true); // after other text than // comments
  expect(matches("//go:build linux\n// +build windows\n\npackage a")).toBe(true); // the new form rules
  expect(matches("// +build linux\n// +build extra\n\npackage a")).toBe(true);
  expect(matches("// +build linux\n// +build nope\n\npackage a")).toBe(false);
  expect(matches("\uFEFF//go:build windows\r\n\r\npackage a")).toBe(false);
  expect(() => matches("//go:build linux\n//go:build amd64\npackage a")).toThrow("multiple //go:build");
  expect(() => matches("//go:build &\npackage a")).toThrow("parsing //go:build line");
});

test("tags that a target implies", () => {
  expect(matches("//go:build unix && gc && go1.22 && !go1.23 && !cgo && extra && amd64.v1\n\npackage a")).toBe(true);
  expect(matches("//go:build linux && android\n\npackage a", { ...target, goos: "android" })).toBe(true);
  expect(matches("//go:build solaris\n\npackage a", { ...target, goos: "illumos" })).toBe(true);
  expect(matches("//go:build darwin\n\npackage a", { ...target, goos: "ios" })).toBe(true);
  expect(matches("//go:build unix\n\npackage a", { ...target, goos: "windows" })).toBe(false);
  expect(matches("//go:build cgo\n\npackage a", { ...target, cgo: true })).toBe(true);
});
