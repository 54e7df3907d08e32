/** `check --with-evidence`: looks at processes or bundles, joined to the findings of this run. */
import { relative, sep } from "node:path";
import type { CheckedFinding } from "../check/result.ts";
import type { CheckOutcome } from "../check/run.ts";
import { diagnose } from "../diagnose/diagnose.ts";
import { join } from "../diagnose/join.ts";
import { liveFindings, type LiveFindings } from "../diagnose/live.ts";
import type { Suspect } from "../diagnose/suspect.ts";
import type { Snapshot } from "../probe/collect.ts";
import { SourceFinder } from "../probe/source-files.ts";
import { takeSnapshot, toLook } from "./looks.ts";
import { findingsOfProgram } from "./program-findings.ts";

export interface Evidence {
  readonly live: LiveFindings;
  /** What piles up without a finding that explains it, the worst first. */
  readonly unexplained: readonly { readonly target: string; readonly suspect: Suspect }[];
  /** Findings that bleed and are not shown, because a baseline or a severity leaves them out. */
  readonly hidden: readonly CheckedFinding[];
  readonly notes: readonly string[];
}

/** @throws UsageError where a target cannot be read. */
export async function evidenceFor(
  targets: readonly string[],
  outcome: CheckOutcome,
  shown: readonly CheckedFinding[],
  onStep: (text: string) => void,
): Promise<Evidence> {
  const snapshots: Snapshot[] = [];
  for (const t of targets) snapshots.push(await takeSnapshot(t, {}, (what) => onStep(`reading ${what} of ${t}…`)));
  const findings = outcome.findings.filter((f) => !f.suppressed);
  const notes: string[] = [];
  const looks = pairs(snapshots).map(({ newest, older }) => {
    const look = toLook(newest, notes);
    const sources = new SourceFinder(newest.build, [outcome.root]);
    const { suspects } = diagnose(look, older === null ? null : toLook(older, notes));
    const mine = findingsOfProgram(outcome.root, newest.build, findings);
    let moved = false;
    const joined = join(suspects, mine, (file) => {
      const place = sources.locate(file);
      if (place === null) return null;
      moved ||= !place.sameLines;
      return { file: relative(outcome.root, place.path).split(sep).join("/"), sameLines: place.sameLines };
    });
    if (moved)
      notes.push(
        `${newest.target}: the source here is not the revision that was built: findings are matched by function`,
      );
    return { target: newest.target, joined };
  });
  const live = liveFindings(looks);
  const known = new Set(shown.map((f) => f.fingerprint));
  return {
    live,
    unexplained: looks
      .flatMap(({ target, joined }) =>
        joined.flatMap(({ suspect, match }) => (match === null ? [{ target, suspect }] : [])),
      )
      .filter(({ suspect }) => suspect.status !== "possible")
      .sort((a, b) => b.suspect.score - a.suspect.score),
    hidden: findings.filter((f) => live.has(f.fingerprint) && !known.has(f.fingerprint)),
    notes: [...new Set(notes)],
  };
}

/** Two looks at one process show what grows: the oldest and the newest of each target. */
function pairs(snapshots: readonly Snapshot[]): { newest: Snapshot; older: Snapshot | null }[] {
  const byTarget = new Map<string, Snapshot[]>();
  for (const s of snapshots) byTarget.set(s.target, [...(byTarget.get(s.target) ?? []), s]);
  return [...byTarget.values()].map((list) => {
    const sorted = list.sort((a, b) => a.takenMs - b.takenMs);
    return { newest: sorted[sorted.length - 1], older: sorted.length > 1 ? sorted[0] : null };
  });
}
