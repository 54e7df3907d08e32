/**
 * One look at one target, over and over, on the cheap path: grouped goroutine profile, heap profile, /proc, metrics. Never a full dump, never a
 * forced collection. What is found out once (where pprof is, which process listens, what is not served) is kept while the process lives.
 */
import { UsageError } from "../base/errors.ts";
import { readBuildInfo, type BuildInfo } from "../probe/buildinfo.ts";

import { askPorts } from "../probe/discover.ts";
import type { TracedStack } from "../probe/ebpf.ts";
import { ProbeError } from "../probe/errors.ts";
import { liveHeap, parseExpvar } from "../probe/expvar.ts";
import { HttpClient, type HttpOptions } from "../probe/http.ts";
import { memoryLimit } from "../probe/memory-limit.ts";
import { fetchProfile, findPprof, type PprofIndex } from "../probe/pprof-endpoint.ts";
import { cpuSeconds, ProcReader, readCalls, readFds, readProcess, startTicks } from "../probe/procfs.ts";
import { parseExposition, type MetricSample } from "../probe/prometheus-text.ts";
import {
  connectionsOf,
  ownSockets,
  readListeners,
  readSockets,
  type OwnSockets,
  type SocketTable,
} from "../probe/sockets.ts";
import { localListener, parseTarget, type Target } from "../probe/target.ts";
import type { Profile } from "../profile/columns.ts";
import { inOrder, isRestart, type Point, type ProcessIdentity, type Sample } from "../series/sample.ts";
import type { SignalKind } from "../series/signal.ts";
import { isWork, loadPoints } from "./loads.ts";
import { Signals } from "./signals.ts";

export interface SamplerOptions {
  readonly http?: HttpOptions;
  /** Where metrics are served, if not at /metrics beside pprof. */
  readonly metricsUrl?: string | null;
  readonly proc?: ProcReader;
}

export interface TakenLook {
  readonly sample: Sample;
  /** What could not be read, one line each. */
  readonly problems: readonly string[];
  /** Bytes received. */
  readonly bytes: number;
}

interface LocalProcess {
  readonly pid: number;
  readonly netNamespace: string | null;
  readonly startTicks: number;
  readonly identity: ProcessIdentity;
}

/** After a 404, and after a port with no process behind it, not asked again for so long. */
const ABSENT_MS = 10 * 60_000;
/** A single profile larger than this is no target for watching. */
const PROFILE_LIMIT = 64 << 20;
const METRICS_LIMIT = 32 << 20;

/** A descriptor opened meanwhile is not in it yet, and counts at the next look. */
const SHARED_TABLE_MS = 500;
/** Addresses that are asked at about the same time share one list of what listens. */
const LISTENERS_MS = 1_000;
const tables = new Map<string, { readonly table: Promise<SocketTable>; readonly atMs: number }>();

export class Sampler {
  readonly target: Exclude<Target, { kind: "file" }>;
  private readonly client: HttpClient;
  private readonly proc: ProcReader;
  private readonly signals = new Signals();
  private index: PprofIndex | null = null;
  private local: LocalProcess | null = null;
  /** Of a pid: that it is over. */
  private ended: string | null = null;
  private identity: ProcessIdentity | null = null;
  private readonly absentUntil = new Map<string, number>();
  private heapSource: "gauge" | "profile" | null = null;
  private hasPools = false;
  private lastBuild: BuildInfo | null = null;
  private buildId: string | null = null;
  private cpuBefore: number | null = null;
  private collectionsBefore = -1;

  constructor(
    address: string,
    private readonly options: SamplerOptions = {},
  ) {
    const target = parseTarget(address);
    if (target.kind === "file") throw new UsageError(`${address} is a file: stanch replay reads recordings`);
    this.target = target;
    this.proc = options.proc ?? new ProcReader();
    this.client = new HttpClient({
      ...options.http,
      ...(target.kind === "url" ? target.http : {}),
    });
  }

  /** Address of pprof, once it was found. */
  get base(): string | null {
    return this.index?.base ?? null;
  }

