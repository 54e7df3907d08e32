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

/** An opener must have this much of what was sampled, and what piles up must be this much of all that is open of its kind. */
export const OPENER_SHARE = 0.75;
/** Openings that are sampled; of descriptors that are open one suffices, for chance chose it from the largest pile. */
export const LEAST_OPENED = 3;

/** Opened while traced: one or two may be open in passing. */
export const LEAST_TRACED = 3;

/** Whether one opener of these, as how much each opened, is who opens what piles up. */
export function isOneOpener(values: readonly number[]): boolean {
  const most = Math.max(0, ...values);
  return most >= LEAST_TRACED && most >= OPENER_SHARE * values.reduce((a, b) => a + b, 0);
}

/** `value` of `all`: "it was opened here", "all were opened here", "7 were opened here". */
export function openedHere(value: number, all: number): string {
  return `${value < all ? `${value} were` : all === 1 ? "it was" : "all were"} opened here`;
}
