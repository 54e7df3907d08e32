/** The Findings page: what `stanch check` finds in the source roots, with what bleeds, and fixes that are tried when somebody asks. */
import { relative, sep } from "node:path";
import { UsageError } from "../base/errors.ts";
import type { CheckedFinding } from "../check/result.ts";
import { check, type CheckOptions, type CheckOutcome } from "../check/run.ts";
import { join as joinFindings } from "../diagnose/join.ts";
import { suspectOf } from "../diagnose/of-verdict.ts";
import type { BuildInfo } from "../probe/buildinfo.ts";
import { SourceFinder } from "../probe/source-files.ts";
import { unifiedDiff } from "../report/diff.ts";
import type { CheckedView, FindingsReply, FixReply } from "../server/api.ts";
import type { Verdict } from "../watch/verdict.ts";
import { settingsOf } from "./check-settings.ts";
import { findingsOfProgram } from "./program-findings.ts";

export interface LeakOf {
  readonly target: string;
  readonly build: BuildInfo | null;
  readonly verdict: Verdict;
}

interface Found {
  readonly root: string;
  readonly options: CheckOptions;
  readonly finding: CheckedFinding;
}

const MOST = 2000;

export class ServeFindings {
  private byFingerprint = new Map<string, Found>();
  private readonly fixes = new Map<string, Promise<FixReply>>();

  constructor(
    private readonly roots: readonly string[],
    private readonly checks: boolean,
  ) {}

  async check(leaks: readonly LeakOf[], signal: AbortSignal): Promise<FindingsReply> {
    const out: CheckedView[] = [];
    const problems: string[] = [];
    const found = new Map<string, Found>();
    let packages = 0;
    let root = "";
    if (!this.checks) problems.push("the source is not checked: it was started with --no-check");
    const suspects = leaks.map((l) => ({ ...l, suspect: suspectOf(l.verdict) }));
    for (const dir of this.checks ? this.roots : []) {
      let outcome: CheckOutcome;
      const { options } = settingsOf(["./..."], {});
      try {
        // One thread: looks and other pages need not wait for the analysis.
        outcome = await check(dir, { ...options, jobs: 1, signal });
      } catch (e) {
        if (!(e instanceof UsageError)) throw e;
        problems.push(e.message);
        continue;
      }
      root = root === "" ? outcome.root : root;
      packages += outcome.packages.length;
      problems.push(...outcome.problems.slice(0, 5).map((p) => `${p.file}: ${p.message}`));
      const findings = outcome.findings.filter((f) => !f.suppressed);
      const live = new Map<string, CheckedView["live"][number][]>();
      const programs = new Map<string, readonly CheckedFinding[]>();
      for (const { target, build, suspect, verdict: v } of suspects) {
        const program = build?.path ?? "";
        const mine = programs.get(program) ?? findingsOfProgram(outcome.root, build, findings);
        programs.set(program, mine);
        const finder = new SourceFinder(build, this.roots);
        const [{ match }] = joinFindings([suspect], mine, (file) => {
          const place = finder.locate(file);
          if (place === null) return null;
          return { file: relative(outcome.root, place.path).split(sep).join("/"), sameLines: place.sameLines };
        });
        if (match === null) continue;
        const key = match.finding.fingerprint;
        const sign = {
          target,
          kind: v.kind,
          label: v.signal.label,
          tie: match.tie,
          value: Number.isFinite(v.value) ? v.value : null,
          growth: v.growth,
          since: Number.isFinite(v.sinceMs) ? new Date(v.sinceMs).toISOString() : null,
        };
        live.set(key, [...(live.get(key) ?? []), sign]);
      }
      for (const f of findings) {
        found.set(f.fingerprint, { root: dir, options, finding: f });
        out.push({
          rule: f.rule,
          file: f.file,
          line: f.line,
          fingerprint: f.fingerprint,
          severity: f.severity,
          message: f.message,
          function: f.function,
          column: f.column,
          path: f.path.map(({ file, line, message }) => ({ file, line, message })),
          fix: f.fix?.title ?? null,
          live: live.get(f.fingerprint) ?? [],
        });
      }
    }
    this.byFingerprint = found;
    this.fixes.clear();
    const rank = { error: 0, warning: 1, note: 2 } as const;
    out.sort((a, b) => b.live.length - a.live.length || rank[a.severity] - rank[b.severity]);
    return { root, packages, takenMs: Date.now(), findings: out.slice(0, MOST), problems };
  }

  /** Tried in memory, as `check --diff` does. Null: no such finding in what was checked last. */
  fix(fingerprint: string): Promise<FixReply> | null {
    const found = this.byFingerprint.get(fingerprint);
    if (found === undefined) return null;
    let fix = this.fixes.get(fingerprint);
    if (fix === undefined) this.fixes.set(fingerprint, (fix = tryFix(found)));
    return fix;
  }
}

async function tryFix({ root, options, finding }: Found): Promise<FixReply> {
  const title = finding.fix?.title ?? "";
  if (finding.fix === null)
    return { title, diff: null, why: "This rule has no fix for it: the message says what to do." };
  const { tryFixes } = await import("../check/fixes.ts");
  const { files, fixed } = tryFixes(root, options, [finding]);
  if (fixed.length === 0)
    return { title, diff: null, why: "The fix was tried and did not hold: it is left to a person." };
  return {
    title,
    diff: files.map((x) => unifiedDiff(relative(root, x.file).split(sep).join("/"), x.before, x.after)).join(""),
    why: "",
  };
}
