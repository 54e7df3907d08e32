import { expect, test } from "vitest";
import { unifiedDiff } from "./diff.ts";

const diff = (a: string, b: string): string => unifiedDiff("x.go", Buffer.from(a), Buffer.from(b));
const numbers = Array.from({ length: 20 }, (_, i) => `${i + 1}\n`);

test("nothing", () => expect(diff("a\n", "a\n")).toBe(""));

test("an insertion, a replacement, hunks apart", () => {
  const b = [...numbers];
  b.splice(2, 0, "new\n");
  b[18] = "changed\n";
  expect(diff(numbers.join(""), b.join(""))).toBe(
    "--- a/x.go\n+++ b/x.go\n@@ -1,5 +1,6 @@\n 1\n 2\n+new\n 3\n 4\n 5\n@@ -15,6 +16,6 @@\n 15\n 16\n 17\n-18\n+changed\n 19\n 20\n",
  );
});

test("no newline at the end, empty files", () => {
  expect(diff("a", "a\n")).toBe("--- a/x.go\n+++ b/x.go\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
  expect(diff("", "a\n")).toBe("--- a/x.go\n+++ b/x.go\n@@ -0,0 +1 @@\n+a\n");
  expect(diff("a\n", "")).toBe("--- a/x.go\n+++ b/x.go\n@@ -1 +0,0 @@\n-a\n");
});

test("random edits: the diff, applied, gives the other file", () => {
  let seed = 7;
  const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
  for (let i = 0; i < 200; i++) {
    const a = Array.from({ length: random(30) }, () => `${random(5)}\n`);
    const b = a.flatMap((l) => (random(6) === 0 ? [] : random(6) === 0 ? [l, `${random(5)}\n`] : [l]));
    expect(applied(a, diff(a.join(""), b.join("")))).toEqual(b);
  }
});

function applied(a: readonly string[], text: string): string[] {
  const out: string[] = [];
  let at = 0;
  for (const line of text.split("\n").slice(2, -1)) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? /.exec(line);
    if (hunk !== null) {
      const start = Number(hunk[1]) - (hunk[2] === "0" ? 0 : 1);
      while (at < start) out.push(a[at++]);
    } else if (line.startsWith("+")) out.push(`${line.slice(1)}\n`);
    else if (line.startsWith("-")) expect(`${line.slice(1)}\n`).toBe(a[at++]);
    else out.push(a[at++]);
  }
  return [...out, ...a.slice(at)];
}
