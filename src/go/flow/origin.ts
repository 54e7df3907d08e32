/** Where the tracking of a resource begins, and what is known there. */
import type { Edge } from "../cfg/blocks.ts";
import type { Node } from "../syntax/ast.ts";
import type { Var } from "../types/object.ts";
import type { Fact } from "./facts.ts";
import type { Hold } from "./state.ts";

/** Where tracking begins: at a call that acquires, or at the entry with a parameter that holds. */
export interface Origin {
  /** The node of a block at which the resource comes into being; null for parameters and captured variables. */
  readonly node: Node | null;
  /** The variable that has it; null where the value is dropped at once. */
  readonly root: Var | null;
  readonly hold: Hold;
  /** Non-nil when there is no resource. */
  readonly error: Var | null;
  /** Contexts whose end ends the resource too: that of a cancel function, and its parent. */
  readonly contexts?: readonly Var[];
  /** Behind this edge there is nothing to release after all. */
  readonly isAbsent?: (edge: Edge) => boolean;
  /** Only losing it in a later turn of a loop counts: at the exit somebody else ends it. */
  readonly exitOwesNothing?: boolean;
  /** What the call gives other variables wherever it gives the resource. */
  readonly beside?: ReadonlyMap<Var, Fact>;
  /** What is known of variables from outside (for closures). */
  readonly facts?: ReadonlyMap<Var, Fact>;
}
