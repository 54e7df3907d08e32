/**
 * `stanch check`, whole: load → what the cache knows → analyse the rest, here or in workers → one list of findings.
 *
 *     const outcome = await check(process.cwd(), { patterns: ["./..."], rules: ["http-body-unclosed"] });
 *
 * Files in the outcome are relative to the folder it was called for. The findings depend on the sources, the rules and the build
 * target, and on nothing else: not on the cache, the number of workers, or the order in which they finish.
 */
import { availableParallelism } from "node:os";
import { relative, sep } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { compareFindings, type Problem } from "../diag/finding.ts";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import { Loader } from "../go/load/loader.ts";
import type { LoadOptions } from "../go/load/options.ts";
import type { Config } from "../config/config.ts";
import type { Overlay } from "../go/load/overlay.ts";
import { loadOptions } from "./overlaid.ts";
import { Analyst, find, taskFor, taskOf } from "./analyst.ts";
import { Callers, settle } from "./callers.ts";
import { Importers } from "./importers.ts";
import { declaredBy } from "./declared.ts";
import { dependencyOrder } from "./plan.ts";
import { Policy } from "./policy.ts";
import { runPool } from "./pool.ts";
import type { CheckedFinding, PackageResult } from "./result.ts";
import type { Task, WorkerSetup } from "./task.ts";
import { type AskAgain, CacheRun, type CacheOptions } from "./cache.ts";

export interface CheckOptions {
  readonly patterns: readonly string[];
  readonly load?: Omit<LoadOptions, "fs">;
  /** Ids of the rules that run. */
  readonly rules: readonly string[];
  readonly generated?: boolean;
  /** Findings of low confidence too (see Pass.unsure). Default: false. */
  readonly unsure?: boolean;
  /** The repository's `stanch.yaml`. */
  readonly config?: Config | null;
  /** Worker threads; 0: none, analyse in this one. Default: what the machine and the size of the work suggest. */
  readonly jobs?: number;
  /** Null: neither read nor written. */
  readonly cache?: CacheOptions | null;
  readonly onProgress?: (done: number, total: number, current: string) => void;
  readonly signal?: AbortSignal;
  /** Files that are other than on the disk; then no cache is used. */
  readonly overlay?: Overlay;
  /** False: fixes are not tried and there are none; a good third of the time where there are many. Default: true. */
  readonly fixes?: boolean;
  /** Analyse these instead of what the patterns name; those that do not exist are passed over. */
  readonly places?: readonly Task[];
}

export interface CheckOutcome {
  readonly root: string;
  /** Import paths of what was analysed. */
  readonly packages: readonly string[];
  /** The same, for `CheckOptions.places`; null for those that only this run's patterns name. */
  readonly places: ReadonlyMap<string, Task>;
  readonly findings: readonly CheckedFinding[];
  readonly problems: readonly Problem[];
  /** Import paths that could not be found, and how many packages import one. */
  readonly missing: readonly string[];
  readonly incomplete: number;
  readonly faults: number;
  readonly stats: CheckStats;
  /** Milliseconds by phase and rule, over all threads. */
  readonly timings: ReadonlyMap<string, number>;
}

export interface CheckStats {
  readonly packages: number;
  /** Packages whose results came from the cache. */
  readonly cached: number;
  readonly files: number;
  readonly bytes: number;
  readonly functions: number;
  readonly milliseconds: number;
  readonly peakRssBytes: number;
  readonly workers: number;
}

/** Less source than this is analysed sooner than a worker has started (some 60 ms) and loaded the standard library again. */
const SmallBytes = 600_000;

/**
 * Source bytes that all threads together, and each of them, may hold before they start over, which has them read most of it again. Measured on kubernetes:
 * what stays of a package (declarations, their types, its bytes) takes 7.5 bytes of memory per byte of source, and the collector lets as much again lie
 * about. So these keep all threads together below 2.5 GB, and each below the 1.4 GB that it may have (pool.ts). With 120 MB for all it takes a fifth longer.
 */
const HeldBytes = 200_000_000;
const HeldByThread = 120_000_000;

/** What a thread needs to make progress: packages of kubernetes import 20 to 30 MB each, most of it the same. */
const LeastBytes = 40_000_000;

/** More threads would each load most of the imports again: memory grows faster than speed. `--jobs` overrides it. */
const MaxWorkers = 4;

