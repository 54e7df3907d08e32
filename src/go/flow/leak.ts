/** How a function leaves a resource unreleased, and on which way. */
import type { Edge } from "../cfg/blocks.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { Node } from "../syntax/ast.ts";

export enum LeakKind {
  /** A return, or the end of the function, with the resource held. */
  Exit,
  /** Its last variable gets another value. */
  Overwritten,
  /** It never had a name. */
  Dropped,
  /** It is stored where nothing ever takes it from; found outside of path search. */
  Kept,
  /** It is stored in a field that the release method of its type forgets; found outside of path search. */
  Forgotten,
  /** It is added, again and again, to a list that nothing ever takes from; found outside of path search. */
  Hoarded,
}

/** One way out that leaves it held. */
export interface Exit {
  /** The return statement, the overwritten place; null at the closing brace. */
  readonly at: Node | null;
  /** Decisions on the way from the acquisition, in order. */
  readonly decisions: readonly Edge[];
  /** The call that takes it over where it succeeds, and has failed: the statement returns what it gives, or its error was tested. */
  readonly refusedBy?: CallExpr;
}

export interface Leak extends Exit {
  readonly kind: LeakKind;
  /** For Kept and Forgotten: the field; for Hoarded the list. */
  readonly field?: string;
  /** For Forgotten: the method that should release it. */
  readonly method?: string;
  /** For Exit: where else it is left held, in the order of the shortest paths to them. */
  readonly others?: readonly Exit[];
  /** For Exit: elsewhere its last variable gets another value, in the next turn of a loop perhaps. */
  readonly overwritten?: boolean;
  /** Every path that leaves it held passes a condition that tells that the owner has been stopped. */
  readonly stopping?: boolean;
}

/** Every way out that leaves it held, or the one place where it is lost. */
export function everyExit(leak: Leak): readonly Exit[] {
  return [leak, ...(leak.others ?? [])];
}
