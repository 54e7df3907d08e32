/** What a TARGET argument means: a pid, an address with pprof, a bundle file. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { UsageError } from "../base/errors.ts";
import type { HttpOptions } from "./http.ts";
import { fdKinds, ProcReader, readFds } from "./procfs.ts";
import { readListeners, type SocketTable } from "./sockets.ts";

export type Target =
  | { readonly kind: "pid"; readonly pid: number; readonly text: string }
  | { readonly kind: "url"; readonly url: string; readonly http: HttpOptions; readonly text: string }
  | { readonly kind: "file"; readonly path: string; readonly text: string };

/** `4711`, `http://host:6060`, `host:6060`, `:6060`, `unix:/run/app.sock`, `unix:/run/app.sock:/debug/pprof`, `look.stanch.tgz`. */
export function parseTarget(text: string): Target {
  if (/^\d{1,10}$/.test(text)) return { kind: "pid", pid: Number(text), text };
  if (/^https?:\/\//i.test(text)) {
    try {
      return { kind: "url", url: new URL(text).href, http: {}, text };
    } catch {
      throw new UsageError(`not a URL: ${text}`);
    }
  }
  const unix = /^unix:(?:\/\/)?(\/[^:]+)(?::(\/.*))?$/.exec(text);
  if (unix !== null)
    return { kind: "url", url: `http://localhost${unix[2] ?? "/"}`, http: { socketPath: unix[1] }, text };
  if (existsSync(text)) {
    if (statSync(text).isDirectory())
      throw new UsageError(`${text} is a folder; a target is a pid, an address or a bundle file`);
    return { kind: "file", path: text, text };
  }
  const local = /^:(\d{1,5})(\/.*)?$/.exec(text);
  if (local !== null) return { kind: "url", url: `http://127.0.0.1:${local[1]}${local[2] ?? "/"}`, http: {}, text };
  if (/^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}(?:\/.*)?$/i.test(text))
    return { kind: "url", url: new URL(`http://${text}`).href, http: {}, text };
  throw new UsageError(
    `no such target: ${text} (a pid, http://host:port, host:port, unix:/path.sock or a bundle file)`,
  );
}

/** The process on this host that listens on the URL's port, null where it is not here or not to be seen. */
export function localListener(
  url: string,
  http: HttpOptions,
  proc = new ProcReader(),
  /** The list of listening sockets may be so old: for those who ask for a thousand addresses that are dead. */
  oldMs = 0,
): number | null {
  if (http.socketPath !== undefined) return null;
  const at = new URL(url);
  const host = at.hostname.replace(/^\[|\]$/g, "");
  if (host !== "localhost" && host !== "::1" && !host.startsWith("127.")) return null;
  const port = Number(at.port === "" ? (at.protocol === "https:" ? 443 : 80) : at.port);
  const inodes = new Set<number>();
  try {
    const table = listenersOf(proc, oldMs);
    for (let r = 0; r < table.count; r++)
      if (table.state[r] === 10 && table.localPort[r] === port && table.inode[r] > 0) inodes.add(table.inode[r]);
    if (inodes.size === 0) return null;
    const socketKind = fdKinds.indexOf("socket");
    for (const name of readdirSync(proc.root)) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || pid <= 0) continue;
      try {
        const fds = readFds(proc, pid);
        for (let i = 0; i < fds.count; i++) if (fds.kinds[i] === socketKind && inodes.has(fds.inodes[i])) return pid;
      } catch {
        // Not ours to see, or gone.
      }
    }
  } catch {
    return null;
  }
  return null;
}

const listeners = new Map<string, { readonly atMs: number; readonly table: SocketTable }>();

/** The kernel takes 10 ms and more to write the table of a busy host, in which time nothing else happens here. */
function listenersOf(proc: ProcReader, oldMs: number): SocketTable {
  const now = performance.now();
  const kept = listeners.get(proc.root);
  if (kept !== undefined && now - kept.atMs < oldMs) return kept.table;
  const table = readListeners(proc, process.pid);
  listeners.set(proc.root, { atMs: now, table });
  return table;
}

export function readCa(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (e) {
    throw new UsageError(`cannot read ${path}: ${(e as Error).message}`);
  }
}