/** @throws UsageError where the folder or a pattern names nothing; AbortError when `signal` aborts. */
export async function check(dir: string, options: CheckOptions): Promise<CheckOutcome> {
  const start = performance.now();
  const loader = Loader.open(dir, loadOptions(options.load, options.overlay));
  const policy = new Policy(options.config ?? null);
  const match =
    options.places === undefined
      ? matchWanted(loader, options.patterns, policy)
      : {
          packages: placed(loader, options.places),
          focus: new Map<LoadedPackage, ReadonlySet<string>>(),
          problems: [],
        };
  const loaded = performance.now();
  let analyst: Analyst | null = null;
  const askAgain: AskAgain = (from, question) =>
    (analyst ??= new Analyst(loader, { ...setupFor(loader, options, 0), budget: LeastBytes })).askAgain(from, question);
  const cache =
    options.cache == null || options.overlay !== undefined
      ? null
      : new CacheRun(loader, options, options.cache, askAgain);
  const results: (PackageResult | null)[] = match.packages.map((p) =>
    match.focus.has(p) ? null : (cache?.find(p) ?? null),
  );
  const cached = results.filter((r) => r !== null).length;
  const looked = performance.now();
  const workers = await analyzeRest(loader, match.packages, match.focus, results, options, cache);
  const callers = await callersOf(loader, match.packages, results, options, cache, askAgain);
  cache?.finish();
  const analyzed = performance.now();
  const settled = results.map((r, i) => (r === null ? null : settle(match.packages[i], r, callers)));
  const outcome = merge(loader, match.problems, settled, policy);
  return {
    ...outcome,
    places: new Map(match.packages.flatMap((p) => [[p.path, taskOf(p)] as const])),
    stats: {
      ...outcome.stats,
      packages: match.packages.length,
      cached,
      milliseconds: performance.now() - start,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      workers,
    },
    timings: new Map([
      ["find packages (this thread)", loaded - start],
      ["look into the cache (this thread)", looked - loaded],
      ["wait for the analysis (this thread)", analyzed - looked],
      ...[...outcome.timings].sort((a, b) => b[1] - a[1]),
    ]),
  };
}

/** Fills the empty places of `results`; returns the number of workers it took. */
async function analyzeRest(
  loader: Loader,
  packages: readonly LoadedPackage[],
  focus: ReadonlyMap<LoadedPackage, ReadonlySet<string>>,
  results: (PackageResult | null)[],
  options: CheckOptions,
  cache: CacheRun | null,
): Promise<number> {
  const places = new Map(packages.map((p, i) => [p, i]));
  const open = packages.filter((_, i) => results[i] === null);
  let done = packages.length - open.length;
  if (open.length === 0) return 0;
  const { signal = null, onProgress } = options;
  const keep = (pkg: LoadedPackage, result: PackageResult): void => {
    results[places.get(pkg) ?? 0] = result;
    done++;
    onProgress?.(done, packages.length, pkg.path);
    if (!focus.has(pkg)) cache?.keep(pkg, result);
  };
  const order = dependencyOrder(open, (p) => importsOf(loader, p));
  const weights = order.map((p) => weightOf(loader, p));
  const total = weights.reduce((sum, w) => sum + w, 0);
  const workers = workersFor(options.jobs, total, order.length);
  const setup = setupFor(loader, options, workers);
  const local: LoadedPackage[] = [];
  const remote: { pkg: LoadedPackage; task: Task; weight: number }[] = [];
  order.forEach((pkg, i) => {
    const task = workers === 0 || focus.has(pkg) ? null : taskFor(loader, pkg);
    if (task === null) local.push(pkg);
    else remote.push({ pkg, task, weight: weights[i] });
  });
  const pool = (list: typeof remote, count: number): Promise<void> =>
    runPool(
      list.map((r) => r.task),
      list.map((r) => r.weight),
      { setup, workers: count, signal, onResult: (i, result) => keep(list[i].pkg, result) },
    );
  if (remote.length > 0) {
    onProgress?.(done, packages.length, "");
    await pool(remote, workers);
  }
  const again: typeof remote = [];
  if (local.length > 0) {
    const analyst = new Analyst(loader, setup);
    for (const pkg of local) {
      signal?.throwIfAborted();
      onProgress?.(done, packages.length, pkg.path);
      const result = analyst.analyze(pkg, focus.get(pkg) ?? null);
      // Deep syntax may overflow this thread's stack; a worker's is 60 times as large.
      const task = result.faults > 0 && !focus.has(pkg) && options.jobs !== 0 ? taskFor(loader, pkg) : null;
      if (task !== null) again.push({ pkg, task, weight: 1 });
      else keep(pkg, result);
      await turn();
    }
  }
  if (again.length > 0) await pool(again, 1);
  return remote.length > 0 ? Math.min(workers, remote.length) : 0;
}

function setupFor(loader: Loader, options: CheckOptions, workers: number): WorkerSetup {
  return {
    dir: loader.dir,
    load: options.load ?? {},
    rules: options.rules,
    generated: options.generated ?? false,
    unsure: options.unsure ?? false,
    declared: declaredBy(options.config ?? null),
    budget: Math.max(LeastBytes, Math.min(HeldByThread, HeldBytes / Math.max(1, workers))),
    ...(options.overlay === undefined ? {} : { overlay: options.overlay }),
    fixes: options.fixes ?? true,
  };
}

