/** `stanch check --fix` and `--diff`: tries the fixes, and writes or prints what they change. */
import { readFileSync, writeFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { messageOf } from "../base/errors.ts";
import type { FixOutcome } from "../check/fixes.ts";
import type { CheckOptions, CheckOutcome } from "../check/run.ts";
import { unifiedDiff } from "../report/diff.ts";
import { counted } from "./words.ts";

export async function tryAll(findings: CheckOutcome["findings"], options: CheckOptions): Promise<FixOutcome> {
  const wanted = findings.filter((f) => f.fix !== null && !f.suppressed);
  if (wanted.length === 0) return { files: [], fixed: [], refused: [] };
  const { tryFixes } = await import("../check/fixes.ts");
  return tryFixes(process.cwd(), options, wanted);
}

/** Exits with 1 where something would change, as `gofmt -d` and `git diff --exit-code` do. */
export function printDiff(root: string, fixes: FixOutcome): void {
  for (const { file, before, after } of fixes.files)
    process.stdout.write(unifiedDiff(relative(root, file).split(sep).join("/"), before, after));
  if (fixes.files.length > 0) process.exitCode = 1;
}

/** Writes each file in place, so that its mode and its links stay; one that is not as it was analysed is left alone. */
export function writeFixes(root: string, fixes: FixOutcome): void {
  let written = 0;
  let failed = 0;
  for (const { file, before, after } of fixes.files) {
    const shown = relative(root, file);
    try {
      if (!readFileSync(file).equals(before)) {
        process.stderr.write(`stanch: ${shown} changed in the meantime and is left alone; run --fix again\n`);
        continue;
      }
      writeFileSync(file, after);
      written++;
    } catch (e) {
      failed++;
      process.stderr.write(`stanch: cannot write ${shown}: ${messageOf(e)}\n`);
    }
  }
  const refused = fixes.refused.length > 0 ? `; ${fixes.refused.length} fixes were tried and not taken` : "";
  const done = failed > 0 && written === 0 ? 0 : fixes.fixed.length;
  process.stderr.write(`stanch: mended ${counted(done, "finding")} in ${counted(written, "file")}${refused}\n`);
}
