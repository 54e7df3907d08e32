/** What was asked of a process: what growth is compared with before it is called a leak. */
import type { OwnSockets } from "../probe/sockets.ts";
import { typeIndex, type Profile } from "../profile/columns.ts";
import type { Metric } from "../series/pools.ts";
import type { Point } from "../series/sample.ts";
import { OWN_CONNECTIONS } from "../series/signal.ts";
import type { Signals } from "./signals.ts";

export interface LoadSources {
  readonly heap: Profile | null;
  readonly metrics: readonly Metric[];
  /** From the kernel; null where it was not asked. */
  readonly cpuSeconds: number | null;
  readonly readCalls: number | null;
  readonly sockets: Pick<OwnSockets, "groups"> | null;
}

export function loadPoints(signals: Signals, of: LoadSources): Point[] {
  const out: Point[] = [];
  const value = (name: string): number | undefined => of.metrics.find((m) => m.name === name)?.value;
  const add = (
    name: string,
    v: number | null | undefined,
    counter: boolean,
    label: string,
    unit: "count" | "bytes" = "count",
  ): void => {
    if (v !== undefined && v !== null && Number.isFinite(v)) out.push(signals.load(name, v, counter, label, unit));
  };
  add("cpu", of.cpuSeconds ?? value("process_cpu_seconds_total"), true, "CPU seconds");
  add("read calls", of.readCalls, true, "read calls");
  add("goroutines created", value("go_sched_goroutines_created_goroutines_total"), true, "goroutines created");
  if (of.sockets !== null) {
    let inbound = 0;
    let own = 0;
    // What the process dials to itself is its own doing: a leak of such connections would bring its own load.
    for (const g of of.sockets.groups)
      if (g.direction === "in" && g.state === "ESTABLISHED") {
        inbound += g.count - g.fromOurselves;
        own += g.fromOurselves;
      }
    add("connections", inbound, false, "inbound connections");
    // Told where there are any: most programs do not dial themselves.
    if (own > 0 || signals.knows("load", OWN_CONNECTIONS)) add(OWN_CONNECTIONS, own, false, "connections to itself");
  }
  add(
    "allocated objects",
    value("go_memstats_mallocs_total") ?? sum(of.heap, "alloc_objects"),
    true,
    "allocated objects",
  );
  add(
    "allocated bytes",
    value("go_memstats_alloc_bytes_total") ?? sum(of.heap, "alloc_space"),
    true,
    "allocated bytes",
    "bytes",
  );
  if (of.heap !== null) out.push(...signals.openers(of.heap));
  const sums = new Map<string, number>();
  for (const m of of.metrics)
    if (isWork(m.name) && Number.isFinite(m.value)) sums.set(m.name, (sums.get(m.name) ?? 0) + m.value);
  out.push(...signals.loads([...sums].map(([name, v]) => ({ name, value: v }))));
  return out;
}

/**
 * Over all stacks but those of pprof itself: to answer us costs the target some 320 bytes a goroutine, so that a leak would bring its own
 * load.
 */
function sum(heap: Profile | null, type: string): number | null {
  const column = heap === null ? -1 : typeIndex(heap, type);
  if (heap === null || column < 0) return null;
  const ours = new Uint8Array(heap.functionCount);
  for (let f = 0; f < heap.functionCount; f++)
    if (/^(?:runtime|net\/http)\/pprof\./.test(heap.strings[heap.functionNames[f]])) ours[f] = 1;
  const looked = new Uint8Array(heap.locationCount);
  for (let l = 0; l < heap.locationCount; l++)
    for (let i = heap.lineOffsets[l]; i < heap.lineOffsets[l + 1]; i++)
      if (heap.lineFunctions[i] >= 0 && ours[heap.lineFunctions[i]] === 1) looked[l] = 1;
  const width = heap.sampleTypes.length;
  let out = 0;
  samples: for (let s = 0; s < heap.sampleCount; s++) {
    for (let i = heap.stackOffsets[s]; i < heap.stackOffsets[s + 1]; i++)
      if (looked[heap.locations[i]] === 1) continue samples;
    out += heap.values[s * width + column];
  }
  return out;
}

/** Counters of work done for somebody. Not the scraping of metrics itself, which we cause. */
export function isWork(name: string): boolean {
  return (
    /_(?:total|count)$/.test(name) &&
    /(?:requests?|handled|rpcs?|messages?|jobs?|queries|commands|tasks|transactions)(?:_[a-z]+)*_(?:total|count)$/.test(
      name,
    ) &&
    !/^(?:promhttp_|go_|process_|net_conntrack_)|(?:errors?|failed|failures|dropped|rejected)_total$/.test(name)
  );
}
