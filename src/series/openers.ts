/**
 * Signals that say who opens descriptors. They are loads: they explain what piles up elsewhere and are no leak themselves, nor a measure of
 * work. The signal's location is the opener's.
 *
 *     held file by main.report main.go          sampled objects of open descriptors          (gauge)
 *     opened socket by main.feed main.go        sampled objects of all that were opened      (counter)
 *     traced fd deleted /tmp/x* by main.report main.go    opened and still open while the tracing probe watched, of one signal's descriptors
 */
import { signalId, type Signal } from "./signal.ts";

export type OpenerHow = "held" | "opened" | "traced";

export interface OpenerName {
  readonly how: OpenerHow;
  /** Of held and opened: `file`, `pipe` or `socket`. Of traced: the id of the signal, with a space for its tab. */
  readonly what: string;
  readonly by: string;
}

export function openerName({ how, what, by }: OpenerName): string {
  return `${how} ${what} by ${by}`;
}

/** Null: no such signal. */
export function readOpener(s: Pick<Signal, "kind" | "name">): OpenerName | null {
  const m = s.kind === "load" ? /^(held|opened|traced) (.+) by (.+?)$/.exec(s.name) : null;
  return m === null ? null : { how: m[1] as OpenerHow, what: m[2], by: m[3] };
}

/** As `what` of a trace names a signal. */
export function tracedName(s: Pick<Signal, "kind" | "name">): string {
  return signalId({ kind: s.kind, name: s.name }).replace("\t", " ");
}

/** What piles up must be this much of all that is open of its kind, and an opener have this much of what was seen. */
export const OPENER_SHARE = 0.75;
const CHANCE = 0.05;

/**
 * Whether an opener that was seen `most` times among `all` is who opens what piles up: would it open but half of it, that would be seen
 * less than once in twenty. Five of five, seven of eight.
 */
export function standsOut(most: number, all: number): boolean {
  if (!(most > 0) || most < OPENER_SHARE * all) return false;
  let chance = 0;
  let term = 2 ** -all;
  for (let k = all; k >= most; k--) {
    chance += term;
    term *= k / (all - k + 1);
  }
  return chance <= CHANCE;
}

/** An opener that was seen `most` times, of `all` that were seen. */
export interface Seen<T> {
  readonly opener: T;
  readonly most: number;
  readonly all: number;
}

/**
 * Who opens what piles up, by what a heap profile sampled: of what is open, or of all that was ever opened as long as what is open is
 * not another's. Null: nobody stands out.
 */
export function surest<T>(
  held: Seen<T> | null,
  opened: Seen<T> | null,
  isSame: (a: T, b: T) => boolean,
): (Seen<T> & { readonly how: "held" | "opened" }) | null {
  if (held !== null && standsOut(held.most, held.all)) return { ...held, how: "held" };
  if (opened === null || !standsOut(opened.most, opened.all)) return null;
  return held === null || isSame(held.opener, opened.opener) ? { ...opened, how: "opened" } : null;
}

/** `value` of `all`: "it was opened here", "all were opened here", "7 were opened here". */
export function openedHere(value: number, all: number): string {
  return `${value < all ? `${value} were` : all === 1 ? "it was" : "all were"} opened here`;
}
