/** Suspects in the heap: lines whose live bytes grew between two looks, and lines that hold most of what is live. */
import { bytes } from "../base/numbers.ts";
import { total, typeIndex, type Frame, type Profile } from "../profile/columns.ts";
import { diffProfiles } from "../profile/diff.ts";
import { isOwn } from "../profile/group.ts";
import { heapSites, siteOf } from "../profile/heap-sites.ts";
import { strictName } from "../profile/names.ts";
import type { Look } from "./evidence.ts";
import { scoreOf, type Suspect } from "./suspect.ts";

/** A site must grow by both: below a MiB a sampled profile is noise (one sample stands for 512 kB). */
const GROWTH_BYTES = 2 << 20;
const GROWTH_SHARE = 0.2;
/**
 * A pile that is large already grows by a small share of itself. What tells there is how much stayed of what was allocated meanwhile: of a
 * buffer next to nothing, of a leak all. In samples, so that chance has no say: eight that stayed, of which it would take away three.
 */
const KEPT_SAMPLES = 8;
const KEPT_SHARE = 0.75;
/** Of the whole live heap at one line, and in bytes: worth a word without any growth. */
const LARGE_SHARE = 0.5;
const LARGE_BYTES = 32 << 20;
const DEFAULT_RATE = 512 << 10;

interface Site {
  readonly frame: Frame;
  readonly stack: readonly Frame[];
  before: number;
  after: number;
  /** Bytes allocated between the looks; of another process nothing is known. */
  allocated: number;
}

/** With one look, what holds most of the memory; with two of one process, what grew. */
export function heapSuspects(look: Look, earlier: Look | null): Suspect[] {
  if (look.heap === null || typeIndex(look.heap, "inuse_space") < 0) return [];
  if (!hasHeap(earlier)) return largeSites(look.heap, null);
  const grown = grownSites(look, earlier, true);
  const told = new Set(grown.map((s) => s.location?.function));
  const sites = sitesOf(look.heap, earlier.heap);
  // As of the same collection nothing can have grown.
  const large = largeSites(look.heap, sites, isSameCollection(look.heap, earlier.heap) ? unchangedWords : steadyWords);
  return [...grown, ...large.filter((s) => !told.has(s.location?.function))];
}

/** `sameProcess`: what was allocated between the looks is known. */
export function grownSites(look: Look, earlier: Look | null, sameProcess: boolean): Suspect[] {
  if (!hasHeap(look) || !hasHeap(earlier)) return [];
  const rate = look.heap.period > 1 ? look.heap.period : DEFAULT_RATE;
  const out: Suspect[] = [];
  // Between two looks no collection may have run: the profile is as of the last one, and equal times say so only by equal values.
  for (const site of sitesOf(look.heap, earlier.heap).values()) {
    const { frame, before, after, allocated } = site;
    const growth = after - before;
    if (growth < GROWTH_BYTES) continue;
    if (growth >= before * GROWTH_SHARE)
      out.push(suspect(site, before > 0 && isOwn(frame.func) ? "likely" : "possible", grownWords, []));
    else if (sameProcess && growth >= KEPT_SAMPLES * rate && growth >= KEPT_SHARE * allocated)
      out.push(
        suspect(site, isOwn(frame.func) ? "likely" : "possible", grownWords, [
          `of ${bytes(Math.max(allocated, growth))} that were allocated here meanwhile ${bytes(growth)} are still live`,
        ]),
      );
  }
  return out.sort((a, b) => b.score - a.score).slice(0, 5);
}

function hasHeap(look: Look | null): look is Look & { readonly heap: Profile } {
  return look?.heap != null && typeIndex(look.heap, "inuse_space") >= 0;
}

