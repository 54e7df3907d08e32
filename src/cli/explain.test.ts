import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { casePages, packageRoot } from "../demo/shipped.ts";
import { rulesById } from "../rules/registry.ts";
import { stanchCommand } from "./testing.ts";

test("eight cases, each with a service of its name, and no rule that is not one", () => {
  const pages = casePages();
  expect(pages.map((p) => p.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const services = readdirSync(join(packageRoot, "examples/cases"), { withFileTypes: true })
    .filter((e) => e.isDirectory() && e.name !== "internal")
    .map((e) => e.name);
  expect(pages.map((p) => p.name).sort()).toEqual(services.sort());
  for (const { name, text } of pages) {
    expect(text, name).toMatch(/^## What happens$/m);
    expect(text, name).toMatch(/^## Live$|^## After deploy$/m);
    expect(text, name).toMatch(/^## The repair$/m);
    const source = /^## (?:In the source|Before merge)\n([\s\S]*?)^## /m.exec(text)?.[1] ?? "";
    const named = [...source.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map((m) => m[1]);
    expect(named.length, name).toBeGreaterThan(0);
    expect(
      named.filter((id) => !rulesById.has(id)),
      name,
    ).toEqual([]);
  }
});

function explain(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [...stanchCommand(), "explain", ...args], { encoding: "utf8" });
}

test("explain knows rules and cases, by number and by name", () => {
  const all = explain();
  expect(all.stdout).toMatch(/^1 {2}http-client .*\n2 {2}sql-pool /m);
  expect(all.stdout).toContain("http-body-unclosed");
  const byNumber = explain("2");
  expect(byNumber.stdout).toContain("defer rows.Close()");
  expect(explain("sql-pool").stdout).toBe(byNumber.stdout);
  expect(explain("case 2").stdout).toBe(byNumber.stdout);
  const wrong = explain("9");
  expect([wrong.status, wrong.stderr]).toEqual([
    2,
    'stanch: no rule or case is called 9; "stanch explain" lists them\n',
  ]);
});
