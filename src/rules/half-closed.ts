/** How an owner is spoken of whose Close gives up before it has closed everything. */
import { ownerRelease } from "../go/flow/resource.ts";
import type { HalfClosed } from "../go/summary/half-closed.ts";
import type { ResourceKind } from "../go/knowledge/kinds.ts";
import type { CallExpr } from "../go/syntax/ast-expr.ts";
import { NodeKind } from "../go/syntax/ast.ts";
import { position } from "../go/syntax/lines.ts";
import { calleeOf, unparen } from "../go/types/callee.ts";
import { closeBefore } from "./close-before.ts";
import { decisionSteps } from "./decision.ts";
import { Leaves, onceIsNote } from "./once.ts";
import type { Pass, ReportDraft } from "./rule.ts";
import { exprText } from "./source-text.ts";

export const halfClosedMessages = {
  halfClosed:
    "{method} closes the {noun} {field} on line {line}, and where {call} fails the return on line {exit} leaves it open: nobody closes it after that. Close it there, too, and return both errors.",
} as const;

export function halfClosedDraft(
  pass: Pass,
  { unit, field, kind, released, failed, exits }: HalfClosed,
): ReportDraft<typeof halfClosedMessages> {
  const { file } = unit;
  const line = (pos: number): string => String(position(file.file, pos).line);
  const [first] = exits;
  const at = first.at ?? unit.body;
  const recv = unit.func?.recvNamed?.origin.obj.name ?? "";
  const closed = released.kind === NodeKind.CallExpr ? unparen(released.fun) : null;
  const owner = unit.signature?.recv ?? null;
  const fix =
    closed?.kind === NodeKind.SelectorExpr && closed.sel.name === "Close" && owner !== null
      ? closeBefore(unit, exits, exprText(file, closed.x), "Close", owner)
      : null;
  const little = whyLittle(kind, failed);
  return {
    file,
    at,
    unit,
    message: "halfClosed",
    severity: "warning",
    data: {
      method: `${recv}.${unit.func?.name ?? ""}`,
      noun: kind.noun,
      field: field.name,
      line: line(released.pos),
      exit: line(at.pos),
      call: exprText(file, failed.fun),
    },
    path: [
      { file, at: released, message: "closed here on other paths" },
      ...decisionSteps(file, first.decisions),
      { file, at, message: "returns here with it open" },
    ],
    ...(fix === null ? {} : { fix }),
    ...(little !== null ? { noteBecause: little } : onceIsNote(pass, unit, at, exits, Leaves.Sometimes)),
  };
}

/** Why it may be little: a clause. What holds a connection may fail whenever the other side likes, and then holds it. */
function whyLittle({ id }: ResourceKind, failed: CallExpr): string | null {
  if (overNetwork.has(id)) return null;
  if (id === "file") return "the runtime closes the file when it is collected";
  const { name } = calleeOf(failed);
  return /^close/i.test(name) || ownerRelease.has(name)
    ? "it is left where closing something else fails"
    : "whether it holds more than memory is not known";
}

const overNetwork: ReadonlySet<string> = new Set(["net-conn", "listener", "grpc-conn", "sql-conn", "sql-rows"]);