function sitesOf(now: Profile, then: Profile): Map<string, Site> {
  const sites = new Map<string, Site>();
  const site = (frames: readonly Frame[]): Site => {
    const frame = siteOf(frames);
    const key = keyOf(frame);
    let s = sites.get(key);
    if (s === undefined) sites.set(key, (s = { frame, stack: frames, before: 0, after: 0, allocated: 0 }));
    return s;
  };
  for (const d of diffProfiles(then, now, "inuse_space")) {
    const s = site(d.frames);
    s.before += d.before;
    s.after += d.after;
  }
  if (typeIndex(now, "alloc_space") >= 0 && typeIndex(then, "alloc_space") >= 0)
    for (const d of diffProfiles(then, now, "alloc_space")) site(d.frames).allocated += d.delta;
  return sites;
}

/** Equal to the last byte ever allocated: profiles are as of the last collection. */
function isSameCollection(now: Profile, then: Profile): boolean {
  const [a, b] = [now, then].map((p) => {
    const column = typeIndex(p, "alloc_space");
    return column < 0 ? null : total(p, column);
  });
  return a !== null && a === b;
}

/** What one line holds so much of that nobody should have to ask: large, and not known to grow. */
function largeSites(heap: Profile, sites: ReadonlyMap<string, Site> | null, words = largeWords): Suspect[] {
  const all = total(heap, typeIndex(heap, "inuse_space"));
  return (
    heapSites(heap)
      .filter((s) => s.bytes >= LARGE_BYTES && s.bytes >= LARGE_SHARE * all && isOwn(s.frame.func))
      // What packages make when the program starts is made once.
      .filter((s) => !s.stack.some((f) => /^runtime\.doInit\d*$/.test(f.func)))
      .map(({ frame, stack, bytes: live }) => {
        const site = { frame, stack, before: sites?.get(keyOf(frame))?.before ?? 0, after: live, allocated: 0 };
        const share = `${Math.round((100 * live) / all)} % of the ${bytes(all)} that the last collection found live`;
        return suspect(site, "possible", words, [share], sites === null);
      })
  );
}

interface Words {
  readonly title: string;
  readonly meaning: string;
  readonly next: readonly string[];
}

const grownWords: Words = {
  title: "live memory that grows at one line",
  meaning:
    "What is allocated here is still referred to after a garbage collection: a map, slice, cache or list that is only added to, or the buffers of whatever else leaks.",
  next: [
    "find what keeps a reference; bound it, or remove what is done",
    "compare a third look: caches fill and then stay",
  ],
};

const largeWords: Words = {
  title: "most of the live memory is of one line",
  meaning:
    "Large, and not known to grow: one look cannot tell a cache that is meant to be so large from a list that is only added to.",
  next: [
    "take a second look after a while (--every 60s), or stanch watch: only growth tells",
    "if it is a cache, see that its size is bounded",
  ],
};

const unchangedWords: Words = {
  ...largeWords,
  meaning:
    "Large, and not known to grow: no collection ended between the two looks, and only those count what is live.",
};

const steadyWords: Words = {
  ...largeWords,
  meaning:
    "Large, and not seen to grow between the two looks: a cache that is meant to be so large, or a leak that is slower than this.",
};

function keyOf(frame: Frame): string {
  return `${strictName(frame.func)}:${frame.line}`;
}

function suspect(
  { frame, stack, before, after }: Site,
  status: "likely" | "possible",
  words: Words,
  evidence: readonly string[],
  alone = false,
): Suspect {
  return {
    kind: "heap",
    status,
    signature: null,
    count: after,
    before: alone ? null : before,
    unit: "bytes",
    wait: "",
    minutes: null,
    location: { function: frame.func, file: frame.file, line: frame.line },
    stack,
    createdBy: null,
    openedBy: null,
    connections: [],
    labels: [],
    evidence: [
      ...(alone ? [] : [`${bytes(before)} live before, ${bytes(after)} now, as of the last collection`]),
      ...evidence,
    ],
    rule: null,
    // In steps of a MiB, so that a number of bytes does not outrank a number of goroutines.
    score: scoreOf(status, after / (1 << 20), alone ? 0 : (after - before) / (1 << 20)) - 70,
    ...words,
  };
}
