/** How code that a process runs once is spoken of: what it leaves behind is true, and no reason to stop a merge. */
import { isRepeated } from "../go/summary/channels.ts";
import { oneShots } from "../go/summary/one-shot.ts";
import { endsProcess, endsProcessItself } from "../go/summary/process-end.ts";
import type { Edge } from "../go/cfg/blocks.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import { type Node, NodeKind } from "../go/syntax/ast.ts";
import type { Pass } from "./rule.ts";

/** How the function is left with what it owes. */
interface Leaving {
  readonly at: Node | null;
  readonly decisions: readonly Edge[];
}

/**
 * A note where the process runs the place at most once, or ends because of the error that each of the exits returns; else the
 * rule's own severity.
 */
export function onceIsNote(
  pass: Pass,
  unit: FunctionUnit,
  at: Node,
  exits: readonly Leaving[] = [],
): { severity?: "note" } {
  if (oneShots(pass.units).runsOnce(unit, at)) return { severity: "note" };
  if (!isRepeated(unit, at) && endsProcessItself(pass.units, pass.summaries, unit)) return { severity: "note" };
  const ends = exits.every(
    ({ at: exit, decisions }) =>
      exit?.kind === NodeKind.ReturnStmt && endsProcess(pass.units, pass.summaries, unit, exit, decisions),
  );
  return exits.length > 0 && ends ? { severity: "note" } : {};
}
