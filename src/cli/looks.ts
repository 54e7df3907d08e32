/** From TARGET and flags to looks: reads processes and bundles, and turns what was read into what a diagnosis is made from. */
import { existsSync } from "node:fs";
import { UsageError } from "../base/errors.ts";
import { loadConfig, resolveTarget } from "../config/index.ts";
import type { Look } from "../diagnose/evidence.ts";
import { dumpToProfile, parseDump } from "../profile/dump.ts";
import { groupGoroutines } from "../profile/group.ts";
import { openProfile } from "../profile/open.ts";
import { total, typeIndex, type Profile } from "../profile/columns.ts";
import { decodePprof } from "../profile/pprof.ts";
import { collect, type CollectOptions, type Snapshot } from "../probe/collect.ts";
import { readBundle } from "../probe/bundle.ts";
import { liveHeap } from "../probe/expvar.ts";
import { LeakProfileTurn } from "../probe/turn.ts";
import { FileNames } from "../probe/file-names.ts";
import { fdSummary, repeatedFiles } from "../probe/procfs.ts";
import { parseTarget, readCa } from "../probe/target.ts";
import type { HttpOptions } from "../probe/http.ts";
import type { TargetFlags } from "./live.ts";

export function headersOf(given: readonly string[] | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const h of given ?? []) headers[h.slice(0, h.indexOf(":")).toLowerCase()] = h.slice(h.indexOf(":") + 1).trim();
  return headers;
}

export function httpOptions(flags: TargetFlags): HttpOptions {
  const headers = headersOf(flags.header);
  const ca = readCa(flags.ca);
  return { headers, insecure: flags.insecure === true, ...(ca === undefined ? {} : { ca }) };
}

interface Named {
  readonly address: string;
  readonly http: HttpOptions;
  readonly metrics: string | null;
}

/** A name of the nearest stanch.yaml, with what it says of the target; anything else as it stands. Flags win. */
function namedTarget(text: string, flags: TargetFlags): Named {
  const http = httpOptions(flags);
  const plain = { address: text, http, metrics: flags.metrics ?? null };
  // A pid, an address or a path is none; a broken stanch.yaml must not stand in the way of these.
  if (!/^[A-Za-z][\w.-]*$/.test(text) || existsSync(text)) return plain;
  const config = loadConfig(process.cwd());
  if (config === null || config.targets.size === 0) return plain;
  const t = resolveTarget(config, text);
  const ca = flags.ca === undefined && t.ca !== null ? readCa(t.ca) : undefined;
  return {
    address: t.address,
    http: {
      ...http,
      headers: { ...t.headers, ...http.headers },
      insecure: t.insecure || flags.insecure === true,
      ...(ca === undefined ? {} : { ca }),
    },
    metrics: flags.metrics ?? t.metrics,
  };
}

export async function takeSnapshot(
  text: string,
  flags: TargetFlags,
  onStep?: (what: string) => void,
): Promise<Snapshot> {
  const named = namedTarget(text, flags);
  const target = parseTarget(named.address);
  if (target.kind === "file") return readBundle(target.path);
  const options: CollectOptions = {
    http: named.http,
    budget: { stallMs: flags.budget ?? 10, leakProfileEveryMs: 4 * 3_600_000 },
    leakProfile: flags.leakProfile === true,
    fullDump: flags.fullDump === true,
    ...(named.metrics === null ? {} : { metricsUrl: named.metrics }),
    ...(onStep === undefined ? {} : { onStep }),
  };
  if (flags.leakProfile !== true) return collect(target, options);
  const turn = new LeakProfileTurn(target.kind === "pid" ? String(target.pid) : target.url);
  let asked = false;
  const since = turn.take();
  try {
    const look = await collect(target, { ...options, sinceLeakProfileMs: since });
    asked = look.profiles.has("goroutineleak");
    return look;
  } finally {
    turn.done(asked);
  }
}

/**
 * Best first: the runtime's own gauge, the heap profile's sum (as of the last collection, sampled), the collector's goal solved for what it
 * found live.
 */
function liveHeapBytes(s: Snapshot, heap: Profile | null): number | null {
  const metric = (name: string): number | undefined => s.metrics.find((m) => m.name === name)?.value;
  const gauge = metric("go_gc_heap_live_bytes");
  if (gauge !== undefined) return gauge;
  const column = heap === null ? -1 : typeIndex(heap, "inuse_space");
  if (heap !== null && column >= 0) return total(heap, column);
  const next = s.memstats?.nextGc ?? metric("go_memstats_next_gc_bytes");
  const stacks = s.memstats?.stackInuse ?? metric("go_memstats_stack_inuse_bytes") ?? 0;
  return next === undefined ? null : liveHeap(next, metric("go_gc_gogc_percent") ?? 100, stacks);
}

/** What cannot be read of a snapshot is said in `problems`; the rest still makes a look. */
export function toLook(s: Snapshot, problems: string[]): Look {
  const attempt = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch (e) {
      if (!(e instanceof UsageError)) throw e;
      problems.push(e.message);
      return null;
    }
  };
  const grouped = s.profiles.get("goroutine");
  const text = s.profiles.get("dump");
  const profile = grouped === undefined ? null : attempt(() => openProfile(grouped).profile);
  const dump = text === undefined ? null : attempt(() => parseDump(text));
  let goroutines: Look["goroutines"] = null;
  // A dump knows more, but a cut one counts less.
  if (dump !== null && dump.count > 0 && (dump.truncated === "" || profile === null))
    goroutines = {
      total: dump.count,
      groups: groupGoroutines(dumpToProfile(dump)),
      from: "dump",
      truncated: dump.truncated,
    };
  else if (profile !== null)
    goroutines = { total: total(profile, 0), groups: groupGoroutines(profile), from: "profile", truncated: "" };
  const leak = s.profiles.get("goroutineleak");
  const heap = s.profiles.get("heap");
  const heapProfile = heap === undefined ? null : attempt(() => openProfile(heap).profile);
  const proven = leak === undefined ? null : attempt(() => groupGoroutines(decodePprof(leak)));
  return {
    takenMs: s.takenMs,
    target: s.target,
    process: s.process,
    build: s.build,
    goroutines,
    proven,
    heap: heapProfile,
    liveHeapBytes: liveHeapBytes(s, heapProfile),
    fds:
      s.fds === null
        ? null
        : {
            total: s.fds.count,
            byKind: fdSummary(s.fds),
            repeated: repeatedFiles(s.fds),
            files: new FileNames().of(s.fds),
          },
    sockets: s.sockets,
    metrics: s.metrics,
  };
}
