/**
 * Who opens descriptors, read from a heap profile: each descriptor that Go wraps costs one object, an os.File's or a net.netFD's, and the
 * profile has the stack of every object that it sampled. What is in use is open; what was allocated was opened at some time.
 *
 * One object in some three thousand is sampled (200 bytes of every 512 KiB), so that a few leaking descriptors may be unseen. Which of them
 * are sampled is chance, and so the share of a stack among the samples estimates its share among the descriptors.
 */
import { framesOf, typeIndex, type Frame, type Profile } from "./columns.ts";
import { isOwn } from "./group.ts";
import { siteOf } from "./heap-sites.ts";
import { baseName, looseName } from "./names.ts";

export type OpenedKind = "file" | "pipe" | "socket";

export interface Opener {
  readonly kind: OpenedKind;
  /** Function and file of the opener, without a line: equal across builds. */
  readonly key: string;
  /** The first frame that is not Go's own. */
  readonly frame: Frame;
  /** The stack with the most samples, leaf first. */
  readonly stack: readonly Frame[];
  /** Objects that the profile sampled: in use now, and ever allocated. */
  readonly held: number;
  readonly opened: number;
}

/** Wraps a descriptor. Accepted connections are opened by the peer, not by the line that accepts them. */
const wrappers = new Set(["os.newFile", "net.newFD"]);
const accepts = "net.(*netFD).accept";
/** What a look of ours opens in the target: the list of mappings. */
const ours = /^(?:runtime|net\/http)\/pprof\./;
/** An os.File is a pointer to what counts, and a name: smaller objects are not the descriptor's. */
const LEAST_OBJECT = 64;

/** The most held first; empty where the profile has no objects. */
export function openersOf(heap: Profile): Opener[] {
  const columns = ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"].map((t) => typeIndex(heap, t));
  if (columns.includes(-1)) return [];
  const wraps = locationsIn(heap, (name) => wrappers.has(name));
  const skipped = locationsIn(heap, (name) => name === accepts || ours.test(name));
  const sites = new Map<string, Draft>();
  const width = heap.sampleTypes.length;
  samples: for (let s = 0; s < heap.sampleCount; s++) {
    let wrapping = false;
    for (let i = heap.stackOffsets[s]; i < heap.stackOffsets[s + 1]; i++) {
      const l = heap.locations[i];
      if (skipped[l] === 1) continue samples;
      if (wraps[l] === 1) wrapping = true;
    }
    if (!wrapping) continue;
    const [allocated, allocatedBytes, used, usedBytes] = columns.map((c) => heap.values[s * width + c]);
    if (!(allocated > 0) || allocatedBytes / allocated < LEAST_OBJECT) continue;
    const stack = framesOf(heap, s);
    const frame = siteOf(stack);
    if (!isOwn(frame.func)) continue;
    const kind = kindOf(stack);
    const key = openerKey(frame);
    const held = sampled(used, usedBytes, heap.period);
    const opened = sampled(allocated, allocatedBytes, heap.period);
    const site = sites.get(`${kind} ${key}`);
    if (site === undefined) sites.set(`${kind} ${key}`, { kind, key, frame, stack, held, opened, most: opened });
    else {
      site.held += held;
      site.opened += opened;
      if (opened > site.most) Object.assign(site, { frame, stack, most: opened });
    }
  }
  return [...sites.values()]
    .map(({ kind, key, frame, stack, held, opened }) => ({ kind, key, frame, stack, held, opened }))
    .sort((a, b) => b.held - a.held || b.opened - a.opened);
}

export function openerKey(site: Frame): string {
  return `${looseName(site.func)} ${baseName(site.file)}`;
}

interface Draft {
  readonly kind: OpenedKind;
  readonly key: string;
  frame: Frame;
  stack: readonly Frame[];
  held: number;
  opened: number;
  most: number;
}

/** Undoes the scaling of `runtime/pprof`: how many objects stand behind an estimate. */
function sampled(objects: number, bytes: number, rate: number): number {
  if (!(objects > 0)) return 0;
  if (rate <= 1) return objects;
  return Math.max(1, Math.round(objects * -Math.expm1(-bytes / objects / rate)));
}

function kindOf(stack: readonly Frame[]): OpenedKind {
  if (stack.some((f) => f.func === "net.newFD")) return "socket";
  return stack.some(
    (f) => f.func === "os.Pipe" || /^os\/exec\.\(\*Cmd\)\.(?:Std\w+Pipe|writerDescriptor)$/.test(f.func),
  )
    ? "pipe"
    : "file";
}

function locationsIn(p: Profile, wanted: (name: string) => boolean): Uint8Array {
  const functions = new Uint8Array(p.functionCount);
  for (let f = 0; f < p.functionCount; f++) if (wanted(p.strings[p.functionNames[f]])) functions[f] = 1;
  const out = new Uint8Array(p.locationCount);
  for (let l = 0; l < p.locationCount; l++)
    for (let i = p.lineOffsets[l]; i < p.lineOffsets[l + 1]; i++)
      if (p.lineFunctions[i] >= 0 && functions[p.lineFunctions[i]] === 1) out[l] = 1;
  return out;
}