/** What tells how often functions are called: of the packages of this run, and of those that import them where a finding depends on it. */
async function callersOf(
  loader: Loader,
  packages: readonly LoadedPackage[],
  results: readonly (PackageResult | null)[],
  options: CheckOptions,
  cache: CacheRun | null,
  askAgain: AskAgain,
): Promise<Callers<LoadedPackage>> {
  const callers = new Callers(new Importers(loader));
  results.forEach((r, i) => {
    if (r !== null) callers.add(packages[i], r);
  });
  // What they call does not depend on rules, which take most of the time.
  const asking: CheckOptions = { ...options, rules: [], fixes: false };
  const asked = cache === null || options.cache == null ? null : new CacheRun(loader, asking, options.cache, askAgain);
  const tried = new Set(packages);
  for (;;) {
    const needed = new Set(results.flatMap((r, i) => (r === null ? [] : [...callers.needed(packages[i], r)])));
    const more = [...needed].filter((p) => !tried.has(p));
    if (more.length === 0) break;
    for (const p of more) tried.add(p);
    const found = more.map((p) => cache?.find(p) ?? asked?.find(p) ?? null);
    await analyzeRest(loader, more, new Map(), found, asking, asked);
    found.forEach((r, i) => {
      if (r !== null) callers.add(more[i], r);
    });
  }
  asked?.finish();
  return callers;
}

function* importsOf(loader: Loader, pkg: LoadedPackage): Generator<LoadedPackage> {
  for (const path of pkg.imports) {
    const found = path === "C" ? null : loader.resolve(path, pkg);
    if (found !== null && !found.standard) yield found;
  }
}

/** Sizes are not known before files are read, and files of one tree are alike: 10 kB each. */
function weightOf(_loader: Loader, pkg: LoadedPackage): number {
  return pkg.files.length * 10_000;
}

function workersFor(jobs: number | undefined, bytes: number, packages: number): number {
  if (jobs !== undefined) return Math.min(jobs, packages);
  if (bytes < SmallBytes) return 0;
  return Math.max(1, Math.min(availableParallelism(), MaxWorkers, packages, Math.ceil(bytes / SmallBytes)));
}

function placed(loader: Loader, places: readonly Task[]): LoadedPackage[] {
  return [...new Set(places.flatMap((task) => find(loader, task) ?? []))];
}

type Merged = Omit<CheckOutcome, "stats" | "places"> & {
  readonly stats: Pick<CheckStats, "files" | "bytes" | "functions">;
};

/** The packages of the patterns, without those that are excluded whole. */
export function matchWanted(loader: Loader, patterns: readonly string[], policy: Policy): ReturnType<Loader["match"]> {
  const match = loader.match(patterns);
  const packages = match.packages.filter((p) => p.files.length === 0 || !p.files.every((f) => policy.isExcluded(f)));
  return packages.length === match.packages.length ? match : { ...match, packages };
}

function merge(
  loader: Loader,
  loading: readonly Problem[],
  results: readonly (PackageResult | null)[],
  policy: Policy,
): Merged {
  const root = loader.dir;
  const shown = (file: string): string => relativeTo(root, file);
  const findings: CheckedFinding[] = [];
  const problems: Problem[] = loading.map(({ file, line, message }) => ({ file: shown(file), line, message }));
  const missing = new Set<string>();
  const timings = new Map<string, number>();
  const stats = { files: 0, bytes: 0, functions: 0 };
  let faults = 0;
  let incomplete = 0;
  for (const r of results) {
    if (r === null) continue;
    for (const found of r.findings) {
      const f = policy.judge(found, found.file);
      if (f === null) continue;
      findings.push({
        ...f,
        file: shown(f.file),
        path: f.path.map((s) => ({ ...s, file: shown(s.file) })),
        fix: f.fix === null ? null : { ...f.fix, edits: f.fix.edits.map((e) => ({ ...e, file: shown(e.file) })) },
      });
    }
    for (const p of r.problems) problems.push({ ...p, file: shown(p.file) });
    for (const path of r.missing) missing.add(path);
    if (r.missing.length > 0) incomplete++;
    for (const [name, ms] of Object.entries(r.timings)) timings.set(name, (timings.get(name) ?? 0) + ms);
    stats.files += r.files;
    stats.bytes += r.bytes;
    stats.functions += r.functions;
    faults += r.faults;
  }
  problems.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
  const distinct = problems.filter(
    (p, i) =>
      i === 0 ||
      p.message !== problems[i - 1].message ||
      p.line !== problems[i - 1].line ||
      p.file !== problems[i - 1].file,
  );
  return {
    root,
    packages: results.flatMap((r) => r?.path ?? []),
    findings: findings.sort(compareFindings),
    problems: distinct,
    missing: [...missing].sort(),
    incomplete,
    faults,
    stats,
    timings,
  };
}

/** Relative with forward slashes below the root, absolute elsewhere. */
function relativeTo(root: string, file: string): string {
  const path = relative(root, file);
  return path === "" || path.startsWith("..") ? file : path.split(sep).join("/");
}
