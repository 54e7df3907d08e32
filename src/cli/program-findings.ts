/** The findings that one program of a module can have: what it does not import cannot leak in it. */
import { UsageError } from "../base/errors.ts";
import { reachablePatterns } from "../check/reachable.ts";
import type { Finding } from "../diag/finding.ts";
import type { BuildInfo } from "../probe/buildinfo.ts";

/** All of them where the program is not known, or not one of this module. `root`: what their files are relative to. */
export function findingsOfProgram<F extends Finding>(
  root: string,
  build: BuildInfo | null,
  findings: readonly F[],
): readonly F[] {
  if (build === null || build.path === "") return findings;
  let patterns: string[];
  try {
    patterns = reachablePatterns(root, build.path);
  } catch (e) {
    if (!(e instanceof UsageError)) throw e;
    return findings;
  }
  if (patterns.length === 0) return findings;
  const folders = new Set(patterns.map((p) => p.replace(/^\.\/?/, "")));
  return findings.filter((f) => folders.has(f.file.includes("/") ? f.file.slice(0, f.file.lastIndexOf("/")) : ""));
}
