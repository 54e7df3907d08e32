/** How code that a process runs once is spoken of: what it leaves behind is true, and no reason to stop a merge. */
import { onceForAll } from "../go/knowledge/start-names.ts";
import { isRepeated } from "../go/summary/channels.ts";
import { entryPoints } from "../go/summary/entry-points.ts";
import { Often, oneShots } from "../go/summary/one-shot.ts";
import { isFailing } from "../go/flow/failure.ts";
import type { Exit } from "../go/flow/leak.ts";
import { endsProcess, endsProcessItself } from "../go/summary/process-end.ts";
import { keysOf } from "../go/summary/reach.ts";
import { type Repeats, repeatsOf } from "../go/summary/repeats.ts";
import type { FunctionUnit } from "../go/flow/unit.ts";
import { type Node, NodeKind } from "../go/syntax/ast.ts";
import { type Pass, Proof, type ReachedBy } from "./rule.ts";

/** What is left at a place by those who come there. */
export enum Leaves {
  /** Something on some ways out only, or little: in a program it matters where it happens again and again. */
  Sometimes,
  /** The same of what the runtime takes back one day: in a library, too, it matters where it happens again and again. */
  UntilCollected,
  /** Something each time: so it is in what is made for this module's programs alone, and others may come as often as they like. */
  Always,
  /** What goes on by itself, once begun. */
  GoesOn,
}

/**
 * A note where the process runs the place at most once, or so often as a command was given things to work on and each of the exits returns an
 * error, or ends because of that error; else the rule's own severity, and by which functions the place is reached so often, as far as
 * they are known: other packages decide.
 */
export function onceIsNote(
  pass: Pass,
  unit: FunctionUnit,
  at: Node,
  exits: readonly Exit[] = [],
  leaves = Leaves.Sometimes,
): { noteBecause?: string; reachedBy?: ReachedBy } {
  const fails = exits.length > 0 && exits.every(isFailing);
  const often = fails ? Often.Finitely : Often.Once;
  const entries = oneShots(pass.units, pass.summaries).entriesTo(unit, at, often);
  if (entries?.size === 0)
    return {
      noteBecause: fails
        ? "a command comes here as often as it was given things to work on, and fails with the error"
        : "the process comes here once",
    };
  if (!isRepeated(unit, at) && endsProcessItself(pass.units, pass.summaries, unit))
    return { noteBecause: "it is part of a program, and ends the process when something fails" };
  const ends = ({ at: exit, decisions }: Exit): boolean =>
    exit?.kind === NodeKind.ReturnStmt && endsProcess(pass.units, pass.summaries, unit, exit, decisions);
  if (exits.length > 0 && exits.every(ends)) return { noteBecause: "the process ends with the error" };
  if (isCalledOnceByName(unit) && !isAgain(pass, unit, at))
    return { noteBecause: "by its name the function is called once, when the program starts" };
  const repeats = leaves === Leaves.GoesOn ? null : repeatsOf(pass.units, pass.summaries, [{ unit, at }]);
  return {
    reachedBy: {
      functions: entries === null ? null : keysOf(entries),
      often,
      repeats: repeats === null ? null : keysOf(repeats),
      proof: proofOf(leaves, fails, repeats),
    },
  };
}

function proofOf(leaves: Leaves, fails: boolean, repeats: Repeats): Proof {
  // Nobody comes to it yet: those who will are not known.
  if (leaves === Leaves.UntilCollected && repeats?.size !== 0) return Proof.Everywhere;
  return leaves === Leaves.Always && !fails ? Proof.WhereKept : Proof.InPrograms;
}

/** A loop of the function, or a handler that comes here, shows that it happens again and again. */
export function isAgain({ units, summaries }: Pass, unit: FunctionUnit, at: Node): boolean {
  return isRepeated(unit, at) || entryPoints(units, summaries).evidence(unit, at) !== null;
}

/** `func InitTracing(…)`, `func SetupMetrics(…)`: not methods, of which there is one for each value. */
function isCalledOnceByName({ outermost: { func } }: FunctionUnit): boolean {
  return func !== null && func.decl?.recv === null && onceForAll.test(func.name);
}
