import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../base/errors.ts";
import { isLeaking } from "../diagnose/diagnose.ts";
import type { Snapshot } from "../probe/collect.ts";
import type { TracedStack } from "../probe/ebpf.ts";
import { diagnosisHtml } from "../report/live/diagnosis-html.ts";
import { diagnosisJson } from "../report/live/diagnosis-json.ts";
import { diagnosisMarkdown } from "../report/live/diagnosis-markdown.ts";
import { diagnosisText } from "../report/live/diagnosis-text.ts";
import type { History } from "../diagnose/history.ts";
import { readHistory, unreachable, type HistoryFlags } from "./history.ts";
import { writeWhole } from "./files.ts";
import type { TargetFlags } from "./live.ts";
import { diagnoseLooks } from "./diagnosing.ts";
import { takeSnapshot } from "./looks.ts";
import { Progress, terminalWidth, untilInterrupted } from "./progress.ts";
import { toolVersion } from "./version.ts";

interface Flags extends TargetFlags, HistoryFlags {
  readonly before?: string;
  readonly after?: string;
  readonly every?: number;
  readonly trace?: number;
  readonly source?: string[];
  readonly check?: boolean;
  readonly most: number;
  readonly format: string;
  readonly output?: string;
}

export async function run(given: string[], flags: Flags): Promise<void> {
  const targets = targetsOf(given, flags);
  const compare = flags.before !== undefined;
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
      // What is named before is before, whatever the clocks of two hosts say.
      [older, newest] = compare || second.takenMs >= first.takenMs ? [first, second] : [second, first];
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
    const { result, look, options } = await diagnoseLooks({
      newest,
      older,
      compare,
      traced,
      history,
      roots: flags.source ?? [process.cwd()],
      check: flags.check !== false,
      problems,
      signal: interrupt.signal,
      onProgress: (text) => progress.show(text),
    });
    progress.clear();
    const width = flags.output === undefined ? terminalWidth() : 110;
    const text =
      flags.format === "json"
        ? diagnosisJson(result, look, options)
        : flags.format === "markdown"
          ? diagnosisMarkdown(result, look, options)
          : flags.format === "html"
            ? diagnosisHtml(result, look, { ...options, version: toolVersion() })
            : diagnosisText(result, look, { ...options, width, most: flags.most });
    if (flags.output === undefined) process.stdout.write(text);
    else writeWhole(flags.output, text);
    if (isLeaking(result)) process.exitCode = 1;
  } finally {
    progress.clear();
    interrupt.done();
  }
}

/** `--before A --after B`, or targets as they stand. */
function targetsOf(given: readonly string[], { before, after }: Flags): string[] {
  if (before === undefined && after === undefined) {
    if (given.length === 0) throw new UsageError("diagnose what? A pid, an address, a name of stanch.yaml or a bundle");
    return [...given];
  }
  if (before === undefined || after === undefined) throw new UsageError("--before and --after go together");
  if (given.length > 0) throw new UsageError(`--before and --after name the looks: what is ${given[0]}?`);
  return [before, after];
}

async function watch(look: Snapshot, milliseconds: number, signal: AbortSignal): Promise<readonly TracedStack[]> {
  if (look.process === null) throw new UsageError("tracing needs a process on this host: give its pid");
  const { traceOpens } = await import("../probe/ebpf.ts");
  const { pid } = look.process;
  return traceOpens({ pid, exe: `/proc/${pid}/exe` }, milliseconds, signal);
}
