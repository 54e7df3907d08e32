/**
 * Applies the fixes that findings carry: after each round of edits the package is analysed again, as it would be. A fix is taken
 * where it is better that way (verify-fixes.ts). Several in one function wait for each other: one a function and round, until
 * nothing changes.
 *
 * Nothing is written here. Generated files, vendored ones and files outside of the root are left alone.
 */
import { isAbsolute, relative } from "node:path";
import { Loader } from "../go/load/loader.ts";
import { applyEdits, byFile, oneForEachFunction, parts } from "./edits.ts";
import { isBetter, isTouchable } from "./verify-fixes.ts";
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
  const setup = {
    dir,
    load: options.load ?? {},
    rules: options.rules,
    generated: options.generated ?? false,
    declared: declaredBy(options.config ?? null),
    budget: 50_000_000,
  };
  const analyst = new Analyst(loader, setup);
  const files: FixedFile[] = [];
  const fixed: CheckedFinding[] = [];
  const refused: CheckedFinding[] = [];
  for (const pkg of packages) {
    // Contents that files of the package have so far.
    const overlay = new Map<string, Uint8Array>();
    const visible = (result: PackageResult): PackageResult => ({
      ...result,
      findings: result.findings.filter((f) => policy.judge(f, f.file) !== null),
    });
    const only = focus.get(pkg) ?? null;
    const analyze = (more: ReadonlyMap<string, Uint8Array>): PackageResult => visible(analyst.variant(pkg, more, only));
    const mayFix = (f: CheckedFinding): boolean =>
      open.has(identity(f)) && isTouchable(f, pkg) && isWithin(f, loader.dir);
    fixPackage(mayFix, (file) => loader.read(file), overlay, analyze, fixed, refused);
    for (const [file, after] of overlay) files.push({ file, before: loader.read(file), after });
  }
  return { files, fixed, refused };
}

function fixPackage(
  mayFix: (f: CheckedFinding) => boolean,
  read: (file: string) => Uint8Array,
  overlay: Map<string, Uint8Array>,
  analyze: (files: ReadonlyMap<string, Uint8Array>) => PackageResult,
  fixed: CheckedFinding[],
  refused: CheckedFinding[],
): void {
  const tried = new Set<string>();
  let now = analyze(overlay);
  for (let round = 0; round < MaxRounds; round++) {
    const candidates = oneForEachFunction(now.findings.filter((f) => !tried.has(attempt(f)) && mayFix(f)));
    if (candidates.length === 0) return;
    for (const group of parts(candidates)) {
      if (group.some((f) => !now.findings.includes(f))) continue; // positions have moved: next round
      const next = new Map(overlay);
      for (const [file, edits] of byFile(group)) next.set(file, applyEdits(next.get(file) ?? read(file), edits));
      const after = analyze(next);
      if (isBetter(now, after, group)) {
        fixed.push(...group);
        now = after;
        for (const [file, source] of next) overlay.set(file, source);
        break;
      }
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

function isWithin(f: CheckedFinding, root: string): boolean {
  return (f.fix?.edits ?? []).every((e) => {
    const path = relative(root, e.file);
    return !path.startsWith("..") && !isAbsolute(path);
  });
}
