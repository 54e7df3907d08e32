/** From flags and stanch.yaml to what a watch is made of: targets, store, evidence, the past. */
import { readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { messageOf, UsageError } from "../base/errors.ts";
import { resolveTarget, type Config } from "../config/index.ts";
import { openProfile } from "../profile/open.ts";
import { groupGoroutines } from "../profile/group.ts";
import type { Sample } from "../series/sample.ts";
import { openStore, retentionDefaults } from "../store/sqlite.ts";
import type { Store } from "../store/store.ts";
import { Evidence, evidenceDefaults } from "../watch/evidence.ts";
import { pastOf } from "../watch/past.ts";
import type { Sampler } from "../watch/sampler.ts";
import { scheduleDefaults } from "../watch/schedule.ts";
import {
  configTargets,
  FileTargets,
  FixedTargets,
  HostTargets,
  namedTarget,
  SrvTargets,
  type TargetSource,
  type WatchTarget,
} from "../watch/targets.ts";
import type { TargetFlags } from "./live.ts";
import { headersOf, httpOptions } from "./looks.ts";
import type { SourceFlags } from "./verdict-findings.ts";
import { toolVersion } from "./version.ts";

export interface WatchFlags extends TargetFlags, SourceFlags {
  readonly duration?: number;
  readonly interval?: number;
  readonly format: string;
  readonly config?: string;
  readonly host?: string | true;
  readonly fileSd?: string[];
  readonly srv?: string[];
  readonly redact?: boolean;
  readonly store?: string;
  readonly retention?: number;
  /** Milliseconds; absent: as stanch.yaml says. */
  readonly trace?: number;
  readonly prometheus?: string;
  readonly prometheusRange: number;
  readonly prometheusMatch?: string;
  readonly prometheusHeader?: string[];
  /** False: none, also not those of stanch.yaml. */
  readonly alert?: string[] | false;
  readonly evidence?: string | false;
  readonly evidenceBudget: number;
  readonly deployGrace: number;
  readonly deployFile?: string;
  readonly concurrency: number;
  readonly errorRate: number;
  readonly least: number;
  readonly leastBytes: number;
  /** For those who wait for a target: it is asked again after so long at most. */
  readonly mostBackoffMs?: number;
  /** True: targets have no intervals of their own. */
  readonly oneInterval?: boolean;
}

/** What the store has of a target from so long ago still counts. */
const STORED_PAST_MS = 24 * 3_600_000;

export function intervalOf(flags: WatchFlags, config: Config | null): number {
  return flags.interval ?? config?.watch.intervalMs ?? scheduleDefaults.intervalMs;
}

/** Names are those of stanch.yaml first, then pids and addresses. Without any: everything in stanch.yaml. */
export function targetSources(names: readonly string[], flags: WatchFlags, config: Config | null): TargetSource[] {
  const http = httpOptions(flags);
  const sources: TargetSource[] = [];
  const known = config?.targets ?? new Map<string, unknown>();
  const asked = names.length > 0 || [flags.host, flags.fileSd, flags.srv].some((f) => f !== undefined);
  const wanted = asked ? names : [...known.keys()];
  // Who says nothing means all that stanch.yaml knows.
  const files = flags.fileSd ?? (asked ? [] : (config?.watch.fileSd ?? []));
  const records = flags.srv ?? (asked ? [] : (config?.watch.srv ?? []));
  if (wanted.length > 0)
    sources.push(
      new FixedTargets(
        wanted.flatMap((n) =>
          config !== null && known.has(n)
            ? configTargets(config, [n]).map((t) => (flags.oneInterval === true ? { ...t, intervalMs: null } : t))
            : [namedTarget(n, http, flags.metrics ?? null)],
        ),
      ),
    );
  for (const file of files) sources.push(new FileTargets(file, http));
  for (const name of records) sources.push(new SrvTargets(name, http));
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
        ? "watch what? Give pids or addresses, --host, --file-sd FILE, --srv NAME, or list targets in stanch.yaml"
        : `watch what? ${config.file} lists no targets; give pids or addresses, --host, --file-sd FILE or --srv NAME`,
    );
  return sources;
}

export function storeOf(flags: WatchFlags, config: Config | null): Store | null {
  let path = flags.store ?? config?.watch.store ?? null;
  if (path === null) return null;
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) path = join(path, "watch.stanch");
  const totalMs = flags.retention ?? config?.watch.retentionMs ?? retentionDefaults.totalMs;
  return openStore(path, {
    retention: { ...retentionDefaults, totalMs, wholeMs: Math.min(totalMs, retentionDefaults.wholeMs) },
  });
}

