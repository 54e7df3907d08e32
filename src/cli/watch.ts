/** `stanch watch`: wires targets, judges, store, alerts and the view, and ends with the verdicts. */
import { UsageError } from "../base/errors.ts";
import { loadConfig, type Config } from "../config/index.ts";
import { verdictJson, watchJson, type WatchedTarget } from "../report/live/watch-json.ts";
import { clock, verdictLine, watchText } from "../report/live/watch-text.ts";
import { plain } from "../report/live/format.ts";
import { scheduleDefaults } from "../watch/schedule.ts";
import {
  configTargets,
  FileTargets,
  FixedTargets,
  HostTargets,
  namedTarget,
  type TargetSource,
} from "../watch/targets.ts";
import { verdictsNow, Watcher, type Watched, type WatchEvent } from "../watch/watcher.ts";
import type { TargetFlags } from "./live.ts";
import { httpOptions } from "./looks.ts";
import { terminalWidth } from "./progress.ts";

export interface WatchFlags extends TargetFlags {
  readonly duration?: number;
  readonly interval?: number;
  readonly format: string;
  readonly config?: string;
  readonly host?: string | true;
  readonly fileSd?: string[];
}

export async function run(names: string[], flags: WatchFlags): Promise<void> {
  const config = loadConfig(process.cwd(), flags.config === undefined ? {} : { path: flags.config });
  const sources = targetSources(names, flags, config);
  const intervalMs = flags.interval ?? config?.watch.intervalMs ?? scheduleDefaults.intervalMs;
  const line = lineWriter(flags.format);
  const watcher = new Watcher(sources, {
    schedule: { intervalMs, deadlineMs: Math.max(2_000, Math.min(scheduleDefaults.deadlineMs, intervalMs)) },
    onEvent: line,
  });
  await watcher.start();
  const ended = untilEnd(flags.duration ?? null);
  try {
    await Promise.race([ended.promise, watcher.broken]);
  } finally {
    ended.done();
    await watcher.stop();
  }
  finish(watcher, flags.format);
}

/** Names are those of stanch.yaml first, then pids and addresses. Without any: everything in stanch.yaml. */
function targetSources(names: readonly string[], flags: WatchFlags, config: Config | null): TargetSource[] {
  const http = httpOptions(flags);
  const sources: TargetSource[] = [];
  const known = config?.targets ?? new Map<string, unknown>();
  const wanted =
    names.length === 0 && flags.host === undefined && flags.fileSd === undefined ? [...known.keys()] : names;
  if (wanted.length > 0)
    sources.push(
      new FixedTargets(
        wanted.flatMap((n) =>
          config !== null && known.has(n) ? configTargets(config, [n]) : [namedTarget(n, http, flags.metrics ?? null)],
        ),
      ),
    );
  for (const file of flags.fileSd ?? []) sources.push(new FileTargets(file, http));
  if (flags.host !== undefined) {
    let pattern: RegExp | null = null;
    try {
      pattern = flags.host === true ? null : new RegExp(flags.host);
    } catch {
      throw new UsageError(`--host: not a regular expression: ${String(flags.host)}`);
    }
    sources.push(new HostTargets(pattern));
  }
  if (sources.length === 0)
    throw new UsageError(
      config === null
        ? "watch what? Give pids or addresses, --host, --file-sd FILE, or list targets in stanch.yaml"
        : `watch what? ${config.file} lists no targets; give pids or addresses, --host or --file-sd FILE`,
    );
  return sources;
}

/** Ends at the time, or on the first Ctrl-C or SIGTERM; a second one ends at once. */
function untilEnd(durationMs: number | null): { promise: Promise<void>; done: () => void; end: () => void } {
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
  return {
    promise,
    end,
    done: () => {
      if (timer !== null) clearTimeout(timer);
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    },
  };
}

/** One line per event where people or programs read along. */
function lineWriter(format: string): (e: WatchEvent) => void {
  if (format === "json") return () => {};
  if (format === "ndjson") return (e) => process.stdout.write(`${JSON.stringify(eventJson(e))}\n`);
  return (e) => {
    const text = eventText(e);
    if (text !== null) process.stdout.write(`${clock(Date.now())}  ${plain(e.target.target.name)}  ${text}\n`);
  };
}

function eventText(e: WatchEvent): string | null {
  switch (e.type) {
    case "verdict":
      return verdictLine(e.verdict);
    case "failed":
      return e.first ? `cannot be read: ${plain(e.message)}` : null;
    case "recovered":
      return "can be read again";
    case "restarted":
      return `restarted${e.process.pid === null ? "" : ` (pid ${e.process.pid})`}: counting begins anew`;
    default:
      return null;
  }
}

function eventJson(e: WatchEvent): unknown {
  const head = { event: e.type, time: new Date().toISOString(), target: e.target.target.name };
  switch (e.type) {
    case "look":
      return {
        ...head,
        time: new Date(e.sample.timeMs).toISOString(),
        totals: Object.fromEntries(
          e.sample.points
            .filter((p) => p.signal.name === "total")
            .map((p) => [p.signal.kind, Number.isFinite(p.value) ? p.value : null]),
        ),
        signals: e.sample.points.length,
        problems: e.problems,
      };
    case "failed":
      return { ...head, message: e.message };
    case "restarted":
      return { ...head, process: e.process };
    case "verdict":
      return { ...head, verdict: verdictJson(e.verdict, e.target.firstMs), before: e.before?.status ?? null };
    default:
      return head;
  }
}

export function watched(w: Watched): WatchedTarget {
  return {
    name: w.target.name,
    labels: w.target.labels,
    process: w.process,
    firstMs: w.firstMs,
    lastMs: w.lastMs,
    looks: w.looks,
    failure: w.failure,
    problems: w.problems,
    verdicts: verdictsNow(w),
  };
}

function finish(watcher: Watcher, format: string): void {
  const all = [...watcher.targets.values()].map(watched);
  if (format === "json") process.stdout.write(watchJson(all));
  else if (format === "ndjson")
    process.stdout.write(`${JSON.stringify({ event: "end", ...(JSON.parse(watchJson(all)) as object) })}\n`);
  else process.stdout.write(`\n${watchText(all, terminalWidth())}`);
  if (all.length === 0) throw new UsageError("no target was found");
  if (all.every((t) => t.looks === 0)) {
    const first = all.find((t) => t.failure !== null)?.failure;
    throw new UsageError(first ?? "nothing was read before the end");
  }
  if (all.some((t) => t.verdicts.some((v) => v.status === "leak"))) process.exitCode = 1;
}
