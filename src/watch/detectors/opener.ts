/**
 * Who opens what piles up, of descriptors and connections, which have no stack themselves. From the surest to the least sure:
 *
 *     traced   the tracing probe saw it opened, and it is open still
 *     held     objects of open descriptors that the heap profile sampled; chance chose them, so that they are of what piles up as often as it is of all that is open
 *     opened   the same of all that were ever opened, which need not be those that stay
 */
import type { Blocks, Column } from "../../series/blocks.ts";
import {
  openedHere,
  OPENER_SHARE,
  type OpenerHow,
  readOpener,
  type Seen,
  standsOut,
  surest,
  tracedName,
} from "../../series/openers.ts";
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
  if (traced !== null && standsOut(traced.most, traced.all))
    return found(traced, `The tracing probe saw ${traced.all} of them opened and still open when it ended`);
  const kind = openedKind(signal);
  if (kind === null || !isMostOf(signal, kind, blocks)) return null;
  const sampled = (how: OpenerHow): Seen<Column> | null => largest(blocks, (o) => o.how === how && o.what === kind);
  const by = (c: Column): string | undefined => readOpener(c.signal)?.by;
  const best = surest(sampled("held"), sampled("opened"), (a, b) => by(a) === by(b));
  if (best === null) return null;
  return best.how === "held"
    ? found(best, `Of the open ${kind}s the heap profile has sampled ${best.all}`)
    : found(
        best,
        `Of the ${kind}s that were opened so far the heap profile has sampled ${best.all}`,
        ", though some of these may be closed",
      );
}

function found({ opener: { signal }, most, all }: Seen<Column>, seen: string, doubt = ""): FoundOpener | null {
  if (signal.location === null) return null;
  return { location: signal.location, stack: signal.stack, because: `${seen}: ${openedHere(most, all)}${doubt}.` };
}

function largest(
  blocks: Blocks,
  fits: (o: { readonly how: string; readonly what: string }) => boolean,
): Seen<Column> | null {
  let opener: Column | null = null;
  let most = 0;
  let all = 0;
  for (const c of blocks.columns.values()) {
    const o = readOpener(c.signal);
    if (o === null || !fits(o)) continue;
    const v = c.signal.counter ? c.reading : c.last;
    if (!(v > 0)) continue;
    all += v;
    if (v > most) {
      most = v;
      opener = c;
    }
  }
  return opener === null ? null : { opener, most, all };
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
