import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { reachablePatterns } from "./reachable.ts";

const root = mkdtempSync(join(tmpdir(), "stanch-reach-"));
afterAll(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

test("what a program is built from, and nothing else of its module", () => {
  write("go.mod", "module example.com/app\n\ngo 1.24\n");
  write(
    "cmd/api/main.go",
    'package main\n\nimport (\n\t"net/http"\n\n\t"example.com/app/store"\n)\n\nfunc main() { store.Open(); _ = http.DefaultClient }\n',
  );
  write("store/store.go", 'package store\n\nimport "example.com/app/internal/wire"\n\nfunc Open() { wire.Dial() }\n');
  write("internal/wire/wire.go", "package wire\n\nfunc Dial() {}\n");
  write("cmd/other/main.go", "package main\n\nfunc main() {}\n");
  expect(reachablePatterns(root, "example.com/app/cmd/api")).toEqual(["./cmd/api", "./internal/wire", "./store"]);
});
