/** Variables that stand for "this loop has had a turn", so that facts can be kept of that, too. */
import type { RangeStmt } from "../syntax/ast-stmt.ts";
import type { Node } from "../syntax/ast.ts";
import { Var } from "../types/object.ts";
import { variable } from "./facts.ts";
import { isDirect, type State } from "./state.ts";

const turns = new WeakMap<Node, Var>();

/** A variable that stands for "the range statement has had a turn", where it ranges over a list that holds the resource. */
export function rangedOver(state: State, stmt: RangeStmt): Var | null {
  const list = variable(stmt.x);
  const hold = list === null ? undefined : state.holds.get(list);
  return list === null || hold === undefined || isDirect(hold) ? null : turnOf(stmt, list);
}

export function turnOf(stmt: RangeStmt, of: Var): Var {
  let v = turns.get(stmt);
  if (v === undefined) turns.set(stmt, (v = new Var(`${of.name}[]`, of.pkg, stmt.pos, null, null)));
  return v;
}
