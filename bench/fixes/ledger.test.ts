import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ChangedPackage, Ledger, type ModuleResult, type Verdict } from "./ledger.ts";

let dir = "";
let file = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "ledger-"));
  file = join(dir, "results.jsonl");
});
afterEach(() => rmSync(dir, { recursive: true }));

const accepted: Verdict = { version: "go1.26.8", verdict: "accepted", said: "" };
const changed = (hash: string, go: Verdict | null = null): ChangedPackage => ({
  path: "./p",
  tests: false,
  hash,
  types: null,
  go,
});
const result = (state: string, packages: ChangedPackage[]): ModuleResult => ({
  module: "example.com/m@v1.0.0",
  state,
  rules: {},
  packages,
  instead: 0,
  failures: [],
});

test("a module's result holds for one state of the sources, what Go said for one text of a package and one Go", () => {
  new Ledger(file).keep(result("a", [changed("1", accepted)]));
  const ledger = new Ledger(file);
  expect(ledger.find("example.com/m@v1.0.0", "a")?.packages[0].go).toEqual(accepted);
  expect(ledger.find("example.com/m@v1.0.0", "b")).toBeNull();
  expect(ledger.find("example.com/n@v1.0.0", "a")).toBeNull();
  const recalled = (hash: string, version: string): ChangedPackage => {
    const p = changed(hash);
    ledger.recall("example.com/m@v1.0.0", p, version);
    return p;
  };
  expect(recalled("1", "go1.26.8")).toEqual(changed("1", accepted));
  expect(recalled("2", "go1.26.8").go).toBeNull();
  expect(recalled("1", "go1.27.0").go).toBeNull();
});

test("the last line counts, and one that a kill has cut off is written again", () => {
  new Ledger(file).keep(result("a", []));
  new Ledger(file).keep(result("b", []));
  const whole = readFileSync(file, "utf8");
  writeFileSync(file, `${whole}{"module":"exa`);
  const ledger = new Ledger(file);
  expect(ledger.find("example.com/m@v1.0.0", "b")).not.toBeNull();
  expect(ledger.find("example.com/m@v1.0.0", "a")).toBeNull();
  expect(readFileSync(file, "utf8")).toBe(whole);
  ledger.keep(result("c", []));
  expect(new Ledger(file).find("example.com/m@v1.0.0", "c")).not.toBeNull();
});

test("another line that is no JSON is named", () => {
  writeFileSync(file, "{}garbage\n\n");
  expect(() => new Ledger(file)).toThrow(`${file}:1 is no JSON`);
});
