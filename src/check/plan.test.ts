import { expect, test } from "vitest";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import { dependencyOrder, Shares } from "./plan.ts";

function order(imports: Record<string, string[]>): string[] {
  const pkgs = new Map(Object.keys(imports).map((path) => [path, { path } as LoadedPackage]));
  const importsOf = (p: LoadedPackage): LoadedPackage[] =>
    imports[p.path].flatMap((path) => pkgs.get(path) ?? ({ path } as LoadedPackage));
  return dependencyOrder([...pkgs.values()], importsOf).map((p) => p.path);
}

test("imports come before importers, strangers are left out, circles end", () => {
  expect(order({ main: ["b", "a"], a: ["c", "elsewhere"], b: ["c"], c: [] })).toEqual(["c", "b", "a", "main"]);
  expect(order({ a: ["b"], b: ["a"] })).toEqual(["b", "a"]);
});

test("chains of a hundred thousand imports", () => {
  const n = 100_000;
  const imports = Object.fromEntries(Array.from({ length: n }, (_, i) => [`p${i}`, i + 1 < n ? [`p${i + 1}`] : []]));
  expect(order(imports)[0]).toBe(`p${n - 1}`);
});

test("every index is taken once, whoever is fast", () => {
  for (const workers of [1, 2, 3, 7]) {
    for (const fast of [0, workers - 1]) {
      const shares = new Shares(
        Array.from({ length: 50 }, (_, i) => (i * 7919) % 13),
        workers,
      );
      const taken: number[] = [];
      for (let i: number | null = 0, turn = 0; i !== null; turn++) {
        i = shares.take(turn % 5 === 0 ? turn % workers : fast);
        if (i !== null) taken.push(i);
      }
      expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    }
  }
});

test("shares are stretches of about equal weight", () => {
  const shares = new Shares([5, 1, 1, 1, 1, 1], 2);
  expect([shares.take(0), shares.take(1)]).toEqual([0, 1]);
});
