/**
 * One look in one file: a gzipped tar that `tar` opens and whose profiles `go tool pprof` reads. Format: docs/formats/bundle.md.
 *
 *     manifest.json              schema, tool, target, time, what is in it; always first
 *     process.json build.json descriptors.json sockets.json memstats.json metrics.json
 *     profiles/goroutine.pb.gz heap.pb.gz … goroutine-dump.txt
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, renameSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip, gunzipSync, gzipSync } from "node:zlib";
import { extract, pack as newPack } from "tar-stream";
import { UsageError } from "../base/errors.ts";
import { encodePprof, redactLabels } from "../profile/encode.ts";
import { isGzip } from "../profile/open.ts";
import { decodePprof } from "../profile/pprof.ts";
import type { Snapshot } from "./collect.ts";
import { fdKinds, type FdTable } from "./procfs.ts";
import type { SocketGroup } from "./sockets.ts";

export const BUNDLE_SCHEMA = "stanch.bundle/1";
const SCHEMA_VERSION = 1;
/** Entries and the whole, decompressed: a bundle that unpacks to more is refused. */
const ENTRY_LIMIT = 256 << 20;
const TOTAL_LIMIT = 1 << 30;
/** One profile within, which is gzipped once more. */
const PROFILE_LIMIT = 1 << 30;

export interface BundleOptions {
  readonly toolVersion: string;
  readonly redact: boolean;
  readonly signal?: AbortSignal;
}

