import { expect, test } from "vitest";
import { openedHere, openerName, readOpener, standsOut, tracedName } from "./openers.ts";

test("names are read as they are written, whatever files are called", () => {
  const names = [
    { how: "held", what: "file", by: "main.report main.go" },
    { how: "traced", what: tracedName({ kind: "fd", name: "deleted /tmp/by a by/x*" }), by: "a/b.(*T).Open t.go" },
  ] as const;
  for (const n of names) expect(readOpener({ kind: "load", name: openerName(n) })).toEqual(n);
  expect(readOpener({ kind: "load", name: "requests_opened_total" })).toBeNull();
  expect(readOpener({ kind: "fd", name: "held file by main.f f.go" })).toBeNull();
});

test("what was opened here is said in numbers", () => {
  expect([openedHere(1, 1), openedHere(4, 4), openedHere(3, 4)]).toEqual([
    "it was opened here",
    "all were opened here",
    "3 were opened here",
  ]);
});

test("an opener stands out where half of it would be chance", () => {
  expect([standsOut(5, 5), standsOut(7, 8), standsOut(80, 100), standsOut(4000, 5000)]).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect([standsOut(4, 4), standsOut(6, 8), standsOut(70, 100), standsOut(0, 0), standsOut(Number.NaN, 5)]).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});
