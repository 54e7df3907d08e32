/**
 * Values that a function has made and nobody else has yet: what goes into them goes nowhere.
 *
 *     r := &resolver{target: t}
 *     r.logger = prefixLogger(r)        ← which looks at it, and keeps nothing
 *     r.client = client                 ← a client of a resolver that nobody knows
 *     if t.Empty() { return nil, err }  ← both are lost here
 */
import { variable } from "../flow/facts.ts";
import { given } from "../flow/given.ts";
import { mentions } from "../flow/mentions.ts";
import { Effect } from "../flow/resource.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { BuiltinId, ObjKind, type Var } from "../types/object.ts";
import { objOf } from "../types/record.ts";
import { loopsAround } from "./channels.ts";

/** What a call does with an argument. */
export type ArgumentEffect = (call: CallExpr, index: number) => Effect;

/** The variable points to what `unit` has made, and nobody else does ahead of the node `at`. */
export function isPrivate(unit: FunctionUnit, v: Var, at: Node, effect: ArgumentEffect): boolean {
  const values = given(unit, v);
  if (v.isPackageLevel || v.isParam || values.length !== 1 || values[0] === null || !isMade(values[0])) return false;
  if (v.pos < unit.node.pos || v.pos >= unit.node.end || loopsAround(unit, at).length > 0) return false;
  /** Mentions that are looks at a field, or things that are not kept. */
  const harmless = new Set<Node>();
  let isKept = false;
  walk(unit.body, (n) => {
    if (isKept || n.pos >= at.pos) return false;
    if (n.kind === NodeKind.FuncLit) {
      isKept = mentions(n.body, new Set([v]));
      return false;
    }
    if (n.kind === NodeKind.SelectorExpr && objOf(n.sel)?.kind === ObjKind.Var) harmless.add(unparen(n.x));
    if (n.kind === NodeKind.AssignStmt) for (const e of n.lhs) harmless.add(unparen(e));
    if (n.kind === NodeKind.CallExpr)
      n.args.forEach((arg, i) => {
        if (variable(arg) === v && (effect(n, i) & ~(Effect.Held | Effect.Returned)) === 0) harmless.add(unparen(arg));
      });
    if (n.kind === NodeKind.Ident) isKept ||= objOf(n) === v && !harmless.has(n);
    return !isKept;
  });
  return !isKept;
}

/** `&T{…}`, `new(T)` */
function isMade(e: Expr): boolean {
  const x = unparen(e);
  if (x.kind === NodeKind.CallExpr) return calleeOf(x).builtin?.id === BuiltinId.New;
  return x.kind === NodeKind.UnaryExpr && x.op === Token.And && unparen(x.x).kind === NodeKind.CompositeLit;
}
