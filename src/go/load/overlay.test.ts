import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EntryKind } from "./fs.ts";
import { OverlayFileSystem } from "./overlay.ts";
import { makeTree, removeTrees } from "./testing.ts";

afterAll(removeTrees);
const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);

test("files that are other, new, gone, and folders that come with them", () => {
  const root = makeTree({ "a/x.go": "disk", "a/y.go": "y", "b/z.go": "z" });
  const fs = new OverlayFileSystem(
    new Map([
      [join(root, "a/x.go"), bytes("held")],
      [join(root, "a/y.go"), null],
      [join(root, "old/deep/o.go"), bytes("old")],
    ]),
  );
  const names = (dir: string): string[] => fs.list(join(root, dir)).map((e) => e.name);
  expect(names("a")).toEqual(["x.go"]);
  expect(names("b")).toEqual(["z.go"]);
  expect(names("")).toEqual(["a", "b", "old"]);
  expect(names("old")).toEqual(["deep"]);
  expect(names("old/deep")).toEqual(["o.go"]);
  expect(fs.kind(join(root, "old"))).toBe(EntryKind.Folder);
  expect(fs.kind(join(root, "a/y.go"))).toBe(null);
  expect(Buffer.from(fs.read(join(root, "a/x.go"))).toString()).toBe("held");
  expect(Buffer.from(fs.head(join(root, "b/z.go"))).toString()).toBe("z");
  expect(() => fs.read(join(root, "a/y.go"))).toThrow("no such file");
  expect(() => fs.list(join(root, "none"))).toThrow("cannot list");
});
