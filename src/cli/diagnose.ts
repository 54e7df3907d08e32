import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../base/errors.ts";
import { diagnose, isLeaking } from "../diagnose/diagnose.ts";
import type { Look } from "../diagnose/evidence.ts";
import { attachTrace } from "../diagnose/trace.ts";
import type { Snapshot } from "../probe/collect.ts";
import type { TracedStack } from "../probe/ebpf.ts";
import { SourceFinder } from "../probe/source-files.ts";
import { diagnosisJson } from "../report/live/diagnosis-json.ts";
import { diagnosisText } from "../report/live/diagnosis-text.ts";
import type { History } from "../diagnose/history.ts";
import { readHistory, unreachable, type HistoryFlags } from "./history.ts";
import type { TargetFlags } from "./live.ts";
import { takeSnapshot, toLook } from "./looks.ts";
import { Progress, terminalWidth, untilInterrupted } from "./progress.ts";
import { sourceSide } from "./suspect-findings.ts";

interface Flags extends TargetFlags, HistoryFlags {
  readonly every?: number;
  readonly trace?: number;
  readonly source?: string[];
  readonly check?: boolean;
  readonly most: number;
  readonly format: string;
}

export async function run(targets: string[], flags: Flags): Promise<void> {
  if (targets.length > 2) throw new UsageError("diagnose takes one target or two looks (older first)");
  if (targets.length === 2 && flags.every !== undefined)
    throw new UsageError("--every takes its second look itself: give one target");
  const progress = new Progress();
  const interrupt = untilInterrupted();
  try {
    const step = (what: string): void => progress.show(`reading ${what}…`);
    // An address that does not answer any more may still have a past.
    let missing: UsageError | null = null;
    const first = await takeSnapshot(targets[0], flags, step).catch((e: unknown) => {
      if (!(e instanceof UsageError) || flags.history === undefined || targets.length > 1) throw e;
      const nothing = unreachable(targets[0], e);
      if (nothing === null) throw e;
      missing = e;
      return nothing;
    });
    let older: Snapshot | null = null;
    let newest = first;
    if (targets.length === 2) {
      const second = await takeSnapshot(targets[1], flags, step);
      [older, newest] = second.takenMs >= first.takenMs ? [first, second] : [second, first];
    }
    let traced: readonly TracedStack[] | null = null;
    const problems: string[] = [];
    if (missing === null && (flags.trace !== undefined || flags.every !== undefined)) {
      const wait = Math.max(flags.every ?? 0, flags.trace ?? 0);
      const until = Date.now() + wait;
      if (flags.trace !== undefined) {
        progress.show("watching who opens what…");
        traced = await watch(newest, flags.trace, interrupt.signal).catch((e: unknown) => {
          if (!(e instanceof UsageError)) throw e;
          problems.push(e.message);
          return null;
        });
      }
      if (targets.length === 1 && flags.every !== undefined) {
        for (let left = until - Date.now(); left > 0; left = until - Date.now()) {
          progress.show(`second look in ${Math.ceil(left / 1000)} s…`);
          await sleep(Math.min(left, 1000), undefined, { signal: interrupt.signal });
        }
        // The dump again would stop the target again; the grouped profile and the first look's wait times are enough.
        try {
          newest = await takeSnapshot(targets[0], flags, step);
          older = first;
        } catch (e) {
          if (!(e instanceof UsageError)) throw e;
          // The first look is still worth telling: a process that ended may have ended of what it shows.
          problems.push(`the second look: ${e.message}`);
        }
      }
    }
    let history: History | null = null;
    if (flags.history !== undefined) {
      progress.show("asking Prometheus…");
      history = await readHistory(newest, flags, interrupt.signal).catch((e: unknown) => {
        if (!(e instanceof UsageError)) throw e;
        problems.push(`history: ${e.message.replace(/^history: /, "")}`);
        return null;
      });
      if (missing !== null && history === null) throw new UsageError([...newest.problems, ...problems].join("; "));
    }
    progress.show("joining…");
    const look = toLook(newest, problems);
    const earlier: Look | null = older === null ? null : toLook(older, problems);
    const joined = diagnose(look, earlier);
    const result = traced === null ? joined : { ...joined, suspects: attachTrace(joined.suspects, traced, look) };
    const sources = new SourceFinder(newest.build, flags.source ?? [process.cwd()]);
    const source =
      flags.check === false
        ? null
        : await sourceSide({
            suspects: result.suspects,
            sources,
            frames: look.goroutines?.groups.flatMap((g) => g.stack) ?? [],
            main: newest.build?.path ?? "",
            signal: interrupt.signal,
            onProgress: (text) => progress.show(text),
            problems,
          });
    const options = {
      excerpt: (f: { file: string; line: number }) => sources.excerpt(f.file, f.line),
      problems: [...new Set([...newest.problems, ...problems])],
      skipped: newest.skipped,
      costs: newest.costs,
      trace: traced,
      history,
      source,
    };
    progress.clear();
    process.stdout.write(
      flags.format === "json"
        ? diagnosisJson(result, look, options)
        : diagnosisText(result, look, { ...options, width: terminalWidth(), most: flags.most }),
    );
    if (isLeaking(result)) process.exitCode = 1;
  } finally {
    progress.clear();
    interrupt.done();
  }
}

async function watch(look: Snapshot, milliseconds: number, signal: AbortSignal): Promise<readonly TracedStack[]> {
  if (look.process === null) throw new UsageError("tracing needs a process on this host: give its pid");
  const { traceOpens } = await import("../probe/ebpf.ts");
  const { pid } = look.process;
  return traceOpens({ pid, exe: `/proc/${pid}/exe` }, milliseconds, signal);
}
