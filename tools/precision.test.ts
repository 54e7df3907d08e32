/** The documents show the figures that `npm run bench:rules` holds the rules to. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { precisionOf, recallOf, recorded, shownRows, tableRows, tables, totalOf } from "../bench/corpus/figures.ts";
import { rules } from "../src/rules/registry.ts";

const held = recorded();

test.each(tables.map((path) => [basename(path), path]))("%s has the recorded figures", (_, path) => {
  expect(held).not.toBeNull();
  if (held !== null) expect(shownRows(readFileSync(path, "utf8"))).toEqual(tableRows(held));
});

test("every rule of the figures is one", () => {
  const known = new Set(rules.map((r) => r.id));
  expect(Object.keys(held?.rules ?? {}).filter((id) => !known.has(id))).toEqual([]);
});

test("what they come to", () => {
  const a = { right: 8, wrong: 1, minor: 1, missed: 1, pairs: 2, found: 1 };
  expect(precisionOf(a)).toBe(0.8);
  expect(recallOf(a)).toBe(9 / 11);
  expect(precisionOf({ ...a, right: 0, wrong: 0, minor: 0 })).toBeNull();
  expect(recallOf({ ...a, missed: 0, pairs: 0, found: 0 })).toBeNull();
  expect(totalOf({ a, b: a })).toEqual({ right: 16, wrong: 2, minor: 2, missed: 2, pairs: 4, found: 2 });
});
