import { expect, test } from "vitest";
import { openedHere, openerName, readOpener, tracedName } from "./openers.ts";

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
