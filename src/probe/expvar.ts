/** expvar's /debug/vars: `memstats` (the whole runtime.MemStats) and `cmdline`, plus whatever the program publishes. */
import { ProbeError } from "./errors.ts";

export interface MemStats {
  readonly heapAlloc: number;
  readonly heapInuse: number;
  readonly heapIdle: number;
  readonly heapReleased: number;
  readonly heapObjects: number;
  readonly heapSys: number;
  readonly stackInuse: number;
  readonly sys: number;
  readonly totalAlloc: number;
  readonly mallocs: number;
  readonly frees: number;
  readonly nextGc: number;
  /** Milliseconds since 1970 of the last collection; 0 before the first. */
  readonly lastGcMs: number;
  readonly numGc: number;
  readonly numForcedGc: number;
}

export interface Expvar {
  readonly cmdline: readonly string[];
  readonly memstats: MemStats | null;
  /** Other published values that are plain numbers. */
  readonly numbers: Readonly<Record<string, number>>;
}

export function parseExpvar(text: string): Expvar {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    throw new ProbeError("not-pprof", "not expvar: no JSON");
  }
  if (typeof root !== "object" || root === null || Array.isArray(root))
    throw new ProbeError("not-pprof", "not expvar: no JSON object");
  const vars = root as Record<string, unknown>;
  const numbers: Record<string, number> = {};
  for (const [k, v] of Object.entries(vars)) if (typeof v === "number" && Number.isFinite(v)) numbers[k] = v;
  const { cmdline, memstats } = vars;
  return {
    cmdline: Array.isArray(cmdline) ? cmdline.filter((c): c is string => typeof c === "string") : [],
    memstats:
      typeof memstats === "object" && memstats !== null ? readMemStats(memstats as Record<string, unknown>) : null,
    numbers,
  };
}

function readMemStats(m: Record<string, unknown>): MemStats {
  const n = (k: string): number => (typeof m[k] === "number" ? m[k] : 0);
  return {
    heapAlloc: n("HeapAlloc"),
    heapInuse: n("HeapInuse"),
    heapIdle: n("HeapIdle"),
    heapReleased: n("HeapReleased"),
    heapObjects: n("HeapObjects"),
    heapSys: n("HeapSys"),
    stackInuse: n("StackInuse"),
    sys: n("Sys"),
    totalAlloc: n("TotalAlloc"),
    mallocs: n("Mallocs"),
    frees: n("Frees"),
    nextGc: n("NextGC"),
    lastGcMs: n("LastGC") / 1e6,
    numGc: n("NumGC"),
    numForcedGc: n("NumForcedGC"),
  };
}

/** The `# runtime.MemStats` lines at the end of `heap?debug=1`: the same numbers where no expvar is served. */
export function memStatsFromHeapText(text: string): MemStats | null {
  const at = text.lastIndexOf("# runtime.MemStats");
  if (at < 0) return null;
  const m: Record<string, number> = {};
  for (const [, k, v] of text.slice(at).matchAll(/^# (\w+) = (\d+)/gm)) m[k] = Number(v);
  m["StackInuse"] = m["Stack"] ?? 0;
  return m["HeapAlloc"] === undefined ? null : readMemStats(m);
}

/**
 * Heap that the last collection found live. The runtime sets NextGC = live + (live + roots) × GOGC/100 (since Go 1.18; roots are stacks
 * and globals), with a floor of 4 MiB × GOGC/100. Solved for live; null where the floor hides it or collection is off.
 * HeapAlloc is no substitute: it is a saw-tooth between live and NextGC.
 */
export function liveHeap(nextGc: number, gogc: number, roots: number): number | null {
  if (gogc <= 0 || nextGc <= 0 || nextGc > 2 ** 52) return null;
  const g = gogc / 100;
  if (nextGc <= (4 << 20) * g) return null;
  return Math.max(0, (nextGc - roots * g) / (1 + g));
}