  /** Of the process on this host, once it was found; kept when it ends. */
  get build(): BuildInfo | null {
    return this.lastBuild;
  }

  /** Of the process on this host while it runs; null elsewhere. */
  get pid(): number | null {
    return this.local?.pid ?? null;
  }

  /** What the tracing probe saw opened, by the signals that these descriptors are counted in. Goes into the next sample. */
  async opened(stacks: readonly TracedStack[]): Promise<Point[]> {
    if (this.local === null) return [];
    try {
      const table = await readSockets(this.proc, this.local.pid);
      const fds = readFds(this.proc, this.local.pid);
      const sockets = connectionsOf(table, fds, new Set(stacks.flatMap((s) => s.fds)));
      return this.signals.traced(
        stacks.filter((s) => s.kind === "descriptor"),
        fds,
        sockets,
      );
    } catch {
      return []; // it ended just now, and the next look says so
    }
  }

  /** Where on this host it listens and when it started, as far as can be seen: how others may know it. */
  locate(): { readonly ports: readonly number[]; readonly startedMs: number | null } {
    this.findProcess(Date.now(), [], 0);
    if (this.local === null) return { ports: [], startedMs: null };
    let ports: number[] = [];
    try {
      const own = ownSockets(readListeners(this.proc, this.local.pid), readFds(this.proc, this.local.pid));
      ports = own.listening.map((l) => l.port);
    } catch {
      // /proc is closed to us, which the looks say.
    }
    return { ports, startedMs: this.local.identity.startedMs };
  }

