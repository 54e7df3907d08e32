/** Which targets there are: as named, from Prometheus's file_sd files (read again when they change), from DNS, and every Go process of the host. */
import { promises as dns } from "node:dns";
import { readFileSync, statSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { messageOf, UsageError } from "../base/errors.ts";
import { resolveTarget, type Config } from "../config/index.ts";
import { discover } from "../probe/discover.ts";
import type { HttpOptions } from "../probe/http.ts";
import { readCa } from "../probe/target.ts";

export interface WatchTarget {
  /** Unique; what people see, and the key in the store. */
  readonly name: string;
  /** As a command line has it. */
  readonly address: string;
  readonly http: HttpOptions;
  readonly metricsUrl: string | null;
  readonly intervalMs: number | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where targets come from. `list` is asked again and again; it throws only the first time, when nothing is known yet. */
export interface TargetSource {
  list(signal: AbortSignal): Promise<readonly WatchTarget[]>;
  /** Why the source as it is now is not in force; null where it is. */
  readonly problem?: string | null;
}

export function namedTarget(text: string, http: HttpOptions, metricsUrl: string | null): WatchTarget {
  return { name: text, address: text, http, metricsUrl, intervalMs: null, labels: {} };
}

/** All targets of a stanch.yaml, or those named. */
export function configTargets(config: Config, names: Iterable<string>): WatchTarget[] {
  return [...names].map((name) => {
    const t = resolveTarget(config, name);
    const ca = t.ca === null ? undefined : readCa(t.ca);
    return {
      name,
      address: t.address,
      http: { headers: t.headers, insecure: t.insecure, ...(ca === undefined ? {} : { ca }) },
      metricsUrl: t.metrics,
      intervalMs: t.intervalMs,
      labels: t.labels,
    };
  });
}

export class FixedTargets implements TargetSource {
  constructor(private readonly targets: readonly WatchTarget[]) {}
  list(): Promise<readonly WatchTarget[]> {
    return Promise.resolve(this.targets);
  }
}

/**
 * `[{"targets": ["host:6060"], "labels": {"job": "api"}}]`, JSON or YAML. A file that is being rewritten and cannot be read for a moment keeps
 * the targets it had; one that is gone has none.
 */
export class FileTargets implements TargetSource {
  private stamp = "";
  private last: readonly WatchTarget[] | null = null;
  /** Why the file as it is now is not in force; null where it is. */
  problem: string | null = null;

  constructor(
    private readonly path: string,
    private readonly http: HttpOptions,
  ) {}

  list(): Promise<readonly WatchTarget[]> {
    try {
      const s = statSync(this.path);
      const stamp = `${s.ino}:${s.size}:${s.mtimeMs}`;
      if (stamp !== this.stamp || this.last === null) {
        this.last = parseFileSd(readFileSync(this.path, "utf8"), this.path, this.http);
        this.stamp = stamp;
      }
      this.problem = null;
    } catch (e) {
      const gone = (e as NodeJS.ErrnoException).code === "ENOENT";
      const problem = e instanceof UsageError ? e.message : `cannot read ${this.path}: ${messageOf(e)}`;
      if (this.last === null) return Promise.reject(new UsageError(problem));
      this.problem = problem;
      if (gone) this.last = [];
    }
    return Promise.resolve(this.last);
  }
}

export function parseFileSd(text: string, path: string, http: HttpOptions): WatchTarget[] {
  let root: unknown;
  try {
    root = path.endsWith(".json") ? JSON.parse(text) : parseYaml(text);
  } catch (e) {
    throw new UsageError(
      `${path} cannot be read as ${path.endsWith(".json") ? "JSON" : "YAML"}: ${messageOf(e).split("\n")[0]}`,
    );
  }
  if (!Array.isArray(root)) throw new UsageError(`${path}: a file_sd file is a list of {targets, labels}`);
  const out = new Map<string, WatchTarget>();
  for (const [i, group] of (root as unknown[]).entries()) {
    const g = group as { targets?: unknown; labels?: unknown } | null;
    if (typeof g !== "object" || g === null || !Array.isArray(g.targets))
      throw new UsageError(`${path}: entry ${i + 1} has no list of targets`);
    const labels: Record<string, string> = {};
    if (typeof g.labels === "object" && g.labels !== null)
      for (const [k, v] of Object.entries(g.labels)) labels[k] = String(v);
    for (const t of g.targets as unknown[]) {
      if (typeof t !== "string" || t === "")
        throw new UsageError(`${path}: entry ${i + 1}: a target is a text like host:6060`);
      const scheme = labels["__scheme__"] ?? "http";
      const address = /^https?:\/\//.test(t) ? t : `${scheme}://${t}`;
      const metricsPath = labels["__metrics_path__"];
      out.set(t, {
        name: t,
        address,
        http,
        metricsUrl: metricsPath === undefined ? null : new URL(metricsPath, address).href,
        intervalMs: null,
        labels: Object.fromEntries(Object.entries(labels).filter(([k]) => !k.startsWith("__"))),
      });
    }
  }
  return [...out.values()];
}

/** DNS is asked this often: what it knows is no fresher. */
const DNS_MS = 30_000;
/** A name that changes its mind at each answer is not to fill our memory. */
const MOST_RECORDS = 10_000;

export type ResolveSrv = (name: string) => Promise<readonly { readonly name: string; readonly port: number }[]>;

/**
 * The SRV records of a DNS name, `_pprof._tcp.api.svc.cluster.local`: a headless service of Kubernetes, Consul. While the name cannot be
 * resolved the targets stay that there were; an answer without records has none.
 */
export class SrvTargets implements TargetSource {
  private last: readonly WatchTarget[] | null = null;
  private askedMs = Number.NEGATIVE_INFINITY;
  problem: string | null = null;

  constructor(
    private readonly name: string,
    private readonly http: HttpOptions,
    private readonly resolve: ResolveSrv = (n) => dns.resolveSrv(n),
    private readonly clock: () => number = () => performance.now(),
  ) {}

  async list(): Promise<readonly WatchTarget[]> {
    const now = this.clock();
    if (this.last !== null && now - this.askedMs < DNS_MS) return this.last;
    this.askedMs = now;
    try {
      const records = await this.resolve(this.name);
      const names = [...new Set(records.map((r) => `${r.name.replace(/\.$/, "")}:${r.port}`))].sort();
      this.last = names.slice(0, MOST_RECORDS).map((at) => ({
        name: at,
        address: `http://${at}`,
        http: this.http,
        metricsUrl: null,
        intervalMs: null,
        labels: { srv: this.name },
      }));
      this.problem = null;
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException;
      const why =
        code === "ENOTFOUND" || code === "ENODATA"
          ? "there are no such SRV records"
          : code === "ETIMEOUT"
            ? "the name server does not answer"
            : messageOf(e);
      const problem = `cannot resolve ${this.name}: ${why}`;
      if (this.last === null) throw new UsageError(problem);
      this.problem = problem;
      // The last instance is gone, which is an answer; anything else is a fault of the moment.
      if (code === "ENODATA") this.last = [];
    }
    return this.last;
  }
}

/** Every Go process of the host, ourselves excepted (we are none); `pattern` is tried on module, main package and name. */
export class HostTargets implements TargetSource {
  constructor(private readonly pattern: RegExp | null) {}

  async list(signal: AbortSignal): Promise<readonly WatchTarget[]> {
    const { processes } = await discover({ askPprof: false, signal });
    const out: WatchTarget[] = [];
    for (const p of processes) {
      const module = p.build.main?.path ?? p.build.path;
      if (this.pattern !== null && ![module, p.build.path, p.process.name].some((n) => this.pattern?.test(n))) continue;
      out.push({
        name: `${programOf(p.process.exe) ?? p.process.name}[${p.process.pid}]`,
        address: String(p.process.pid),
        http: {},
        metricsUrl: null,
        intervalMs: null,
        labels: { module },
      });
    }
    return out;
  }
}

/** The kernel's own name of a process ends after 15 letters. */
function programOf(exe: string | null): string | null {
  const name =
    exe
      ?.replace(/ \(deleted\)$/, "")
      .split("/")
      .at(-1) ?? "";
  return name === "" ? null : name;
}
