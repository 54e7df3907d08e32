/**
 * One look at a target, whole: who it is, its descriptors and sockets, its profiles, its numbers. What cannot be had is named in
 * `problems`, what was not asked for out of care in `skipped`; neither stops the look. Order by policy.ts.
 */
import { setPriority } from "node:os";
import { UsageError } from "../base/errors.ts";
import { readBuildInfo, type BuildInfo } from "./buildinfo.ts";
import { Costs, type Cost } from "./cost.ts";
import { askPorts } from "./discover.ts";
import { ProbeError } from "./errors.ts";
import { memStatsFromHeapText, parseExpvar, type MemStats } from "./expvar.ts";
import { askGops, findGopsPort, gopsSignal } from "./gops.ts";
import { HttpClient, type HttpOptions } from "./http.ts";
import { defaultBudget, expectedStallMs, planCapture, type Budget } from "./policy.ts";
import { fetchDump, fetchProfile, findPprof, type PprofIndex } from "./pprof-endpoint.ts";
import { ProcReader, readFds, readProcess, startTicks, type FdTable, type ProcessFacts } from "./procfs.ts";
import { isLeakMetric, parseExposition, type MetricSample } from "./prometheus-text.ts";
import { ownSockets, readListeners, readSockets, type OwnSockets } from "./sockets.ts";
import { localListener, type Target } from "./target.ts";

export interface Snapshot {
  readonly takenMs: number;
  readonly target: string;
  readonly process: ProcessFacts | null;
  readonly build: BuildInfo | null;
  readonly fds: FdTable | null;
  readonly sockets: OwnSockets | null;
  readonly pprof: {
    readonly base: string;
    readonly profiles: readonly string[];
    readonly goroutines: number | null;
  } | null;
  /** Uncompressed bytes by name: `goroutine`, `heap`, `goroutineleak`, and `dump` (text). */
  readonly profiles: ReadonlyMap<string, Uint8Array>;
  readonly memstats: MemStats | null;
  readonly metrics: readonly MetricSample[];
  readonly costs: readonly Cost[];
  readonly skipped: readonly string[];
  readonly problems: readonly string[];
}

export interface CollectOptions {
  readonly http?: HttpOptions;
  readonly budget?: Budget;
  readonly leakProfile?: boolean;
  readonly sinceLeakProfileMs?: number | null;
  readonly fullDump?: boolean;
  /** Where metrics are served, if not at /metrics beside pprof. */
  readonly metricsUrl?: string;
  readonly onStep?: (what: string) => void;
}

/** Keeps a dump no larger than this: the limit of the runtime itself, and a little. */
const DUMP_KEEP = 80 << 20;

