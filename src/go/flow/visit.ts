/** One step of the search: a path's state at a block, and by which edge it came there. */
import { type Block, type Edge, EdgeKind } from "../cfg/blocks.ts";
import type { State } from "./state.ts";

export interface Visit {
  readonly block: Block;
  readonly index: number;
  readonly state: State;
  readonly parent: Visit | null;
  readonly edge: Edge | null;
}

/** The decisions of a path since the acquisition: edges that were chosen where there was a choice. */
export function decisions(visit: Visit): Edge[] {
  const out: Edge[] = [];
  for (let v: Visit | null = visit; v !== null && v.parent !== null; v = v.parent) {
    if (!v.parent.state.acquired && !v.state.acquired) break;
    if (v.edge !== null && v.edge.cond !== null && v.state.acquired) out.push(v.edge);
    else if (
      v.edge !== null &&
      v.state.acquired &&
      (v.edge.kind === EdgeKind.Element || v.edge.kind === EdgeKind.Done || v.edge.kind === EdgeKind.Comm)
    )
      out.push(v.edge);
  }
  return out.reverse();
}
