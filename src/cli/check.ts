import { UsageError } from "../base/errors.ts";
import type { CheckedFinding } from "../check/result.ts";
import { check, type CheckOptions, type CheckOutcome } from "../check/run.ts";
import { isUnsure, type Severity } from "../diag/finding.ts";
import { bleedingFirst } from "../diagnose/live.ts";
import { judgeFlags, newsOf, type News } from "./check-baseline.ts";
import type { Evidence } from "./check-evidence.ts";
import { printDiff, tryAll, writeFixes } from "./check-fixes.ts";
import { type CheckFlags, settingsOf } from "./check-settings.ts";
import { coloursOn } from "./colour.ts";
import { writeWhole } from "./files.ts";
import { render } from "./formats.ts";
import { Progress, terminalWidth, untilInterrupted } from "./progress.ts";

const rank: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };

export async function run(patterns: string[], flags: CheckFlags): Promise<void> {
  judgeFlags(flags);
  if (flags.explainConfig === true) {
    const { explainConfig } = await import("./explain-config.ts");
    return explainConfig(settingsOf(patterns, flags), flags);
  }
  if (flags.debugFunction !== undefined) {
    const { debugFunction } = await import("./why.ts");
    return debugFunction(settingsOf(patterns, flags), flags.debugFunction);
  }
  const interrupt = untilInterrupted();
  try {
    if (flags.watch === true) await watching(patterns, flags, interrupt.signal);
    else await once(patterns, flags, interrupt.signal);
  } finally {
    interrupt.done();
  }
}

/** Checks and reports; sets the exit code. Null where it stopped at a diff. */
async function once(patterns: string[], flags: CheckFlags, signal: AbortSignal): Promise<CheckOutcome | null> {
  const settings = settingsOf(patterns, flags);
  const progress = new Progress();
  const start = performance.now();
  let outcome: CheckOutcome;
  let news: News;
  // What the source alone cannot tell from a leak: shown where a process shows the leak.
  let unsure: readonly CheckedFinding[] = [];
  const checked = async (options: CheckOptions): Promise<CheckOutcome> => {
    const all = await check(process.cwd(), options);
    unsure = all.findings.filter((f) => isUnsure(f) && !f.suppressed);
    return { ...all, findings: all.findings.filter((f) => !isUnsure(f)) };
  };
  try {
    progress.show("finding packages…");
    let shown = 0;
    const options = {
      ...settings.options,
      unsure: flags.withEvidence !== undefined,
      signal,
      onProgress: (done: number, total: number, current: string): void => {
        const now = performance.now();
        if (now - shown < 50) return; // a terminal shows no more, and each line costs a write
        shown = now;
        progress.show(`${done}/${total} packages, ${((now - start) / 1000).toFixed(0)} s  ${current}`);
      },
    };
    outcome = await checked(options);
    news = await newsOf(outcome, options, flags);
    if (flags.fix === true || flags.diff === true) {
      const dry = flags.diff === true || (process.env["CI"] ?? "") !== "";
      progress.show("trying fixes…");
      const fixes = await tryAll(news.fresh, options);
      progress.clear();
      if (dry) {
        printDiff(outcome.root, fixes);
        return null;
      }
      writeFixes(outcome.root, fixes);
      if (fixes.files.length > 0) {
        outcome = await checked(options);
        news = await newsOf(outcome, options, flags);
      }
    }
  } finally {
    progress.clear();
  }
  const { fresh: open, baseline, older } = news;
  const isShown = (f: CheckedFinding): boolean =>
    flags.disable?.includes(f.rule) !== true && rank[f.severity] >= rank[flags.severity];
  let findings = open.filter(isShown);
  const toFile = flags.output !== undefined;
  let evidence: Evidence | null = null;
  if (flags.withEvidence !== undefined) {
    const { evidenceFor } = await import("./check-evidence.ts");
    try {
      const all = { ...outcome, findings: [...outcome.findings, ...unsure] };
      evidence = await evidenceFor(flags.withEvidence, all, [...findings, ...unsure], (text) => progress.show(text));
    } finally {
      progress.clear();
    }
    const { live } = evidence;
    unsure = unsure.filter((f) => live.has(f.fingerprint) && isShown(f));
    findings = [...findings, ...unsure];
  }
  const ordered = evidence === null ? findings : bleedingFirst(findings, evidence.live);
  const text = await render(flags.format, outcome, ordered, {
    ...(evidence === null ? {} : { evidence }),
    colour: !toFile && coloursOn(process.stdout),
    width: toFile ? 110 : terminalWidth(),
    showSuppressed: flags.showSuppressed === true,
    ...(baseline === null ? {} : { baseline: { known: baseline.known.length, fixed: baseline.fixed } }),
    ...(older === null ? {} : { older }),
  });
  if (flags.output === undefined) process.stdout.write(text);
  else writeWhole(flags.output, text);
  if (flags.stats === true) process.stderr.write(statsText(outcome));
  if (flags.timings === true) process.stderr.write(timingsText(outcome));
  const { failOn } = flags;
  const fails =
    failOn !== "never" && [...open, ...unsure].some((f) => !f.suppressed && rank[f.severity] >= rank[failOn]);
  process.exitCode = outcome.faults > 0 ? 3 : fails ? 1 : 0;
  return outcome;
}

/** The exit code at the end is that of the last check. */
async function watching(patterns: string[], flags: CheckFlags, signal: AbortSignal): Promise<void> {
  if (flags.fix === true || flags.updateBaseline === true)
    throw new UsageError("--watch only looks; leave --fix and --update-baseline out");
  const { watchAndRun } = await import("./check-watch.ts");
  const screen = process.stdout.isTTY === true && flags.output === undefined;
  const clear = (): void => {
    // Home, erase to the end, and what has scrolled away: the last report alone is to be seen.
    if (screen) process.stdout.write("\u001b[H\u001b[2J\u001b[3J");
  };
  try {
    await watchAndRun(
      process.cwd(),
      async () => {
        clear();
        return { outcome: await once(patterns, flags, signal) };
      },
      signal,
      (text) => process.stderr.write(text),
    );
  } catch (e) {
    if (!(signal.aborted && e instanceof Error && e.name === "AbortError")) throw e;
  }
}

function statsText({ stats, findings, missing }: CheckOutcome): string {
  const rows: [string, string][] = [
    ["packages", `${stats.packages} (${stats.cached} from the cache)`],
    ["files", `${stats.files}`],
    ["source", `${(stats.bytes / 1e6).toFixed(1)} MB`],
    ["functions", `${stats.functions}`],
    ["findings", `${findings.length} (${findings.filter((f) => f.suppressed).length} suppressed)`],
    ["imports not found", `${missing.length}`],
    ["workers", `${stats.workers}`],
    ["time", `${(stats.milliseconds / 1000).toFixed(2)} s`],
    ["peak memory", `${(stats.peakRssBytes / 1e6).toFixed(0)} MB`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(18)} ${value}\n`).join("");
}

function timingsText({ timings }: CheckOutcome): string {
  return [...timings].map(([name, ms]) => `${ms.toFixed(0).padStart(8)} ms  ${name}\n`).join("");
}
