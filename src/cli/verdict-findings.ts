/** What the source says of the lines that leak: joins verdicts to the findings of `stanch check`, as `diagnose` joins its suspects. */
import type { BuildInfo } from "../probe/buildinfo.ts";
import { SourceFinder } from "../probe/source-files.ts";
import { suspectOf } from "../diagnose/of-verdict.ts";
import type { FindingOf, VerdictFinding, WatchedTarget } from "../report/live/watch-json.ts";
import type { Verdict } from "../watch/verdict.ts";
import { sourceSide } from "./suspect-findings.ts";

export interface SourceFlags {
  readonly source?: string[];
  readonly check?: boolean;
  /** As in SourceRequest. */
  readonly jobs?: number;
}

/** Checks nothing where nothing leaks, or where the source is not here. */
export async function findingsOf(
  targets: readonly WatchedTarget[],
  buildOf: (target: string) => BuildInfo | null,
  flags: SourceFlags,
  signal: AbortSignal,
  onProblem: (message: string) => void,
): Promise<FindingOf> {
  const found = new Map<Verdict, VerdictFinding>();
  if (flags.check === false) return () => null;
  for (const t of targets) {
    const leaks = t.verdicts.filter((v) => v.status === "leak");
    if (leaks.length === 0) continue;
    const build = buildOf(t.name);
    const problems: string[] = [];
    const suspects = leaks.map(suspectOf);
    const { joined, today } = await sourceSide({
      suspects,
      sources: new SourceFinder(build, flags.source ?? [process.cwd()]),
      frames: suspects.flatMap((s) => s.stack),
      build,
      signal,
      onProgress: () => {},
      problems,
      ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
      fixes: false,
    });
    for (const p of problems) onProblem(p);
    joined.forEach(({ match }, i) => {
      if (match === null) return;
      // Where it stands in the source that somebody can edit, if it is there still.
      const { rule, file, line, fingerprint } = today?.get(match.finding.fingerprint) ?? match.finding;
      found.set(leaks[i], { rule, file, line, fingerprint });
    });
  }
  return (v) => found.get(v) ?? null;
}
