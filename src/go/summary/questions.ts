/**
 * The questions under way, how many calls deep they are, and the answers: each is remembered with the bodies and the other answers on which it rests.
 *
 *     package p ─ rests on ─► answer: "what does b.Drop do with its argument?" ─► body of b.Drop ─► answer: … ─► body of c.Close
 *               └───────────► body of b.Get, which a rule read itself
 */
import type { Func } from "../types/object.ts";
import type { Terms } from "./asked.ts";

/** How many calls deep a question is followed. Helpers that release are one or two calls away; five is generous. */
export const MaxDepth = 5;

/**
 * Questions under way at a time: a function that is called by one that is called by … more than a hundred deep is asked nothing, for the stack's sake.
 * Kubernetes has thirteen, nomad nine.
 */
const MaxNested = 100;

/** What a question rests on: bodies that it read itself, and answers. */
export interface Basis {
  readonly bodies: Iterable<Func>;
  readonly answers: Iterable<Answer>;
}

/** A question in full. */
export interface Asking {
  readonly about: Func;
  readonly terms: Terms;
}

/** A remembered answer. */
export interface Answer {
  /** Null where nobody can ask from outside: of closures, of types whose methods stand elsewhere. */
  readonly asking: Asking | null;
  /** While it is worked out: what functions that call themselves are told. */
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
  /** By what they are about (functions, types, literals), and with it they go; then by the question. */
  private readonly answers = new WeakMap<object, Map<string, Answer>>();

  /** What everything since the last call rests on. */
  consulted(): Basis {
    const [all] = this.frames;
    this.frames = [newFrame()];
    return all;
  }

  /**
   * Runs a question, or recalls its answer; either way whoever asked rests on it. `subject`, `key`: what it is about, and which question;
   * `meanwhile`: the answer while it is worked out; `others`: what another run needs to ask it, null where it cannot (`Answer`).
   */
  remember<T>(subject: object, key: string, meanwhile: T, ask: () => T, others: () => Asking | null): T {
    let known = this.answers.get(subject);
    if (known === undefined) this.answers.set(subject, (known = new Map()));
    let answer = known.get(key);
    if (answer === undefined) {
      if (this.frames.length > MaxNested) return meanwhile;
      answer = { asking: others(), value: meanwhile, basis: nothing };
      known.set(key, answer);
      const frame = newFrame();
      answer.value = this.within(frame, ask);
      // There are hundreds of thousands, and most rest on one body.
      answer.basis = { bodies: [...frame.bodies], answers: [...frame.answers] };
    }
    this.frames[this.frames.length - 1].answers.add(answer);
    return answer.value as T;
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
    const about = answer.asking?.about ?? null;
    // One with type arguments put in is found nowhere in the source.
    const isAsked = about !== null && about.origin === about && !isOwn(about);
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
