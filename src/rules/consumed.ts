/** How a parameter is spoken of that a function takes over where it fails in one way, and leaves where it fails in another. */
import type { Consumed } from "../go/summary/consumed.ts";
import { NodeKind } from "../go/syntax/ast.ts";
import { position } from "../go/syntax/lines.ts";
import { closeBefore } from "./close-before.ts";
import { decisionSteps } from "./decision.ts";
import { Leaves, onceIsNote } from "./once.ts";
import type { Pass, ReportDraft, StepDraft } from "./rule.ts";

export const consumedMessages = {
  uneven:
    "{func} is given the {noun} {name} and has it {released} on line {line}, but {exit} leaves it {held}: who gave it cannot tell the one from the other. Have it {released} on every path that fails.",
  unevenGoroutine:
    "{func} gives the {noun} {name} to a goroutine that has it {released} on line {line}, but {exit} leaves it {held}, and nobody else has it. Have it {released} on every path, most simply with a defer at its beginning.",
} as const;

export function consumedDraft(
  pass: Pass,
  { unit, param, kind, released, exits, start }: Consumed,
): ReportDraft<typeof consumedMessages> {
  const { file } = unit;
  const line = (pos: number): string => String(position(file.file, pos).line);
  const [first, ...others] = exits;
  const closes = kind.methods[0] === "Close";
  const held = closes ? "open" : "unfinished";
  const leaving = first.at?.kind === NodeKind.ReturnStmt ? first.at : (start ?? unit.body);
  const path: StepDraft[] = [];
  if (start !== null) path.push({ file, at: start, message: "a goroutine has it from here on, and nobody else" });
  path.push({ file, at: released, message: `${closes ? "closed" : "finished"} here` });
  path.push(...decisionSteps(file, first.decisions));
  path.push({
    file,
    at: leaving,
    message: first.at === null ? `the goroutine ends with it ${held}` : `returns here with it ${held}`,
  });
  for (const { at } of others) if (at !== null) path.push({ file, at, message: `this return leaves it ${held}, too` });
  const message = start === null ? "uneven" : "unevenGoroutine";
  const receiver = [param.name, ...kind.path].join(".");
  const fix = start === null && closes ? closeBefore(unit, exits, receiver, "Close", param) : null;
  return {
    file,
    at: leaving,
    unit,
    message,
    data: {
      func: unit.func?.name ?? "",
      noun: kind.noun,
      name: param.name,
      line: line(released.pos),
      released: closes ? "closed" : "finished",
      held,
      exit: first.at === null ? "the end of the goroutine" : `the return on line ${line(first.at.pos)}`,
    },
    path,
    ...(fix === null ? {} : { fix }),
    ...onceIsNote(pass, unit, leaving, exits, kind.id === "file" ? Leaves.UntilCollected : Leaves.Sometimes),
  };
}
