/**
 * Goroutines grouped by what they are stuck on: the wait reason, the line that blocks (the first frame above the runtime and the I/O
 * plumbing), and where the goroutine began. A leak is a group that grows.
 */
import { framesOf, labelsOf, type Frame, type Profile } from "./columns.ts";
import { CREATOR_LABEL, MINUTES_LABEL, STATUS_LABEL } from "./dump.ts";
import { baseName, isStandardPackage, looseName, packageOf, strictName } from "./names.ts";
import { waitOf } from "./waits.ts";

export interface GoroutineGroup {
  /** Wait reason or status; "" where the profile does not show one. */
  readonly wait: string;
  readonly count: number;
  /** The line that blocks. */
  readonly site: Frame;
  /** The function that the goroutine was started with (last frame). */
  readonly entry: Frame;
  /** Who started it; only dumps know. */
  readonly creator: Frame | null;
  /** The frame nearest the leaf that is neither standard library nor runtime; null where there is none. */
  readonly own: Frame | null;
  /** Most frequent stack, leaf first, without the runtime's parking frames. */
  readonly stack: readonly Frame[];
  readonly distinctStacks: number;
  /** Whole minutes waited, as stamped by the collector; null where the source has none. `known` goroutines carry one. */
  readonly minutes: {
    readonly known: number;
    readonly least: number;
    readonly median: number;
    readonly most: number;
  } | null;
  /** How many carry the mark of an earlier goroutineleak request. */
  readonly leaked: number;
  /** Label values, most frequent first. */
  readonly labels: readonly { readonly key: string; readonly value: string; readonly count: number }[];
  /** Equal for equal groups of one build. */
  readonly key: string;
  /** Equal for the same group across builds and Go versions. */
  readonly looseKey: string;
}

/** Packages whose frames only carry the wait of the frame above them. */
const parking =
  /^(?:runtime|internal\/(?:runtime|sync|poll|synctest|race|abi|syscall)(?:\/.*)?|sync|sync\/atomic|runtime\/internal\/.*|syscall|internal\/poll)$/;
const plumbing =
  /^(?:time|net|os|io|io\/.*|bufio|crypto\/tls|internal\/.*|golang\.org\/x\/net\/http2\/?|golang\.org\/x\/sys\/unix)$/;
const plumbingFunctions = new Set([
  "net/http.(*persistConn).Read",
  "net/http.(*connReader).Read",
  "net/http.(*body).Read",
  "net/http.(*body).readLocked",
  "net/http.(*bodyEOFSignal).Read",
]);

/** A goroutine/count profile (protobuf, debug=1 text or a dump through dumpToProfile) in groups, largest first. */
export function groupGoroutines(p: Profile): GoroutineGroup[] {
  const groups = new Map<string, Draft>();
  const width = p.sampleTypes.length;
  for (let s = 0; s < p.sampleCount; s++) {
    const count = p.values[s * width];
    const all = framesOf(p, s);
    let status = "";
    let minutes = 0;
    let creator: Frame | null = null;
    let leaked = false;
    const labels: { key: string; value: string }[] = [];
    for (const l of labelsOf(p, s)) {
      if (l.key === STATUS_LABEL) {
        leaked = l.text.endsWith(" (leaked)");
        status = leaked ? l.text.slice(0, -" (leaked)".length) : l.text;
      } else if (l.key === MINUTES_LABEL) minutes = l.number;
      else if (l.key === CREATOR_LABEL) creator = readPlace(l.text);
      else labels.push({ key: l.key, value: l.text === "" ? String(l.number) : l.text });
    }
    const wait = plainWait(status === "" ? waitOf(all) : status);
    const stack = withoutParking(all);
    const site = siteOfStack(stack);
    const entry = stack[stack.length - 1];
    const key = `${wait}|${placeKey(site)}|${strictName(entry.func)}|${creator === null ? "" : placeKey(creator)}`;
    let draft = groups.get(key);
    if (draft === undefined) {
      draft = {
        key,
        wait,
        site,
        entry,
        creator,
        count: 0,
        stacks: new Map(),
        minutes: new Map(),
        leaked: 0,
        labels: new Map(),
      };
      groups.set(key, draft);
    }
    draft.count += count;
    if (leaked) draft.leaked += count;
    if (minutes > 0) draft.minutes.set(minutes, (draft.minutes.get(minutes) ?? 0) + count);
    const stackKey = stack.map(placeKey).join("<");
    const known = draft.stacks.get(stackKey);
    if (known === undefined) draft.stacks.set(stackKey, { stack, count });
    else known.count += count;
    for (const { key: k, value } of labels) {
      const id = `${k}\0${value}`;
      draft.labels.set(id, (draft.labels.get(id) ?? 0) + count);
    }
  }
  return [...groups.values()].map(finish).sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
}

