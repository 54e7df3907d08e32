/** Bundles of one target, oldest first, as looks. */
import { UsageError } from "../../base/errors.ts";
import type { Snapshot } from "../../probe/collect.ts";
import { groupGoroutines } from "../../profile/group.ts";
import { openProfile } from "../../profile/open.ts";
import { dumpToProfile, parseDump } from "../../profile/dump.ts";
import type { Profile } from "../../profile/columns.ts";
import { inOrder, isRestart, type Point, type ProcessIdentity, type Sample } from "../../series/sample.ts";
import type { SignalKind } from "../../series/signal.ts";
import { loadPoints } from "../loads.ts";
import { goalSolved } from "../sampler.ts";
import { Signals } from "../signals.ts";
import type { Recording } from "./recording.ts";

export function recordingsOfSnapshots(snapshots: readonly Snapshot[]): Recording[] {
  const byTarget = new Map<string, Snapshot[]>();
  for (const s of snapshots) byTarget.set(s.target, [...(byTarget.get(s.target) ?? []), s]);
  return [...byTarget].map(([target, list]) => {
    const problems: string[] = [];
    const signals = new Signals();
    let before: ProcessIdentity | null = null;
    const samples = list
      .sort((a, b) => a.takenMs - b.takenMs)
      .map((s) => {
        const sample = sampleOf(s, signals, before, problems);
        before = sample.process ?? before;
        return sample;
      });
    return { target, samples, problems };
  });
}

function sampleOf(s: Snapshot, signals: Signals, before: ProcessIdentity | null, problems: string[]): Sample {
  const process: ProcessIdentity | null =
    s.process === null
      ? null
      : {
          pid: s.process.pid,
          startedMs: s.process.startedMs,
          goVersion: s.build?.goVersion ?? null,
          module: s.build?.main?.path ?? s.build?.path ?? null,
          revision: s.build?.settings["vcs.revision"] ?? null,
        };
  if (isRestart(before, process)) signals.forget();
  signals.module = process?.module ?? null;
  const max = s.process?.maxFds ?? 0;
  signals.limits = { descriptors: max > 0 && Number.isFinite(max) ? max : null, memoryBytes: null };
  const points: Point[] = [];
  const read = new Set<SignalKind>();
  const open = (name: string): Profile | null => {
    const bytes = s.profiles.get(name);
    try {
      return bytes === undefined ? null : openProfile(bytes).profile;
    } catch (e) {
      if (!(e instanceof UsageError)) throw e;
      problems.push(e.message);
      return null;
    }
  };
  const dump = s.profiles.get("dump");
  const goroutines = open("goroutine") ?? (dump === undefined ? null : dumpToProfile(parseDump(dump)));
  if (goroutines !== null) {
    points.push(...signals.goroutines(goroutines));
    read.add("goroutine");
  }
  const value = (name: string): number | undefined => s.metrics.find((m) => m.name === name)?.value;
  const heap = open("heap");
  if (heap !== null) {
    points.push(...signals.heap(heap, value("go_gc_heap_live_bytes") ?? null));
    read.add("heap");
  } else {
    const live = value("go_gc_heap_live_bytes") ?? goalSolved(value);
    if (live !== null) points.push(signals.total("heap", live));
  }
  if (s.fds !== null) {
    points.push(...signals.descriptors(s.fds));
    read.add("fd");
  }
  if (s.sockets !== null) {
    points.push(...signals.sockets(s.sockets));
    read.add("socket");
  }
  const pools = signals.pools(s.metrics);
  points.push(...pools);
  if (pools.length > 0) read.add("pool");
  points.push(
    ...loadPoints(signals, { heap, metrics: s.metrics, cpuSeconds: null, readCalls: null, sockets: s.sockets }),
  );
  const leak = open("goroutineleak");
  const proven = new Map<string, number>();
  if (leak !== null)
    for (const g of groupGoroutines(leak)) proven.set(g.looseKey, (proven.get(g.looseKey) ?? 0) + g.count);
  const collections = s.memstats?.numGc ?? value("go_gc_duration_seconds_count");
  return {
    timeMs: s.takenMs,
    process,
    read,
    points: inOrder(points),
    ...(proven.size === 0 ? {} : { proven }),
    ...(collections === undefined ? {} : { collections }),
  };
}
