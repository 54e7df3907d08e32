/**
 * `stanch demo`: what a newcomer sees first. Services of this package that leak, and a twin that does not, checked, built, started, watched and
 * diagnosed; without a Go toolchain, what was recorded of them. Whatever it started is stopped when it ends.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pc from "picocolors";
import { messageOf, UsageError } from "../base/errors.ts";
import { check } from "../check/run.ts";
import { build, Service, stopAll } from "../demo/service.ts";
import { findGo, hasServer, type Go } from "../demo/toolchain.ts";
import type { Snapshot } from "../probe/collect.ts";
import { diagnosisText } from "../report/live/diagnosis-text.ts";
import { judgeDefaults } from "../watch/detectors/judge.ts";
import { FixedTargets, namedTarget } from "../watch/targets.ts";
import { Watcher, type WatchEvent } from "../watch/watcher.ts";
import { chosenRules, settingsOf } from "./check-settings.ts";
import { type Part, parts, roots } from "./demo-plan.ts";
import { heading, joinedLines, nextSteps, prose, serviceLine, sourceLines, type SourceLine } from "./demo-report.ts";
import { diagnoseLooks } from "./diagnosing.ts";
import { takeSnapshot } from "./looks.ts";
import { Progress, terminalWidth } from "./progress.ts";
import { findingsOf } from "./verdict-findings.ts";
import { outputOf, watched } from "./watch-output.ts";

export interface Flags {
  readonly duration: number;
  readonly replay?: boolean;
}

const INTERVAL_MS = 1_000;
const LOOKS_APART_MS = 5_000;
/** What is diagnosed in full at the end: the part whose fix is one line. */
export const SHOWN = "never-done";

const say = (text: string): void => void process.stdout.write(text);

