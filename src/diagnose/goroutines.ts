/** Suspects among goroutine groups. */
import { compareGroups, isOwn, type GoroutineGroup } from "../profile/group.ts";
import { packageOf, strictName } from "../profile/names.ts";
import { isBlockedOnPeer } from "../profile/waits.ts";
import type { Connections, Look } from "./evidence.ts";
import type { Signature } from "./signatures/signature.ts";
import { signatureOf } from "./signatures.ts";
import { scoreOf, type Suspect, type SuspectStatus } from "./suspect.ts";
import { meaningOfWait } from "./waits.ts";

/**
 * Least sizes. One look cannot tell a pool of workers from a leak, so it must see a real pile; two looks see growth, where a handful says
 * more. Growth must also be a twentieth of what was there: a busy service breathes.
 */
const PILE = 20;
const STUCK_SENDERS = 5;
const GROWTH = 3;
const GROWTH_SHARE = 0.05;

export function goroutineSuspects(look: Look, earlier: Look | null): Suspect[] {
  if (look.goroutines === null) return [];
  const before = earlier?.goroutines?.groups ?? null;
  const changes =
    before === null
      ? look.goroutines.groups.map((group) => ({ group, before: null, after: group.count }))
      : compareGroups(before, look.goroutines.groups).filter((c) => c.after > 0);
  const proven = new Map<string, number>();
  for (const g of look.proven ?? []) proven.set(siteKey(g), (proven.get(siteKey(g)) ?? 0) + g.count);
  const begun = before === null ? null : startedSince(before, look.goroutines.groups);
  const out: Suspect[] = [];
  for (const change of changes) {
    const started = begun?.get(strictName(change.group.entry.func)) ?? 0;
    const s = judge(change.group, change.before, started, look, proven.get(siteKey(change.group)) ?? 0);
    if (s !== null) out.push(s);
  }
  return mergeBySignature(out);
}

function siteKey(g: GoroutineGroup): string {
  return `${g.wait}|${strictName(g.site.func)}|${g.site.line}`;
}

/** By the function that they began in, how many more there are, wherever they wait now. */
function startedSince(before: readonly GoroutineGroup[], now: readonly GoroutineGroup[]): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  const add = (g: GoroutineGroup, n: number): void => {
    const key = strictName(g.entry.func);
    out.set(key, (out.get(key) ?? 0) + n);
  };
  for (const g of now) add(g, g.count);
  for (const g of before) add(g, -g.count);
  return out;
}

/** Waits in which a worker rests. */
const RESTING = /^(?:select|chan receive|IO wait|sleep|sync\.Cond\.Wait|)$/;

