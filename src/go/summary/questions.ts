/**
 * The questions under way: how many calls deep they are, and on which bodies and which other answers each answer rests. Memories of answers
 * belong to who asks.
 *
 *     package p ─ rests on ─► answer: "what does b.Drop do with its argument?" ─► body of b.Drop ─► answer: … ─► body of c.Close
 *               └───────────► body of b.Get, which a rule read itself
 */
import type { Func } from "../types/object.ts";
import type { Terms } from "./asked.ts";

/** How many calls deep a question is followed. Helpers that release are one or two calls away; five is generous. */
export const MaxDepth = 5;

/** What a question rests on: bodies that it read itself, and answers. */
export interface Basis {
  readonly bodies: Iterable<Func>;
  readonly answers: Iterable<Answer>;
}

/** A remembered answer. */
export interface Answer {
  /** Null for what nobody can ask about from outside: closures, types whose methods stand elsewhere. */
  readonly about: Func | null;
  /** With `about`, the whole question. Null: as above. */
  readonly terms: Terms | null;
  /** Undefined while it is worked out. */
  value: unknown;
  basis: Basis;
}

/** Of a question under way. */
export interface Frame extends Basis {
  readonly bodies: Set<Func>;
  readonly answers: Set<Answer>;
}

const nothing: Basis = { bodies: [], answers: [] };

export const newFrame = (): Frame => ({ bodies: new Set(), answers: new Set() });

export class Questions {
  /** Calls below the function that is judged. */
  depth = 0;
  /** One for each question under way, the outermost first. */
  private frames: Frame[] = [newFrame()];
  private readonly answers = new Map<string, Answer>();
  private readonly ids = new Map<Func, number>();
  private nextId = 0;

  /** What everything since the last call rests on. */
  consulted(): Basis {
    const [all] = this.frames;
    this.frames = [newFrame()];
    return all;
  }

  /** Runs a question, or recalls its answer; either way whoever asked rests on it. `terms`: see `Answer`. */
  remember<T>(
    key: string,
    about: Func | null,
    terms: () => Terms | null,
    recall: () => T | undefined,
    ask: () => T,
  ): T {
    let answer = this.answers.get(key);
    if (answer === undefined)
      this.answers.set(key, (answer = { about, terms: terms(), value: undefined, basis: nothing }));
    this.frames[this.frames.length - 1].answers.add(answer);
    const known = recall();
    if (known !== undefined) return known;
    const frame = newFrame();
    const value = this.within(frame, ask);
    answer.value = value;
    // There are hundreds of thousands, and most rest on one body.
    answer.basis = { bodies: [...frame.bodies], answers: [...frame.answers] };
    return value;
  }

  /** Asks as if nobody had: the answer is the same however deep in calls whoever asks is. */
  fromTop<T>(ask: () => T): T {
    const { depth } = this;
    this.depth = 0;
    const answer = ask();
    this.depth = depth;
    return answer;
  }

  /** Asks with a frame of its own, to which what it rests on is added. */
  within<T>(frame: Frame, ask: () => T): T {
    this.frames.push(frame);
    const answer = ask();
    this.frames.pop();
    return answer;
  }

  /** The current question rests on this, too. */
  restOn({ bodies, answers }: Basis): void {
    const frame = this.frames[this.frames.length - 1];
    for (const f of bodies) frame.bodies.add(f);
    for (const a of answers) frame.answers.add(a);
  }

  /** The current question reads this body. */
  read(f: Func): void {
    this.frames[this.frames.length - 1].bodies.add(f);
  }

  /** A number for keys, always the same. */
  id(f: Func): number {
    let n = this.ids.get(f);
    if (n === undefined) this.ids.set(f, (n = this.newId()));
    return n;
  }

  /** A number for what is no function. */
  newId(): number {
    return this.nextId++;
  }

  /** Forgets what the answer of that key rests on. */
  drop(key: string): void {
    this.answers.delete(key);
  }

  forget(isGone: (f: Func) => boolean): void {
    for (const f of this.ids.keys()) if (isGone(f)) this.ids.delete(f);
  }
}

/** All bodies that it rests on, directly or not. */
export function bodiesOf(basis: Basis): Set<Func> {
  const bodies = new Set<Func>();
  each(basis, bodies, () => true);
  return bodies;
}

/** What a package rests on: bodies of others, and answers about functions of others, as far as these can be asked again. */
export function outsideOf(basis: Basis, isOwn: (f: Func) => boolean): Frame {
  const outside = newFrame();
  each(basis, outside.bodies, (answer) => {
    const { about, terms } = answer;
    // One with type arguments put in is found nowhere in the source.
    const isAsked = about !== null && about.origin === about && terms !== null && !isOwn(about);
    if (isAsked) outside.answers.add(answer);
    return !isAsked;
  });
  for (const f of outside.bodies) if (isOwn(f)) outside.bodies.delete(f);
  return outside;
}

/** Adds the bodies of a basis, and of the answers in it that are gone into. */
function each(basis: Basis, bodies: Set<Func>, goesInto: (answer: Answer) => boolean): void {
  const seen = new Set<Answer>();
  const work: Basis[] = [basis];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    for (const f of next.bodies) bodies.add(f);
    for (const answer of next.answers) {
      if (seen.has(answer)) continue;
      seen.add(answer);
      if (goesInto(answer)) work.push(answer.basis);
    }
  }
}