/** `names`: of the parts that are wanted; empty: all that this machine has the tools for. */
export async function run(names: readonly string[], flags: Flags): Promise<void> {
  const go = flags.replay === true ? { missing: "--replay was asked for" } : await findGo();
  if ("missing" in go) {
    const { replayDemo } = await import("./demo-replay.ts");
    await replayDemo(go.missing);
    return;
  }
  const work = mkdtempSync(join(tmpdir(), "stanch-demo-"));
  const interrupt = new AbortController();
  const stop = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort(new DOMException("interrupted", "AbortError"));
  };
  for (const s of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(s, stop);
  const progress = new Progress();
  try {
    await live(go, work, choose(names), flags.duration, interrupt, progress);
  } finally {
    progress.clear();
    await stopAll();
    rmSync(work, { recursive: true, force: true });
    for (const s of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(s, stop);
  }
}

async function live(
  go: Go,
  work: string,
  chosen: Chosen,
  durationMs: number,
  interrupt: AbortController,
  progress: Progress,
): Promise<void> {
  const { signal } = interrupt;
  const width = terminalWidth();
  say(
    prose(
      "stanch demo: small Go services that came with this package. Some leak, and one is the repaired twin of another. Nothing is staged: they are built, started and watched here, and all of it is stopped at the end.",
      width,
    ),
  );
  await checkParts(chosen.parts, signal, progress);

  say(heading(2, "RUN", `${go.version}; each serves net/http/pprof on a free port of this host`, width));
  for (const line of chosen.leftOut) say(pc.dim(`  left out: ${line}\n`));
  const services = await startParts(go, work, chosen.parts, signal, progress);
  if (services.length === 0) throw new UsageError("none of the services could be built and started");

  const about = `a look a second, for ${Math.round(durationMs / 1000)} s; a leak is called one after 40 looks at the earliest`;
  say(heading(3, "WATCH", about, width));
  const watcher = await watchServices(services, durationMs, interrupt);
  const targets = [...watcher.targets.values()].map(watched);
  progress.show("joining what leaks to the source…");
  const finding = await findingsOf(
    targets,
    (name) => watcher.targets.get(name)?.sampler.build ?? null,
    { source: [...roots] },
    signal,
    (m) => say(pc.dim(`  ${m}\n`)),
  );
  progress.clear();
  signal.throwIfAborted();
  say(joinedLines(targets, finding, width));

  const shown = services.find((s) => s.name === SHOWN) ?? services[0];
  say(heading(4, "DIAGNOSE", `stanch diagnose ${shown.pid} --every ${LOOKS_APART_MS / 1000}s`, width));
  await diagnoseService(shown, signal, progress);
  say(nextSteps(roots));
}

interface Chosen {
  readonly parts: readonly Part[];
  readonly leftOut: readonly string[];
}

/** What was asked for, as far as the tools of this machine allow. */
function choose(names: readonly string[]): Chosen {
  const known = new Set(parts.map((p) => p.pkg.split("/")[0]));
  const unknown = names.filter((n) => !known.has(n));
  if (unknown.length > 0)
    throw new UsageError(`the demo has no service ${unknown.join(", ")}; it has ${[...known].join(", ")}`);
  const leftOut: string[] = [];
  const wanted = parts.filter((p) => names.length === 0 || names.includes(p.pkg.split("/")[0]));
  const out = wanted.flatMap((p) => {
    const lacks = p.needs.filter((n) => !hasServer(n));
    if (lacks.length === 0) return [p];
    leftOut.push(`${p.name} (${lacks.join(" and ")} is not installed)`);
    return p.otherwise === undefined ? [] : [p.otherwise];
  });
  return { parts: out, leftOut };
}

/** Prints what the source says of the parts, before anything runs. */
export async function checkParts(all: readonly Part[], signal: AbortSignal, progress: Progress): Promise<void> {
  say(heading(1, "CHECK", "the source, before anything runs: stanch check", terminalWidth()));
  const lines: SourceLine[] = [];
  const silent: string[] = [];
  for (const module of new Set(all.map((p) => p.module))) {
    const here = all.filter((p) => p.module === module);
    const settings = settingsOf(
      here.map((p) => `./${p.pkg}`),
      { config: false },
    );
    const outcome = await check(module, {
      ...settings.options,
      rules: chosenRules({}, null),
      signal,
      onProgress: (done, total) => progress.show(`checking: ${done} of ${total} packages`),
    });
    progress.clear();
    for (const p of here) {
      const own = outcome.findings.filter((f) => !f.suppressed && f.file.split("\\").join("/").startsWith(`${p.pkg}/`));
      if (own.length === 0) silent.push(`in ${p.pkg}, ${p.what}`);
      for (const f of own)
        lines.push({
          part: p.name,
          severity: f.severity,
          rule: f.rule,
          place: `${f.file}:${f.line}`,
          fixable: f.fix !== null,
        });
    }
  }
  say(sourceLines(lines, silent));
}

async function startParts(
  go: Go,
  work: string,
  all: readonly Part[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Service[]> {
  const ready: { part: Part; binary: string }[] = [];
  const make = async (part: Part): Promise<void> => {
    progress.show(
      `building ${part.pkg}…${part.thirdParty ? " (its modules come from the module cache or a proxy)" : ""}`,
    );
    const binary = join(work, part.pkg.replace("/", "-"));
    try {
      await build({ go: go.path, module: part.module, pkg: `./${part.pkg}`, output: binary, signal });
      ready.push({ part, binary });
    } catch (e) {
      if (!(e instanceof UsageError)) throw e;
      progress.clear();
      say(pc.dim(`  left out: ${part.name} (${firstLine(e)})\n`));
      if (part.otherwise !== undefined) await make(part.otherwise);
    }
  };
  for (const part of all) await make(part);
  progress.show("starting…");
  const services: Service[] = [];
  for (const { part, binary } of ready) {
    signal.throwIfAborted();
    try {
      const service = await Service.start(part.name, binary);
      services.push(service);
      progress.clear();
      say(serviceLine(part.name, service.pid, service.url, part.what, terminalWidth()));
    } catch (e) {
      if (!(e instanceof UsageError)) throw e;
      progress.clear();
      say(pc.dim(`  left out: ${part.name} (${firstLine(e)})\n`));
    }
  }
  signal.throwIfAborted();
  return services;
}

function firstLine(e: Error): string {
  return e.message.split("\n")[0];
}

/** With the view of `stanch watch` where a person sits at a terminal, else its lines. */
async function watchServices(
  services: readonly Service[],
  durationMs: number,
  interrupt: AbortController,
): Promise<Watcher> {
  const { signal } = interrupt;
  const terminal = process.stdout.isTTY === true && process.stdin.isTTY === true && process.env["TERM"] !== "dumb";
  const view = terminal ? new (await import("./watch-view.ts")).View(INTERVAL_MS, [process.cwd()]) : null;
  const lines = outputOf("text", (t) => say(`  ${t}`));
  const onEvent = (e: WatchEvent): void => (view ?? lines).event(e);
  const watcher = new Watcher(
    [new FixedTargets(services.map((s) => ({ ...namedTarget(s.url, {}, null), name: s.name })))],
    {
      schedule: { intervalMs: INTERVAL_MS, concurrency: services.length, deadlineMs: 2_000 },
      judge: judgeDefaults,
      onEvent,
      onProblem: (m) => say(`  ${m}\n`),
      past: () => Promise.resolve([]),
    },
  );
  const enough = new AbortController();
  await watcher.start();
  view?.open(watcher, (interrupted) =>
    (interrupted ? interrupt : enough).abort(new DOMException("interrupted", "AbortError")),
  );
  try {
    await Promise.race([
      sleep(durationMs, undefined, { signal: AbortSignal.any([signal, enough.signal]) }).catch(() => {}),
      watcher.broken,
    ]);
  } finally {
    await view?.close();
    await watcher.stop();
  }
  signal.throwIfAborted();
  return watcher;
}

async function diagnoseService(service: Service, signal: AbortSignal, progress: Progress): Promise<void> {
  try {
    const older = await takeSnapshot(service.url, {});
    progress.show("two looks, a few seconds apart…");
    await sleep(LOOKS_APART_MS, undefined, { signal });
    await printDiagnosis(await takeSnapshot(service.url, {}), older, signal, progress);
  } catch (e) {
    if (!(e instanceof UsageError)) throw e;
    progress.clear();
    say(`  ${service.name} could not be read: ${messageOf(e)}\n`);
  }
}

export async function printDiagnosis(
  newest: Snapshot,
  older: Snapshot,
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  const { result, look, options } = await diagnoseLooks({
    newest,
    older,
    traced: null,
    history: null,
    roots,
    check: true,
    problems: [],
    signal,
    onProgress: (text) => progress.show(text),
  });
  progress.clear();
  say(diagnosisText(result, look, { ...options, width: terminalWidth(), most: 2 }));
}
