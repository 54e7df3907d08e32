import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  calleeOf,
  CalleeKind,
  checkPackage,
  funcName,
  loadProgram,
  NodeKind,
  typeOf,
  typeString,
  walk,
} from "./index.ts";

const dir = mkdtempSync(join(tmpdir(), "stanch-go-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
mkdirSync(join(dir, "api"));
writeFileSync(join(dir, "go.mod"), "module example.com/m\n\ngo 1.22\n");
writeFileSync(
  join(dir, "api/api.go"),
  'package api\n\ntype Client struct{}\n\nfunc (*Client) Get() (string, error) { return "", nil }\n',
);
writeFileSync(
  join(dir, "main.go"),
  'package main\n\nimport (\n\t"fmt"\n\n\t"example.com/m/api"\n)\n\nfunc main() {\n\tc := &api.Client{}\n\ts, err := c.Get()\n\tfmt.Println(s, err)\n}\n',
);

/** The program of the page docs/go-library.md: load, type, ask what is called. */
for (const goroot of [undefined, null]) {
  test(
    goroot === null ? "without a toolchain the bundled index stands in" : "with the standard library's source",
    () => {
      const { packages, problems } = loadProgram(dir, ["./..."], goroot === null ? { goroot: null } : {});
      expect(problems).toEqual([]);
      const called: string[] = [];
      for (const pkg of packages) {
        checkPackage(pkg);
        for (const { file } of pkg.files) {
          walk(file, (n) => {
            if (n.kind !== NodeKind.CallExpr) return;
            const callee = calleeOf(n);
            expect(callee.kind).toBe(CalleeKind.Static);
            called.push(`${callee.func === null ? "?" : funcName(callee.func)} ${typeString(typeOf(n))}`);
          });
        }
      }
      expect(called).toEqual(["(*example.com/m/api.Client).Get (string, error)", "fmt.Println (int, error)"]);
    },
  );
}

test("a folder that is not there is a usage error in one line", () => {
  expect(() => loadProgram(join(dir, "gone"), ["./..."])).toThrow(/no such folder/);
});
