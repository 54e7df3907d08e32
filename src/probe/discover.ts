/** Every Go process on the host: who it is, what it listens on, whether pprof answers there. */
import { statSync } from "node:fs";
import { readBuildInfo, type BuildInfo } from "./buildinfo.ts";
import { ProbeError } from "./errors.ts";
import { findGopsPort } from "./gops.ts";
import { HttpClient } from "./http.ts";
import { findPprof, type PprofIndex } from "./pprof-endpoint.ts";
import { listPids, ProcReader, readFds, readProcess, type ProcessFacts } from "./procfs.ts";
import { ownSockets, readSockets, type OwnSockets, type SocketTable } from "./sockets.ts";

export interface GoProcess {
  readonly process: ProcessFacts;
  readonly build: BuildInfo;
  readonly fds: number | null;
  readonly sockets: OwnSockets | null;
  readonly pprof: PprofIndex | null;
  readonly gopsPort: number | null;
  readonly problems: readonly string[];
}

export interface Discovery {
  readonly processes: readonly GoProcess[];
  /** Processes whose executable may not be read: they may be Go programs too. */
  readonly unreadable: number;
}

export interface DiscoverOptions {
  /** Ask listening ports on loopback for pprof. */
  readonly askPprof: boolean;
  readonly signal?: AbortSignal;
}

export async function discover(options: DiscoverOptions, proc = new ProcReader()): Promise<Discovery> {
  const found: { facts: ProcessFacts; build: BuildInfo; problems: string[] }[] = [];
  const builds = new Map<string, BuildInfo | null>();
  let unreadable = 0;
  for (const pid of listPids(proc)) {
    const path = `${proc.root}/${pid}/exe`;
    try {
      const s = statSync(path);
      const key = `${s.dev}:${s.ino}:${s.mtimeMs}`;
      let build = builds.get(key);
      if (build === undefined) {
        build = readBuildInfo(path);
        builds.set(key, build);
      }
      if (build === null) continue;
      const problems: string[] = [];
      found.push({ facts: readProcess(proc, pid, problems), build, problems });
    } catch (e) {
      const code = e instanceof ProbeError ? e.fault : (e as NodeJS.ErrnoException).code;
      if (code === "denied" || code === "EACCES" || code === "EPERM") unreadable++;
      // Kernel threads have no executable, others ended meanwhile.
    }
  }
  // One reading of the socket table per network namespace, not per process.
  const tables = new Map<string, Promise<SocketTable>>();
  const processes = await Promise.all(
    found.map(async ({ facts, build, problems }): Promise<GoProcess> => {
      let fds: number | null = null;
      let sockets: OwnSockets | null = null;
      try {
        const table = readFds(proc, facts.pid);
        fds = table.count;
        const ns = facts.netNamespace ?? String(facts.pid);
        let all = tables.get(ns);
        if (all === undefined) {
          all = readSockets(proc, facts.pid);
          tables.set(ns, all);
        }
        sockets = ownSockets(await all, table);
      } catch (e) {
        problems.push((e as Error).message);
      }
      const pprof =
        options.askPprof && sockets !== null && !facts.foreignNet ? await askPorts(sockets, options.signal) : null;
      if (facts.foreignNet) problems.push("in another network namespace: its ports cannot be reached from here");
      return { process: facts, build, fds, sockets, pprof, gopsPort: findGopsPort(proc, facts.pid), problems };
    }),
  );
  return { processes, unreadable };
}

/** Ports that are no HTTP server's: asking them would only fill their logs. */
const notHttp = new Set([22, 25, 53, 3306, 5432, 6379, 9092, 11211, 27017]);

/** Asks each listening port, on the address that it listens on, for a pprof index; the first that answers is it. */
export async function askPorts(sockets: OwnSockets, signal?: AbortSignal): Promise<PprofIndex | null> {
  const asked = new Set<number>();
  const answers: Promise<PprofIndex | null>[] = [];
  for (const { address, port } of sockets.listening) {
    if (asked.has(port) || notHttp.has(port) || asked.size >= 12) continue;
    asked.add(port);
    const host =
      address === "0.0.0.0" || address === "::" ? "127.0.0.1" : address.includes(":") ? `[${address}]` : address;
    answers.push(askPort(`http://${host}:${port}/`, signal));
  }
  return (await Promise.all(answers)).find((a) => a !== null) ?? null;
}

async function askPort(url: string, signal?: AbortSignal): Promise<PprofIndex | null> {
  const client = new HttpClient({
    connectMs: 500,
    headersMs: 1_500,
    idleMs: 1_000,
    totalMs: 2_500,
    maxBytes: 1 << 20,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    return await findPprof(client, url, true);
  } catch {
    return null; // not HTTP, no pprof, or too slow: all the same here
  } finally {
    await client.close();
  }
}
