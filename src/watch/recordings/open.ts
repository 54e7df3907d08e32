/** Opens whatever recorded a process: a store, bundles, a table, the answer of a Prometheus server. */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { messageOf, UsageError } from "../../base/errors.ts";
import { readBundle } from "../../probe/bundle.ts";
import type { Snapshot } from "../../probe/collect.ts";
import { readReply } from "../../probe/prometheus-api.ts";
import { isStoreHeader, openStoreReader } from "../../store/sqlite.ts";
import { samplesOfHistory } from "../past.ts";
import { parseCsv } from "./csv.ts";
import type { Recording } from "./recording.ts";
import { recordingsOfSnapshots } from "./snapshots.ts";

/** Texts larger than this are refused: a table of a month at 15 s has 20 MB. */
const TEXT_LIMIT = 512 << 20;

/** What was recorded, and bundles as they are: a single one is a look, not a course. */
export interface Opened {
  readonly recordings: readonly Recording[];
  readonly bundles: readonly Snapshot[];
}

export async function openRecordings(paths: readonly string[]): Promise<Recording[]> {
  const { recordings, bundles } = await openFiles(paths);
  return [...recordings, ...recordingsOfSnapshots(bundles)];
}

/** `lastMs`: of a store, no more than its last so many milliseconds of each target. */
export async function openFiles(paths: readonly string[], lastMs = Number.POSITIVE_INFINITY): Promise<Opened> {
  const recordings: Recording[] = [];
  const bundles: Snapshot[] = [];
  for (const path of paths) {
    const head = headOf(path);
    if (head[0] === 0x1f && head[1] === 0x8b) bundles.push(await readBundle(path));
    else if (isStoreHeader(head)) recordings.push(...storeRecordings(path, lastMs));
    else recordings.push(...textRecordings(path));
  }
  return { recordings, bundles };
}

function headOf(path: string): Uint8Array {
  const head = new Uint8Array(100);
  try {
    if (statSync(path).isDirectory()) throw new UsageError(`${path} is a folder; a recording is a file`);
    const fd = openSync(path, "r");
    try {
      return head.subarray(0, readSync(fd, head, 0, head.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch (e) {
    if (e instanceof UsageError) throw e;
    throw new UsageError(`cannot read ${path}: ${messageOf(e)}`);
  }
}

/** Samples are read as they are asked for, a page at a time. */
function storeRecordings(path: string, lastMs: number): Recording[] {
  const reader = openStoreReader(path);
  const targets = reader.targets();
  if (targets.length === 0) throw new UsageError(`${path} holds no looks`);
  let open = targets.length;
  return targets.map((t) => ({
    target: t.name,
    problems: [],
    samples: {
      *[Symbol.iterator]() {
        yield* reader.samples(t.name, Number.isFinite(lastMs) ? { fromMs: t.lastMs - lastMs } : {});
        if (--open === 0) reader.close();
      },
    },
  }));
}

function textRecordings(path: string): Recording[] {
  if (statSync(path).size > TEXT_LIMIT) throw new UsageError(`${path} is larger than ${TEXT_LIMIT >> 20} MiB`);
  const text = readFileSync(path, "utf8");
  if (/^\s*[[{]/.test(text)) return rangeRecordings(text, path);
  if (text.includes("\0"))
    throw new UsageError(`${path} is no recording: neither a store, a bundle, a table nor Prometheus JSON`);
  return parseCsv(text, path);
}

/** `{"status":"success","data":{"resultType":"matrix","result":[…]}}`, or its `data` alone. One target for each job and instance. */
export function rangeRecordings(text: string, path: string): Recording[] {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (e) {
    throw new UsageError(`${path} is no JSON: ${messageOf(e)}`);
  }
  const bare = typeof root === "object" && root !== null && "resultType" in root;
  let series;
  try {
    series = readReply(bare ? JSON.stringify({ status: "success", data: root }) : text, 200, path);
  } catch (e) {
    if (!(e instanceof UsageError)) throw e;
    throw new UsageError(`${path} is not the answer of a Prometheus range query`);
  }
  const byTarget = new Map<string, typeof series>();
  for (const s of series) {
    const name = [s.labels["job"], s.labels["instance"]].filter((l) => l !== undefined).join(" ") || path;
    byTarget.set(name, [...(byTarget.get(name) ?? []), s]);
  }
  const out = [...byTarget].map(([target, list]) => ({
    target,
    samples: samplesOfHistory({ series: list }, true),
    problems: [],
  }));
  if (!out.some((r) => r.samples.length > 0))
    throw new UsageError(
      `${path} has none of the numbers that tell of leaks (go_goroutines, process_open_fds, go_gc_heap_live_bytes, …)`,
    );
  return out;
}
