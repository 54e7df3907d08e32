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

export async function openRecordings(paths: readonly string[]): Promise<Recording[]> {
  const out: Recording[] = [];
  const bundles: Snapshot[] = [];
  for (const path of paths) {
    const head = headOf(path);
    if (head[0] === 0x1f && head[1] === 0x8b) bundles.push(await readBundle(path));
    else if (isStoreHeader(head)) out.push(...storeRecordings(path));
    else out.push(...textRecordings(path));
  }
  out.push(...recordingsOfSnapshots(bundles));
  return out;
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
function storeRecordings(path: string): Recording[] {
  const reader = openStoreReader(path);
  const targets = reader.targets();
  if (targets.length === 0) throw new UsageError(`${path} holds no looks`);
  let open = targets.length;
  return targets.map((t) => ({
    target: t.name,
    problems: [],
    samples: {
      *[Symbol.iterator]() {
        yield* reader.samples(t.name);
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
