/**
 * How the rules about goroutines that block on a channel speak: one goroutine waits at one place, and the function that made
 * the channel leaves without its part.
 */
import type { FunctionUnit } from "../go/flow/unit.ts";
import { type Channel, type LeavingPath, livesToTheEnd, localChannels } from "../go/summary/channels.ts";
import type { Node } from "../go/syntax/ast.ts";
import { position } from "../go/syntax/lines.ts";
import { decisionSteps } from "./decision.ts";
import { onceIsNote } from "./once.ts";
import type { Messages, Pass, ReportDraft } from "./rule.ts";

/** Why a channel is left alone whose uses are not all seen. */
export const NotPlain = "it is used in a function literal, and when and for whom that runs is not known";

/** Every channel of the package that is made and used in one function. What main makes may wait until the process ends. */
export function eachLocalChannel(
  pass: Pass,
  check: (unit: FunctionUnit, channel: Channel, all: readonly Channel[]) => void,
): void {
  for (const unit of pass.scope) {
    const channels = localChannels(unit);
    for (const channel of channels)
      if (livesToTheEnd(unit))
        pass.spare?.(unit, channel.make, "what main and init leave behind ends with the process");
      else check(unit, channel, channels);
  }
}

export interface Abandoned {
  readonly channel: Channel;
  /** Where the goroutine waits, and what it does there: "the goroutine sends here". */
  readonly wait: Node;
  readonly waits: string;
  /** "leaves, and nobody will receive". */
  readonly leaves: string;
  readonly path: LeavingPath;
}

/** The report's place, path and data: `{channel}` and `{exit}`. */
export function abandonedReport<M extends Messages>(
  pass: Pass,
  unit: FunctionUnit,
  { channel, wait, waits, leaves, path }: Abandoned,
  message: keyof M & string,
  data: Readonly<Record<string, string>> = {},
): ReportDraft<M> {
  const { file } = unit;
  const { name } = channel.variable;
  const exit =
    path.at === null ? "the end of the function" : `the return on line ${position(file.file, path.at.pos).line}`;
  return {
    file,
    at: channel.make,
    unit,
    message,
    data: { channel: name, exit, ...data },
    path: [
      { file, at: channel.make, message: `${name} is made here` },
      { file, at: wait, message: waits },
      ...decisionSteps(file, path.decisions),
      { file, at: path.at ?? unit.body.list.at(-1) ?? unit.body, message: leaves },
    ],
    ...(path.atShutdown ? { noteBecause: "it is left only when the process is asked to stop" } : {}),
    ...onceIsNote(pass, unit, channel.made),
  };
}
