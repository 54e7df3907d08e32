/**
 * What an analysis rests on outside of its package, as it lies in the cache: paths, names, questions and answers are numbers in the table that all
 * packages of the file share (see stored-reach.ts). A body is three elements of a list, with the hash that it had.
 */
import type { Terms } from "../go/summary/asked.ts";
import type { Asked } from "./result.ts";
import type { Names } from "./names-table.ts";

/** A function, by `functionKey`, and the hash of its body. */
export interface Body {
  readonly file: string;
  readonly func: string;
  readonly hash: string;
}

/** What the analysis was told of a function, and the bodies that this rests on. */
export interface HeldAnswer extends Asked {
  readonly answer: string;
  readonly bodies: readonly Body[];
}

/** File, function and hash by turns. */
export type StoredBodies = readonly (number | string)[];

export type StoredAnswer = readonly [
  pkg: number,
  file: number,
  func: number,
  terms: number,
  answer: number,
  bodies: StoredBodies,
];

export function storeBodies(bodies: readonly Body[], { numberOf }: Names): StoredBodies {
  return bodies.flatMap(({ file, func, hash }) => [numberOf(file), numberOf(func), hash]);
}

export function readBodies(stored: StoredBodies, { all }: Names): Body[] {
  const bodies: Body[] = [];
  for (let i = 0; i < stored.length; i += 3)
    bodies.push({ file: all[stored[i] as number], func: all[stored[i + 1] as number], hash: stored[i + 2] as string });
  return bodies;
}

export function storeAnswer({ package: pkg, about, terms, answer, bodies }: HeldAnswer, names: Names): StoredAnswer {
  const { numberOf } = names;
  return [
    numberOf(pkg),
    numberOf(about.file),
    numberOf(about.func),
    numberOf(JSON.stringify(terms)),
    numberOf(answer),
    storeBodies(bodies, names),
  ];
}

export function readAnswer([pkg, file, func, terms, answer, bodies]: StoredAnswer, names: Names): HeldAnswer {
  const { all } = names;
  return {
    package: all[pkg],
    about: { file: all[file], func: all[func] },
    terms: JSON.parse(all[terms]) as Terms,
    answer: all[answer],
    bodies: readBodies(bodies, names),
  };
}
