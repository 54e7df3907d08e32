/** `stanch watch`: wires targets, judges, store, alerts and the view, and ends with the verdicts. */
import { UsageError } from "../base/errors.ts";
import { loadConfig } from "../config/index.ts";
import type { BuildInfo } from "../probe/buildinfo.ts";
import type { Watcher } from "../watch/watcher.ts";
import { untilInterrupted } from "./progress.ts";
import { findingsOf } from "./verdict-findings.ts";
import { WatchEngine } from "./watch-engine.ts";
import { intervalOf, type WatchFlags } from "./watch-setup.ts";
import { outputOf, watched, type Output } from "./watch-output.ts";

export async function run(names: string[], flags: WatchFlags): Promise<void> {
  const config = loadConfig(process.cwd(), flags.config === undefined ? {} : { path: flags.config });
  const output = await chooseOutput(flags, intervalOf(flags, config));
  const engine = new WatchEngine(names, flags, config, output);
  const made = engine.watcher;
  const ended = untilEnd(flags.duration ?? null);
  try {
    await engine.start();
    output.begin(made, ended.end);
    await Promise.race([ended.promise, engine.broken]);
  } finally {
    ended.done();
    await output.close();
    await engine.stop();
  }
  const all = [...made.targets.values()].map(watched);
  const interrupt = untilInterrupted();
  try {
    const buildOf = (name: string): BuildInfo | null => made.targets.get(name)?.sampler.build ?? null;
    output.end(all, await findingsOf(all, buildOf, flags, interrupt.signal, (m) => output.problem(m)));
  } finally {
    interrupt.done();
  }
  if (all.length === 0) throw new UsageError("no target was found");
  if (all.every((t) => t.looks === 0)) {
    const first = all.find((t) => t.failure !== null)?.failure;
    throw new UsageError(first ?? "nothing was read before the end");
  }
  if (all.some((t) => t.verdicts.some((v) => v.status === "leak"))) process.exitCode = 1;
}

interface Shown extends Output {
  /** A line of an alert sink. */
  note(text: string): void;
  begin(watcher: Watcher, end: () => void): void;
  close(): Promise<void>;
}

/** The view where a person sits at a terminal, lines anywhere else. */
async function chooseOutput(flags: WatchFlags, intervalMs: number): Promise<Shown> {
  const lines: Shown = {
    ...outputOf(flags.format),
    // A second sink on the same stream would break JSON.
    note: (t) => void (flags.format === "text" ? null : process.stderr.write(t)),
    begin: () => {},
    close: async () => {},
  };
  const terminal = process.stdout.isTTY === true && process.stdin.isTTY === true && process.env["TERM"] !== "dumb";
  if (flags.format !== "text" || !terminal) return lines;
  const { View } = await import("./watch-view.ts");
  const view = new View(intervalMs, flags.check === false ? null : (flags.source ?? [process.cwd()]));
  return {
    event: (e) => view.event(e),
    alert: (a) => view.alert(a),
    problem: (m) => view.problem(m),
    note: () => {},
    begin: (watcher, end) => view.open(watcher, end),
    close: () => view.close(),
    end: (targets, finding) => lines.end(targets, finding),
  };
}

/** Ends at the time, or on the first Ctrl-C or SIGTERM; a second one ends at once. */
export function untilEnd(durationMs: number | null): { promise: Promise<void>; done: () => void; end: () => void } {
  let end: () => void = () => {};
  const promise = new Promise<void>((resolve) => (end = resolve));
  const timer = durationMs === null ? null : setTimeout(end, durationMs);
  let stopped = false;
  const stop = (): void => {
    if (stopped) process.exit(130);
    stopped = true;
    end();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // The terminal was closed: what was seen is still kept.
  process.on("SIGHUP", stop);
  return {
    promise,
    end: stop,
    done: () => {
      if (timer !== null) clearTimeout(timer);
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      process.off("SIGHUP", stop);
    },
  };
}
