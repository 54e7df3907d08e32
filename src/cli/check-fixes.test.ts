import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { FixOutcome } from "../check/fixes.ts";
import type { CheckedFinding } from "../check/result.ts";
import { makeTree, removeTrees } from "../go/load/testing.ts";
import { writeFixes } from "./check-fixes.ts";

afterAll(removeTrees);

const bytes = (s: string): Uint8Array => Buffer.from(s);
const finding = (file: string): CheckedFinding =>
  ({ fix: { title: "t", edits: [{ file, start: 0, end: 0, text: "x" }] } }) as unknown as CheckedFinding;

function write(root: string, files: FixOutcome["files"]): string {
  let said = "";
  writeFixes(root, { files, fixed: files.map((f) => finding(f.file)), refused: [] }, (t) => (said += t));
  return said;
}

test("a file that changed between analysis and fix is not touched, and that is said", () => {
  const root = makeTree({ "a.go": "edited", "b.go": "b" });
  const [a, b] = [join(root, "a.go"), join(root, "b.go")];
  const said = write(root, [
    { file: a, before: bytes("a"), after: bytes("A") },
    { file: b, before: bytes("b"), after: bytes("B") },
  ]);
  expect(said).toBe(
    "stanch: a.go changed in the meantime and is left alone; run --fix again\nstanch: mended 1 finding in 1 file\n",
  );
  expect([readFileSync(a, "utf8"), readFileSync(b, "utf8")]).toEqual(["edited", "B"]);
});

test("what cannot be written: one line a file, nothing half-written", () => {
  const root = makeTree({ "a.go": "a", "gone.go": "g" });
  const [a, gone] = [join(root, "a.go"), join(root, "gone.go")];
  rmSync(gone);
  // Also holds for root, whom modes do not stop: the temporary file's place is taken.
  mkdirSync(`${a}.${process.pid}.tmp`);
  const said = write(root, [
    { file: a, before: bytes("a"), after: bytes("A") },
    { file: gone, before: bytes("g"), after: bytes("G") },
  ]);
  expect(said).toMatch(
    /^stanch: cannot write a\.go: E\w+: .*\nstanch: cannot write gone\.go: ENOENT: no such file or directory\nstanch: mended 0 findings in 0 files\n$/,
  );
  expect(readFileSync(a, "utf8")).toBe("a");
});

test.skipIf(process.getuid?.() === 0)("a read-only tree", () => {
  const root = makeTree({ "a.go": "a" });
  chmodSync(join(root, "a.go"), 0o444);
  chmodSync(root, 0o555);
  const said = write(root, [{ file: join(root, "a.go"), before: bytes("a"), after: bytes("A") }]);
  chmodSync(root, 0o755);
  expect(said).toContain("stanch: cannot write a.go: EACCES: permission denied\n");
});

test("links and modes stay", () => {
  const root = makeTree({ "real.go": "a" });
  const link = join(root, "link.go");
  symlinkSync("real.go", link);
  chmodSync(join(root, "real.go"), 0o640);
  write(root, [{ file: link, before: bytes("a"), after: bytes("A") }]);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(statSync(link).mode & 0o777).toBe(0o640);
  expect(readdirSync(root).sort()).toEqual(["link.go", "real.go"]);
  expect(readFileSync(link, "utf8")).toBe("A");
  writeFileSync(link, "b");
});
