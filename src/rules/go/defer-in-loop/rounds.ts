/** What has happened on each way round a loop, from the defer to the next turn: what is held then, and whether there is one. */
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import type { AssignStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { type Block, type Edge, EdgeKind, evaluated } from "../../../go/cfg/blocks.ts";
import type { Loops } from "../../../go/cfg/loops.ts";
import { factOf, subject, testOf, variable } from "../../../go/flow/facts.ts";
import { isFailed } from "../../../go/flow/failure.ts";
import { readsBody } from "../../../go/summary/body-reads.ts";
import type { Summaries } from "../../../go/summary/summaries.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import type { Loop } from "./exemptions.ts";

/** Where a way round has been to. */
interface Passes {
  readonly block?: (block: Block) => boolean;
  readonly edge?: (edge: Edge) => boolean;
}

/** Each way from the block round the innermost loop that holds it, to the next turn, passes such a block or edge. */
function eachWayRound(loops: Loops, at: Block, { block: inBlock, edge: onEdge }: Passes): boolean {
  const inside = loops.innermost[at.id];
  if (inside < 0) return false;
  const { header } = loops.all[inside];
  const seen = new Set<Block>([at]);
  for (const block of seen) {
    if (inBlock?.(block) === true) continue;
    for (const edge of block.succs) {
      if (onEdge?.(edge) === true) continue;
      if (edge.to === header) return false;
      if (loops.contains(inside, edge.to)) seen.add(edge.to);
    }
  }
  return true;
}

/**
 * The response's body is read to its end in each turn that is followed by another: its connection is free by then, and what the release
 * would close is empty.
 */
export function isReadInTurn(release: CallExpr, loops: Loops, at: Block, summaries: Summaries): boolean {
  const fun = unparen(release.fun);
  const body = fun.kind === NodeKind.SelectorExpr ? unparen(fun.x) : null;
  const response = body?.kind === NodeKind.SelectorExpr && body.sel.name === "Body" ? variable(body.x) : null;
  if (response === null) return false;
  return eachWayRound(loops, at, { block: (b) => b.nodes.some((n) => readsBody(n, response, summaries)) });
}

/** Rows close themselves at their end: `for rows.Next() { … }` that is left in no other way before the next turn. */
export function areRowsAtEnd(release: CallExpr, loops: Loops, at: Block, summaries: Summaries): boolean {
  const rows = receiverOf(release, "(*database/sql.Rows).Close", summaries);
  if (rows === null) return false;
  return eachWayRound(loops, at, {
    edge: ({ kind, cond }) => {
      if (kind !== EdgeKind.False || cond === null) return false;
      const next = unparen(cond);
      return next.kind === NodeKind.CallExpr && receiverOf(next, "(*database/sql.Rows).Next", summaries) === rows;
    },
  });
}

/** `defer tx.Rollback()` of a transaction that each turn with another behind it commits: it is finished by then, and its connection free. */
export function isCommitted(release: CallExpr, loops: Loops, at: Block): boolean {
  const fun = unparen(release.fun);
  const tx = fun.kind === NodeKind.SelectorExpr && /^(?:Rollback|Discard)$/.test(fun.sel.name) ? variable(fun.x) : null;
  if (tx === null) return false;
  const commits = (node: Node): boolean => {
    let found = false;
    evaluated(node, (n) => {
      if (n.kind === NodeKind.SelectorExpr && n.sel.name === "Commit") found ||= variable(n.x) === tx;
    });
    return found;
  };
  return eachWayRound(loops, at, { block: (b) => b.nodes.some(commits) });
}

function receiverOf(call: CallExpr, name: string, summaries: Summaries): unknown {
  const fun = unparen(call.fun);
  const { func } = calleeOf(call);
  return func !== null && fun.kind === NodeKind.SelectorExpr && summaries.nameOf(func) === name ? subject(fun.x) : null;
}

/** `for !found { … defer l.Close(); found = true }`: the turn that defers is the last. */
export function endsLoop(loop: Loop, loops: Loops, at: Block): boolean {
  const test = loop.kind === NodeKind.ForStmt && loop.cond !== null ? testOf(loop.cond) : null;
  if (test === null) return false;
  const assigns = (s: AssignStmt): boolean => s.lhs.some((e) => subject(e) === test.subject);
  const ends = (s: AssignStmt): boolean =>
    s.lhs.length === s.rhs.length &&
    s.lhs.some((e, i) => subject(e) === test.subject && factOf(s.rhs[i]) === test.whenFalse);
  let takenBack = false;
  walk(loop, (n) => {
    if (n.kind === NodeKind.AssignStmt) takenBack ||= assigns(n) && !ends(n);
    return !takenBack;
  });
  if (takenBack) return false;
  return eachWayRound(loops, at, { block: (b) => b.nodes.some((n) => n.kind === NodeKind.AssignStmt && ends(n)) });
}

/**
 * Only a turn that failed is followed by another: from the defer on, each way round passes a test that says so. What is held is what did not
 * work.
 */
export function leavesOnSuccess(loops: Loops, at: Block): boolean {
  const inside = loops.innermost[at.id];
  // What an inner loop ends with is no failure: for err == nil { err = rows.Next(…) }
  return eachWayRound(loops, at, { edge: (edge) => isFailed(edge) && loops.innermost[edge.from.id] === inside });
}
