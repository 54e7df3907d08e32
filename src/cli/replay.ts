/** `stanch replay`: a recording through the same judge. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { span } from "../base/durations.ts";
import { messageOf, UsageError } from "../base/errors.ts";
import { counted } from "../base/numbers.ts";
import { plain } from "../report/live/format.ts";
import { verdictSvg, type Plotted } from "../report/live/verdict-svg.ts";
import { watchJson, type FindingOf, type WatchedTarget } from "../report/live/watch-json.ts";
import { universal, verdictLine, verdictText, watchText } from "../report/live/watch-text.ts";
import { signalId } from "../series/signal.ts";
import { judgeDefaults } from "../watch/detectors/judge.ts";
import { openRecordings } from "../watch/recordings/open.ts";
import { replay, type Replayed, type Step } from "../watch/replay.ts";
import { Progress, terminalWidth, untilInterrupted } from "./progress.ts";
import { findingsOf, type SourceFlags } from "./verdict-findings.ts";

interface Flags extends SourceFlags {
  readonly target?: string[];
  readonly explain?: boolean;
  readonly svg?: string;
  readonly format: string;
  readonly errorRate: number;
  readonly least: number;
  readonly leastBytes: number;
}

export async function run(files: string[], flags: Flags): Promise<void> {
  const progress = new Progress();
  const all = await openRecordings(files);
  const wanted = flags.target;
  const recordings = wanted === undefined ? all : all.filter((r) => wanted.includes(r.target));
  if (recordings.length === 0)
    throw new UsageError(
      `no target ${(wanted ?? []).join(", ")} in it; it has ${all
        .slice(0, 8)
        .map((r) => r.target)
        .join(", ")}${all.length > 8 ? ", …" : ""}`,
    );
  const judge = {
    ...judgeDefaults,
    errorRate: flags.errorRate,
    least: { count: flags.least, bytes: flags.leastBytes },
  };
  const done: Replayed[] = [];
  for (const [i, recording] of recordings.entries()) {
    progress.show(`${i + 1} of ${recordings.length}: ${recording.target}`);
    const steps: string[] = [];
    let firstMs: number | null = null;
    const onStep = (step: Step): void => {
      firstMs ??= step.timeMs;
      steps.push(...explain(step));
    };
    const result = replay(recording, {
      judge,
      keepValues: flags.svg !== undefined,
      ...(flags.explain === true && flags.format === "text" ? { onStep } : {}),
    });
    done.push(result);
    progress.clear();
    if (steps.length > 0) process.stdout.write(`${plain(recording.target)}, step by step\n${steps.join("\n")}\n\n`);
  }
  if (flags.svg !== undefined) writeWhole(flags.svg, verdictSvg(done.flatMap(plotOf)));
  const targets = done.map(toTarget);
  const interrupt = untilInterrupted();
  let finding: FindingOf;
  try {
    finding = await findingsOf(
      targets,
      () => null,
      flags,
      interrupt.signal,
      (m) => void process.stderr.write(`stanch: ${plain(m)}\n`),
    );
  } finally {
    interrupt.done();
  }
  process.stdout.write(
    flags.format === "json" ? watchJson(targets, finding) : watchText(targets, terminalWidth(), universal, finding),
  );
  if (targets.every((t) => t.looks === 0)) throw new UsageError(`${files.join(", ")}: no looks in it`);
  if (targets.some((t) => t.verdicts.some((v) => v.status === "leak"))) process.exitCode = 1;
}

function explain(step: Step): string[] {
  const was = step.before === null ? "" : `  (was ${step.before.shape})`;
  const head = `  ${universal(step.timeMs)}  look ${step.looks}  ${verdictLine(step.verdict)}${was}`;
  return [
    head,
    ...verdictText(step.verdict, { firstMs: null }, terminalWidth(), universal)
      .slice(1)
      .map((l) => `    ${l}`),
  ];
}

function toTarget(r: Replayed): WatchedTarget {
  return {
    name: r.target,
    labels: {},
    process: r.process,
    firstMs: r.firstMs,
    lastMs: r.lastMs,
    looks: r.looks,
    failure: r.looks === 0 ? "no looks" : null,
    problems: [
      ...r.problems,
      ...(r.restarts.length === 0
        ? []
        : [`${counted(r.restarts.length, "restart")}: verdicts are of the last run${lastRun(r)}`]),
    ],
    verdicts: r.verdicts,
  };
}

function lastRun(r: Replayed): string {
  const from = r.restarts[r.restarts.length - 1];
  return r.lastMs === null ? "" : `, the last ${span((r.lastMs - from) / 1000)}`;
}

function plotOf(r: Replayed): Plotted[] {
  if (r.firstMs === null || r.lastMs === null) return [];
  return [
    {
      target: r.target,
      firstMs: r.firstMs,
      lastMs: r.lastMs,
      restarts: r.restarts,
      panels: r.verdicts.map((verdict) => ({ verdict, values: r.values.get(signalId(verdict.signal)) ?? [] })),
    },
  ];
}

/** Beside its place, and moved there when whole. */
function writeWhole(path: string, text: string): void {
  const part = `${path}.part`;
  try {
    writeFileSync(part, text);
    renameSync(part, path);
  } catch (e) {
    rmSync(part, { force: true });
    throw new UsageError(`cannot write ${path}: ${messageOf(e)}`);
  }
}
