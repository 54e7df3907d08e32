/**
 * Decisions that a value is none of all those that its type has.
 *
 *     type Action int
 *     const (
 *         Accept Action = iota
 *         Reject
 *     )
 *
 *     switch action {
 *     case Accept: …
 *     case Reject: …
 *     }              ← nobody comes by here without one of them
 *
 * A value can be made of any number; whoever lists all the names and says nothing of others counts on it that nobody does. One who has a
 * `default` does not.
 */
import { type Block, type Edge, EdgeKind } from "../cfg/blocks.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import type { ConstValue } from "../types/constant.ts";
import { typeOfObj } from "../types/decl.ts";
import { ObjKind } from "../types/object.ts";
import { constOf, typeOf } from "../types/record.ts";
import { type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";

/** Behind the edge no case of a switch was taken, and there is one for each constant of the type. */
export function isExhausted(edge: Edge, unit: FunctionUnit): boolean {
  const { kind, subject } = edge;
  if (kind !== EdgeKind.NotCase || subject === null || !("mode" in subject)) return false;
  const isLast = edge.to.succs.every((next) => next.subject !== subject);
  if (!isLast || hasDefault(unit, subject)) return false;
  const all = constantsOf(typeOf(subject));
  if (all.size < 2) return false;
  for (let e: Edge | undefined = edge; e !== undefined; e = aheadOf(e.from, subject)) {
    const value = e.cond === null ? null : constOf(e.cond);
    if (value !== null) all.delete(value);
  }
  return all.size === 0;
}

/** The switch over the tag has a clause for whatever else there may be. */
function hasDefault({ body }: FunctionUnit, tag: Expr): boolean {
  let has = false;
  walk(body, (n) => {
    if (n.kind === NodeKind.SwitchStmt && n.tag === tag)
      has = n.body.list.some((c) => c.kind === NodeKind.CaseClause && c.list === null);
    return n.pos <= tag.pos && tag.end <= n.end;
  });
  return has;
}

/** The case before. */
function aheadOf(block: Block, subject: Expr): Edge | undefined {
  return block.preds.find((e) => e.kind === EdgeKind.NotCase && e.subject === subject);
}

/** The values of a type's constants in its package; empty where it has another kind of values, or none with a name. */
function constantsOf(t: Type): Set<ConstValue> {
  const out = new Set<ConstValue>();
  if (t.kind !== TypeKind.Named || under(t).kind !== TypeKind.Basic || t.obj.pkg === null) return out;
  for (const obj of t.obj.pkg.scope.values())
    if (obj.kind === ObjKind.Const && typeOfObj(obj) === t && obj.value !== null) out.add(obj.value);
  return out;
}