  /** @throws ProbeError where nothing at all could be read. */
  async look(nowMs: number, signal: AbortSignal): Promise<TakenLook> {
    const points: Point[] = [];
    const read = new Set<SignalKind>();
    const problems: string[] = [];
    let received = 0;
    let refused: UsageError | null = null;
    this.findProcess(nowMs, problems, LISTENERS_MS);
    let goroutines: Profile | null = null;
    let heap: Profile | null = null;
    let metrics: readonly MetricSample[] | null = null;
    let collections: number | undefined;
    try {
      if (this.index === null) this.index = await this.findIndex(signal);
      if (this.index !== null) {
        const limits: HttpOptions = { signal, maxBytes: PROFILE_LIMIT };
        const g = await fetchProfile(this.client, this.index, "goroutine", "", limits);
        goroutines = g.profile;
        // It answers. What listens there may have come since the list was read; if not, it is not of this host.
        if (this.local === null && (this.absentUntil.get("process") ?? 0) <= nowMs) {
          this.findProcess(nowMs, problems, 0);
          if (this.local === null) this.absentUntil.set("process", nowMs + ABSENT_MS);
        }
        received += g.wire;
        if (this.index.profiles.has("heap")) {
          try {
            const h = await fetchProfile(this.client, this.index, "heap", "", limits);
            heap = h.profile;
            received += h.wire;
          } catch (e) {
            if (!(e instanceof UsageError) || signal.aborted) throw e;
            problems.push(e.message);
          }
        }
      }
    } catch (e) {
      if (!(e instanceof UsageError)) throw e;
      // It may have moved; the next look searches again.
      this.index = null;
      refused = e;
      problems.push(e.message);
    }
    const url = this.metricsUrl();
    if (url !== null && !signal.aborted) {
      const got = await this.metrics(url, nowMs, signal, problems);
      if (got !== null) {
        metrics = got.samples;
        received += got.bytes;
      }
    }
    this.identify(nowMs, goroutines, metrics);
    const value = (name: string): number | undefined => metrics?.find((m) => m.name === name)?.value;
    this.readLimits(value);
    if (goroutines !== null) {
      points.push(...this.signals.goroutines(goroutines));
      read.add("goroutine");
    } else if (value("go_goroutines") !== undefined) {
      // The total alone: groups are a gap, which is why the kind is not said to have been read whole.
      points.push(this.signals.total("goroutine", value("go_goroutines") as number));
    }
    if (heap !== null) {
      points.push(...this.signals.heap(heap, this.live(value)));
      read.add("heap");
    } else if (this.index === null) {
      const live = value("go_gc_heap_live_bytes") ?? goalSolved(value);
      if (live !== null) points.push(this.signals.total("heap", live));
    }
    const sockets = await this.readLocal(points, read, problems);
    if (metrics !== null) {
      const pools = this.signals.pools(metrics);
      points.push(...pools);
      if (pools.length > 0) this.hasPools = true;
      if (this.hasPools) read.add("pool");
      collections = value("go_gc_duration_seconds_count") ?? value("go_gc_cycles_total_gc_cycles_total");
      if (this.local === null) {
        const open = value("process_open_fds");
        if (open !== undefined) points.push(this.signals.total("fd", open));
      }
    }
    if (collections === undefined && metrics === null && this.index !== null && !signal.aborted) {
      const stats = await this.expvar(nowMs, signal);
      if (stats !== null) collections = stats.numGc;
    }
    if (points.length === 0)
      throw refused ?? new ProbeError("unsupported", problems[0] ?? `nothing of ${this.target.text} can be read`);
    // Loads are never "read whole": one that is missing is a gap, not zero work.
    points.push(
      ...loadPoints(this.signals, {
        heap,
        metrics: metrics ?? [],
        cpuSeconds: this.ofProcess(cpuSeconds),
        readCalls: this.ofProcess(readCalls),
        sockets,
      }),
    );
    const sample: Sample = {
      timeMs: nowMs,
      process: this.identity,
      read,
      points: inOrder(points),
      ...(collections === undefined ? {} : { collections }),
    };
    return { sample, problems, bytes: received };
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** The process on this host, found anew when the one that was followed is gone or was replaced under its pid. */
  private findProcess(nowMs: number, problems: string[], oldMs: number): void {
    const { local, target, proc } = this;
    if (this.ended !== null) throw new ProbeError("vanished", this.ended);
    if (local !== null) {
      let ended = `process ${local.pid} ended, and its pid is another process now`;
      try {
        if (startTicks(proc, local.pid) === local.startTicks) return;
      } catch (e) {
        if (!(e instanceof UsageError)) throw e;
        ended = `process ${local.pid} has ended`;
      }
      this.local = null;
      this.index = null;
      this.absentUntil.clear();
      if (target.kind === "pid") {
        // Whoever gets this pid next is not what was meant.
        this.ended = ended;
        throw new ProbeError("vanished", ended);
      }
    }
    let pid: number | null;
    if (target.kind === "pid") pid = target.pid;
    else {
      if ((this.absentUntil.get("process") ?? 0) > nowMs) return;
      pid = localListener(target.url, target.http, proc, oldMs);
    }
    if (pid === null) return;
    try {
      const facts = readProcess(proc, pid, problems);
      let build: BuildInfo | null = null;
      try {
        build = readBuildInfo(`${proc.root}/${pid}/exe`);
      } catch (e) {
        if (!(e instanceof UsageError)) throw e;
        problems.push(e.message);
      }
      this.lastBuild = build;
      this.local = {
        pid,
        startTicks: facts.startTicks,
        netNamespace: facts.netNamespace,
        identity: {
          pid,
          startedMs: facts.startedMs,
          goVersion: build?.goVersion ?? null,
          module: build?.main?.path ?? build?.path ?? null,
          revision: build?.settings["vcs.revision"] ?? null,
        },
      };
      this.signals.limits = {
        descriptors: facts.maxFds > 0 && Number.isFinite(facts.maxFds) ? facts.maxFds : null,
        memoryBytes: memoryLimit(proc, pid, facts.cgroup),
      };
    } catch (e) {
      if (!(e instanceof UsageError) || target.kind === "pid") throw e;
      problems.push(e.message);
    }
  }

  private async findIndex(signal: AbortSignal): Promise<PprofIndex | null> {
    if (this.target.kind === "url") return findPprof(this.client, this.target.url, false, { signal });
    if (this.local === null) return null;
    let own: OwnSockets;
    try {
      own = ownSockets(readListeners(this.proc, this.local.pid), readFds(this.proc, this.local.pid));
    } catch {
      return null; // /proc is closed to us, which the reading of descriptors says
    }
    return askPorts(own, signal);
  }

  private metricsUrl(): string | null {
    const { metricsUrl } = this.options;
    if (metricsUrl !== undefined && metricsUrl !== null) return metricsUrl;
    if (this.index !== null) return new URL("/metrics", this.index.base).href;
    return this.target.kind === "url" ? new URL("/metrics", this.target.url).href : null;
  }

  private async metrics(
    url: string,
    nowMs: number,
    signal: AbortSignal,
    problems: string[],
  ): Promise<{ samples: readonly MetricSample[]; bytes: number } | null> {
    if ((this.absentUntil.get("metrics") ?? 0) > nowMs) return null;
    try {
      const reply = await this.client.get(url, { signal, maxBytes: METRICS_LIMIT });
      const text = reply.status === 200 ? Buffer.from(reply.body).toString("utf8") : "";
      if (reply.status !== 200 || /^\s*</.test(text.slice(0, 64))) {
        this.absentUntil.set("metrics", nowMs + ABSENT_MS);
        if (this.options.metricsUrl !== undefined && this.options.metricsUrl !== null)
          problems.push(`${url} answers ${reply.status}`);
        return null;
      }
      return { samples: parseExposition(text, isWanted).samples, bytes: reply.bytes };
    } catch (e) {
      if (!(e instanceof UsageError)) throw e;
      if (this.index !== null) problems.push(e.message);
      return null;
    }
  }

  private async expvar(nowMs: number, signal: AbortSignal): Promise<{ numGc: number } | null> {
    if (this.index === null || (this.absentUntil.get("expvar") ?? 0) > nowMs) return null;
    try {
      const reply = await this.client.get(new URL("/debug/vars", this.index.base), { signal, maxBytes: METRICS_LIMIT });
      const text = Buffer.from(reply.body).toString("utf8");
      const stats = reply.status === 200 && text.startsWith("{") ? parseExpvar(text).memstats : null;
      if (stats === null) this.absentUntil.set("expvar", nowMs + ABSENT_MS);
      return stats;
    } catch (e) {
      if (!(e instanceof UsageError)) throw e;
      return null;
    }
  }

  /**
   * Who this is. On this host the kernel says it; elsewhere process_start_time_seconds; else another build behind the address, or counters
   * that fell, show that it is not the one before.
   */
  private identify(nowMs: number, profile: Profile | null, metrics: readonly MetricSample[] | null): void {
    let next: ProcessIdentity | null = this.local?.identity ?? null;
    if (next === null) {
      const value = (name: string): number | undefined => metrics?.find((m) => m.name === name)?.value;
      const started = value("process_start_time_seconds");
      const goVersion =
        metrics?.find((m) => m.name === "go_info")?.labels["version"] ?? this.identity?.goVersion ?? null;
      const build = metrics?.find((m) => m.name === "go_build_info")?.labels;
      const buildId = profile?.mappings[0]?.buildId ?? null;
      const cpu = value("process_cpu_seconds_total") ?? null;
      const collections = value("go_gc_duration_seconds_count") ?? -1;
      const other =
        (buildId !== null && this.buildId !== null && buildId !== this.buildId) ||
        (cpu !== null && this.cpuBefore !== null && cpu < this.cpuBefore) ||
        (collections >= 0 && collections < this.collectionsBefore);
      if (buildId !== null) this.buildId = buildId;
      if (cpu !== null) this.cpuBefore = cpu;
      if (collections >= 0) this.collectionsBefore = collections;
      const startedMs = started !== undefined && Number.isFinite(started) ? started * 1000 : null;
      next = {
        pid: null,
        // Where nothing tells when it started, the first look that finds another program is the best there is.
        startedMs: startedMs ?? (other ? nowMs : (this.identity?.startedMs ?? null)),
        goVersion,
        module: build?.["path"] ?? (other ? null : (this.identity?.module ?? null)),
        revision: build?.["version"] ?? (other ? null : (this.identity?.revision ?? null)),
      };
    }
    if (isRestart(this.identity, next)) {
      this.signals.forget();
      this.heapSource = null;
    }
    this.identity = next;
    this.signals.module = next.module;
  }

  private readLimits(value: (name: string) => number | undefined): void {
    const goLimit = value("go_gc_gomemlimit_bytes");
    const { memoryBytes } = this.signals.limits;
    // math.MaxInt64 stands for none.
    if (goLimit !== undefined && goLimit > 0 && goLimit < 2 ** 62)
      this.signals.limits = { ...this.signals.limits, memoryBytes: Math.min(goLimit, memoryBytes ?? goLimit) };
    if (this.local === null) {
      const max = value("process_max_fds");
      if (max !== undefined && max > 0 && max < 2 ** 31)
        this.signals.limits = { ...this.signals.limits, descriptors: max };
    }
  }

  /** The gauge or the profile's sum (null), and that one throughout: two sources side by side would be a step. NaN: a gap. */
  private live(value: (name: string) => number | undefined): number | null {
    const gauge = value("go_gc_heap_live_bytes");
    this.heapSource ??= gauge === undefined ? "profile" : "gauge";
    return this.heapSource === "gauge" ? (gauge ?? Number.NaN) : null;
  }

  /** The table is of the whole namespace, and the kernel takes long to write it: targets that are looked at together share one. */
  private namespaceSockets(local: LocalProcess): Promise<SocketTable> {
    const key = `${this.proc.root} ${local.netNamespace ?? local.pid}`;
    const now = performance.now();
    const kept = tables.get(key);
    if (kept !== undefined && now - kept.atMs < SHARED_TABLE_MS) return kept.table;
    for (const [k, t] of tables) if (now - t.atMs >= SHARED_TABLE_MS) tables.delete(k);
    const table = readSockets(this.proc, local.pid);
    tables.set(key, { table, atMs: now });
    return table;
  }

  private ofProcess(read: (proc: ProcReader, pid: number) => number | null): number | null {
    if (this.local === null) return null;
    try {
      return read(this.proc, this.local.pid);
    } catch {
      return null; // it ended just now, and the next look says so; or it is another user's
    }
  }

  private async readLocal(points: Point[], read: Set<SignalKind>, problems: string[]): Promise<OwnSockets | null> {
    if (this.local === null) return null;
    try {
      const namespace = this.namespaceSockets(this.local);
      const fds = readFds(this.proc, this.local.pid);
      points.push(...this.signals.descriptors(fds));
      read.add("fd");
      const own = ownSockets(await namespace, fds);
      points.push(...this.signals.sockets(own));
      read.add("socket");
      return own;
    } catch (e) {
      problems.push(e instanceof UsageError ? e.message : `descriptors and sockets: ${(e as Error).message}`);
      return null;
    }
  }
}

/** Where the gauge is not kept: the collector's goal, solved for what it found live. */
export function goalSolved(value: (name: string) => number | undefined): number | null {
  const next = value("go_memstats_next_gc_bytes");
  if (next === undefined) return null;
  return liveHeap(next, value("go_gc_gogc_percent") ?? 100, value("go_memstats_stack_inuse_bytes") ?? 0);
}

const collectors =
  /^(?:go_(?:goroutines|info|build_info|gc_duration_seconds_count|gc_cycles_total_gc_cycles_total|gc_heap_live_bytes|gc_gogc_percent|gc_gomemlimit_bytes|memstats_(?:mallocs_total|alloc_bytes_total|next_gc_bytes|stack_inuse_bytes)|sched_goroutines_created_goroutines_total|sql_.*)|process_(?:cpu_seconds_total|open_fds|max_fds|start_time_seconds)|pgxpool_.*|hikaricp_.*|jdbc_connections_.*|druid_.*)$|pool_conn_(?:total|idle)_current$/;

function isWanted(name: string): boolean {
  return collectors.test(name) || isWork(name);
}
