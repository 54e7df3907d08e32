/** Suspects in the heap: call sites whose live bytes grew between two looks. One look shows who holds most, which is no suspicion. */
import { typeIndex, type Frame } from "../profile/columns.ts";
import { diffProfiles } from "../profile/diff.ts";
import { isOwn } from "../profile/group.ts";
import { siteOf } from "../profile/heap-sites.ts";
import { strictName } from "../profile/names.ts";
import type { Look } from "./evidence.ts";
import { scoreOf, type Suspect } from "./suspect.ts";

/** A site must grow by both: below a MiB a sampled profile is noise (one sample stands for 512 kB). */
const GROWTH_BYTES = 2 << 20;
const GROWTH_SHARE = 0.2;

export function heapSuspects(look: Look, earlier: Look | null): Suspect[] {
  if (
    look.heap === null ||
    earlier?.heap == null ||
    typeIndex(look.heap, "inuse_space") < 0 ||
    typeIndex(earlier.heap, "inuse_space") < 0
  )
    return [];
  // Between two looks no collection may have run: the profile is as of the last one, and equal times say so only by equal values.
  const sites = new Map<string, { frame: Frame; stack: readonly Frame[]; before: number; after: number }>();
  for (const d of diffProfiles(earlier.heap, look.heap, "inuse_space")) {
    const frame = siteOf(d.frames);
    const key = `${strictName(frame.func)}:${frame.line}`;
    const site = sites.get(key);
    if (site === undefined) sites.set(key, { frame, stack: d.frames, before: d.before, after: d.after });
    else {
      site.before += d.before;
      site.after += d.after;
    }
  }
  const out: Suspect[] = [];
  for (const { frame, stack, before, after } of sites.values()) {
    const growth = after - before;
    if (growth < GROWTH_BYTES || growth < before * GROWTH_SHARE) continue;
    const mib = (n: number): string => `${(n / (1 << 20)).toFixed(1)} MiB`;
    out.push({
      kind: "heap",
      status: before > 0 && isOwn(frame.func) ? "likely" : "possible",
      signature: null,
      title: "live memory that grows at one line",
      count: after,
      before,
      unit: "bytes",
      wait: "",
      minutes: null,
      location: { function: frame.func, file: frame.file, line: frame.line },
      stack,
      createdBy: null,
      openedBy: null,
      connections: [],
      labels: [],
      evidence: [`${mib(before)} live before, ${mib(after)} now, as of the last collection`],
      meaning:
        "What is allocated here is still referred to after a garbage collection: a map, slice, cache or list that is only added to, or the buffers of whatever else leaks.",
      next: [
        "find what keeps a reference; bound it, or remove what is done",
        "compare a third look: caches fill and then stay",
      ],
      rule: null,
      // In steps of a MiB, so that a number of bytes does not outrank a number of goroutines.
      score:
        scoreOf(before > 0 && isOwn(frame.func) ? "likely" : "possible", after / (1 << 20), growth / (1 << 20)) - 70,
    });
  }
  return out.sort((a, b) => b.score - a.score).slice(0, 5);
}
