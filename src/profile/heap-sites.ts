/** Live memory by who allocated it: the first frame of each stack that is neither Go's nor the runtime's. */
import { framesOf, typeIndex, type Frame, type Profile } from "./columns.ts";
import { isOwn } from "./group.ts";
import { baseName, looseName, strictName } from "./names.ts";
import type { Likeness } from "./stacks.ts";

export interface HeapSite {
  /** Equal for equal sites: of one build by line, across builds by function and file. */
  readonly key: string;
  readonly frame: Frame;
  /** The stack that holds most of it. */
  readonly stack: readonly Frame[];
  readonly bytes: number;
}

/** Largest first; empty where the profile has no `inuse_space`. */
export function heapSites(heap: Profile, likeness: Likeness = "line"): HeapSite[] {
  const column = typeIndex(heap, "inuse_space");
  if (column < 0) return [];
  const sites = new Map<string, { key: string; frame: Frame; stack: readonly Frame[]; bytes: number; most: number }>();
  const width = heap.sampleTypes.length;
  for (let s = 0; s < heap.sampleCount; s++) {
    const bytes = heap.values[s * width + column];
    if (bytes <= 0) continue;
    const stack = framesOf(heap, s);
    const frame = siteOf(stack);
    const key = likeness === "line" ? `${strictName(frame.func)}:${frame.line}` : looseSite(frame);
    const site = sites.get(key);
    if (site === undefined) sites.set(key, { key, frame, stack, bytes, most: bytes });
    else {
      site.bytes += bytes;
      if (bytes > site.most) {
        site.most = bytes;
        site.stack = stack;
      }
    }
  }
  return [...sites.values()]
    .map(({ key, frame, stack, bytes }) => ({ key, frame, stack, bytes }))
    .sort((a, b) => b.bytes - a.bytes);
}

export function siteOf(stack: readonly Frame[]): Frame {
  return stack.find((f) => isOwn(f.func)) ?? stack[0] ?? { func: "(unknown)", file: "", line: 0 };
}

function looseSite(frame: Frame): string {
  const name = looseName(frame.func);
  return frame.file === "" ? name : `${name} ${baseName(frame.file)}`;
}
