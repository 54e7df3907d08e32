/** Decisions that no run takes, for whatever reason: a search that has found a way asks, and is made again without them. */
import type { Edge } from "../cfg/blocks.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { isExhausted } from "./exhausted.ts";
import { neverTaken } from "./never-fails.ts";
import { isNeverAsked } from "./preconditions.ts";
import { isShortWrite } from "./short-writes.ts";
import type { Summaries } from "./summaries.ts";

/** Asked of one function, each edge once: an answer opens the bodies of callees. */
export function untakenIn(
  unit: FunctionUnit,
  units: readonly FunctionUnit[],
  summaries: Summaries,
): (edge: Edge) => boolean {
  const known = new Map<Edge, boolean>();
  return (edge) => {
    let answer = known.get(edge);
    if (answer === undefined) {
      answer =
        neverTaken(edge, summaries) || isShortWrite(edge) || isNeverAsked(edge, unit, units) || isExhausted(edge, unit);
      known.set(edge, answer);
    }
    return answer;
  };
}