/** `started`: how many more goroutines began where these did. */
function judge(
  group: GoroutineGroup,
  before: number | null,
  started: number,
  look: Look,
  proven: number,
): Suspect | null {
  const signature = signatureOf(group);
  const growth = before === null ? 0 : group.count - before;
  const leaked = Math.max(group.leaked, proven);
  // Requests come and go as chance has it: a few that merely run are not more by three standard deviations.
  const few = signature?.id === "http-handler-stuck" && before !== null && before < PILE;
  const least = few ? GROWTH + 3 * Math.sqrt(before + 1) : GROWTH;
  // Workers that were busy and rest now are no more than before. (Connections that were idle and hang in a handler are.)
  const moved = RESTING.test(group.wait) && signature?.id !== "http-handler-stuck" && started < least;
  const grew = before !== null && growth >= least && growth >= before * GROWTH_SHARE && !moved;
  let status = statusOf(group, signature, grew, before !== null, leaked);
  // A body in transfer has a reader: bodies without one are open because nobody closes them.
  const unread = signature?.id === "http-body-open" ? group.count - bodyReaders(look) : 0;
  if (unread >= STUCK_SENDERS && status !== "leak" && (group.count >= PILE || grew)) status = "likely";
  if (status === null) return null;
  const words = signature ?? meaningOfWait(group.wait);
  const place = placeOf(group, mainPackages(look));
  const evidence: string[] = [];
  if (leaked > 0) evidence.push(`the runtime itself proved ${leaked} of them unreachable (goroutineleak)`);
  if (before !== null)
    evidence.push(growth === 0 ? `${group.count} in both looks` : `${before} before, ${group.count} now`);
  if (unread > 0) evidence.push(`${unread} of them are being read by nobody`);
  if (group.distinctStacks > 1)
    evidence.push(`${group.distinctStacks} different stacks lead here; the most frequent is shown`);
  return {
    kind: signature !== null && /^(?:sql|pgx|redis-pool)/.test(signature.id) ? "pool" : "goroutine",
    status,
    signature: signature?.id ?? null,
    title: words.title,
    count: group.count,
    before,
    unit: "goroutines",
    wait: group.wait,
    minutes: group.minutes,
    location: place === null ? null : { function: place.func, file: place.file, line: place.line },
    stack: group.stack,
    createdBy: group.creator,
    openedBy: null,
    connections: signature?.connections === undefined ? [] : connectionsFor(signature, group.count, look),
    labels: group.labels.slice(0, 5),
    evidence,
    meaning: words.meaning,
    next: words.next,
    // A handler can be stuck in any way there is.
    rule: signature?.id === "http-handler-stuck" ? meaningOfWait(group.wait).rule : words.rule,
    score: scoreOf(status, group.count, growth),
  };
}

function bodyReaders(look: Look): number {
  let n = 0;
  for (const g of look.goroutines?.groups ?? [])
    if (
      g.stack.some((f) => /^net\/http\.\(\*(?:bodyEOFSignal|body)\)\.Read$/.test(f.func)) &&
      g.entry.func !== "net/http.(*conn).serve"
    )
      n += g.count;
  return n;
}

function statusOf(
  group: GoroutineGroup,
  signature: Signature | null,
  grew: boolean,
  twoLooks: boolean,
  leaked: number,
): SuspectStatus | null {
  if (leaked > 0) return "leak";
  if (signature?.role === "companion") return null;
  if (signature?.role === "resident") {
    if (group.count <= (signature.upTo ?? 0) && !(grew && group.count > 8)) return null;
    // How many clients stay connected is theirs to say: more of them in two looks is no leak of this program's.
    if (signature.connections?.direction === "in" && group.count <= (signature.upTo ?? 0)) return "possible";
    return grew ? "likely" : "possible";
  }
  const never = /^(?:select \(no cases\)|chan (?:receive|send) \(nil chan\))$/.test(group.wait);
  // One parked main is a program's way to stay up; locked threads in select {} are too.
  if (never && group.count > 1 && group.entry.func !== "main.main") return "leak";
  if (grew) {
    if (
      signature !== null ||
      isBlockedOnPeer(group.wait) ||
      group.wait === "IO wait" ||
      group.wait === "sleep" ||
      group.wait === ""
    )
      return group.own !== null || signature !== null || group.creator !== null ? "likely" : "possible";
    return group.count >= PILE ? "possible" : null;
  }
  // With two looks a pile that does not move is a pool or an old leak: only marks that healthy programs lack keep it.
  if (group.wait === "chan send" && group.count >= STUCK_SENDERS)
    return twoLooks && group.minutes === null ? "possible" : "likely";
  if (signature !== null) return group.count >= (signature.id === "sql-pool-waiting" ? 3 : PILE) ? "possible" : null;
  if (group.own === null && group.creator === null) return null;
  if (isBlockedOnPeer(group.wait) && group.count >= PILE) return "possible";
  if (group.wait === "" && group.count >= PILE && group.own !== null) return "possible";
  if ((group.wait === "IO wait" || group.wait === "sleep") && group.count >= 10 * PILE) return "possible";
  return null;
}