export async function collect(
  target: Exclude<Target, { kind: "file" }>,
  options: CollectOptions = {},
): Promise<Snapshot> {
  const proc = new ProcReader();
  const costs = new Costs();
  const problems: string[] = [];
  const skipped: string[] = [];
  const note = (e: unknown): void => {
    if (!(e instanceof UsageError)) throw e;
    problems.push(e.message);
  };
  const step = options.onStep ?? ((): void => {});
  const pid = target.kind === "pid" ? target.pid : localListener(target.url, target.http, proc);
  let facts: ProcessFacts | null = null;
  let build: BuildInfo | null = null;
  let fds: FdTable | null = null;
  let sockets: OwnSockets | null = null;
  const takenMs = Date.now();
  const readSide = async (p: number): Promise<void> => {
    step("descriptors and sockets");
    const before = performance.now();
    try {
      const namespace = readSockets(proc, p);
      fds = readFds(proc, p);
      sockets = ownSockets(await namespace, fds);
      costs.add("descriptors and sockets", before, 0);
    } catch (e) {
      if (e instanceof UsageError) note(e);
      else problems.push(`descriptors and sockets: ${(e as Error).message}`);
    }
  };
  if (pid !== null) {
    yieldToTarget();
    step("process");
    const started = performance.now();
    try {
      facts = readProcess(proc, pid, problems);
      build = readBuildInfo(`${proc.root}/${pid}/exe`);
    } catch (e) {
      if (target.kind === "pid" && facts === null) throw e;
      note(e);
    }
    costs.add("process", started, 0);
    if (target.kind === "pid" && build === null && problems.length === 0) {
      const name = facts?.name ?? "";
      problems.push(
        `process ${pid} (${name}) is not a Go program that says so: descriptors, sockets and memory are all that can be told`,
      );
    }
  }

  const client = new HttpClient({ ...options.http, ...(target.kind === "url" ? target.http : {}) });
  const profiles = new Map<string, Uint8Array>();
  let index: PprofIndex | null = null;
  let memstats: MemStats | null = null;
  let metrics: readonly MetricSample[] = [];
  try {
    step("pprof");
    if (target.kind === "url") {
      try {
        index = await findPprof(client, target.url);
      } catch (e) {
        // With the process at hand there is still much to tell; without, nothing.
        if (facts === null) throw e;
        note(e);
      }
    } else if (facts !== null) {
      if (facts.foreignNet)
        problems.push(
          `in another network namespace, so that its ports cannot be reached from here: nsenter -t ${facts.pid} -n stanch … does`,
        );
      else {
        // Which ports it listens on is needed first; the evidence proper is read again below, in its order.
        const seen = listenersOf(proc, target.pid);
        if (seen !== null) index = await askPorts(seen);
      }
    }
    const goMinor = build?.goMinor ?? null;
    const size = { goroutines: index?.goroutines ?? null, goMinor };
    const plan = planCapture({
      size,
      budget: options.budget ?? defaultBudget,
      profiles: index?.profiles ?? null,
      wantLeakProfile: options.leakProfile === true,
      sinceLeakProfileMs: options.sinceLeakProfileMs ?? null,
      forceDump: options.fullDump === true,
    });
    skipped.push(...plan.skipped);
    for (const what of plan.steps) {
      const started = performance.now();
      try {
        if (what === "process") {
          if (pid !== null) await readSide(pid);
          continue;
        }
        if (index === null) continue;
        step(what === "dump" ? "goroutine dump" : `${what} profile`);
        if (what === "dump") {
          const chunks: Uint8Array[] = [];
          let kept = 0;
          const { wire } = await fetchDump(client, index, (chunk) => {
            kept += chunk.length;
            if (kept <= DUMP_KEEP) chunks.push(chunk);
          });
          profiles.set("dump", Buffer.concat(chunks));
          costs.add("goroutine dump", started, wire, expectedStallMs("dump", size));
        } else {
          const { bytes, wire } = await fetchProfile(client, index, what);
          profiles.set(what, bytes);
          costs.add(`${what} profile`, started, wire, expectedStallMs(what, size));
        }
      } catch (e) {
        note(e);
      }
    }
    if (index !== null || target.kind === "url") {
      const origin = index === null ? (target.kind === "url" ? target.url : "") : index.base;
      step("metrics");
      metrics = await readMetrics(
        client,
        options.metricsUrl ?? new URL("/metrics", origin).href,
        costs,
        options.metricsUrl === undefined ? null : note,
      );
      memstats = await readExpvar(client, new URL("/debug/vars", origin).href, costs);
    }
    if (index === null && pid !== null && facts !== null) {
      const port = findGopsPort(proc, pid);
      if (port !== null && !facts.foreignNet) {
        step("gops agent");
        try {
          let started = performance.now();
          // The agent prints full stacks only: the same stop of the world as debug=2.
          const stacks = await askGops(port, gopsSignal.stack);
          profiles.set("dump", stacks);
          costs.add("gops stack", started, stacks.length);
          started = performance.now();
          const heap = await askGops(port, gopsSignal.heap);
          const { gunzipSync } = await import("node:zlib");
          if (heap.length > 0)
            profiles.set("heap", heap[0] === 0x1f ? gunzipSync(heap, { maxOutputLength: 1 << 30 }) : heap);
          costs.add("gops heap", started, heap.length);
        } catch (e) {
          if (e instanceof UsageError) note(e);
          else problems.push(`gops agent: ${(e as Error).message}`);
        }
      } else if (build !== null && !facts.foreignNet)
        problems.push(
          'no pprof found. Three lines switch it on:  import _ "net/http/pprof"  and, in main,  go func() { log.Println(http.ListenAndServe("127.0.0.1:6060", nil)) }()',
        );
    }
    // The process may have been replaced under the same pid while we looked.
    if (facts !== null) {
      const f: ProcessFacts = facts;
      let now: number;
      try {
        now = startTicks(proc, f.pid);
      } catch {
        throw new ProbeError("vanished", `process ${f.pid} ended while it was read`);
      }
      if (now !== f.startTicks)
        throw new ProbeError("vanished", `process ${f.pid} was replaced by another while it was read`);
    }
  } finally {
    await client.close();
  }
  return {
    takenMs,
    target: target.text,
    process: facts,
    build,
    fds,
    sockets,
    pprof: index === null ? null : { base: index.base, profiles: [...index.profiles], goroutines: index.goroutines },
    profiles,
    memstats,
    metrics,
    costs: costs.items,
    skipped,
    problems: [...new Set(problems)],
  };
}

/** Null where /proc is closed to us, which the later reading of descriptors says. */
function listenersOf(proc: ProcReader, pid: number): OwnSockets | null {
  try {
    return ownSockets(readListeners(proc, pid), readFds(proc, pid));
  } catch {
    return null;
  }
}

/** On the target's own host we compete for its CPUs: its work goes first. */
function yieldToTarget(): void {
  try {
    setPriority(10);
  } catch {
    // Not allowed here; then we compete.
  }
}

async function readMetrics(
  client: HttpClient,
  url: string,
  costs: Costs,
  complain: ((e: unknown) => void) | null,
): Promise<readonly MetricSample[]> {
  const started = performance.now();
  try {
    const reply = await client.get(url, { totalMs: 15_000, maxBytes: 64 << 20 });
    if (reply.status !== 200) {
      complain?.(new ProbeError("status", `${url} answers ${reply.status}`));
      return [];
    }
    const text = Buffer.from(reply.body).toString("utf8");
    if (/^\s*</.test(text.slice(0, 64))) return [];
    costs.add("metrics", started, reply.bytes, 1);
    return parseExposition(text, isLeakMetric).samples;
  } catch (e) {
    complain?.(e);
    return [];
  }
}

async function readExpvar(client: HttpClient, url: string, costs: Costs): Promise<MemStats | null> {
  const started = performance.now();
  try {
    const reply = await client.get(url, { totalMs: 10_000, maxBytes: 32 << 20 });
    if (reply.status !== 200) return null;
    const text = Buffer.from(reply.body).toString("utf8");
    const stats = text.startsWith("{") ? parseExpvar(text).memstats : memStatsFromHeapText(text);
    costs.add("memstats", started, reply.bytes, 1);
    return stats;
  } catch {
    return null; // not served: most programs do not
  }
}
