/** The source that a program was built from, where git has it, and why the source at hand may not be it. */
import { openRevision, type Revision } from "../check/revision.ts";
import { UsageError } from "../base/errors.ts";
import type { BuildInfo } from "../probe/buildinfo.ts";
import type { SourceFinder } from "../probe/source-files.ts";
import type { Frame } from "../profile/columns.ts";
import { readBuildPath } from "../profile/names.ts";

/** The built revision where it differs from the work tree below `root` and git can be asked for it; null where the work tree is it, or must do. */
export function builtSource(root: string, build: BuildInfo | null, problems: string[]): Revision | null {
  const revision = build?.settings["vcs.revision"] ?? "";
  if (!/^[0-9a-f]{7,64}$/.test(revision)) return null;
  const short = revision.slice(0, 10);
  if (build?.settings["vcs.modified"] === "true") {
    problems.push(
      `the program was built from ${short} with changes that were not committed: findings are matched by function, not by line`,
    );
    return null;
  }
  try {
    const found = openRevision(root, revision, false);
    if (found.overlay.size === 0) return null;
    problems.push(
      `the source here differs from the built revision ${short}: findings are of that revision, read through git`,
    );
    return found;
  } catch (e) {
    if (!(e instanceof UsageError)) throw e;
    problems.push(
      `the built revision ${short} cannot be read (${e.message}): findings are of the source as it is here`,
    );
    return null;
  }
}

/** Of the frames that are suspected, why nothing is found at them: a sentence each, none where all is well. `root`: the module that is analysed. */
export function doubtsOf(
  frames: readonly Frame[],
  sources: SourceFinder,
  root: string | null,
  build: BuildInfo | null,
): string[] {
  const out = new Set<string>();
  const missing = new Set<string>();
  for (const { file } of frames) {
    const { kind } = readBuildPath(file);
    if (kind === "generated") out.add(`${file} is made by the compiler: it has no source to look at`);
    if (kind !== "main") continue;
    const place = sources.locate(file) ?? sources.locateBuilt(file);
    if (place === null) missing.add(file);
    else if (root !== null && place.root !== root)
      out.add(`${file} is outside of ${root}: nothing is looked for in it (--source ${place.root} looks there)`);
    else if (isGenerated(sources, file)) out.add(`${file} is generated: nothing is looked for in it`);
  }
  const [first] = missing;
  if (first !== undefined) {
    const module = build?.main?.path ?? "";
    const more = missing.size === 1 ? "" : ` and ${missing.size - 1} more files`;
    out.add(
      build?.trimpath === true && sources.module === null
        ? `the program was built with -trimpath, and ${module === "" ? "its module" : module} is not at hand: --source DIR says where it is`
        : `${first}${more} of the program ${missing.size === 1 ? "is" : "are"} not at hand: --source DIR says where the source is`,
    );
  }
  return [...out];
}

/** https://go.dev/s/generatedcode: the line stands before the package clause. */
function isGenerated(sources: SourceFinder, file: string): boolean {
  const head = sources.excerpt(file, 1, 60)?.lines ?? [];
  const end = head.findIndex((l) => /^package\s/.test(l));
  return head.slice(0, end < 0 ? head.length : end).some((l) => /^\/\/ Code generated .* DO NOT EDIT\.$/.test(l));
}
