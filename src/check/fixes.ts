/**
 * Applies the fixes that findings carry, and offers none that it has not tried: after its edits the package is analysed
 * again, as it would be. A fix is taken where its finding is gone, no other has come, and nothing in the file has become
 * unreadable or unknown. Several in one function wait for each other: one a function and round, until nothing changes.
 *
 * Nothing is written here. Generated files, vendored ones and files outside of the root are left alone.
 */
import { isAbsolute, relative, sep } from "node:path";
import type { Edit } from "../diag/finding.ts";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import { Loader } from "../go/load/loader.ts";
import { Analyst } from "./analyst.ts";
import type { CheckedFinding, PackageResult } from "./result.ts";
import { declaredBy } from "./declared.ts";
import { Policy } from "./policy.ts";
import { type CheckOptions, matchWanted } from "./run.ts";

/** More rounds than any function has fixes; what still changes then would go on for ever. */
const MaxRounds = 20;

export interface FixedFile {
  /** Absolute. */
  readonly file: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface FixOutcome {
  readonly files: readonly FixedFile[];
  /** Findings that are mended. */
  readonly fixed: readonly CheckedFinding[];
  /** Findings whose fix was tried and not taken. */
  readonly refused: readonly CheckedFinding[];
}

/** `dir` and `options` are those of the check; `wanted`: the findings to mend, and no others. */
export function tryFixes(dir: string, options: CheckOptions, wanted: readonly CheckedFinding[]): FixOutcome {
  const loader = Loader.open(dir, options.load ?? {});
  const policy = new Policy(options.config ?? null);
  const match = matchWanted(loader, options.patterns, policy);
  const { focus } = match;
  const packages = match.packages.filter((p) => wanted.some((f) => f.package === p.path));
  const open = new Set(wanted.map(identity));
  const overlay = new Map<string, Uint8Array>();
  const setup = {
    dir,
    load: options.load ?? {},
    rules: options.rules,
    generated: options.generated ?? false,
    declared: declaredBy(options.config ?? null),
    budget: 50_000_000,
  };
  const analyst = new Analyst(loader, setup, overlay);
  const fixed: CheckedFinding[] = [];
  const refused: CheckedFinding[] = [];
  for (const pkg of packages) {
    const analyze = (): PackageResult => {
      const result = analyst.analyze(pkg, focus.get(pkg) ?? null);
      return { ...result, findings: result.findings.filter((f) => policy.judge(f, f.file) !== null) };
    };
    const mayFix = (f: CheckedFinding): boolean => open.has(identity(f)) && mayTouch(f, pkg, loader.dir);
    fixPackage(mayFix, loader, analyst, overlay, analyze, fixed, refused);
  }
  const files = [...overlay].map(([file, after]) => ({ file, before: loader.read(file), after }));
  return { files, fixed, refused };
}

function fixPackage(
  mayFix: (f: CheckedFinding) => boolean,
  loader: Loader,
  analyst: Analyst,
  overlay: Map<string, Uint8Array>,
  analyze: () => PackageResult,
  fixed: CheckedFinding[],
  refused: CheckedFinding[],
): void {
  const tried = new Set<string>();
  let now = analyze();
  for (let round = 0; round < MaxRounds; round++) {
    const candidates = choose(now.findings.filter((f) => !tried.has(attempt(f)) && mayFix(f)));
    if (candidates.length === 0) return;
    // All at once, as a rule; one by one where that does not hold.
    const groups = candidates.length === 1 ? [candidates] : [candidates, ...candidates.map((c) => [c])];
    for (const group of groups) {
      if (group.some((f) => !now.findings.includes(f))) continue; // positions have moved: next round
      const saved = new Map(overlay);
      for (const [file, edits] of byFile(group)) {
        const source = overlay.get(file) ?? loader.read(file);
        overlay.set(file, applyEdits(source, edits));
      }
      analyst.renew();
      const after = analyze();
      if (isBetter(now, after, group)) {
        fixed.push(...group);
        now = after;
        break;
      }
      overlay.clear();
      for (const [file, source] of saved) overlay.set(file, source);
      analyst.renew();
      if (group.length === 1) {
        tried.add(attempt(group[0]));
        refused.push(group[0]);
      }
    }
  }
}

/** A finding, whatever has moved. */
function identity(f: CheckedFinding): string {
  return `${f.kin} ${f.function}`;
}

/** A fix by what it does, whatever else has moved. */
function attempt(f: CheckedFinding): string {
  return `${f.kin} ${f.function} ${f.fix?.title ?? ""}`;
}

function mayTouch(f: CheckedFinding, pkg: LoadedPackage, root: string): boolean {
  if (f.fix === null || f.suppressed || f.fix.edits.length === 0) return false;
  return f.fix.edits.every((e) => {
    const path = relative(root, e.file);
    const outside = path.startsWith("..") || isAbsolute(path);
    return pkg.files.includes(e.file) && !outside && !path.split(sep).includes("vendor");
  });
}

/** One fix for each function, none that overlap. */
function choose(findings: readonly CheckedFinding[]): CheckedFinding[] {
  const functions = new Set<string>();
  const chosen: CheckedFinding[] = [];
  for (const f of findings) {
    const name = f.function.replace(/(?:\.func\d+)+$/, "");
    if (functions.has(name)) continue;
    if (chosen.some((c) => (c.fix?.edits ?? []).some((a) => (f.fix?.edits ?? []).some((b) => overlap(a, b))))) continue;
    functions.add(name);
    chosen.push(f);
  }
  return chosen;
}

function overlap(a: Edit, b: Edit): boolean {
  return a.file === b.file && a.start <= b.end && b.start <= a.end;
}

function byFile(findings: readonly CheckedFinding[]): Map<string, Edit[]> {
  const files = new Map<string, Edit[]>();
  for (const e of findings.flatMap((f) => f.fix?.edits ?? [])) files.set(e.file, [...(files.get(e.file) ?? []), e]);
  return files;
}

/** `edits` do not overlap; offsets are those of `source`. Throws a RangeError where they lie outside of it. */
export function applyEdits(source: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const e of [...edits].sort((a, b) => a.start - b.start)) {
    if (e.start < at || e.end < e.start || e.end > source.length)
      throw new RangeError("edits overlap or lie outside of the file");
    parts.push(source.subarray(at, e.start), Buffer.from(e.text));
    at = e.end;
  }
  parts.push(source.subarray(at));
  return Buffer.concat(parts);
}

/** The findings of the group are gone, of every kin there are no more than before, and no problem is new. */
function isBetter(before: PackageResult, after: PackageResult, group: readonly CheckedFinding[]): boolean {
  if (after.faults > 0 || after.problems.length > before.problems.length || after.unknown > before.unknown)
    return false;
  const counts = new Map<string, number>();
  for (const f of before.findings) counts.set(f.kin, (counts.get(f.kin) ?? 0) + 1);
  for (const f of group) counts.set(f.kin, (counts.get(f.kin) ?? 0) - 1);
  for (const f of after.findings) {
    const left = (counts.get(f.kin) ?? 0) - 1;
    if (left < 0) return false;
    counts.set(f.kin, left);
  }
  return true;
}
