import { expect, test } from "vitest";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import { nothing } from "./analyst.ts";
import type { CheckedFinding, PackageResult } from "./result.ts";
import { withTriedFixes } from "./verify-fixes.ts";

const file = "/m/a.go";
const pkg = { standard: false, module: null, files: [file] } as unknown as LoadedPackage;

/** Finding `i` is mended by a `+` at the offset `i`. */
const finding = (i: number, rule = "resource-unclosed"): CheckedFinding =>
  ({
    rule,
    kin: `${rule} ${i}`,
    function: `m.f${i}`,
    suppressed: false,
    fix: { title: "mend", edits: [{ file, start: i, end: i, text: "+" }] },
  }) as unknown as CheckedFinding;

/** Those whose fix is kept, and how often the package was analysed for that; `after`: what is found with those of `mended` in place. */
function tried(
  findings: readonly CheckedFinding[],
  after: (mended: ReadonlySet<number>) => readonly CheckedFinding[],
): { kept: number[]; analyses: number } {
  const before: PackageResult = { ...nothing, path: "m", unknown: 0, findings };
  const source = Buffer.from("-".repeat(2 * findings.length));
  let analyses = 0;
  const result = withTriedFixes(
    pkg,
    before,
    () => source,
    (files) => {
      analyses++;
      const mended = new Set<number>();
      let at = 0;
      for (const c of Buffer.from(files.get(file) ?? source).toString()) {
        if (c === "+") mended.add(at);
        else at++;
      }
      return { ...before, findings: after(mended) };
    },
  );
  return { kept: result.findings.flatMap((f, i) => (f.fix === null ? [] : [i])), analyses };
}

const all = Array.from({ length: 64 }, (_, i) => finding(2 * i));
const indices = all.map((_, i) => i);

test("all fixes that hold are tried at once; of those among which one does not it takes a few tries to find it", () => {
  const left = (mended: ReadonlySet<number>): CheckedFinding[] => all.filter((_, i) => !mended.has(2 * i));
  expect(tried(all, left)).toEqual({ kept: indices, analyses: 1 });
  const bad = 37;
  expect(tried(all, (mended) => [...left(mended), ...(mended.has(2 * bad) ? [all[bad]] : [])])).toEqual({
    kept: indices.filter((i) => i !== bad),
    analyses: 1 + 2 * Math.log2(64),
  });
});

test("what comes in place of a leak may cost less, and nothing else may come", () => {
  const [leak] = all;
  const [lesser, other] = [finding(0, "http-body-undrained"), finding(0, "http-body-unclosed")];
  expect(tried([leak], () => [lesser]).kept).toEqual([0]);
  expect(tried([leak], () => [other]).kept).toEqual([]);
  expect(tried([lesser], () => [finding(0, "http-server-no-timeout")]).kept).toEqual([]);
});
