/**
 * net/http/pprof behind any prefix. The index page tells what there is and how many goroutines, at next to no cost; a server that
 * hides the index is recognised by its goroutine profile.
 */
import type { Profile } from "../profile/columns.ts";
import { openProfile, isGzip } from "../profile/open.ts";
import { DumpParser, type GoroutineDump } from "../profile/dump.ts";
import { decompress, type HttpClient, type HttpOptions, type HttpReply } from "./http.ts";
import { ProbeError } from "./errors.ts";

export interface PprofIndex {
  /** Ends in a slash: `http://host:6060/debug/pprof/`. */
  readonly base: string;
  readonly profiles: ReadonlySet<string>;
  /** Live count; null where the index is hidden. */
  readonly goroutines: number | null;
}

/** Where frameworks put it, most usual first. Tried under the path that was given and under the root. */
const prefixes = [
  "debug/pprof/",
  "pprof/",
  "v1/debug/pprof/",
  "api/debug/pprof/",
  "_debug/pprof/",
  "internal/debug/pprof/",
  "admin/debug/pprof/",
];

/** Decompressed profiles larger than this are refused. */
const RAW_LIMIT = 1 << 30;

/** Every profile that net/http/pprof can serve; an index that is hidden leaves us to ask. */
const usual = ["goroutine", "heap", "allocs", "threadcreate", "block", "mutex"];

/** `brief` tries the usual prefix only: for ports that nobody said have pprof. */
export async function findPprof(
  client: HttpClient,
  target: string,
  brief = false,
  more: HttpOptions = {},
): Promise<PprofIndex> {
  const url = new URL(target);
  url.hash = "";
  const candidates: string[] = [];
  const add = (path: string): void => {
    const u = new URL(url);
    u.pathname = path;
    u.search = "";
    if (!candidates.includes(u.href)) candidates.push(u.href);
  };
  const given = url.pathname;
  const within = given.indexOf("/pprof");
  if (within >= 0) add(given.slice(0, within + "/pprof".length) + "/");
  const folder = given.endsWith("/") ? given : `${given}/`;
  const tried = brief ? prefixes.slice(0, 1) : prefixes;
  for (const p of tried) add(folder + p);
  if (folder !== "/") for (const p of tried) add(`/${p}`);
  let answer: HttpReply | null = null;
  for (const base of candidates) {
    const reply = await client.get(base, { totalMs: 10_000, headersMs: 8_000, maxBytes: 1 << 20, ...more });
    if (reply.status === 401 || reply.status === 403)
      throw new ProbeError(
        "unauthorized",
        `${base} answers ${reply.status}: give the header it wants with --header 'Authorization: …'`,
      );
    const index = readIndex(reply, base);
    if (index !== null) return index;
    answer ??= reply;
  }
  // Some routers mount the profiles but not the index.
  for (const base of candidates.slice(0, 2)) {
    const reply = await client.get(`${base}goroutine?debug=1`, { totalMs: 30_000, maxBytes: 16 << 20, ...more });
    const head = Buffer.from(reply.body.subarray(0, 64)).toString("latin1");
    const m = /^goroutine profile: total (\d+)/.exec(head);
    if (reply.status === 200 && m !== null) return { base, profiles: new Set(usual), goroutines: Number(m[1]) };
  }
  throw new ProbeError(
    "not-pprof",
    `${url.origin} answers (HTTP ${answer?.status ?? "?"}), but no pprof was found under ${new URL(candidates[0]).pathname} or the usual prefixes`,
  );
}

/** The index of net/http/pprof lists `<td>23</td><td><a href='goroutine?debug=1'>goroutine</a>`; older ones without the table too. */
export function readIndex(reply: HttpReply, base: string): PprofIndex | null {
  if (reply.status !== 200) return null;
  const page = Buffer.from(reply.body.subarray(0, 65_536)).toString("utf8");
  const profiles = new Set<string>();
  let goroutines: number | null = null;
  for (const m of page.matchAll(/<td>\s*(\d+)\s*<\/td>\s*<td>\s*<a href=['"]?([a-z]+)\?debug=\d['"]?>/gi)) {
    profiles.add(m[2]);
    if (m[2] === "goroutine") goroutines = Number(m[1]);
  }
  if (profiles.size === 0)
    for (const m of page.matchAll(/<a href=['"]?(?:[^'">]*\/)?([a-z]+)\?debug=\d['"]?>/gi)) profiles.add(m[1]);
  return profiles.has("goroutine") && profiles.has("heap")
    ? { base: base.endsWith("/") ? base : `${base}/`, profiles, goroutines }
    : null;
}

/** The bytes of one profile, uncompressed, and what they say. */
export async function fetchProfile(
  client: HttpClient,
  index: PprofIndex,
  name: string,
  query = "",
  more: HttpOptions = {},
): Promise<{ bytes: Uint8Array; wire: number; profile: Profile }> {
  const reply = await client.get(`${index.base}${name}${query}`, more);
  checkReply(reply, name);
  const bytes = isGzip(reply.body) ? decompress(reply.body, "gzip", RAW_LIMIT) : reply.body;
  const { profile } = openProfile(bytes); // throws with what it is instead
  return { bytes, wire: reply.bytes, profile };
}

/** The full dump, parsed as it arrives; `tee` gets the raw chunks. */
export async function fetchDump(
  client: HttpClient,
  index: PprofIndex,
  tee?: (chunk: Uint8Array) => void,
): Promise<{ dump: GoroutineDump; wire: number }> {
  const parser = new DumpParser();
  let refusal: Uint8Array | null = null;
  const reply = await client.stream(`${index.base}goroutine?debug=2`, (chunk, status) => {
    if (status !== 200) {
      refusal ??= chunk;
      return;
    }
    parser.push(chunk);
    tee?.(chunk);
  });
  checkReply({ ...reply, body: refusal ?? new Uint8Array(0) }, "goroutine?debug=2");
  return { dump: parser.finish(), wire: reply.bytes };
}

function checkReply(reply: HttpReply, name: string): void {
  if (reply.status === 200) {
    const type = reply.headers["content-type"] ?? "";
    if (type.startsWith("text/html")) throw new ProbeError("not-pprof", `${reply.url} answers with a web page`);
    return;
  }
  const text = Buffer.from(reply.body.subarray(0, 200)).toString("utf8").replace(/\s+/g, " ").trim();
  if (reply.status === 401 || reply.status === 403)
    throw new ProbeError("unauthorized", `${reply.url} answers ${reply.status}`);
  if (reply.status === 404 && (text.startsWith("Unknown profile") || reply.headers["x-go-pprof"] === "1"))
    throw new ProbeError("unknown-profile", `this target does not serve the profile ${name}`);
  throw new ProbeError("status", `${reply.url} answers ${reply.status}${text === "" ? "" : `: ${text}`}`);
}
