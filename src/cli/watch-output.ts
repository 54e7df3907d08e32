/** What `watch` prints as things happen: lines for people, one JSON object per event for programs. */
import { verdictJson, watchJson, type FindingOf, type WatchedTarget } from "../report/live/watch-json.ts";
import { clock, verdictLine, watchText } from "../report/live/watch-text.ts";
import { plain } from "../report/live/format.ts";
import { alertLine } from "../watch/alerts/sinks.ts";
import type { Alert } from "../watch/alerts/alert.ts";
import { verdictsNow, type Watched, type WatchEvent } from "../watch/watcher.ts";
import { terminalWidth } from "./progress.ts";

export interface Output {
  event(e: WatchEvent): void;
  alert(a: Alert): void;
  /** Something of Stanch's own: the store, a sink, the file of targets. */
  problem(message: string): void;
  end(targets: readonly WatchedTarget[], finding: FindingOf): void;
}

export function outputOf(format: string, write: (text: string) => void = (t) => void process.stdout.write(t)): Output {
  const complain = (message: string): void => void process.stderr.write(`stanch: ${plain(message)}\n`);
  switch (format) {
    case "json":
      return {
        event: () => {},
        alert: () => {},
        problem: complain,
        end: (targets, finding) => write(watchJson(targets, finding)),
      };
    case "ndjson": {
      const line = (o: object): void => write(`${JSON.stringify(o)}\n`);
      const now = (): string => new Date().toISOString();
      return {
        event: (e) => {
          const o = eventJson(e);
          if (o !== null) line(o);
        },
        alert: (a) =>
          line({
            event: "alert",
            time: now(),
            target: a.target,
            status: a.status,
            bundle: a.bundle,
            note: a.note,
            verdict: verdictJson(a.verdict, null),
          }),
        problem: (message) => line({ event: "problem", time: now(), message }),
        end: (targets, finding) =>
          line({ event: "end", time: now(), ...(JSON.parse(watchJson(targets, finding)) as object) }),
      };
    }
    default:
      return {
        event: (e) => {
          const text = eventText(e);
          if (text !== null) write(`${clock(Date.now())}  ${plain(e.target.target.name)}  ${text}\n`);
        },
        alert: (a) => write(`${clock(Date.now())}  ${plain(alertLine(a).trimEnd())}\n`),
        problem: complain,
        end: (targets, finding) => write(`\n${watchText(targets, terminalWidth(), clock, finding)}`),
      };
  }
}

export function eventText(e: WatchEvent): string | null {
  switch (e.type) {
    case "verdict":
      return verdictLine(e.verdict);
    case "over":
      return `over: ${e.before.kind}  ${plain(e.before.signal.label)}  ${e.why}`;
    case "failed":
      return e.first ? `cannot be read: ${plain(e.message)}` : null;
    case "recovered":
      return "can be read again";
    case "seeded":
      return e.problem !== null
        ? `its past is not known: ${plain(e.problem)}`
        : `goes on from ${e.looks} looks since ${clock(e.sinceMs ?? 0)}`;
    case "restarted":
      return `restarted${e.process.pid === null ? "" : ` (pid ${e.process.pid})`}: counting begins anew`;
    case "removed":
      return "is no longer a target";
    default:
      return null;
  }
}

function eventJson(e: WatchEvent): object | null {
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
    case "seeded":
      return {
        ...head,
        looks: e.looks,
        since: e.sinceMs === null ? null : new Date(e.sinceMs).toISOString(),
        problem: e.problem,
      };
    case "restarted":
      return { ...head, process: e.process };
    case "verdict":
      return { ...head, verdict: verdictJson(e.verdict, e.target.firstMs), before: e.before?.status ?? null };
    case "over":
      return { ...head, why: e.why, verdict: verdictJson(e.before, e.target.firstMs) };
    case "judged":
      return null;
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
