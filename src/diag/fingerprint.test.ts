import { expect, test } from "vitest";
import { fingerprint, foldFormat } from "./fingerprint.ts";

const parts = { rule: "r", package: "p", message: "m", ordinal: 0 };
const of = (text: string): string => fingerprint({ ...parts, text }).fingerprint;

test("formatting does not change it", () => {
  const once = of('client.Do(req, Options{A: 1, B: "x, y"})');
  expect(of('client.Do(\n\treq,\n\tOptions{\n\t\tA: 1, // why\n\t\tB: "x, y",\n\t},\n)')).toBe(once);
  expect(of('client.Do(req,Options{A:1,B:"x, y"})')).toBe(once);
});

test("what literals hold and words that touch do change it", () => {
  expect(of('f("a b")')).not.toBe(of('f("ab")'));
  expect(foldFormat("func () int { return x }")).toBe("func()int{return x}");
  expect(of("a - b")).not.toBe(of("a -c"));
});

test("each part counts", () => {
  const { fingerprint: base, kin } = fingerprint({ ...parts, text: "x" });
  expect(base).toMatch(/^[0-9a-f]{16}$/);
  for (const [key, value] of Object.entries({ rule: "q", package: "q", message: "q", ordinal: 1 }))
    expect(fingerprint({ ...parts, text: "x", [key]: value }).fingerprint).not.toBe(base);
  expect(fingerprint({ ...parts, text: "x", ordinal: 1 }).kin).toBe(kin);
});
