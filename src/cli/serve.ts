/** `stanch serve`: watch, store, API and page in one process. */
import { mkdirSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve as listen } from "@hono/node-server";
import pc from "picocolors";
import { messageOf, UsageError } from "../base/errors.ts";
import { loadConfig, resolveToken, type Config } from "../config/index.ts";
import { portOwner } from "../probe/port-owner.ts";
import { createApp } from "../server/app.ts";
import { Assets } from "../server/assets.ts";
import { Events } from "../server/events.ts";
import { ServeBackend } from "./serve-backend.ts";
import { WatchEngine } from "./watch-engine.ts";
import type { WatchFlags } from "./watch-setup.ts";
import { untilEnd } from "./watch.ts";

export interface ServeFlags extends Omit<WatchFlags, "store"> {
  readonly listen?: string;
  readonly token?: string;
  readonly open?: boolean;
  /** A path, or false for none. */
  readonly store?: string | false;
  readonly source?: string[];
}

const DEFAULT_LISTEN = "127.0.0.1:7411";

export async function run(names: string[], flags: ServeFlags): Promise<void> {
  const config = loadConfig(process.cwd(), flags.config === undefined ? {} : { path: flags.config });
  const at = parseListen(flags.listen ?? config?.server.listen ?? DEFAULT_LISTEN);
  const token = flags.token ?? (config === null ? null : resolveToken(config));
  const open = flags.open === true;
  if (!isLoopback(at.host) && token === null && !open)
    throw new UsageError(
      `${at.host} can be reached by others: give a --token (or server.token in stanch.yaml), or say --open where a proxy asks who calls`,
    );
  const events = new Events();
  const problem = (message: string): void => void process.stderr.write(`stanch: ${message}\n`);
  const engine = new WatchEngine(names, watchFlags(flags, config, at.port), config, {
    problem,
    note: (text) => void process.stderr.write(text),
    event: (e) => backend.event(e),
    alert: () => {},
  });
  const backend = new ServeBackend({
    engine,
    events,
    roots: flags.source ?? rootsOf(config),
    flags,
    onProblem: problem,
  });
  const app = createApp({
    backend,
    events,
    assets: new Assets(fileURLToPath(new URL(pageFolder(), import.meta.url))),
    guard: { token, allowHosts: config?.server.allowHosts ?? [], open },
    onFault: (e) => problem(e instanceof Error ? (e.stack ?? e.message) : String(e)),
  });
  const ended = untilEnd(flags.duration ?? null);
  let server: Server | null = null;
  try {
    server = await start(app.fetch.bind(app), at);
    const { port } = server.address() as AddressInfo;
    const host = at.host.includes(":") ? `[${at.host}]` : at.host;
    process.stdout.write(
      `${pc.bold("Stanch")} serves ${pc.underline(`http://${host}:${port}/${token === null ? "" : `?token=${token}`}`)}  (Ctrl-C ends it)\n`,
    );
    await engine.start();
    await Promise.race([ended.promise, engine.broken]);
  } finally {
    ended.done();
    events.close();
    server?.closeAllConnections();
    server?.close();
    await backend.stop();
    await engine.stop();
  }
}

type Fetch = Parameters<typeof listen>[0]["fetch"];

async function start(fetch: Fetch, { host, port }: { host: string; port: number }): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = listen({ fetch, hostname: host, port }, () => resolve(server as Server));
    (server as Server).on("error", (e: NodeJS.ErrnoException) => {
      if (e.code === "EADDRINUSE") {
        const owner = portOwner(port);
        reject(
          new UsageError(
            `port ${port} is taken${owner === null ? "" : ` by ${owner}`}: choose another with --listen ${host}:PORT`,
          ),
        );
      } else if (e.code === "EACCES" || e.code === "EADDRNOTAVAIL" || e.code === "ENOTFOUND")
        reject(new UsageError(`cannot listen on ${host}:${port}: ${messageOf(e)}`));
      else reject(e);
    });
  });
}

function parseListen(text: string): { host: string; port: number } {
  const m = /^(?:(\[[\da-fA-F:.]+\]|[\w.-]*):)?(\d{1,5})$/.exec(text);
  const port = Number(m?.[2] ?? Number.NaN);
  if (m === null || port > 65_535) throw new UsageError(`--listen takes HOST:PORT or PORT, not ${text}`);
  return { host: (m[1] ?? "").replace(/^\[|\]$/g, "") || "127.0.0.1", port };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function rootsOf(config: Config | null): string[] {
  if (config === null) return [process.cwd()];
  if (config.server.sourceRoots.length > 0) return [...config.server.sourceRoots];
  return config.source.length > 0 ? [...config.source] : [config.dir];
}

/** Where the page is: beside the bundle, or (run from source) where the build puts it. */
function pageFolder(): string {
  if (import.meta.url.endsWith(".ts")) return "../../dist/web";
  return import.meta.url.includes("/chunks/") ? "../web" : "web";
}

/** A store of its own by default, so that a restart forgets nothing. */
function watchFlags(flags: ServeFlags, config: Config | null, port: number): WatchFlags {
  const { store, ...rest } = flags;
  if (store === false) return rest;
  if (store !== undefined) return { ...rest, store };
  if (config?.watch.store != null) return rest;
  const { XDG_STATE_HOME: xdg = "" } = process.env;
  const path = join(isAbsolute(xdg) ? xdg : join(homedir(), ".local/state"), "stanch", `serve-${port}.stanch`);
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch {
    return rest; // a home that cannot be written: what fits in memory is the past
  }
  return { ...rest, store: path };
}
