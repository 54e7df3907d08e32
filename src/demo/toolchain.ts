/** What of this machine the examples can use: a Go toolchain, PostgreSQL's programs, Redis. */
import { execFile } from "node:child_process";
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);

export interface Go {
  readonly path: string;
  /** "go1.26.8" */
  readonly version: string;
}

/** The oldest Go that builds the examples, or that fetches one that does. */
const OLDEST_MINOR = 21;

/** Null, and why, where there is none or one that is too old to fetch a newer one by itself. */
export async function findGo(): Promise<Go | { readonly missing: string }> {
  const path = onPath("go");
  if (path === null) return { missing: "there is no go command on the PATH" };
  let version: string;
  try {
    // Outside of a module, so that no go.mod asks for another toolchain.
    const { stdout } = await exec(path, ["env", "GOVERSION"], { timeout: 30_000, cwd: "/" });
    version = stdout.trim();
  } catch {
    return { missing: `${path} does not run` };
  }
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
  if (Number.isFinite(minor) && minor < OLDEST_MINOR)
    return { missing: `${path} is ${version}; the examples need go1.${OLDEST_MINOR} or later` };
  return { path, version };
}

export type Server = "postgresql" | "redis";

/** Whether the examples can start a server of their own of this kind, or were told of one. */
export function hasServer(server: Server, environment: NodeJS.ProcessEnv = process.env): boolean {
  if (server === "redis") return environment["REDIS_ADDR"] !== undefined || onPath("redis-server") !== null;
  return environment["DATABASE_URL"] !== undefined || (onPath("initdb") ?? debianInitdb()) !== null;
}

/** Debian keeps PostgreSQL's programs out of the PATH. */
function debianInitdb(): string | null {
  const base = "/usr/lib/postgresql";
  let versions: string[];
  try {
    versions = readdirSync(base);
  } catch {
    return null;
  }
  return versions.map((v) => join(base, v, "bin/initdb")).find(executable) ?? null;
}

function onPath(name: string): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((d) => d !== "");
  return folders.map((d) => join(d, name)).find(executable) ?? null;
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
