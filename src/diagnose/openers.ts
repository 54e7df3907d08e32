/**
 * Gives suspects among descriptors and connections the line that opens them, as far as the heap profile sampled their objects: see
 * profile/openers.ts. The tracing probe knows better where it watched; goroutines that hold a connection have a line of their own.
 */
import { openersOf, type OpenedKind, type Opener } from "../profile/openers.ts";
import { openedHere, OPENER_SHARE, type Seen, surest } from "../series/openers.ts";
import type { Look } from "./evidence.ts";
import { mainPackages } from "./goroutines.ts";
import type { Suspect } from "./suspect.ts";

export function attachOpeners(suspects: readonly Suspect[], look: Look): Suspect[] {
  if (look.heap === null || look.fds === null) return [...suspects];
  if (!suspects.some((s) => kindOf(s) !== null && s.location === null)) return [...suspects];
  const openers = openersOf(look.heap);
  const main = mainPackages(look);
  return suspects.map((s) => {
    const kind = kindOf(s);
    if (kind === null || s.location !== null || s.count < OPENER_SHARE * openOf(kind, look)) return s;
    const best = bestOf(openers.filter((o) => o.kind === kind));
    if (best === null) return s;
    const at = best.opener.stack.find((f) => main(f.func)) ?? best.opener.frame;
    return {
      ...s,
      location: { function: at.func, file: at.file, line: at.line },
      stack: best.opener.stack,
      evidence: [...s.evidence, best.because],
    };
  });
}

function bestOf(openers: readonly Opener[]): { readonly opener: Opener; readonly because: string } | null {
  const best = surest(mostOf(openers, "held"), mostOf(openers, "opened"), (a, b) => a === b);
  if (best === null) return null;
  const { opener, most, all, how } = best;
  const because =
    how === "held"
      ? `of the open ones the heap profile sampled ${all}: ${openedHere(most, all)}`
      : `of all that were ever opened the heap profile sampled ${all}: ${openedHere(most, all)}, though some of these may be closed`;
  return { opener, because };
}

function mostOf(openers: readonly Opener[], how: "held" | "opened"): Seen<Opener> | null {
  let best: Opener | null = null;
  let all = 0;
  for (const o of openers) {
    all += o[how];
    if (o[how] > (best?.[how] ?? 0)) best = o;
  }
  return best === null ? null : { opener: best, most: best[how], all };
}

/** What the heap profile calls it; null for what a peer opened, and for what has no object. */
function kindOf(s: Suspect): OpenedKind | null {
  if (s.kind === "socket") return s.connections.every((c) => c.direction === "out") ? "socket" : null;
  if (s.kind !== "fd" || s.subject === undefined || s.subject === "total") return null;
  if (s.subject.startsWith("/")) return "file";
  return s.subject === "pipe" || s.subject === "socket" ? s.subject : s.subject === "deleted" ? "file" : null;
}

function openOf(kind: OpenedKind, look: Look): number {
  const kinds: readonly string[] = kind === "file" ? ["file", "deleted"] : [kind];
  return look.fds?.byKind.filter((k) => kinds.includes(k.kind)).reduce((n, k) => n + k.count, 0) ?? 0;
}
