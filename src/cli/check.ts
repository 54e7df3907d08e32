import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import {
  type BaselineEntry,
  baselineText,
  compareWithBaseline,
  type Comparison,
  parseBaseline,
} from "../check/baseline.ts";
import type { CacheOptions } from "../check/cache.ts";
import type { FixOutcome } from "../check/fixes.ts";
import { ignorePages } from "../check/ignore-pages.ts";
import { check, type CheckOptions, type CheckOutcome } from "../check/run.ts";
import type { Severity } from "../diag/finding.ts";
import type { ModMode } from "../go/load/options.ts";
import { unifiedDiff } from "../report/diff.ts";
import { rules, rulesById } from "../rules/registry.ts";
import { coloursOn } from "./colour.ts";
import { type Format, render } from "./formats.ts";
import { Progress, terminalWidth, untilInterrupted } from "./progress.ts";
import { toolVersion } from "./version.ts";

interface Flags {
  readonly format: Format;
  readonly output?: string;
  readonly rules?: readonly string[];
  readonly disable?: readonly string[];
  readonly severity: Severity;
  readonly failOn: Severity | "never";
  readonly fix?: boolean;
  readonly diff?: boolean;
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly tests?: boolean;
  readonly generated?: boolean;
  readonly showSuppressed?: boolean;
  readonly tags?: readonly string[];
  readonly goos?: string;
  readonly goarch?: string;
  readonly mod?: ModMode;
  readonly jobs?: number;
  readonly cache: boolean;
  readonly stats?: boolean;
  readonly timings?: boolean;
}

const rank: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };

export async function run(patterns: string[], flags: Flags): Promise<void> {
  const progress = new Progress();
  const interrupt = untilInterrupted();
  const start = performance.now();
  let outcome: CheckOutcome;
  try {
    progress.show("finding packages…");
    let shown = 0;
    const options: CheckOptions = {
      patterns: patterns.length === 0 ? ["./..."] : patterns,
      rules: chosenRules(flags),
      load: {
        ...(flags.tests === true ? { tests: true } : {}),
        ...(flags.tags === undefined ? {} : { tags: flags.tags }),
        ...(flags.goos === undefined ? {} : { goos: flags.goos }),
        ...(flags.goarch === undefined ? {} : { goarch: flags.goarch }),
        ...(flags.mod === undefined ? {} : { mod: flags.mod }),
      },
      generated: flags.generated === true,
      ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
      cache: flags.cache ? cacheOptions() : null,
      signal: interrupt.signal,
      onProgress: (done, total, current) => {
        const now = performance.now();
        if (now - shown < 50) return; // a terminal shows no more, and each line costs a write
        shown = now;
        progress.show(`${done}/${total} packages, ${((now - start) / 1000).toFixed(0)} s  ${current}`);
      },
    };
    outcome = await check(process.cwd(), options);
    if (flags.fix === true || flags.diff === true) {
      const dry = flags.diff === true || (process.env["CI"] ?? "") !== "";
      progress.show("trying fixes…");
      const fixes = await tryAll(outcome, options);
      progress.clear();
      if (dry) {
        printDiff(outcome.root, fixes);
        return;
      }
      writeFixes(outcome.root, fixes);
      if (fixes.files.length > 0) outcome = await check(process.cwd(), options);
    }
  } finally {
    progress.clear();
    interrupt.done();
  }
  const baseline = againstBaseline(outcome, flags);
  const open = baseline?.fresh ?? outcome.findings;
  const findings = open.filter(
    (f) => flags.disable?.includes(f.rule) !== true && rank[f.severity] >= rank[flags.severity],
  );
  const toFile = flags.output !== undefined;
  const text = await render(flags.format, outcome, findings, {
    colour: !toFile && coloursOn(process.stdout),
    width: toFile ? 110 : terminalWidth(),
    showSuppressed: flags.showSuppressed === true,
    ...(baseline === null ? {} : { baseline: { known: baseline.known.length, fixed: baseline.fixed.length } }),
  });
  if (flags.output === undefined) process.stdout.write(text);
  else writeReport(flags.output, text);
  if (flags.stats === true) process.stderr.write(statsText(outcome));
  if (flags.timings === true) process.stderr.write(timingsText(outcome));
  const { failOn } = flags;
  const fails = failOn !== "never" && open.some((f) => !f.suppressed && rank[f.severity] >= rank[failOn]);
  process.exitCode = outcome.faults > 0 ? 3 : fails ? 1 : 0;
}

