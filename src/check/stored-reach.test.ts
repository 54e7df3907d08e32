import { expect, test } from "vitest";
import type { PackageReach } from "../go/summary/reach.ts";
import { Names } from "./names-table.ts";
import { readReach, storeReach } from "./stored-reach.ts";

const put = "(*example.com/m/store.Disk).Put(string) error";
const serve = "(*example.com/m/api.handler).ServeHTTP(net/http.ResponseWriter, *net/http.Request)";

const reach: PackageReach = {
  rarely: {
    [put]: { once: [serve, "main.main()"], finitely: [], begins: true },
    "example.com/m/store.Open() error": { once: null, finitely: [serve], begins: false },
  },
  keepsProcess: true,
  isMain: false,
  repeats: { [put]: true, "example.com/m/store:Put(string) error": [serve] },
  asks: { "example.com/m/store:Put(string) error": ["Close() error", "Put(string) error"] },
  types: { Disk: ["Put(string) error"], __proto__of: [], ["__proto__"]: ["Close() error"] },
  often: [put],
};

test("what is stored of a package's reach is read as it was, with the names of others in the table", () => {
  const names = new Names();
  storeReach({ ...reach, often: ["example.com/m/other.F()"] }, names);
  const stored: unknown = JSON.parse(JSON.stringify([storeReach(reach, names), names.all]));
  const [again, table] = stored as [ReturnType<typeof storeReach>, string[]];
  expect(readReach(again, new Names(table))).toEqual(reach);
  expect(new Set(table).size).toBe(table.length);
});

test("a table that was read goes on where it ended", () => {
  const first = new Names();
  storeReach(reach, first);
  const later = new Names(first.all);
  const { often } = storeReach({ ...reach, often: [put, "example.com/m/new.F()"] }, later);
  expect(often.map((n) => later.all[n])).toEqual([put, "example.com/m/new.F()"]);
  expect(later.all.length).toBe(first.all.length + 1);
});
