import { expect, test } from "vitest";
import { FileNames } from "./file-names.ts";
import { fdKinds, type FdTable } from "./procfs.ts";

function table(...targets: string[]): FdTable {
  return {
    count: targets.length,
    numbers: Int32Array.from(targets, (_, i) => i + 3),
    kinds: Uint8Array.from(targets, (t) =>
      fdKinds.indexOf(t === "" ? "socket" : t.endsWith(" (deleted)") ? "deleted" : "file"),
    ),
    inodes: new Float64Array(targets.length),
    targets,
  };
}
const many = (n: number, name: (i: number) => string): string[] => Array.from({ length: n }, (_, i) => name(i));
const brief = (names: FileNames, t: FdTable): string[] => names.of(t).map((f) => `${f.kind} ${f.name} ${f.count}`);

test("names that differ in numbers are one", () => {
  expect(
    brief(
      new FileNames(),
      table(
        "",
        "/var/log/app.log",
        ...many(5, (i) => `/tmp/report${i * 7919} (deleted)`),
        ...many(4, (i) => `/data/0000${i}-c0ffee00000${i}/seg.1.db`),
        ...many(3, (i) => `/up/6ba7b81${i}-9dad-11d1-80b4-00c04fd430c8.part`),
      ),
    ),
  ).toEqual(["deleted /tmp/report* 5", "file /data/*/seg.*.db 4", "file /up/*.part 3"]);
});

test("a folder of many names counts as a whole, and stays that", () => {
  const names = new FileNames();
  const words = (n: number): FdTable => table(...many(n, (i) => `/tmp/${String.fromCharCode(97 + i).repeat(4)}`));
  expect(brief(names, words(8))).toEqual([]);
  expect(brief(names, words(9))).toEqual(["file /tmp/* 9"]);
  expect(brief(names, words(4))).toEqual(["file /tmp/* 4"]);
  expect(names.of(words(9))[0].fds).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(names.namesOf(words(4)).get(3)).toBe("/tmp/*");
  names.forget();
  expect(brief(names, words(4))).toEqual([]);
});

test("a name that nobody would read is cut in its middle", () => {
  const [found] = new FileNames().of(table(...many(3, (i) => `/data/${"x".repeat(4000)}/part-${i}`)));
  expect(found.name).toMatch(/^\/data\/x+…x+\/part-\*$/);
  expect(found.name.length).toBe(201);
});
