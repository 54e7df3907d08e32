/**
 * The four steps. Observe: what there is, and what changed. Correlate: connections by peer and state. Trace: descriptors and, where it was
 * asked, who opens them. Attribute: suspects, ranked.
 */
import { isOwn, type GoroutineGroup } from "../profile/group.ts";
import { heapSites, type HeapSite } from "../profile/heap-sites.ts";
import type { Connections, Look } from "./evidence.ts";
import { goroutineSuspects } from "./goroutines.ts";
import { heapSuspects } from "./heap.ts";
import { attachOpeners } from "./openers.ts";
import { poolSuspects } from "./pools.ts";
import { replacedConnections } from "./replaced.ts";
import { descriptorSuspects, socketSuspects } from "./sockets.ts";
import { signatureOf } from "./signatures.ts";
import type { Suspect } from "./suspect.ts";

export interface Level {
  readonly name: "goroutines" | "heap live" | "rss" | "descriptors" | "sockets" | "threads";
  readonly unit: "count" | "bytes";
  readonly value: number;
  readonly before: number | null;
  /** Ceiling where one is known. */
  readonly limit: number | null;
}

export interface Diagnosis {
  /** Seconds between the looks; null with one. */
  readonly seconds: number | null;
  /** The earlier look is of another process (restarted, or another build): only functions were compared, not numbers. */
  readonly otherProcess: boolean;
  readonly levels: readonly Level[];
  /** Largest goroutine groups, whether suspect or not, with what they are. */
  readonly groups: readonly { readonly group: GoroutineGroup; readonly known: string | null }[];
  readonly heap: readonly HeapSite[];
  readonly connections: readonly { readonly now: Connections; readonly before: number | null }[];
  readonly unowned: readonly Connections[];
  readonly suspects: readonly Suspect[];
}

export function diagnose(look: Look, earlier: Look | null = null): Diagnosis {
  const seconds = earlier === null ? null : (look.takenMs - earlier.takenMs) / 1000;
  const otherProcess =
    earlier !== null &&
    earlier.process !== null &&
    look.process !== null &&
    (earlier.process.pid !== look.process.pid || earlier.process.startTicks !== look.process.startTicks);
  // Numbers of another process are no baseline: a restart begins from zero. Its groups would all read as grown.
  const base = otherProcess ? null : earlier;
  const goroutines = behindOwnClients(pressed(goroutineSuspects(look, base)), look);
  const accounted = new Set<Connections>();
  for (const s of goroutines) for (const c of s.connections) accounted.add(c);
  const suspects = [
    ...goroutines,
    ...attachOpeners([...socketSuspects(look, base, accounted), ...descriptorSuspects(look, base)], look),
    ...replacedConnections(look, base),
    ...heapSuspects(look, base),
    ...poolSuspects(look, base),
  ].sort((a, b) => b.score - a.score);
  return {
    seconds,
    otherProcess,
    levels: levels(look, base),
    groups: (look.goroutines?.groups ?? [])
      .slice(0, 12)
      .map((group) => ({ group, known: signatureOf(group)?.title ?? null })),
    heap: look.heap === null ? [] : heapSites(look.heap).slice(0, 5),
    connections: connections(look, base),
    unowned: look.sockets?.unowned.filter((c) => c.count >= 10).slice(0, 5) ?? [],
    suspects,
  };
}

/** While callers wait for a pool, whoever holds its connections is no longer merely possible. */
function pressed(suspects: Suspect[]): Suspect[] {
  if (!suspects.some((s) => s.signature === "sql-pool-waiting")) return suspects;
  return suspects.map((s) =>
    s.signature === "sql-tx-open" || s.signature === "sql-rows-open"
      ? {
          ...s,
          status: s.status === "possible" ? "likely" : s.status,
          evidence: [...s.evidence, "callers wait for the pool while these hold its connections"],
          // Above the waiters: they are the effect.
          score:
            Math.max(s.score, ...suspects.filter((x) => x.signature === "sql-pool-waiting").map((x) => x.score)) + 1,
        }
      : s,
  );
}

/** A program that calls itself has both ends of each connection: the end that was opened is the cause, the accepted one the effect. */
function behindOwnClients(suspects: Suspect[], look: Look): Suspect[] {
  const own = new Set(look.sockets?.listening.map((l) => l.port));
  const clients = suspects.filter((s) => s.connections.some((c) => c.direction === "out" && own.has(c.port)));
  if (clients.length === 0) return suspects;
  const least = Math.min(...clients.map((s) => s.score));
  return suspects.map((s) =>
    s.connections.length > 0 && s.connections.every((c) => c.direction === "in") && s.score >= least
      ? { ...s, score: least - 1, evidence: [...s.evidence, "the other ends of this program's own client connections"] }
      : s,
  );
}

/** Whether a command should end with exit code 1. */
export function isLeaking(d: Diagnosis): boolean {
  return d.suspects.some((s) => s.status !== "possible");
}

/** The program's own frames of a stack: the part people read. */
export function ownFrames(stack: Suspect["stack"]): Suspect["stack"] {
  return stack.filter((f) => isOwn(f.func));
}

function levels(look: Look, base: Look | null): Level[] {
  const out: Level[] = [];
  const add = (
    name: Level["name"],
    unit: Level["unit"],
    value: number | null | undefined,
    before: number | null | undefined,
    limit: number | null = null,
  ): void => {
    if (value !== null && value !== undefined) out.push({ name, unit, value, before: before ?? null, limit });
  };
  add("goroutines", "count", look.goroutines?.total, base?.goroutines?.total);
  add("heap live", "bytes", look.liveHeapBytes, base?.liveHeapBytes);
  add("rss", "bytes", look.process?.rssBytes, base?.process?.rssBytes);
  const max = look.process?.maxFds ?? 0;
  add("descriptors", "count", look.fds?.total, base?.fds?.total, max > 0 && Number.isFinite(max) ? max : null);
  add("sockets", "count", look.sockets?.total, base?.sockets?.total);
  add("threads", "count", look.process?.threads, base?.process?.threads);
  return out;
}

function connections(look: Look, base: Look | null): Diagnosis["connections"] {
  if (look.sockets === null) return [];
  const key = (c: Connections): string => `${c.transport} ${c.state} ${c.direction} ${c.peer} ${c.port}`;
  const before = base?.sockets == null ? null : new Map(base.sockets.groups.map((c) => [key(c), c.count]));
  return look.sockets.groups
    .filter((c) => c.direction !== "listen")
    .map((now) => ({ now, before: before === null ? null : (before.get(key(now)) ?? 0) }))
    .sort(
      (a, b) =>
        (b.before === null ? 0 : b.now.count - b.before) - (a.before === null ? 0 : a.now.count - a.before) ||
        b.now.count - a.now.count,
    )
    .slice(0, 12);
}
