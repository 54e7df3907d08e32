/** What says that something went wrong. */
import type { Edge } from "../cfg/blocks.ts";
import { identical } from "../types/identical.ts";
import { type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { errorType } from "../types/universe.ts";
import { isErrorNumber, nonNilBehind } from "./facts.ts";

/** error, or a type of the program's own that by its name says what went wrong: `BaseMethodFault`, `*APIError`, `syscall.Errno`. Nil or 0: nothing did. */
export function isFailure(t: Type): boolean {
  if (identical(t, errorType) || isErrorNumber(t)) return true;
  const base = t.kind === TypeKind.Pointer ? t.elem : t;
  if (base.kind !== TypeKind.Named || (base === t && under(t).kind !== TypeKind.Interface)) return false;
  return /(?:Err|Error|Fault|Failure)$/.test(base.obj.name);
}

/** Something went wrong where the edge is taken: `err != nil` holds. */
export function isFailed(edge: Edge): boolean {
  const type = nonNilBehind(edge)?.type ?? null;
  return type !== null && isFailure(type);
}