/** Whether a function is of the module that was built, and not of a dependency. */
export function mainPackages(look: Look): (func: string) => boolean {
  const path = look.build?.main?.path ?? "";
  return (func) => {
    const pkg = packageOf(func);
    return pkg === "main" || (path !== "" && (pkg === path || pkg.startsWith(`${path}/`)));
  };
}

/** The line to look at: the nearest frame of the built module, else its creator's, else the nearest of a dependency, else the site. */
function placeOf(
  group: GoroutineGroup,
  main: (func: string) => boolean,
): { func: string; file: string; line: number } | null {
  const mine = group.stack.find((f) => main(f.func));
  if (mine !== undefined) return mine;
  if (group.creator !== null && main(group.creator.func)) return group.creator;
  if (group.own !== null) return group.own;
  if (group.creator !== null && isOwn(group.creator.func)) return group.creator;
  return group.site.line > 0 ? group.site : null;
}

/** Connections that fit a signature; those whose number is nearest the group's size first. */
function connectionsFor(signature: Signature, count: number, look: Look): Connections[] {
  const want = signature.connections;
  if (want === undefined || look.sockets === null) return [];
  const candidates = look.sockets.groups.filter(
    (c) =>
      c.transport === "tcp" &&
      c.direction === want.direction &&
      (want.notPorts === undefined || !want.notPorts.includes(c.port)),
  );
  const { ports } = want;
  let fitting = ports === undefined ? candidates : candidates.filter((c) => ports.includes(c.port));
  // A server on a port of its own choosing is known by its number of connections.
  if (fitting.length === 0) fitting = candidates.filter((c) => Math.abs(c.count - count) <= Math.max(1, count * 0.15));
  return fitting.sort((a, b) => Math.abs(a.count - count) - Math.abs(b.count - count) || b.count - a.count).slice(0, 3);
}

/** Groups of one known kind without lines of the program's own (three spots of readLoop, say) are one suspect, not three. */
function mergeBySignature(suspects: readonly Suspect[]): Suspect[] {
  const out: Suspect[] = [];
  const bySignature = new Map<string, number>();
  // By where they began: what began in different functions works on one thing together, a reader and a writer.
  const begun = new Map<string, Map<string, number>>();
  for (const s of suspects) {
    if (s.signature === null || s.stack.some((f) => isOwn(f.func) && !isLibrary(f.func))) {
      out.push(s);
      continue;
    }
    const parts = begun.get(s.signature) ?? new Map<string, number>();
    begun.set(s.signature, parts);
    const entry = strictName(s.stack[s.stack.length - 1]?.func ?? "");
    parts.set(entry, (parts.get(entry) ?? 0) + s.count);
    const at = bySignature.get(s.signature);
    if (at === undefined) {
      bySignature.set(s.signature, out.length);
      out.push(s);
      continue;
    }
    const a = out[at];
    const big = a.count >= s.count ? a : s;
    const count = a.count + s.count;
    const before = a.before === null ? null : a.before + (s.before ?? 0);
    const status =
      a.status === "leak" || s.status === "leak"
        ? "leak"
        : a.status === "likely" || s.status === "likely"
          ? "likely"
          : "possible";
    const evidence =
      before === null
        ? big.evidence
        : [`${before} before, ${count} now`, ...big.evidence.filter((e) => !/before,|in both looks/.test(e))];
    const holds = Math.max(...parts.values());
    out[at] = {
      ...big,
      count,
      holds,
      before,
      status,
      evidence,
      score: scoreOf(status, count, count - (before ?? count)),
    };
  }
  return out;
}

/** Frames of libraries that the signatures know by name. */
function isLibrary(func: string): boolean {
  return /^(?:google\.golang\.org\/grpc|github\.com\/(?:redis\/go-redis|go-redis\/redis|jackc\/|lib\/pq|go-sql-driver)|golang\.org\/x\/net)/.test(
    func,
  );
}