/** Written beside its place and moved there when whole: a bundle is never half there. */
export async function writeBundle(path: string, look: Snapshot, options: BundleOptions): Promise<void> {
  const pack = newPack();
  const mtime = new Date(look.takenMs);
  const token = redactor(look);
  const entry = (name: string, bytes: Uint8Array | string): void => {
    pack.entry(
      { name, mtime },
      typeof bytes === "string" ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
  };
  const json = (name: string, value: unknown): void => entry(name, `${JSON.stringify(value, jsonNumbers, 1)}\n`);
  json("manifest.json", {
    schema: BUNDLE_SCHEMA,
    tool: { name: "stanch", version: options.toolVersion },
    taken: mtime.toISOString(),
    target: look.target,
    redacted: options.redact,
    pprof: look.pprof,
    profiles: [...look.profiles.keys()],
    costs: look.costs,
    skipped: look.skipped,
    problems: look.problems,
  });
  if (look.process !== null) {
    const { cmdline } = look.process;
    json("process.json", {
      ...look.process,
      cmdline: options.redact ? cmdline.slice(0, 1).concat(cmdline.slice(1).map(() => "…")) : cmdline,
    });
  }
  if (look.build !== null) json("build.json", look.build);
  if (look.fds !== null) json("descriptors.json", fdsToJson(look.fds));
  if (look.sockets !== null) json("sockets.json", look.sockets);
  if (look.memstats !== null) json("memstats.json", look.memstats);
  if (look.metrics.length > 0)
    json(
      "metrics.json",
      options.redact
        ? look.metrics.map((m) => ({
            ...m,
            labels: Object.fromEntries(Object.entries(m.labels).map(([k, v]) => [k, token(v)])),
          }))
        : look.metrics,
    );
  for (const [name, bytes] of look.profiles) {
    if (name === "dump") entry("profiles/goroutine-dump.txt", options.redact ? redactDump(bytes) : bytes);
    else {
      const out = options.redact ? encodePprof(redactLabels(decodePprof(bytes), token)) : bytes;
      entry(`profiles/${name}.pb.gz`, gzipSync(out, { level: 1 }));
    }
  }
  pack.finalize();
  const part = `${path}.part`;
  try {
    await pipeline(
      pack,
      createGzip({ level: 6 }),
      createWriteStream(part),
      options.signal === undefined ? {} : { signal: options.signal },
    );
    renameSync(part, path);
  } catch (e) {
    rmSync(part, { force: true });
    const { code } = e as NodeJS.ErrnoException;
    if (
      code === "ENOENT" ||
      code === "EACCES" ||
      code === "EISDIR" ||
      code === "ENOSPC" ||
      code === "ENOTDIR" ||
      code === "EROFS"
    )
      throw new UsageError(`cannot write ${path}: ${(e as Error).message}`);
    throw e;
  }
}

/** Bytes that the whole may unpack to, where it came from somebody else. */
const UPLOAD_LIMIT = 256 << 20;

export async function readBundle(path: string): Promise<Snapshot> {
  return snapshotOf(await unpack(createReadStream(path), path, TOTAL_LIMIT), path, 4 * TOTAL_LIMIT);
}

/** The same of bytes; `name` is what errors call it. */
export async function readBundleBytes(bytes: Uint8Array, name: string): Promise<Snapshot> {
  return snapshotOf(await unpack(Readable.from([bytes]), name, UPLOAD_LIMIT), name, UPLOAD_LIMIT);
}

/** `limit`: bytes that its profiles may unpack to, all together. */
function snapshotOf(files: ReadonlyMap<string, Buffer>, path: string, limit: number): Snapshot {
  const manifest = parse(files, "manifest.json") as Record<string, unknown> | null;
  if (manifest === null) throw new UsageError(`${path} is no bundle: it has no manifest.json`);
  const version = /^stanch\.bundle\/(\d+)$/.exec(String(manifest["schema"]))?.[1];
  if (version === undefined) throw new UsageError(`${path} is no bundle: its manifest names no stanch.bundle schema`);
  if (Number(version) > SCHEMA_VERSION)
    throw new UsageError(
      `${path} is a bundle of version ${version}; this Stanch reads up to ${SCHEMA_VERSION}: update it`,
    );
  const profiles = new Map<string, Uint8Array>();
  let left = limit;
  for (const [name, bytes] of files) {
    const m = /^profiles\/([\w-]+)\.(?:pb\.gz|txt)$/.exec(name);
    if (m === null) continue;
    const key = m[1] === "goroutine-dump" ? "dump" : m[1];
    try {
      const whole = isGzip(bytes)
        ? gunzipSync(bytes, { maxOutputLength: Math.max(1, Math.min(PROFILE_LIMIT, left)) })
        : bytes;
      left -= whole.length;
      profiles.set(key, whole);
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
        throw new UsageError(`${path} unpacks to more than a bundle may hold: refused`);
      throw new UsageError(`${path}: ${name} is damaged`);
    }
  }
  const taken = Date.parse(String(manifest["taken"]));
  const list = (v: unknown): string[] => (Array.isArray(v) ? v.map(String) : []);
  const fds = parse(files, "descriptors.json");
  return {
    takenMs: Number.isNaN(taken) ? 0 : taken,
    target: typeof manifest["target"] === "string" ? manifest["target"] : path,
    process: reviveProcess(parse(files, "process.json")),
    build: parse(files, "build.json") as Snapshot["build"],
    fds: fds === null ? null : fdsFromJson(fds, path),
    sockets: reviveSockets(parse(files, "sockets.json")),
    pprof: (manifest["pprof"] ?? null) as Snapshot["pprof"],
    profiles,
    memstats: parse(files, "memstats.json") as Snapshot["memstats"],
    metrics: (
      (parse(files, "metrics.json") ?? []) as { name: string; labels: Record<string, string>; value: number | string }[]
    ).map((m) => ({
      ...m,
      value: Number(m.value),
    })),
    costs: (manifest["costs"] ?? []) as Snapshot["costs"],
    skipped: list(manifest["skipped"]),
    problems: list(manifest["problems"]),
  };
}

/** Bundles of before did not say which connections a process has with itself, nor our ports. */
function reviveSockets(json: unknown): Snapshot["sockets"] {
  const sockets = json as Snapshot["sockets"];
  if (sockets === null) return null;
  const groups = (list: readonly Partial<SocketGroup>[]): SocketGroup[] =>
    list.map((g) => ({ fromOurselves: 0, localPorts: [], ...g }) as SocketGroup);
  return { ...sockets, groups: groups(sockets.groups), unowned: groups(sockets.unowned) };
}

/** Cheap test for the CLI: a gzip whose first tar entry is a manifest. */
export async function isBundle(path: string): Promise<boolean> {
  try {
    const files = await unpack(createReadStream(path), path, TOTAL_LIMIT, 1);
    return files.has("manifest.json");
  } catch {
    return false;
  }
}

async function unpack(
  source: Readable,
  path: string,
  limit: number,
  most = Number.POSITIVE_INFINITY,
): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const untar = extract();
  let total = 0;
  let sizeError: UsageError | null = null;
  const gunzip = createGunzip();
  const done = pipeline(source, gunzip, untar);
  // The loop below ends with the same failure; this only keeps it from being reported twice.
  done.catch(() => {});
  try {
    for await (const entry of untar) {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        size += chunk.length;
        total += chunk.length;
        if (size > ENTRY_LIMIT || total > limit) {
          sizeError = new UsageError(`${path} unpacks to more than a bundle may hold: refused`);
          throw sizeError;
        }
        chunks.push(chunk);
      }
      files.set(entry.header.name, Buffer.concat(chunks));
      if (files.size >= most) {
        source.destroy();
        return files;
      }
    }
    await done;
  } catch (e) {
    if (sizeError !== null) throw sizeError;
    const { code } = e as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES" || code === "EISDIR")
      throw new UsageError(`cannot read ${path}: ${(e as Error).message}`);
    if (files.size >= most) return files;
    throw new UsageError(`${path} is no bundle or was cut short (${(e as Error).message})`);
  }
  return files;
}

