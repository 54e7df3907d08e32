/**
 * No fix is offered that was not tried: with its edits in place the package is analysed again. A fix is good where its finding is
 * gone, no other has come that is as bad, nothing became unreadable or unknown, and the new lines are written as gofmt writes them.
 */
import type { Edit } from "../diag/finding.ts";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import { rules } from "../rules/registry.ts";
import { applyEdits, byFile, oneForEachFunction, parts } from "./edits.ts";
import type { CheckedFinding, PackageResult } from "./result.ts";

/** The package as it would be with other contents of some of its files. */
export type AnalyzeVariant = (files: ReadonlyMap<string, Uint8Array>) => PackageResult;

/** The result without the fixes that do not hold. */
export function withTriedFixes(
  pkg: LoadedPackage,
  result: PackageResult,
  read: (file: string) => Uint8Array,
  analyze: AnalyzeVariant,
): PackageResult {
  const good = new Set<CheckedFinding>();
  let open = result.findings.filter((f) => isTouchable(f, pkg) && isWellIndented(f, read));
  while (open.length > 0) {
    const chosen = oneForEachFunction(open);
    const taken = new Set(chosen);
    open = open.filter((f) => !taken.has(f));
    for (const part of parts(chosen))
      if (!part.every((f) => good.has(f)) && holds(part, result, read, analyze)) part.forEach((f) => good.add(f));
  }
  return {
    ...result,
    findings: result.findings.map((f) => (f.fix === null || good.has(f) || f.suppressed ? f : { ...f, fix: null })),
  };
}

function holds(
  group: readonly CheckedFinding[],
  before: PackageResult,
  read: (file: string) => Uint8Array,
  analyze: AnalyzeVariant,
): boolean {
  const files = new Map<string, Uint8Array>();
  try {
    for (const [file, edits] of byFile(group)) files.set(file, applyEdits(read(file), edits));
  } catch {
    return false; // edits that overlap, a file that went away
  }
  return isBetter(before, analyze(files), group);
}

/** Its edits are in files of this package that somebody writes by hand: not vendored, not of a dependency. */
export function isTouchable(f: CheckedFinding, pkg: LoadedPackage): boolean {
  if (f.fix === null || f.suppressed || f.fix.edits.length === 0) return false;
  if (pkg.standard || pkg.module?.main === false) return false;
  return f.fix.edits.every((e) => pkg.files.includes(e.file) && !/[\\/]vendor[\\/]/.test(e.file));
}

/** Lines that begin with spaces were not written by gofmt: what is added among them would not be either. */
function isWellIndented(f: CheckedFinding, read: (file: string) => Uint8Array): boolean {
  return (f.fix?.edits ?? []).every((e: Edit) => {
    if (/\n +\S/.test(e.text)) return false;
    if (!e.text.includes("\n")) return true;
    const src = read(e.file);
    let start = e.start;
    while (start > 0 && src[start - 1] !== 10) start--;
    return src[start] !== 32;
  });
}

/** Rules whose findings cost little: they may come where a graver one goes. A body that is closed and never read is less than one that is left open. */
export const lesser: ReadonlySet<string> = new Set(rules.filter((r) => r.severity === "note").map((r) => r.id));

/** The findings of the group are gone, of every kin there are no more than before (but for lesser ones), and no problem is new. */
export function isBetter(before: PackageResult, after: PackageResult, group: readonly CheckedFinding[]): boolean {
  if (after.faults > 0 || after.problems.length > before.problems.length) return false;
  if ((after.unknown ?? Infinity) > (before.unknown ?? 0)) return false;
  const mayLessen = group.every((f) => !lesser.has(f.rule));
  const counts = new Map<string, number>();
  for (const f of before.findings) counts.set(f.kin, (counts.get(f.kin) ?? 0) + 1);
  for (const f of group) counts.set(f.kin, (counts.get(f.kin) ?? 0) - 1);
  for (const f of after.findings) {
    const left = (counts.get(f.kin) ?? 0) - 1;
    if (left < 0 && !(mayLessen && lesser.has(f.rule))) return false;
    counts.set(f.kin, left);
  }
  return true;
}