function chosenRules(flags: Flags): string[] {
  for (const id of [...(flags.rules ?? []), ...(flags.disable ?? [])]) {
    if (rulesById.has(id) || (ignorePages.has(id) && flags.disable?.includes(id) === true)) continue;
    const like = nearest(id, rulesById.keys());
    throw new UsageError(
      `no rule is called ${id}; ${like === null ? '"stanch explain" lists them' : `did you mean ${like}?`}`,
    );
  }
  const disabled = new Set(flags.disable);
  const chosen = (flags.rules ?? rules.map((r) => r.id)).filter((id) => !disabled.has(id));
  if (chosen.length === 0) throw new UsageError("no rule is left to run; name fewer with --disable");
  return [...new Set(chosen)];
}

/** $STANCH_CACHE (or `off`), else the user's cache folder. Run from source, there is none: the code may change at any time. */
function cacheOptions(): CacheOptions | null {
  const { STANCH_CACHE: own = "", XDG_CACHE_HOME: xdg = "" } = process.env;
  const code = fileURLToPath(import.meta.url);
  if (own === "off" || code.endsWith(".ts")) return null;
  const dir = own !== "" ? resolve(own) : join(isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "stanch");
  return { dir, identity: `${toolVersion()} ${buildStamp(code)}` };
}

/** The code that runs, as a hash: two builds of one version are not the same tool. (2 MB: some 5 ms.) */
function buildStamp(code: string): string {
  const here = dirname(code);
  const folders = [here, here.endsWith("chunks") ? dirname(here) : join(here, "chunks")];
  const hash = createHash("sha256");
  for (const dir of folders.sort()) {
    try {
      for (const name of readdirSync(dir).sort())
        if (name.endsWith(".mjs")) hash.update(name).update(readFileSync(join(dir, name)));
    } catch {
      // a bundle of one file
    }
  }
  return hash.digest("hex");
}

async function tryAll(outcome: CheckOutcome, options: CheckOptions): Promise<FixOutcome> {
  const wanted = new Set(outcome.findings.filter((f) => f.fix !== null && !f.suppressed).map((f) => f.package));
  if (wanted.size === 0) return { files: [], fixed: [], refused: [] };
  const { tryFixes } = await import("../check/fixes.ts");
  return tryFixes(process.cwd(), options, wanted);
}

/** Exits with 1 where something would change, as `gofmt -d` and `git diff --exit-code` do. */
function printDiff(root: string, fixes: FixOutcome): void {
  for (const { file, before, after } of fixes.files)
    process.stdout.write(unifiedDiff(relative(root, file).split(sep).join("/"), before, after));
  if (fixes.files.length > 0) process.exitCode = 1;
}

/** Writes each file in place, so that its mode and its links stay; one that is not as it was analysed is left alone. */
function writeFixes(root: string, fixes: FixOutcome): void {
  let written = 0;
  for (const { file, before, after } of fixes.files) {
    const shown = relative(root, file);
    try {
      if (!readFileSync(file).equals(before)) {
        process.stderr.write(`stanch: ${shown} changed in the meantime and is left alone; run --fix again\n`);
        continue;
      }
      writeFileSync(file, after);
      written++;
    } catch (e) {
      process.stderr.write(`stanch: cannot write ${shown}: ${messageOf(e)}\n`);
    }
  }
  const refused = fixes.refused.length > 0 ? `; ${fixes.refused.length} fixes were tried and not taken` : "";
  process.stderr.write(
    `stanch: mended ${counted(fixes.fixed.length, "finding")} in ${counted(written, "file")}${refused}\n`,
  );
}

/** Compares with the baseline, and writes the new one where that is asked for: then nothing is new. */
function againstBaseline(outcome: CheckOutcome, flags: Flags): Comparison | null {
  const { baseline: file, updateBaseline: update = false } = flags;
  if (file === undefined) {
    if (update) throw new UsageError("--update-baseline needs --baseline FILE");
    return null;
  }
  let entries: BaselineEntry[] = [];
  if (existsSync(file) || !update) {
    let text;
    try {
      text = readFileSync(file, "utf8");
    } catch {
      throw new UsageError(`cannot read the baseline ${file}; --update-baseline writes one`);
    }
    try {
      entries = parseBaseline(text, file);
    } catch (e) {
      if (!update) throw e; // one that is written anew may be damaged
    }
  }
  const scope = { packages: new Set(outcome.packages), rules: new Set(chosenRules(flags)) };
  if (!update) return compareWithBaseline(entries, outcome.findings, scope);
  const text = baselineText(entries, outcome.findings, scope);
  writeReport(file, text);
  const now = parseBaseline(text, file);
  return compareWithBaseline(now, outcome.findings, scope);
}

/** Whole or not at all. */
function writeReport(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch (e) {
    rmSync(temporary, { force: true });
    throw new UsageError(`cannot write ${file}: ${messageOf(e)}`);
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

function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
