/** One or two looks at a target made into a diagnosis with its source side: what `diagnose` prints and `serve` shows. */
import { diagnoseChange } from "../diagnose/changes.ts";
import { confirmed } from "../diagnose/confirmed.ts";
import { diagnose, type Diagnosis } from "../diagnose/diagnose.ts";
import type { Look } from "../diagnose/evidence.ts";
import type { History } from "../diagnose/history.ts";
import { attachTrace } from "../diagnose/trace.ts";
import type { Snapshot } from "../probe/collect.ts";
import type { TracedStack } from "../probe/ebpf.ts";
import { SourceFinder } from "../probe/source-files.ts";
import type { DiagnosisTextOptions } from "../report/live/diagnosis-text.ts";
import type { Verdict } from "../watch/verdict.ts";
import { toLook } from "./looks.ts";
import { sourceSide } from "./suspect-findings.ts";

export interface DiagnosisRequest {
  readonly newest: Snapshot;
  readonly older: Snapshot | null;
  /** The older look is of before a deploy or a fix: say what came and went, also between two processes. */
  readonly compare?: boolean;
  readonly traced: readonly TracedStack[] | null;
  readonly history: History | null;
  /** What a watch of this process says now. */
  readonly verdicts?: readonly Verdict[];
  /** Folders where the program's source may be. */
  readonly roots: readonly string[];
  /** Look for the cause in the source. */
  readonly check: boolean;
  /** As in SourceRequest. */
  readonly jobs?: number;
  readonly problems: string[];
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface Diagnosed {
  readonly result: Diagnosis;
  readonly look: Look;
  readonly sources: SourceFinder;
  readonly options: Omit<DiagnosisTextOptions, "width" | "most">;
}

export async function diagnoseLooks(r: DiagnosisRequest): Promise<Diagnosed> {
  const { newest, problems } = r;
  const look = toLook(newest, problems);
  const older = r.older === null ? null : toLook(r.older, problems);
  const compared = r.compare === true && older !== null ? diagnoseChange(older, look) : null;
  const seen = compared?.result ?? diagnose(look, older);
  const joined = r.verdicts === undefined ? seen : { ...seen, suspects: confirmed(seen.suspects, r.verdicts) };
  const result = r.traced === null ? joined : { ...joined, suspects: attachTrace(joined.suspects, r.traced, look) };
  const sources = new SourceFinder(newest.build, r.roots);
  const source = r.check
    ? await sourceSide({
        suspects: result.suspects,
        sources,
        frames: look.goroutines?.groups.flatMap((g) => g.stack) ?? [],
        build: newest.build,
        signal: r.signal,
        onProgress: r.onProgress,
        problems,
        ...(r.jobs === undefined ? {} : { jobs: r.jobs }),
      })
    : null;
  return {
    result,
    look,
    sources,
    options: {
      excerpt: (f) => sources.excerpt(f.file, f.line),
      problems: [...new Set([...newest.problems, ...problems])],
      skipped: newest.skipped,
      costs: newest.costs,
      trace: r.traced,
      history: r.history,
      source,
      changes: compared?.changes ?? null,
    },
  };
}
