/**
 * What tells one leak from another across builds: functions and waits, never lines, which move with every edit above. Each leak has names
 * from the strictest to the loosest; two sides pair up by the strictest first, and what is left over by the next.
 */
import { isOwn, siteOfStack } from "../profile/group.ts";
import { looseName } from "../profile/names.ts";
import type { Verdict } from "../watch/verdict.ts";
import type { Suspect } from "./suspect.ts";

export interface Place {
  /** What piles up; never paired across these. */
  readonly what: "goroutine" | "heap" | "fd" | "socket" | "pool";
  /** Strictest first; null where this leak has no such name. The same number for all. */
  readonly names: readonly (string | null)[];
}

/** `name`: the signal's, where a watch follows it; else it is made from the stack as a watch would. */
export function placeOfSuspect(s: Suspect, name: string | null = null): Place {
  const what = s.unit === "goroutines" ? "goroutine" : s.kind === "goroutine" ? "pool" : s.kind;
  const at = s.location !== null && isOwn(s.location.function) ? looseName(s.location.function) : null;
  switch (what) {
    case "goroutine": {
      const made =
        s.stack.length === 0
          ? null
          : `${s.wait}|${looseName(siteOfStack(s.stack).func)}|${looseName(s.stack[s.stack.length - 1].func)}`;
      const known = at === null && s.signature !== null ? `known ${s.signature}` : null;
      return { what, names: [name ?? made, at === null ? known : `${s.wait} in ${at}`, at ?? known] };
    }
    case "socket": {
      const [c] = s.connections;
      const made =
        c === undefined
          ? null
          : c.direction === "out"
            ? `${host(c.peer)}:${c.port} ${c.state}`
            : `:${c.port} in ${c.state}`;
      const peer = name ?? made;
      // A service behind another address is the same peer after a deploy of its own.
      return { what, names: [peer, peer === null ? null : peer.replace(/^.*:(?=\d+ )/, ":"), null] };
    }
    case "heap":
      return { what, names: [name, at, null] };
    default:
      return { what, names: [name ?? s.subject ?? s.title, null, null] };
  }
}

/** `suspect`: the verdict as of-verdict.ts makes it. */
export function placeOfVerdict(v: Verdict, suspect: Suspect): Place {
  return placeOfSuspect(suspect, v.signal.name);
}

export interface Pairing<A, B> {
  readonly pairs: readonly (readonly [A, B])[];
  readonly gone: readonly A[];
  readonly come: readonly B[];
}

/** Each is paired once, in the order of `before`. Stacks alone pair nothing: two handlers below one chain of middleware are alike and are not each other. */
export function pairPlaces<A, B>(
  before: readonly A[],
  after: readonly B[],
  placeBefore: (a: A) => Place,
  placeAfter: (b: B) => Place,
): Pairing<A, B> {
  const left = before.map((item) => ({ item, place: placeBefore(item) }));
  const right = after.map((item) => ({ item, place: placeAfter(item) }));
  const pairs: (readonly [A, B])[] = [];
  const take = (i: number, j: number): void => {
    pairs.push([left[i].item, right[j].item]);
    left.splice(i, 1);
    right.splice(j, 1);
  };
  const most = Math.max(0, ...left.map((l) => l.place.names.length));
  for (let level = 0; level < most; level++)
    for (let i = 0; i < left.length;) {
      const name = left[i].place.names[level];
      const j =
        name == null
          ? -1
          : right.findIndex(({ place }) => place.what === left[i].place.what && place.names[level] === name);
      if (j < 0) i++;
      else take(i, j);
    }
  return { pairs, gone: left.map((l) => l.item), come: right.map((r) => r.item) };
}

function host(peer: string): string {
  return peer.includes(":") ? `[${peer}]` : peer;
}
