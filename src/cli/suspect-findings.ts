/** Checks the source of what is suspected: the packages of the suspects' frames, or the whole module where no frame names one. */
import { existsSync, readFileSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { UsageError } from "../base/errors.ts";
import { applyEdits, byFile } from "../check/edits.ts";
import { reachablePatterns } from "../check/reachable.ts";
import { linesToday } from "../check/revision.ts";
import { check, type CheckOptions, type CheckOutcome } from "../check/run.ts";
import type { CheckedFinding } from "../check/result.ts";
import { framesOfSuspect, join, withoutEvidence, type Joined, type Locate } from "../diagnose/join.ts";
import { rulesFor } from "../diagnose/signs.ts";
import type { Suspect } from "../diagnose/suspect.ts";
import type { Frame } from "../profile/columns.ts";
import { isOwn } from "../profile/group.ts";
import type { BuildInfo } from "../probe/buildinfo.ts";
import type { SourceFinder } from "../probe/source-files.ts";
import { unifiedDiff } from "../report/diff.ts";
import type { SourceFindings } from "../report/live/diagnosis-text.ts";
import { builtSource, doubtsOf } from "./built-source.ts";
import { chosenRules, settingsOf } from "./check-settings.ts";

/** Files whose lines are looked up in git, a call each. */
const MOST_DIFFS = 40;

export interface SourceRequest {
  readonly suspects: readonly Suspect[];
  readonly sources: SourceFinder;
  /** Any frames of the program, suspect or not: they show where its source is. */
  readonly frames: readonly Frame[];
  /** Of the program that was built; null where unknown. */
  readonly build: BuildInfo | null;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  readonly problems: string[];
  /** As in CheckOptions. Where looks go on meanwhile one thread, so that they need not wait for the analysis. */
  readonly jobs?: number;
  /** False: no fix is tried, and there is none. */
  readonly fixes?: boolean;
}

export async function sourceSide(r: SourceRequest): Promise<SourceFindings> {
  const nothing = {
    joined: join(r.suspects, [], () => null),
    root: "",
    rest: [],
    fixes: new Map(),
    today: null,
    packages: 0,
  };
  if (r.suspects.length === 0) return nothing;
  const suspected = r.suspects.flatMap(framesOfSuspect);
  const nearest = r.suspects.flatMap((s) => rootsOf(framesOfSuspect(s), r.sources).slice(0, 1));
  const others = rootsOf(
    r.frames.filter((f) => isOwn(f.func)),
    r.sources,
  );
  // Where no suspect has a frame with source, the module that was built comes before one that it only uses (replace, go.work).
  const root =
    mostFrequent(nearest) ?? others.find((dir) => r.sources.isBuilt(dir)) ?? r.sources.module ?? mostFrequent(others);
  if (root === null) {
    r.problems.push(...doubtsOf(suspected, r.sources, null, r.build));
    return nothing;
  }
  const built = builtSource(root, r.build, r.problems);
  // At the built revision files are where they were, and their lines are those of the frames.
  const locate: Locate = (file) => {
    const place = built === null ? r.sources.locate(file) : r.sources.locateBuilt(file);
    if (place === null || place.root !== root) return null;
    return { file: relative(root, place.path).split(sep).join("/"), sameLines: place.sameLines };
  };
  // What has no frame of the program's own is found by its looks, wherever it is.
  const lost = r.suspects.some(
    (s) => rulesFor(s).length > 0 && !framesOfSuspect(s).some((f) => locate(f.file) !== null),
  );
  const places = suspected.flatMap((f) => locate(f.file) ?? []);
  const folders = [
    ...new Set(places.map((p) => (p.file.includes("/") ? p.file.slice(0, p.file.lastIndexOf("/")) : ""))),
  ];
  const named = folders.sort().map((d) => (d === "" ? "." : `./${d}`));
  const main = r.build?.path ?? "";
  let options: CheckOptions;
  let outcome: CheckOutcome;
  try {
    const all = lost && main !== "" ? reachablePatterns(root, main, built?.overlay) : [];
    const settings = settingsOf(lost ? (all.length > 0 ? all : ["./..."]) : named, {});
    // What the source alone cannot tell is asked for too: here is a process that may.
    options = { ...settings.options, rules: chosenRules({}, settings.config), unsure: true };
    if (r.jobs !== undefined) options = { ...options, jobs: r.jobs };
    if (r.fixes === false) options = { ...options, fixes: false };
    outcome = await check(root, {
      ...options,
      ...(built === null ? {} : { overlay: built.overlay }),
      signal: r.signal,
      onProgress: (done, total) => r.onProgress(`checking the source: ${done}/${total} packages`),
    });
  } catch (e) {
    if (!(e instanceof UsageError)) throw e;
    r.problems.push(`source: ${e.message}`);
    return nothing;
  }
  r.problems.push(...doubtsOf(suspected, r.sources, root, r.build));
  const findings = outcome.findings.filter((f) => !f.suppressed);
  const joined = join(r.suspects, findings, locate);
  if (built === null) {
    if (places.some((p) => !p.sameLines))
      r.problems.push("the source here is not what was built: findings are matched by function, not by line");
    return {
      joined,
      root,
      rest: withoutEvidence(findings, joined),
      fixes: fixesOf(root, joined, findings),
      today: null,
      packages: outcome.packages.length,
    };
  }
  const now = await findingsToday(root, options, joined, r.signal);
  return {
    joined: withToday(joined, root, built.commit, locate, now),
    root,
    rest: withoutEvidence(findings, joined),
    // A fix is for the code that somebody can edit.
    fixes: fixesOf(root, joined, now),
    today: new Map(now.map((f) => [f.fingerprint, f])),
    packages: outcome.packages.length,
  };
}

/** What the work tree has where the built revision leaks; empty where its packages are gone. */
async function findingsToday(
  root: string,
  options: CheckOptions,
  joined: readonly Joined[],
  signal: AbortSignal,
): Promise<readonly CheckedFinding[]> {
  if (joined.every(({ match }) => match === null)) return [];
  const there = options.patterns.filter((p) => p.includes("...") || existsSync(resolve(root, p)));
  if (there.length === 0) return [];
  try {
    const { findings } = await check(root, { ...options, patterns: there, signal });
    return findings.filter((f) => !f.suppressed);
  } catch (e) {
    if (e instanceof UsageError) return [];
    throw e;
  }
}

/** The chain of reasoning with where its lines stand today. */
function withToday(
  joined: readonly Joined[],
  root: string,
  commit: string,
  locate: Locate,
  now: readonly CheckedFinding[],
): Joined[] {
  const maps = new Map<string, ReturnType<typeof linesToday>>();
  const lineNow = (file: string, line: number): number | null => {
    let map = maps.get(file);
    if (map === undefined) maps.set(file, (map = maps.size < MOST_DIFFS ? linesToday(root, commit, file) : () => null));
    return map(line);
  };
  return joined.map((j) => {
    const chain = [...j.chain];
    const at = framesOfSuspect(j.suspect).find((f) => locate(f.file) !== null);
    const place = at === undefined ? null : locate(at.file);
    if (at !== undefined && place !== null) {
      const line = lineNow(place.file, at.line);
      if (line === null) chain.push(`Line ${at.line} of ${place.file} as it was built is not there any more.`);
      else if (line !== at.line) chain.push(`Line ${at.line} of ${place.file} as it was built is line ${line} today.`);
    }
    if (j.match !== null) {
      const { fingerprint, file, line, rule } = j.match.finding;
      const same = now.find((f) => f.fingerprint === fingerprint);
      if (same === undefined) chain.push(`Today's source does not have ${rule} at ${file}:${line} any more.`);
      else chain.push(`Today's source has it still, at ${same.file}:${same.line}.`);
    }
    return { ...j, chain };
  });
}

function rootsOf(frames: readonly Frame[], sources: SourceFinder): string[] {
  return frames.flatMap((f) => sources.locate(f.file)?.root ?? sources.locateBuilt(f.file)?.root ?? []);
}

/** What the check has tried, of what is bleeding, as diffs of the source as it is. */
function fixesOf(root: string, joined: readonly Joined[], findings: readonly CheckedFinding[]): Map<string, string> {
  const wanted = new Set(joined.flatMap(({ match }) => (match === null ? [] : [match.finding.fingerprint])));
  const out = new Map<string, string>();
  for (const f of findings) {
    if (f.fix === null || !wanted.has(f.fingerprint)) continue;
    try {
      const diffs = [...byFile([f])].map(([file, edits]) => {
        const before = readFileSync(resolve(root, file));
        return unifiedDiff(relative(root, resolve(root, file)).split(sep).join("/"), before, applyEdits(before, edits));
      });
      out.set(f.fingerprint, diffs.join(""));
    } catch {
      // Written anew since it was checked: the edits are of a file that is no more.
    }
  }
  return out;
}

function mostFrequent(values: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  let best: string | null = null;
  for (const [v, n] of counts) if (best === null || n > (counts.get(best) ?? 0)) best = v;
  return best;
}
