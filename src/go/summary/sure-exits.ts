/**
 * At which returns a resource is there whichever way one came: only there can it be released by a statement ahead of the return.
 *
 *     resp, err := client.Do(req)
 *     if err != nil || resp.StatusCode >= 300 {
 *         return errStatus        ◄ with err != nil there is no resp: resp.Body.Close() would be a nil dereference
 *     }
 *     switch kind {
 *     case a:
 *         s.keep(f)
 *     }
 *     return nil                  ◄ held in all cases but one, and kept by somebody in that one
 *
 * Tracking ends a path where the resource goes; where such paths lead on to is looked up in the graph. So is who gets there before
 * anybody has looked at the error.
 */
import type { Block, Edge } from "../cfg/blocks.ts";
import { EdgeKind } from "../cfg/blocks.ts";
import { Effect } from "../flow/resource.ts";
import type { TrackObserver } from "../flow/track.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { ReturnStmt } from "../syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import type { Var } from "../types/object.ts";
import type { Site } from "./site.ts";
import type { Summaries } from "./summaries.ts";

/** Those of `exits`, returns of the function itself, that no path reaches without it. */
export function sureExits(
  unit: FunctionUnit,
  site: Site,
  summaries: Summaries,
  exits: readonly ReturnStmt[],
): readonly ReturnStmt[] {
  const { origin } = site;
  if (origin === null || origin.root === null) return [];
  const { cfg } = unit;
  const entered = new Set<Block>();
  const passed = new Set<Edge>();
  const without = new Set<Node>();
  const ends = new Set<Node>();
  const last = (block: Block): Node | undefined => block.nodes.at(-1);
  const observer: TrackObserver = {
    enter: (block, state) => {
      if (state.acquired) entered.add(block);
    },
    pass: (edge, state) => {
      const sure = state.acquired && !state.doubtful;
      if (state.acquired) passed.add(edge);
      const exit = edge.to === cfg.exit ? last(edge.from) : undefined;
      if (!sure && exit !== undefined) without.add(exit);
    },
    end: (at, effect) => {
      // With a return it is there still; anywhere else it was overwritten.
      if (at !== null && (effect !== Effect.Held || at.kind !== NodeKind.ReturnStmt)) ends.add(at);
    },
  };
  summaries.trackObserved(unit, origin, site.acquired.kind, { ...observer, asked: () => {} });

  const start = cfg.place(site.node)?.block;
  if (start !== undefined) entered.add(start);
  const open: Block[] = [];
  for (const n of ends) {
    without.add(n); // handed back by the return itself, or seen to by what is deferred
    const block = cfg.place(n)?.block;
    const exit = block === undefined ? undefined : last(block);
    if (exit !== undefined) without.add(exit);
    for (const edge of block?.succs ?? []) if (!passed.has(edge)) open.push(edge.to);
  }
  for (const block of entered)
    for (const edge of block.succs)
      if (!passed.has(edge) && tellsOf(edge, origin.error, origin.root)) open.push(edge.to);
  const reached = new Set<Block>();
  for (let block = open.pop(); block !== undefined; block = open.pop()) {
    // Where it is acquired anew, all is as at first.
    if (reached.has(block) || block === start) continue;
    reached.add(block);
    for (const edge of block.succs) open.push(edge.to);
  }
  // Blocks that are reached with the error not looked at.
  const blind = new Set<Block>();
  if (origin.error !== null && start !== undefined) {
    const next = [start];
    for (let block = next.pop(); block !== undefined; block = next.pop()) {
      if (blind.has(block)) continue;
      blind.add(block);
      for (const edge of block.succs) if (passed.has(edge) && !tellsOf(edge, origin.error, null)) next.push(edge.to);
    }
  }
  return exits.filter((exit) => {
    const block = cfg.place(exit)?.block;
    return block !== undefined && !reached.has(block) && !blind.has(block) && !without.has(exit);
  });
}

/** The condition is about the error or the resource: behind an edge that no path with the resource takes there is none. */
function tellsOf(edge: Edge, error: Var | null, root: Var | null): boolean {
  if (edge.kind === EdgeKind.Panic || edge.kind === EdgeKind.Stop) return false;
  let tells = false;
  for (const n of [edge.cond, edge.subject]) {
    if (n === null) continue;
    walk(n, (x) => {
      if (x.kind === NodeKind.Ident) {
        const v = variable(x);
        if (v !== null && (v === error || v === root)) tells = true;
      }
      return !tells && x.kind !== NodeKind.BlockStmt;
    });
  }
  return tells;
}
