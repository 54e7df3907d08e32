/** From files to the previous revision of a service: the last run that is not what runs now, or what bundles show of it. */
import { UsageError } from "../base/errors.ts";
import { diagnose } from "../diagnose/diagnose.ts";
import type { GateBaseline, GateInstance } from "../diagnose/gate.ts";
import type { Snapshot } from "../probe/collect.ts";
import type { ProcessIdentity } from "../series/sample.ts";
import type { JudgeOptions } from "../watch/detectors/judge.ts";
import { openFiles } from "../watch/recordings/open.ts";
import { runBefore, runsOf, type Run } from "../watch/runs.ts";
import type { Verdict } from "../watch/verdict.ts";
import { toLook } from "./looks.ts";

/** What the files have of one target. */
interface Recorded {
  readonly target: string;
  readonly runs: readonly Run[];
  readonly looks: readonly { readonly process: ProcessIdentity | null; readonly snapshot: Snapshot }[];
}

export class BaselineFiles {
  private constructor(
    private readonly all: readonly Recorded[],
    private readonly wanted: readonly string[] | null,
  ) {}

  /** @throws UsageError where a file cannot be read or has no target of a wanted name. */
  static async open(
    files: readonly string[],
    wanted: readonly string[] | null,
    judge: JudgeOptions,
    lastMs: number,
  ): Promise<BaselineFiles> {
    const { recordings, bundles } = await openFiles(files, lastMs);
    // All are read to their ends: a store is closed then.
    const all: Recorded[] = recordings.map((r) => ({ target: r.target, runs: runsOf(r, judge), looks: [] }));
    const byTarget = new Map<string, Snapshot[]>();
    for (const b of bundles) byTarget.set(b.target, [...(byTarget.get(b.target) ?? []), b]);
    for (const [target, list] of byTarget)
      all.push({
        target,
        runs: [],
        looks: list
          .sort((a, b) => a.takenMs - b.takenMs)
          .map((snapshot) => ({ process: identityOf(snapshot), snapshot })),
      });
    for (const name of wanted ?? [])
      if (!all.some((r) => r.target === name))
        throw new UsageError(`the baseline has no target ${name}; ${listOf(all)}`);
    return new BaselineFiles(wanted === null ? all : all.filter((r) => wanted.includes(r.target)), wanted);
  }

  /** @throws UsageError where it has nothing of the service, or only what runs now. */
  of(service: string, instances: readonly GateInstance[]): GateBaseline {
    const mine = this.recordedOf(service, instances);
    const now = instances.flatMap((i) => (i.process === null ? [] : [i.process]));
    const targets: string[] = [];
    const verdicts: Verdict[] = [];
    const suspects: GateBaseline["suspects"][number][] = [];
    let process: ProcessIdentity | null = null;
    let looks = 0;
    let seconds = 0;
    for (const r of mine) {
      const run = runBefore(r.runs, now);
      const snapshots = beforeNow(r.looks, now);
      if (run === null && snapshots.length === 0) continue;
      targets.push(r.target);
      if (run !== null) {
        verdicts.push(...run.verdicts);
        process = run.process ?? process;
        looks += run.looks;
        seconds = Math.max(seconds, (run.lastMs - run.firstMs) / 1000);
      }
      if (snapshots.length > 0) {
        const newest = snapshots[snapshots.length - 1];
        const older = snapshots.length > 1 ? snapshots[0] : null;
        suspects.push(
          ...diagnose(toLook(newest.snapshot, []), older === null ? null : toLook(older.snapshot, [])).suspects,
        );
        process = newest.process ?? process;
        looks += snapshots.length;
      }
    }
    if (targets.length === 0)
      throw new UsageError(
        `the baseline has only the process that runs now of ${service}: nothing to compare with (--baseline-range looks further back)`,
      );
    return { targets, process, looks, seconds, verdicts, suspects };
  }

  /** By name, and by module, because pods get new names with each deploy; a file of one target is meant whatever it is called. */
  private recordedOf(service: string, instances: readonly GateInstance[]): readonly Recorded[] {
    if (this.wanted !== null) return this.all;
    const modules = new Set(instances.flatMap((i) => (i.process?.module == null ? [] : [i.process.module])));
    const found = this.all.filter(
      (r) => instances.some((i) => i.name === r.target) || modulesOf(r).some((m) => modules.has(m)),
    );
    if (found.length > 0) return found;
    const [only] = this.all;
    if (this.all.length === 1 && (modules.size === 0 || modulesOf(only).length === 0)) return this.all;
    throw new UsageError(
      `the baseline has nothing of ${service}; ${listOf(this.all)} (--baseline-target NAME says which it is)`,
    );
  }
}

/** Looks of the last process that is none of those that run now. */
function beforeNow(looks: Recorded["looks"], now: readonly ProcessIdentity[]): Recorded["looks"] {
  const runs: Run[] = looks.map(({ process }) => ({ process, firstMs: 0, lastMs: 0, looks: 1, verdicts: [] }));
  const last = runBefore(runs, now);
  if (last === null) return [];
  return looks.filter(
    (l) => l.process?.startedMs === last.process?.startedMs && l.process?.revision === last.process?.revision,
  );
}

function identityOf(s: Snapshot): ProcessIdentity | null {
  if (s.process === null && s.build === null) return null;
  return {
    pid: s.process?.pid ?? null,
    startedMs: s.process?.startedMs ?? null,
    goVersion: s.build?.goVersion ?? null,
    module: s.build?.main?.path ?? s.build?.path ?? null,
    revision: s.build?.settings["vcs.revision"] ?? null,
  };
}

function modulesOf(r: Recorded): string[] {
  return [...r.runs, ...r.looks].flatMap(({ process }) => (process?.module == null ? [] : [process.module]));
}

function listOf(all: readonly Recorded[]): string {
  if (all.length === 0) return "it has no targets";
  return `it has ${all
    .slice(0, 8)
    .map((r) => r.target)
    .join(", ")}${all.length > 8 ? ", …" : ""}`;
}