function parse(files: ReadonlyMap<string, Buffer>, name: string): unknown {
  const bytes = files.get(name);
  if (bytes === undefined) return null;
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch {
    throw new UsageError(`the bundle's ${name} is damaged`);
  }
}

/** JSON has no NaN and no infinities; they go as the words Prometheus uses. */
function jsonNumbers(_: string, v: unknown): unknown {
  if (typeof v !== "number" || Number.isFinite(v)) return v;
  return Number.isNaN(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity";
}

function reviveProcess(v: unknown): Snapshot["process"] {
  if (v === null) return null;
  const p = v as Omit<NonNullable<Snapshot["process"]>, "maxFds"> & { maxFds: number | string };
  return { ...p, maxFds: Number(p.maxFds) };
}

function fdsToJson(fds: FdTable): unknown {
  return {
    kinds: fdKinds,
    rows: Array.from({ length: fds.count }, (_, i) => [fds.numbers[i], fds.kinds[i], fds.inodes[i], fds.targets[i]]),
  };
}

function fdsFromJson(v: unknown, path: string): FdTable {
  const { kinds, rows } = v as { kinds: string[]; rows: [number, number, number, unknown][] };
  if (!Array.isArray(kinds) || !Array.isArray(rows)) throw new UsageError(`${path}: descriptors.json is damaged`);
  // By name: a later version may know more kinds.
  const kindOf = kinds.map((k) => Math.max(0, fdKinds.indexOf(k as (typeof fdKinds)[number])));
  return {
    count: rows.length,
    numbers: Int32Array.from(rows, (r) => r[0]),
    kinds: Uint8Array.from(rows, (r) => kindOf[r[1]] ?? 9),
    inodes: Float64Array.from(rows, (r) => r[2]),
    targets: rows.map((r) => (typeof r[3] === "string" ? r[3] : "")),
  };
}

/** Equal values get equal tokens within one bundle; the salt keeps short values from being looked up. */
function redactor(look: Snapshot): (value: string) => string {
  const salt = `${look.takenMs}${look.process?.startTicks ?? ""}${Math.random()}`;
  return (value) => `redacted-${createHash("sha256").update(salt).update(value).digest("hex").slice(0, 8)}`;
}

/** Labels in goroutine headers; arguments are addresses and stay. */
function redactDump(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  return Buffer.from(text.replace(/^(goroutine \d+[^\n]*\]) \{[^\n]*\}:$/gm, "$1:"), "latin1");
}
