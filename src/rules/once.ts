/** How code that a process runs once is spoken of: what it leaves behind is true, and no reason to stop a merge. */
import { oneShots } from "../go/summary/one-shot.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import type { Node } from "../go/syntax/ast.ts";
import type { Pass } from "./rule.ts";

/** A note where the process runs the place at most once; else the rule's own severity. */
export function onceIsNote(pass: Pass, unit: FunctionUnit, at: Node): { severity?: "note" } {
  return oneShots(pass.units).runsOnce(unit, at) ? { severity: "note" } : {};
}
