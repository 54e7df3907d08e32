/** Findings that bleed: what live processes show of each, so that a list of findings can begin with them. */
import type { Finding } from "../diag/finding.ts";
import type { Joined, Tie } from "./join.ts";
import type { Suspect, SuspectStatus } from "./suspect.ts";

export interface LiveEvidence {
  /** Of the look: an address, a pid, a host's name for it. */
  readonly target: string;
  readonly status: SuspectStatus;
  readonly title: string;
  readonly count: number;
  /** Of the earlier look; null with one. */
  readonly before: number | null;
  readonly unit: Suspect["unit"];
  readonly location: Suspect["location"];
  readonly tie: Tie;
  /** Findings that explain it as well as this one: with more than one, which of them bleeds is not known. */
  readonly candidates: number;
  /** Larger is worse; for ranking only. */
  readonly score: number;
}

/** By fingerprint, each list the worst first. */
export type LiveFindings = ReadonlyMap<string, readonly LiveEvidence[]>;

export function liveFindings(
  looks: readonly { readonly target: string; readonly joined: readonly Joined[] }[],
): LiveFindings {
  const out = new Map<string, LiveEvidence[]>();
  for (const { target, joined } of looks)
    for (const { suspect: s, match } of joined) {
      if (match === null) continue;
      const { status, title, count, before, unit, location, score } = s;
      // Which of several it is cannot be told where only the kind of leak ties them.
      const fit = match.tie === "signature" ? [match.finding, ...match.others] : [match.finding];
      for (const f of fit) {
        const list = out.get(f.fingerprint) ?? [];
        list.push({
          target,
          status,
          title,
          count,
          before,
          unit,
          location,
          tie: match.tie,
          candidates: fit.length,
          score,
        });
        out.set(
          f.fingerprint,
          list.sort((a, b) => b.score - a.score),
        );
      }
    }
  return out;
}

/** The bleeding first, the worst of them at the top; the others as they were. */
export function bleedingFirst<F extends Finding>(findings: readonly F[], live: LiveFindings): F[] {
  const score = (f: F): number => live.get(f.fingerprint)?.[0].score ?? Number.NEGATIVE_INFINITY;
  return findings
    .map((f, i) => ({ f, i, s: score(f) }))
    .sort((a, b) => (a.s === b.s ? a.i - b.i : b.s - a.s))
    .map(({ f }) => f);
}
