/**
 * Two looks, before and after a deploy or a fix: what came, grew, stayed, got fewer and went. Of one process the numbers are compared; of two
 * they are set side by side with how long each had run, since a young process has had less time to pile up.
 */
import { compareGroups } from "../profile/group.ts";
import type { Diagnosis } from "./diagnose.ts";
import { diagnose } from "./diagnose.ts";
import type { Look } from "./evidence.ts";
import { grownSites } from "./heap.ts";
import { pairPlaces, placeOfSuspect } from "./place.ts";
import type { Suspect } from "./suspect.ts";

export type ChangeKind = "came" | "grew" | "stayed" | "fewer" | "went";

export interface SuspectChange {
  readonly change: ChangeKind;
  /** As it is after; where it went, as it was before. */
  readonly suspect: Suspect;
  /** Null where it cannot be told. */
  readonly before: number | null;
  readonly after: number | null;
  /** What keeps the change from being sure; "". */
  readonly doubt: string;
}

export interface Side {
  readonly target: string;
  readonly revision: string | null;
  /** Null where it is unknown. */
  readonly uptimeSeconds: number | null;
}

export interface Changes {
  readonly before: Side;
  readonly after: Side;
  readonly sameProcess: boolean;
  /** What came first. */
  readonly list: readonly SuspectChange[];
}

/** A number must differ by so much to be another one: a busy service breathes. */
const SHARE = 0.1;
/** A pile that grew at this part of its old pace, or faster, did not go. */
const PACE = 0.3;

/** The later look diagnosed, and what changed since the earlier one. */
export function diagnoseChange(before: Look, after: Look): { readonly result: Diagnosis; readonly changes: Changes } {
  const whole = diagnose(after, before);
  const sameProcess = !whole.otherProcess && isSameProcess(before, after);
  if (sameProcess) return { result: whole, changes: changesOf(before, after, whole.suspects, true) };
  const alone = diagnose(after);
  // Of another process bytes are no growth, but more of them at a line is worth a word.
  const heap = grownSites(after, before, false).map((s): Suspect => ({
    ...s,
    status: "possible",
    score: s.score - 1000,
  }));
  const suspects = [...alone.suspects, ...heap].sort((a, b) => b.score - a.score);
  const result = { ...alone, otherProcess: true, suspects };
  return { result, changes: changesOf(before, after, suspects, false) };
}

function changesOf(before: Look, after: Look, now: readonly Suspect[], sameProcess: boolean): Changes {
  const sides = { before: sideOf(before), after: sideOf(after) };
  const then = [...diagnose(before).suspects, ...grownSites(before, after, false)];
  const counts = counter(before, after);
  const list: SuspectChange[] = [];
  const { pairs, gone, come } = pairPlaces(then, now, placeOfSuspect, placeOfSuspect);
  for (const [was, is] of pairs) list.push(compared(is, was.count, is.count, sides, sameProcess));
  for (const s of come) {
    const was = s.before ?? counts(s, "before") ?? 0;
    if (was > 0) list.push(compared(s, was, s.count, sides, sameProcess));
    else list.push({ change: "came", suspect: s, before: 0, after: s.count, doubt: "" });
  }
  for (const s of gone) {
    const is = counts(s, "after");
    if (is === null)
      list.push({ change: "went", suspect: s, before: s.count, after: null, doubt: "the later look does not show it" });
    else if (is === 0)
      list.push({ change: "went", suspect: s, before: s.count, after: 0, doubt: sameProcess ? "" : young(sides) });
    else list.push(compared(s, s.count, is, sides, sameProcess));
  }
  const order: readonly ChangeKind[] = ["came", "grew", "stayed", "fewer", "went"];
  return {
    ...sides,
    sameProcess,
    list: list.sort((a, b) => order.indexOf(a.change) - order.indexOf(b.change) || b.suspect.score - a.suspect.score),
  };
}

function compared(
  suspect: Suspect,
  before: number,
  after: number,
  sides: Pick<Changes, "before" | "after">,
  sameProcess: boolean,
): SuspectChange {
  const base = { suspect, before, after, doubt: "" };
  if (after > before * (1 + SHARE)) return { ...base, change: "grew" };
  if (after >= before * (1 - SHARE)) return { ...base, change: "stayed" };
  if (sameProcess) return { ...base, change: "fewer" };
  const then = sides.before.uptimeSeconds;
  const now = sides.after.uptimeSeconds;
  if (then === null || now === null || then < 1 || now < 1)
    return { ...base, change: "stayed", doubt: "fewer, but nothing tells how long each had run" };
  const pace = after / now / (before / then);
  if (pace < PACE) return { ...base, change: "fewer" };
  return { ...base, change: "stayed", doubt: "fewer, because it has run for a shorter time: the pace is no slower" };
}

/** A process that has just started has not had the time. */
function young({ before, after }: Pick<Changes, "before" | "after">): string {
  if (after.uptimeSeconds === null || before.uptimeSeconds === null) return "";
  return after.uptimeSeconds < Math.min(300, before.uptimeSeconds / 4) ? "it has only just started: look again" : "";
}

function sideOf(look: Look): Side {
  const started = look.process?.startedMs ?? 0;
  return {
    target: look.target,
    revision: look.build?.settings["vcs.revision"] ?? null,
    uptimeSeconds: started > 0 ? Math.max(0, (look.takenMs - started) / 1000) : null,
  };
}

/** Two looks whose processes nothing tells apart are taken for one only where both are known. */
function isSameProcess(a: Look, b: Look): boolean {
  return (
    a.process !== null &&
    b.process !== null &&
    a.process.pid === b.process.pid &&
    a.process.startTicks === b.process.startTicks
  );
}

/** How much of a suspect's kind a look has that is too little to be one; null where the look does not show such things. */
function counter(before: Look, after: Look): (s: Suspect, side: "before" | "after") => number | null {
  const groups =
    before.goroutines === null || after.goroutines === null
      ? []
      : compareGroups(before.goroutines.groups, after.goroutines.groups);
  return (s, side) => {
    const look = side === "before" ? before : after;
    if (s.unit === "goroutines") {
      if (look.goroutines === null) return null;
      const [, inFunction] = placeOfSuspect(s).names;
      let sum = 0;
      for (const g of groups) {
        const place = placeOfSuspect({
          ...s,
          wait: g.group.wait,
          stack: g.group.stack,
          location: locationOf(g.group.own),
        });
        if (place.names[0] === placeOfSuspect(s).names[0] || (inFunction !== null && place.names[1] === inFunction))
          sum += side === "before" ? g.before : g.after;
      }
      return sum;
    }
    if (s.kind === "socket") {
      const [c] = s.connections;
      if (look.sockets === null || c === undefined) return null;
      return look.sockets.groups
        .filter((x) => x.state === c.state && x.direction === c.direction && x.port === c.port && x.peer === c.peer)
        .reduce((n, x) => n + x.count, 0);
    }
    if (s.kind === "heap") return side === "before" ? s.before : (s.before ?? null);
    if (s.kind === "fd" && look.fds !== null) {
      const { subject } = s;
      return (
        look.fds.repeated.find((f) => f.target === subject)?.count ??
        look.fds.files.find((f) => f.name === subject)?.count ??
        look.fds.byKind.find((k) => k.kind === subject)?.count ??
        (subject === "total" ? look.fds.total : 0)
      );
    }
    return null;
  };
}

function locationOf(
  f: { readonly func: string; readonly file: string; readonly line: number } | null,
): Suspect["location"] {
  return f === null ? null : { function: f.func, file: f.file, line: f.line };
}
