/** Checks the source of what is suspected: the packages of the suspects' frames, or the whole module where no frame names one. */
import { relative, sep } from "node:path";
import { UsageError } from "../base/errors.ts";
import { reachablePatterns } from "../check/reachable.ts";
import { check, type CheckOptions, type CheckOutcome } from "../check/run.ts";
import type { CheckedFinding } from "../check/result.ts";
import { framesOfSuspect, join, withoutEvidence, type Joined } from "../diagnose/join.ts";
import { rulesFor } from "../diagnose/signs.ts";
import type { Suspect } from "../diagnose/suspect.ts";
import type { Frame } from "../profile/columns.ts";
import { isOwn } from "../profile/group.ts";
import type { SourceFinder } from "../probe/source-files.ts";
import { unifiedDiff } from "../report/diff.ts";
import type { SourceFindings } from "../report/live/diagnosis-text.ts";
import { chosenRules, settingsOf } from "./check-settings.ts";

export interface SourceRequest {
  readonly suspects: readonly Suspect[];
  readonly sources: SourceFinder;
  /** Any frames of the program, suspect or not: they show where its source is. */
  readonly frames: readonly Frame[];
  /** Import path of the package that was built; "" where unknown. */
  readonly main: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  readonly problems: string[];
}

export async function sourceSide(r: SourceRequest): Promise<SourceFindings> {
  const nothing = { joined: join(r.suspects, [], () => null), root: "", rest: [], fixes: new Map(), packages: 0 };
  if (r.suspects.length === 0) return nothing;
  const places = r.suspects.flatMap((s) => framesOfSuspect(s).map((f) => r.sources.locate(f.file)));
  const around = r.frames.filter((f) => isOwn(f.func)).map((f) => r.sources.locate(f.file));
  const nearest = r.suspects.flatMap((s) => {
    const place = framesOfSuspect(s)
      .map((f) => r.sources.locate(f.file))
      .find((p) => p !== null);
    return place === undefined || place === null ? [] : [place.root];
  });
  const others = around.flatMap((p) => (p === null ? [] : [p.root]));
  // Where no suspect has a frame with source, the module that was built comes before one that it only uses (replace, go.work).
  const root =
    mostFrequent(nearest) ?? others.find((dir) => r.sources.isBuilt(dir)) ?? r.sources.module ?? mostFrequent(others);
  if (root === null) return nothing;
  // What has no frame of the program's own is found by its looks, wherever it is.
  const lost = r.suspects.some(
    (s) => rulesFor(s).length > 0 && !framesOfSuspect(s).some((f) => r.sources.locate(f.file) !== null),
  );
  const folders = new Set(
    places.flatMap((p) =>
      p === null || p.root !== root ? [] : [relative(root, p.path).split(sep).slice(0, -1).join("/")],
    ),
  );
  const named = [...folders].sort().map((d) => (d === "" ? "." : `./${d}`));
  let options: CheckOptions;
  let outcome: CheckOutcome;
  try {
    const all = lost && r.main !== "" ? reachablePatterns(root, r.main) : [];
    const settings = settingsOf(lost ? (all.length > 0 ? all : ["./..."]) : named, {});
    options = { ...settings.options, rules: chosenRules({}, settings.config) };
    outcome = await check(root, {
      ...options,
      signal: r.signal,
      onProgress: (done, total) => r.onProgress(`checking the source: ${done}/${total} packages`),
    });
  } catch (e) {
    if (!(e instanceof UsageError)) throw e;
    r.problems.push(`source: ${e.message}`);
    return nothing;
  }
  const findings = outcome.findings.filter((f) => !f.suppressed);
  const joined = join(r.suspects, findings, (file) => {
    const place = r.sources.locate(file);
    if (place === null || place.root !== root) return null;
    return { file: relative(root, place.path).split(sep).join("/"), sameLines: place.sameLines };
  });
  if (places.some((p) => p !== null && !p.sameLines))
    r.problems.push(
      "the source here is not the revision that was built: findings are matched by function, not by line",
    );
  return {
    joined,
    root,
    rest: withoutEvidence(findings, joined),
    fixes: await fixesOf(root, options, joined, findings),
    packages: outcome.packages.length,
  };
}

/** Fixes are tried as `check --fix` tries them; only the packages of what is bleeding are touched, in memory. */
async function fixesOf(
  root: string,
  options: CheckOptions,
  joined: readonly Joined[],
  findings: readonly CheckedFinding[],
): Promise<Map<string, string>> {
  const out = new Map<string, string>();
  const wanted = new Set(
    joined.flatMap(({ match }) => (match?.finding.fix == null ? [] : [match.finding.fingerprint])),
  );
  if (wanted.size === 0) return out;
  const { tryFixes } = await import("../check/fixes.ts");
  for (const f of findings) {
    if (!wanted.has(f.fingerprint)) continue;
    const { files, fixed } = tryFixes(root, options, [f]);
    if (fixed.length === 0) continue;
    out.set(
      f.fingerprint,
      files.map((x) => unifiedDiff(relative(root, x.file).split(sep).join("/"), x.before, x.after)).join(""),
    );
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
