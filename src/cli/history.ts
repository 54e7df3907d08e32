/** `diagnose --history`: from what a look knows of the process to the series that a Prometheus server keeps of it. */
import { hostname, networkInterfaces } from "node:os";
import type { UsageError } from "../base/errors.ts";
import { historyOf, type History } from "../diagnose/history.ts";
import type { Snapshot } from "../probe/collect.ts";
import { liveHeap } from "../probe/expvar.ts";
import { fetchHistory } from "../probe/history.ts";
import { parseTarget, readCa } from "../probe/target.ts";
import { headersOf } from "./looks.ts";

export interface HistoryFlags {
  readonly history?: string;
  readonly historyRange: number;
  readonly historyMatch?: string;
  readonly historyHeader?: string[];
  readonly ca?: string;
}

export async function readHistory(look: Snapshot, flags: HistoryFlags, signal: AbortSignal): Promise<History> {
  const target = parseTargetQuietly(look.target);
  const url = target?.kind === "url" && target.http.socketPath === undefined ? new URL(target.url) : null;
  const ports = (look.sockets?.listening ?? []).map((l) => l.port);
  const hosts: string[] = [];
  if (url !== null) {
    ports.unshift(Number(url.port === "" ? (url.protocol === "https:" ? 443 : 80) : url.port));
    hosts.push(url.hostname.replace(/^\[|\]$/g, ""));
  }
  // A process of this host is scraped under any of the host's names.
  if (look.process !== null || hosts.some((h) => h === "localhost" || h.startsWith("127.")))
    hosts.push("localhost", "127.0.0.1", "::1", hostname().toLowerCase(), ...ownAddresses());
  const ca = readCa(flags.ca);
  const fetched = await fetchHistory({
    server: flags.history ?? "",
    // The target's own headers stay with the target.
    http: { headers: headersOf(flags.historyHeader), signal, ...(ca === undefined ? {} : { ca }) },
    rangeMs: flags.historyRange,
    endMs: look.takenMs,
    match: flags.historyMatch ?? null,
    ports,
    hosts,
    startedMs: look.process?.startedMs ?? null,
  });
  const { server, instance, start, end, stepSeconds } = fetched;
  return historyOf({ server, instance, start, end, stepSeconds }, fetched.series, liveHeap);
}

/** A look at an address that does not answer: nothing but its name. Null for pids and bundles, where that is an error. */
export function unreachable(text: string, why: UsageError): Snapshot | null {
  if (parseTargetQuietly(text)?.kind !== "url") return null;
  return {
    takenMs: Date.now(),
    target: text,
    process: null,
    build: null,
    fds: null,
    sockets: null,
    pprof: null,
    profiles: new Map(),
    memstats: null,
    metrics: [],
    costs: [],
    skipped: [],
    problems: [why.message],
  };
}

function parseTargetQuietly(text: string): ReturnType<typeof parseTarget> | null {
  try {
    return parseTarget(text);
  } catch {
    return null; // a bundle's target may be named in a way that means nothing here
  }
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((a) => a.address));
}
