/** Functions that fail: where they release something because of it, and the ways out on which they do. */
import { type Block, type Edge, EdgeKind, evaluated } from "../cfg/blocks.ts";
import { returnsFailure } from "../flow/failure.ts";
import type { Exit } from "../flow/leak.ts";
import { mentions } from "../flow/mentions.ts";
import { ownerRelease } from "../flow/resource.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { ReturnStmt } from "../syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { hardlyTaken } from "./never-fails.ts";
import type { Summaries } from "./summaries.ts";

/** `if err != nil { c.Close(); return err }`, or `defer c.Close()` ahead of something that fails. */
export function releaseForFailure({ cfg }: FunctionUnit, v: Var, kind: ResourceKind): Node | null {
  for (const block of cfg.blocks) {
    if (!block.reachable) continue;
    for (const n of block.nodes) {
      let does = false;
      evaluated(n, (x) => {
        does ||= x.kind === NodeKind.CallExpr && releases(x, v, kind);
      });
      if (does && goesOnToFail(block, n.kind === NodeKind.DeferStmt)) return n;
    }
  }
  return null;
}

/** Behind the block the function fails: always, or somewhere. */
function goesOnToFail(block: Block, somewhere: boolean): boolean {
  const decisions: Edge[] = [];
  for (let b = block; b.preds.length === 1; [{ from: b }] = b.preds) decisions.push(b.preds[0]);
  const returns: ReturnStmt[] = [];
  const seen = new Set<Block>([block]);
  const queue = [block];
  for (let b = queue.pop(); b !== undefined; b = queue.pop()) {
    for (const n of b.nodes) if (n.kind === NodeKind.ReturnStmt) returns.push(n);
    for (const edge of b.succs) {
      if (edge.kind === EdgeKind.Panic || edge.kind === EdgeKind.Stop || seen.has(edge.to)) continue;
      decisions.push(edge);
      seen.add(edge.to);
      queue.push(edge.to);
    }
  }
  const isFailing = (r: ReturnStmt): boolean => returnsFailure(r, decisions);
  return somewhere ? returns.some(isFailing) : returns.length > 0 && returns.every(isFailing);
}

/** `c.Close()`, `resp.Body.Close()` */
export function releases(call: CallExpr, v: Var, { methods }: ResourceKind): boolean {
  const fun = unparen(call.fun);
  return (
    fun.kind === NodeKind.SelectorExpr &&
    (methods.includes(fun.sel.name) || ownerRelease.has(fun.sel.name)) &&
    mentions(fun.x, new Set([v]))
  );
}

/** A run may take this way out, and not only where closing fails and the like. */
export function mayTake({ decisions }: Exit, isUntaken: (edge: Edge) => boolean, summaries: Summaries): boolean {
  return decisions.every((edge) => !isUntaken(edge) && !hardlyTaken(edge, summaries));
}
