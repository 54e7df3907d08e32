/**
 * Questions about a function with the answer yes or no, whose arguments are plain data. What is asked so is remembered for all packages, and other runs
 * can ask it again (check/cache.ts): a rule that reads the body of another package's function itself is run again whenever that body is edited.
 *
 *     const stays = defineQuestion({ id: "stays", meanwhile: true, answer: (f, [depth]: [number], summaries) => … });
 *     summaries.says(stays, f, 0)
 */
import type { Func } from "../types/object.ts";
import type { Summaries } from "./summaries.ts";

export type Arguments = readonly (string | number | null)[];

export interface Question<A extends Arguments = Arguments> {
  /** Of no other question. */
  readonly id: string;
  /** The answer while it is worked out: to functions that call themselves. */
  readonly meanwhile: boolean;
  /** By the source alone: the same whoever asks. */
  answer(f: Func, args: A, summaries: Summaries): boolean;
}

const defined = new Map<string, Question>();

export function defineQuestion<A extends Arguments>(question: Question<A>): Question<A> {
  if (defined.has(question.id)) throw new Error(`two questions are called ${question.id}`);
  defined.set(question.id, question);
  return question;
}

/** Undefined where another version of Stanch asked. */
export function questionOf(id: string): Question | undefined {
  return defined.get(id);
}
