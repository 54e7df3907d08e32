/** `stanch check --fix` and `--diff`: tries the fixes, and writes or prints what they change. */
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { relative, sep } from "node:path";
import { messageOf } from "../base/errors.ts";
import type { FixOutcome } from "../check/fixes.ts";
import type { CheckOptions, CheckOutcome } from "../check/run.ts";
import { unifiedDiff } from "../report/diff.ts";
import { counted } from "../base/numbers.ts";

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

/** Writes each file whole or not at all; one that is not as it was analysed is left alone. */
export function writeFixes(
  root: string,
  fixes: FixOutcome,
  tell = (text: string): void => void process.stderr.write(text),
): void {
  const written = new Set<string>();
  for (const { file, before, after } of fixes.files) {
    const shown = relative(root, file);
    try {
      if (!readFileSync(file).equals(before)) {
        tell(`stanch: ${shown} changed in the meantime and is left alone; run --fix again\n`);
        continue;
      }
      replaceFile(file, after);
      written.add(file);
    } catch (e) {
      tell(`stanch: cannot write ${shown}: ${messageOf(e).replace(/, .*$/, "")}\n`);
    }
  }
  const mended = fixes.fixed.filter((f) => f.fix?.edits.every((e) => written.has(e.file)) === true);
  const refused = fixes.refused.length > 0 ? `; ${fixes.refused.length} fixes were tried and not taken` : "";
  tell(`stanch: mended ${counted(mended.length, "finding")} in ${counted(written.size, "file")}${refused}\n`);
}

/** Links stay, and so do mode and owner; a full disk leaves the old file. */
function replaceFile(file: string, bytes: Uint8Array): void {
  const real = realpathSync(file);
  const { mode, uid, gid } = statSync(real);
  accessSync(real, constants.W_OK); // what we may not write we may not replace either
  const temporary = `${real}.${process.pid}.tmp`;
  writeFileSync(temporary, "", { flag: "wx" });
  try {
    writeFileSync(temporary, bytes);
    chmodSync(temporary, mode);
    try {
      chownSync(temporary, uid, gid);
    } catch {
      // only root may give files away
    }
    renameSync(temporary, real);
  } catch (e) {
    rmSync(temporary, { force: true });
    throw e;
  }
}
