/**
 * A module's fixes by our own measure and gofmt's: checked, all fixes applied as `stanch check --fix` does, checked again. Nothing is
 * written into the module; the changed files go to a folder of their own.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { applyEdits, byFile } from "../../src/check/edits.ts";
import { type FixedFile, tryFixes } from "../../src/check/fixes.ts";
import type { CheckedFinding } from "../../src/check/result.ts";
import { check, type CheckOptions } from "../../src/check/run.ts";
import { lesser } from "../../src/check/verify-fixes.ts";
import type { Overlay } from "../../src/go/load/overlay.ts";
import { rules } from "../../src/rules/registry.ts";
import type { ChangedPackage, ModuleResult, RuleCount } from "./ledger.ts";

/** `dir`: the module; `after`: where the changed files go, and the patch. */
export async function tryModule(module: string, state: string, dir: string, after: string): Promise<ModuleResult> {
  const options: CheckOptions = { patterns: ["./..."], rules: rules.map((r) => r.id) };
  const found = await check(dir, options);
  const open = found.findings.filter((f) => !f.suppressed);
  const offered = open.filter((f) => f.fix !== null);
  const failures = offered.flatMap((f) => formatting(f, (file) => readFileSync(join(dir, file))));
  const counts: Record<string, RuleCount> = {};
  const count = (list: readonly CheckedFinding[], key: keyof RuleCount): void => {
    for (const { rule } of list) (counts[rule] ??= { findings: 0, offered: 0, applied: 0 })[key]++;
  };

  const { files, fixed, refused } = tryFixes(dir, options, offered);
  count(open, "findings");
  count(offered, "offered");
  count(fixed, "applied");
  const place = (f: CheckedFinding): string => `${relative(dir, f.file)}:${f.line} ${f.rule}`;
  for (const f of refused) failures.push(`${place(f)}: offered and then not taken`);
  const overlay: Overlay = new Map(files.map((f) => [f.file, f.after]));
  const packages = packagesOf(dir, files);
  const again: CheckOptions = { ...options, patterns: packages.map((p) => p.path), overlay, fixes: false };
  const rest = packages.length === 0 ? [] : (await check(dir, again)).findings.filter((f) => !f.suppressed);
  // Of each kin no more are left than were mended; what is neither applied nor refused went with another's edit.
  const left = kins(open);
  for (const f of fixed) left.set(f.kin, (left.get(f.kin) ?? 0) - 1);
  let instead = 0;
  for (const [kin, n] of kins(rest)) {
    const more = n - (left.get(kin) ?? 0);
    const one = rest.find((r) => r.kin === kin);
    if (more <= 0 || one === undefined) continue;
    if (lesser.has(one.rule)) instead += more;
    else failures.push(`${one.file}:${one.line} ${one.rule}: ${more} more than there should be with the fixes`);
  }
  keepFiles(dir, after, files);
  return { module, state, rules: counts, instead, packages, failures };
}

function kins(findings: readonly CheckedFinding[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kin } of findings) counts.set(kin, (counts.get(kin) ?? 0) + 1);
  return counts;
}

/** One fix at a time: what gofmt says of the new lines. */
function formatting(f: CheckedFinding, read: (file: string) => Uint8Array): string[] {
  const wrong: string[] = [];
  for (const [file, edits] of byFile([f])) {
    const text = read(file);
    const clean = gofmt(text) === Buffer.from(text).toString();
    const after = Buffer.from(applyEdits(text, edits));
    const formatted = gofmt(after);
    const added = edits.flatMap((e) => e.text.split("\n").filter((l) => l.trim() !== ""));
    if (formatted === null) wrong.push(`${f.file}:${f.line} ${f.rule}: does not parse with the fix`);
    else if (clean ? formatted !== after.toString() : !added.every((l) => formatted.includes(l)))
      wrong.push(`${f.file}:${f.line} ${f.rule}: gofmt changes the new lines`);
  }
  return wrong;
}

function gofmt(text: Uint8Array): string | null {
  const { status, stdout } = spawnSync("gofmt", [], { input: text, maxBuffer: 1 << 28 });
  return status === 0 ? stdout.toString() : null;
}

/** The changed files as they are then, and `patch` for who reads. */
function keepFiles(dir: string, to: string, files: readonly FixedFile[]): void {
  rmSync(to, { recursive: true, force: true });
  let patch = "";
  for (const f of [...files].sort((a, b) => (a.file < b.file ? -1 : 1))) {
    const name = relative(dir, f.file);
    const target = join(to, "files", name);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, f.after);
    const labels = ["-L", `a/${name}`, "-L", `b/${name}`];
    patch += spawnSync("diff", ["-U", "8", "-p", ...labels, f.file, target], { encoding: "utf8" }).stdout;
  }
  if (patch !== "") writeFileSync(join(to, "patch"), patch);
}

function packagesOf(dir: string, files: readonly FixedFile[]): ChangedPackage[] {
  const folder = (f: FixedFile): string => `./${relative(dir, dirname(f.file))}`;
  return [...new Set(files.map(folder))].sort().map((path) => {
    const changed = files.filter((f) => folder(f) === path);
    const hash = createHash("sha256");
    for (const f of [...changed].sort((a, b) => (a.file < b.file ? -1 : 1)))
      hash.update(`${relative(dir, f.file)}\0`).update(f.after);
    const tests = changed.some((f) => f.file.endsWith("_test.go"));
    return { path, tests, hash: hash.digest("hex").slice(0, 16), types: null, go: null };
  });
}
