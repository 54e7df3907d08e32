/**
 * Ways that a counter forbids: it only grows, so that what it has reached or passed it does not come back to.
 *
 *     for i := 0; i <= retries; i++ {
 *         resp, err = send()                      for i, url := range urls {
 *         …                                           if i == 0 {
 *         if i < retries { resp.Body.Close() }            resp, err = send(url)      ← in the first turn alone
 *     }      ← with i >= retries no other turn comes      }
 */
import { type Edge, EdgeKind } from "../cfg/blocks.ts";
import { variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { ForStmt, RangeStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { typeOf } from "../types/record.ts";
import { TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";

/** Taken one after the other behind the node `from`, the decisions would need a counter that goes back. */
export function goesBack(from: Node, decisions: readonly Edge[], unit: FunctionUnit): boolean {
  // Most ways turn no loop with a counter.
  if (!decisions.some((edge) => turnOf(edge, unit) !== null)) return false;
  /** By counter and what it is compared with: it is larger by this at least. */
  const least = new Map<Var, Map<string, number>>();
  for (const edge of [...decisionsAhead(from, unit), ...decisions]) {
    const turning = turnOf(edge, unit);
    for (const bounds of turning === null ? [] : [least.get(turning)])
      for (const [bound, by] of bounds ?? []) bounds?.set(bound, by + 1);
    const said = relationOf(edge, unit);
    if (said === null) continue;
    const bounds = least.get(said.counter) ?? new Map<string, number>();
    least.set(said.counter, bounds);
    const by = bounds.get(said.bound);
    if (by !== undefined && said.most !== null && by > said.most) return true;
    if (said.least !== null) bounds.set(said.bound, Math.max(by ?? said.least, said.least));
  }
  return false;
}

/** The decisions without which nobody comes to the node, in order. */
function decisionsAhead(node: Node, { cfg }: FunctionUnit): Edge[] {
  const ahead: Edge[] = [];
  for (
    let block = cfg.place(node)?.block;
    block !== undefined && block.preds.length === 1 && ahead.length < MaxAhead;
  ) {
    ahead.unshift(block.preds[0]);
    block = block.preds[0].from;
  }
  return ahead;
}

/** More than anybody nests, and an end where blocks run in a circle that nothing reaches. */
const MaxAhead = 64;

interface Relation {
  readonly counter: Var;
  /** Text of what it is compared with. */
  readonly bound: string;
  /** The counter less the bound is this at least, and at most. */
  readonly least: number | null;
  readonly most: number | null;
}

/** What a decision says of a counter: `i >= retries` holds. */
function relationOf({ kind, cond }: Edge, unit: FunctionUnit): Relation | null {
  const c = cond === null ? null : unparen(cond);
  if (c?.kind !== NodeKind.BinaryExpr || (kind !== EdgeKind.True && kind !== EdgeKind.False)) return null;
  const counter = variable(c.x);
  if (counter === null || loopOf(unit, counter) === null) return null;
  const limits = limitsOf(c.op, kind === EdgeKind.True);
  return limits === null ? null : { counter, bound: textOf(unit, c.y), ...limits };
}

function limitsOf(op: Token, holds: boolean): Pick<Relation, "least" | "most"> | null {
  switch (op) {
    case Token.Lss:
      return holds ? { least: null, most: -1 } : { least: 0, most: null };
    case Token.Leq:
      return holds ? { least: null, most: 0 } : { least: 1, most: null };
    case Token.Gtr:
      return holds ? { least: 1, most: null } : { least: null, most: 0 };
    case Token.Geq:
      return holds ? { least: 0, most: null } : { least: null, most: -1 };
    case Token.Eql:
      return holds ? { least: 0, most: 0 } : null;
    case Token.Neq:
      return holds ? null : { least: 0, most: 0 };
    default:
      return null;
  }
}

/** The counter of the loop that the decision begins another turn of. */
function turnOf(edge: Edge, unit: FunctionUnit): Var | null {
  if (edge.kind === EdgeKind.Element && edge.subject?.kind === NodeKind.RangeStmt) return countOf(edge.subject);
  if (edge.kind !== EdgeKind.True || edge.cond === null) return null;
  for (const loop of unit.nodes(NodeKind.ForStmt)) {
    const counter = loop.post === null ? null : countedUp(loop.post);
    if (counter !== null && loop.cond !== null && contains(loop.cond, edge.cond)) return counter;
  }
  return null;
}

/** The loop that a variable counts the turns of, and that nothing else assigns to: a key of a slice, `i++`. */
function loopOf(unit: FunctionUnit, counter: Var): ForStmt | RangeStmt | null {
  const isAssigned = (n: Node): boolean =>
    (n.kind === NodeKind.AssignStmt && n.tok !== Token.Define && n.lhs.some((e) => variable(e) === counter)) ||
    (n.kind === NodeKind.IncDecStmt && variable(n.x) === counter) ||
    (n.kind === NodeKind.UnaryExpr && n.op === Token.And && variable(n.x) === counter);
  for (const loop of [...unit.nodes(NodeKind.ForStmt), ...unit.nodes(NodeKind.RangeStmt)]) {
    if (countOf(loop) !== counter) continue;
    let other = false;
    walk(loop.body, (n) => {
      other ||= isAssigned(n);
      return !other;
    });
    return other ? null : loop;
  }
  return null;
}

/** What a loop counts its turns with; null where it does not, or in no order: the keys of a map. */
function countOf(loop: ForStmt | RangeStmt): Var | null {
  if (loop.kind === NodeKind.ForStmt) return countedUp(loop.post);
  const { kind } = under(typeOf(loop.x));
  return loop.key === null || kind === TypeKind.Map || kind === TypeKind.Signature ? null : variable(loop.key);
}

/** `i++` */
function countedUp(post: Node | null): Var | null {
  return post?.kind === NodeKind.IncDecStmt && post.tok === Token.Inc ? variable(post.x) : null;
}

function contains(whole: Expr, part: Expr): boolean {
  return whole.pos <= part.pos && part.end <= whole.end;
}

const decoder = new TextDecoder();

function textOf({ file }: FunctionUnit, e: Expr): string {
  return decoder.decode(file.file.src.subarray(e.pos, e.end));
}
