/** The findings that one program of a module can have: what it does not import cannot leak in it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../base/errors.ts";
import { importablePatterns, reachablePatterns } from "../check/reachable.ts";
import type { Finding } from "../diag/finding.ts";
import { parseGoMod } from "../go/load/gomod.ts";
import type { BuildInfo } from "../probe/buildinfo.ts";

/** None where the program is built without this module; all of them where it is not known. `root`: what their files are relative to. */
export function findingsOfProgram<F extends Finding>(
  root: string,
  build: BuildInfo | null,
  findings: readonly F[],
): readonly F[] {
  if (build === null || build.path === "") return findings;
  const module = moduleAt(root);
  const used = module !== null && build.deps.some((m) => m.path === module);
  if (module !== null && build.main !== null && build.main.path !== module && !used) return [];
  let patterns: string[];
  try {
    patterns = used ? importablePatterns(root) : reachablePatterns(root, build.path);
  } catch (e) {
    if (!(e instanceof UsageError)) throw e;
    return findings;
  }
  if (patterns.length === 0 && !used) return findings;
  const folders = new Set(patterns.map((p) => p.replace(/^\.\/?/, "")));
  return findings.filter((f) => folders.has(f.file.includes("/") ? f.file.slice(0, f.file.lastIndexOf("/")) : ""));
}

/** The path of the module whose go.mod lies there; null where none does. */
function moduleAt(root: string): string | null {
  try {
    return parseGoMod(readFileSync(join(root, "go.mod"), "utf8"), false).module;
  } catch {
    return null;
  }
}
