/**
 * Who opens what piles up, of descriptors and connections, which have no stack themselves. From the surest to the least sure:
 *
 *     traced   the tracing probe saw it opened, and it is open still
 *     held     objects of open descriptors that the heap profile sampled; chance chose them, so that they are of what piles up as often as it is of all that is open
 *     opened   the same of all that were ever opened, which need not be those that stay
 */
import type { Blocks, Column } from "../../series/blocks.ts";
import { openedHere, OPENER_SHARE, readOpener, standsOut, tracedName } from "../../series/openers.ts";
import type { Frame, Signal } from "../../series/signal.ts";

export interface FoundOpener {
  readonly location: Frame;
  readonly stack: readonly Frame[];
  /** A sentence of evidence. */
  readonly because: string;
}

/** Null: nobody is known well enough. */
export function openerOf(signal: Signal, blocks: Blocks): FoundOpener | null {
  const traced = largest(blocks, (o) => o.how === "traced" && o.what === tracedName(signal));
  if (traced !== null && standsOut(traced.value, traced.all))
    return found(traced, `The tracing probe saw ${traced.all} of them opened and still open when it ended`);
  const kind = openedKind(signal);
  if (kind === null || !isMostOf(signal, kind, blocks)) return null;
  const held = largest(blocks, (o) => o.how === "held" && o.what === kind);
  if (held !== null && standsOut(held.value, held.all))
    return found(held, `Of the open ${kind}s the heap profile has sampled ${held.all}`);
  const opened = largest(blocks, (o) => o.how === "opened" && o.what === kind);
  // What is held must not be of another.
  if (opened === null || !standsOut(opened.value, opened.all)) return null;
  if (held !== null && readOpener(held.column.signal)?.by !== readOpener(opened.column.signal)?.by) return null;
  const of = `Of the ${kind}s that were opened so far the heap profile has sampled ${opened.all}`;
  return found(opened, of, ", though some of these may be closed");
}

interface Largest {
  readonly column: Column;
  readonly value: number;
  readonly all: number;
}

function found({ column: { signal }, value, all }: Largest, seen: string, doubt = ""): FoundOpener | null {
  if (signal.location === null) return null;
  return { location: signal.location, stack: signal.stack, because: `${seen}: ${openedHere(value, all)}${doubt}.` };
}

function largest(
  blocks: Blocks,
  fits: (o: { readonly how: string; readonly what: string }) => boolean,
): Largest | null {
  let column: Column | null = null;
  let value = 0;
  let all = 0;
  for (const c of blocks.columns.values()) {
    const o = readOpener(c.signal);
    if (o === null || !fits(o)) continue;
    const v = c.signal.counter ? c.reading : c.last;
    if (!(v > 0)) continue;
    all += v;
    if (v > value) {
      value = v;
      column = c;
    }
  }
  return column === null ? null : { column, value, all };
}

/** What the heap profile calls it; null where it has no object of its own, or was opened by a peer. */
function openedKind({ kind, name }: Signal): "file" | "pipe" | "socket" | null {
  if (kind === "socket") return name === "total" || /^:\d+ in /.test(name) ? null : "socket";
  if (kind !== "fd") return null;
  const [what] = name.split(" ");
  return what === "deleted" ? "file" : what === "file" || what === "pipe" || what === "socket" ? what : null;
}

/** A sample is of the largest pile, as long as there is no other that is as large. */
function isMostOf(signal: Signal, kind: string, blocks: Blocks): boolean {
  const last = (name: string): number => blocks.columns.get(`fd\t${name}`)?.last ?? 0;
  const open = kind === "file" ? last("file") + last("deleted") : last(kind);
  return open > 0 && (blocks.columns.get(`${signal.kind}\t${signal.name}`)?.last ?? 0) >= OPENER_SHARE * open;
}
