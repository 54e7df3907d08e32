/**
 * The questions under way: how many calls deep they are, whose bodies they have read, and on which bodies each remembered answer
 * rests. Memories of answers belong to who asks.
 */
import type { Func } from "../types/object.ts";

/** How many calls deep a question is followed. Helpers that release are one or two calls away; five is generous. */
export const MaxDepth = 5;

export class Questions {
  /** Calls below the function that is judged. */
  depth = 0;
  /** Functions whose bodies the current question has read, one frame per question under way. */
  private frames: Set<Func>[] = [new Set()];
  /** What each memoised answer rests on: asking again rests on the same. */
  private readonly basis = new Map<string, readonly Func[]>();
  private readonly ids = new Map<Func, number>();
  private nextId = 0;

  /**
   * The functions whose bodies were read since the last call, directly or through remembered answers. What was said of
   * a package holds as long as these bodies, and all declarations, stay as they are.
   */
  consulted(): readonly Func[] {
    const all = [...this.frames[0]];
    this.frames = [new Set()];
    return all;
  }

  /** Runs a question, or recalls its answer; either way its basis counts for whoever asked. */
  remember<T>(key: string, recall: () => T | undefined, ask: () => T): T {
    const known = recall();
    if (known !== undefined) {
      this.restOn(this.basis.get(key) ?? []);
      return known;
    }
    const own = new Set<Func>();
    const answer = this.within(own, ask);
    this.basis.set(key, [...own]);
    this.restOn(own);
    return answer;
  }

  /** Asks with a frame of its own, to which the bodies that are read are added. */
  within<T>(frame: Set<Func>, ask: () => T): T {
    this.frames.push(frame);
    const answer = ask();
    this.frames.pop();
    return answer;
  }

  /** The current question rests on these bodies too. */
  restOn(functions: Iterable<Func>): void {
    const frame = this.frames[this.frames.length - 1];
    for (const f of functions) frame.add(f);
  }

  /** The current question reads this body. */
  read(f: Func): void {
    this.frames[this.frames.length - 1].add(f);
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
    this.basis.delete(key);
  }

  forget(isGone: (f: Func) => boolean): void {
    for (const f of this.ids.keys()) if (isGone(f)) this.ids.delete(f);
  }
}