/** Bundles on alarm: where somebody is alerted or names a folder. */
export function evidenceOf(flags: WatchFlags, config: Config | null, alerting: boolean): Evidence | null {
  if (flags.evidence === false || (flags.evidence === undefined && !alerting)) return null;
  return new Evidence({
    ...evidenceDefaults,
    folder: flags.evidence ?? "stanch-evidence",
    toolVersion: toolVersion(),
    stallMs: flags.budget ?? config?.watch.stallBudgetMs ?? evidenceDefaults.stallMs,
    diskBytes: flags.evidenceBudget,
    leakProfile: flags.leakProfile !== false,
    redact: redacts(flags, config),
  });
}

export function redacts(flags: WatchFlags, config: Config | null): boolean {
  return flags.redact ?? config?.watch.redact ?? false;
}

const stored = new WeakMap<Store, Set<string>>();

/** Whether a store may have a target: it had it when it was opened, or was asked before. Each question takes a lock on its file: a thousand new targets ask one. */
function mayHave(store: Store, target: string): boolean {
  let names = stored.get(store);
  if (names === undefined) stored.set(store, (names = new Set(store.targets().map((t) => t.name))));
  const had = names.has(target);
  names.add(target);
  return had;
}

/** The store's own past where there is one, else that of a Prometheus server. */
export async function pastFor(
  target: WatchTarget,
  sampler: Sampler,
  store: Store | null,
  flags: WatchFlags,
  config: Config | null,
): Promise<readonly Sample[]> {
  const now = Date.now();
  const kept =
    store === null || !mayHave(store, target.name)
      ? []
      : [...store.samples(target.name, { fromMs: now - STORED_PAST_MS, toMs: now })];
  if (kept.length > 0) return kept;
  const declared =
    config !== null && config.targets.has(target.name) ? resolveTarget(config, target.name).prometheus : null;
  const server = flags.prometheus ?? declared?.url;
  if (server === undefined) return [];
  const url = sampler.target.kind === "url" ? new URL(sampler.target.url) : null;
  const { ports, startedMs } = sampler.locate();
  const hosts = url === null ? [] : [url.hostname.replace(/^\[|\]$/g, "")];
  if (url === null || hosts.some((h) => h === "localhost" || h.startsWith("127.")))
    hosts.push("localhost", "127.0.0.1", "::1", hostname().toLowerCase());
  const request = {
    server,
    http: { headers: flags.prometheus === undefined ? (declared?.headers ?? {}) : headersOf(flags.prometheusHeader) },
    rangeMs: flags.prometheusRange,
    endMs: now,
    match: flags.prometheusMatch ?? declared?.match ?? null,
    ports:
      url === null ? ports : [Number(url.port === "" ? (url.protocol === "https:" ? 443 : 80) : url.port), ...ports],
    hosts,
    startedMs,
  };
  try {
    return await pastOf(request);
  } catch (e) {
    // `diagnose` calls its options otherwise.
    if (!(e instanceof UsageError)) throw e;
    throw new UsageError(e.message.replaceAll("--history-", "--prometheus-").replace(/^history: /, ""));
  }
}

/** A file that a deployment touches: its time of change is the deploy, its first line says what. */
export class DeployFile {
  private seen: number | null = null;
  private nextMs = 0;

  constructor(private readonly path: string | null) {
    this.changed();
  }

  changed(): string | null {
    const now = performance.now();
    if (this.path === null || now < this.nextMs) return null;
    this.nextMs = now + 1_000;
    const at = statSync(this.path, { throwIfNoEntry: false })?.mtimeMs ?? null;
    const before = this.seen;
    const first = this.seen === null;
    this.seen = at ?? 0;
    if (first || at === null || at === before) return null;
    try {
      return readFileSync(this.path, "utf8").split("\n")[0].slice(0, 200);
    } catch {
      return "";
    }
  }
}

export function provenBy(leak: Uint8Array): Map<string, number> | null {
  try {
    const out = new Map<string, number>();
    for (const g of groupGoroutines(openProfile(leak).profile))
      out.set(g.looseKey, (out.get(g.looseKey) ?? 0) + g.count);
    return out;
  } catch (e) {
    if (e instanceof UsageError) return null;
    throw new Error(`the goroutineleak profile: ${messageOf(e)}`, { cause: e });
  }
}

/** The dump is in the bundle; a store of many alarms should stay small. */
export function withoutDump(profiles: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  return new Map([...profiles].filter(([name]) => name !== "dump"));
}
