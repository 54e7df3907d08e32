/** Questions about functions, and their answers, as plain data: what one run was told, another can ask again. */
import type { Fact } from "../flow/facts.ts";
import type { ResourceSpec } from "../flow/resource.ts";
import type { Hold } from "../flow/state.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import { Func } from "../types/object.ts";
import { funcName } from "../types/print.ts";
import type { Arguments } from "./question.ts";

/** What is asked about a function. `calls`: how many calls deep its callees are followed. */
export type Terms =
  | { readonly ask: "never returns" }
  | { readonly ask: "never nil" }
  | { readonly ask: "passes error"; readonly index: number }
  | { readonly ask: "acquires"; readonly calls: number }
  | {
      readonly ask: "argument";
      /** -1: the receiver. */
      readonly index: number;
      readonly hold: Hold;
      readonly spec: ResourceSpec;
      readonly calls: number;
      /** What is known of its parameters that are flags, by their index. */
      readonly flags: readonly (readonly [index: number, fact: Fact])[];
    }
  /** See question.ts. */
  | { readonly ask: "question"; readonly id: string; readonly args: Arguments }
  /** About the release method of the type that holds something of this kind in this field. */
  | { readonly ask: "owner"; readonly field: string; readonly kind: ResourceKind };

/** Equal for equal answers, in whatever run. */
export function answerText(answer: unknown): string {
  return JSON.stringify(answer, (_, value: unknown) =>
    value instanceof Func ? funcName(value) : value instanceof Map ? [...value] : value,
  );
}