export interface GroupChange {
  readonly group: GoroutineGroup;
  readonly before: number;
  readonly after: number;
}

/** Pairs the groups of two looks: same place first, then the same functions. Groups that vanished come with `after` 0. */
export function compareGroups(before: readonly GoroutineGroup[], after: readonly GoroutineGroup[]): GroupChange[] {
  const exact = new Map(before.map((g) => [g.key, g]));
  const out: GroupChange[] = [];
  const unpaired: GoroutineGroup[] = [];
  for (const group of after) {
    const old = exact.get(group.key);
    if (old === undefined) unpaired.push(group);
    else {
      exact.delete(group.key);
      out.push({ group, before: old.count, after: group.count });
    }
  }
  const loose = new Map<string, GoroutineGroup[]>();
  for (const g of exact.values()) loose.set(g.looseKey, [...(loose.get(g.looseKey) ?? []), g]);
  for (const group of unpaired) {
    const old = loose.get(group.looseKey)?.shift();
    out.push({ group, before: old?.count ?? 0, after: group.count });
  }
  for (const rest of loose.values()) for (const g of rest) out.push({ group: g, before: g.count, after: 0 });
  return out.sort((a, b) => b.after - b.before - (a.after - a.before));
}

interface Draft {
  readonly key: string;
  readonly wait: string;
  readonly site: Frame;
  readonly entry: Frame;
  readonly creator: Frame | null;
  count: number;
  leaked: number;
  readonly stacks: Map<string, { stack: readonly Frame[]; count: number }>;
  readonly minutes: Map<number, number>;
  readonly labels: Map<string, number>;
}

function finish(d: Draft): GoroutineGroup {
  let most = { stack: [] as readonly Frame[], count: -1 };
  for (const s of d.stacks.values()) if (s.count > most.count) most = s;
  const own = most.stack.find((f) => isOwn(f.func)) ?? null;
  return {
    wait: d.wait,
    count: d.count,
    site: d.site,
    entry: d.entry,
    creator: d.creator,
    own,
    stack: most.stack,
    distinctStacks: d.stacks.size,
    minutes: spread(d.minutes),
    leaked: d.leaked,
    labels: [...d.labels]
      .map(([id, count]) => ({ key: id.slice(0, id.indexOf("\0")), value: id.slice(id.indexOf("\0") + 1), count }))
      .sort((a, b) => b.count - a.count),
    key: d.key,
    looseKey: `${d.wait}|${looseName(d.site.func)}|${looseName(d.entry.func)}`,
  };
}

function spread(minutes: ReadonlyMap<number, number>): GoroutineGroup["minutes"] {
  const sorted = [...minutes].sort((a, b) => a[0] - b[0]);
  const known = sorted.reduce((sum, [, n]) => sum + n, 0);
  if (known === 0) return null;
  let seen = 0;
  let median = 0;
  for (const [m, n] of sorted) {
    seen += n;
    median = m;
    if (seen * 2 >= known) break;
  }
  return { known, least: sorted[0][0], median, most: sorted[sorted.length - 1][0] };
}

/** Whether the frame is of the program or its dependencies, not of Go itself. */
export function isOwn(func: string): boolean {
  const pkg = packageOf(func);
  return pkg !== "" && !isStandardPackage(pkg);
}

/** One name per wait across versions and formats: nil channels and durable waits are the same wait. */
function plainWait(wait: string): string {
  return wait.replace(/ \((?:durable|synctest)\)$/, "");
}

const nowhere: Frame = { func: "(no frames)", file: "", line: 0 };

function withoutParking(frames: readonly Frame[]): readonly Frame[] {
  let from = 0;
  while (from < frames.length && parking.test(packageOf(frames[from].func))) from++;
  // A goroutine of the runtime itself has nothing else.
  let to = frames.length;
  while (to > from + 1 && /^runtime\.(?:goexit|main)$/.test(frames[to - 1].func)) to--;
  if (from === to) return frames.length > 0 ? frames : [nowhere];
  return frames.slice(from, to);
}

/** The frame that a group is named by: the first that does more than carry the wait of the one above it. */
export function siteOfStack(stack: readonly Frame[]): Frame {
  for (const f of stack) {
    if (!plumbing.test(packageOf(f.func)) && !plumbingFunctions.has(strictName(f.func))) return f;
  }
  return stack[0] ?? nowhere;
}

function placeKey(f: Frame): string {
  return `${strictName(f.func)} ${baseName(f.file)}:${f.line}`;
}

function readPlace(text: string): Frame {
  const tab = text.indexOf("\t");
  const colon = text.lastIndexOf(":");
  return { func: text.slice(0, tab), file: text.slice(tab + 1, colon), line: Number(text.slice(colon + 1)) || 0 };
}
