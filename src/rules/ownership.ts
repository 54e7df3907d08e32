/**
 * How ownership rules speak: one leak of the shared analysis (`go/summary/leaks.ts`) becomes a report with its message, its
 * path and, where the repair is mechanical, the edits. Each rule names the kinds that are its own and nothing more.
 */
import { Effect } from "../go/flow/resource.ts";
import { everyExit, LeakKind } from "../go/flow/leak.ts";
import { type FoundLeak, leaksOf } from "../go/summary/leaks.ts";
import { hardlyTaken } from "../go/summary/never-fails.ts";
import type { Site } from "../go/summary/site.ts";
import type { Summaries } from "../go/summary/summaries.ts";
import { type Edge, EdgeKind } from "../go/cfg/blocks.ts";
import type { BlockStmt } from "../go/syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind, type Stmt } from "../go/syntax/ast.ts";
import { walk } from "../go/syntax/walk.ts";
import { position } from "../go/syntax/lines.ts";
import { unparen } from "../go/types/callee.ts";
import type { Var } from "../go/types/object.ts";
import type { FileScope } from "../go/types/package.ts";
import { endsAccepting } from "./accepting.ts";
import { backgroundUses, partReturned } from "./background-use.ts";
import { boundDefer } from "./bound-defer.ts";
import { consumedDraft, consumedMessages } from "./consumed.ts";
import { decisionSteps } from "./decision.ts";
import { endedTurn } from "./ended-turn.ts";
import { insideLoop } from "./fix-place.ts";
import { namingFix } from "./naming-fix.ts";
import { halfClosedDraft, halfClosedMessages } from "./half-closed.ts";
import { isDecided } from "./nolint.ts";
import { isAgain, Leaves, onceIsNote } from "./once.ts";
import { whoEndsContext } from "./own-context.ts";
import { ownershipFix } from "./ownership-fix.ts";
import type { ReportDraft, RulePass, StepDraft } from "./rule.ts";
import { exprText } from "./source-text.ts";

/** The messages of every ownership rule; `{noun}` is the resource, `{call}` what acquired it. */
export const ownershipMessages = {
  never: "The {noun} from {call} {is} never {released}. {remedy}.",
  path: "The {noun} from {call} {is} not {released} on every path: {exit} leaves it {held}. {remedy}.",
  overwritten: "The {noun} from {call} {is} lost: `{name}` gets another value on line {line} before it is {released}.",
  kept: "The {noun} from {call} goes into the field {field}, which nothing in the package ever reads: it can never be {released}. See to it where the owner is closed.",
  hoarded:
    "The {noun} from {call} {is} added to {field}, which nothing in the package ever takes it from: it can never be {released}, and it happens again and again. See to it here, or take it out of {field} when it is done.",
  forgotten:
    "The {noun} from {call} goes into {field}, and neither {method} nor anything else in the package ever {releases} it. See to it in {method}.",
  dropped: "The {noun} from {call} {is} dropped, so it can never be {released}. Give it a name and see to it.",
  ...consumedMessages,
  ...halfClosedMessages,
} as const;

export type OwnershipMessages = typeof ownershipMessages;

/** How a kind's release is spoken of. */
export interface Wording {
  /** "closed", "called", "committed or rolled back". */
  readonly released: string;
  /** "open", "uncalled", "unfinished". */
  readonly held: string;
  /** What to do, with `{x}` for the variable: "Close it with `defer {x}.Body.Close()` after the error check". */
  readonly remedy: string;
  /** The statement that a fix defers, with `{x}`; null where deferring is not always right. */
  readonly defer: string | null;
}

/** Linters that ask what an ownership rule asks. */
const linters: ReadonlyMap<string, readonly string[]> = new Map([
  ["http-body-unclosed", ["bodyclose"]],
  ["sql-rows-unclosed", ["sqlclosecheck"]],
  ["sql-stmt-unclosed", ["sqlclosecheck"]],
  ["context-cancel-lost", ["govet", "lostcancel", "gosec"]],
  ["resource-unclosed", ["spancheck"]],
]);

/**
 * Reports the leaks of the rule `rule`. `whyHarmless`: why what it leaves held costs nothing by then, which makes a note of it.
 * `whySpared`: a reason to say nothing at all.
 */
export function reportLeaks(
  pass: RulePass<OwnershipMessages>,
  rule: string,
  wording: Wording | ((leak: FoundLeak) => Wording),
  whyHarmless: (leak: FoundLeak) => string | null = () => null,
  whySpared: (leak: FoundLeak) => string | null = () => null,
): void {
  const { found, consumed, halfClosed, spared: silent } = leaksOf(pass);
  for (const { unit, site, why } of silent) if (site.acquired.kind.rule === rule) pass.spare?.(unit, site.call, why);
  for (const leak of found) {
    if (leak.site.acquired.kind.rule !== rule) continue;
    if (isDecided(leak.unit.file, leak.site.call, linters.get(rule) ?? [])) continue;
    const spared = whySpared(leak);
    if (spared !== null) {
      pass.spare?.(leak.unit, leak.site.call, spared);
      continue;
    }
    const harmless =
      whyHarmless(leak) ?? whoEndsContext(leak, pass.units, pass.summaries) ?? whyHardlyThere(pass, leak);
    const draft = describe(pass.summaries, leak, typeof wording === "function" ? wording(leak) : wording);
    const place = leak.handed === undefined ? leak.site.node : (leak.leak.at ?? leak.unit.body);
    pass.report({
      ...draft,
      ...onceIsNote(pass, leak.unit, place, everyExit(leak.leak), leavesOf(leak.site, draft.message)),
      ...(harmless === null ? {} : { noteBecause: harmless }),
    });
  }
  const drafts = [
    ...consumed.filter(({ kind }) => kind.rule === rule).map((one) => consumedDraft(pass, one)),
    ...halfClosed.filter(({ kind }) => kind.rule === rule).map((one) => halfClosedDraft(pass, one)),
  ];
  for (const draft of drafts) if (!isDecided(draft.file, draft.at, linters.get(rule) ?? [])) pass.report(draft);
}

/** Why hardly anybody comes to where it is left: a clause. */
function whyHardlyThere(pass: RulePass<OwnershipMessages>, found: FoundLeak): string | null {
  const { unit, site, leak } = found;
  if (everyExit(leak).every(({ decisions }) => decisions.some((edge) => hardlyTaken(edge, pass.summaries))))
    return "nobody comes here but where an open file cannot be looked at, sought in or unlinked, or a connection have its buffers set";
  if (endsAccepting(found))
    return "the server ends there, and there is a connection only where one came at that moment";
  // A program listens in a handful of places, and one that cannot ends or goes on without.
  return site.acquired.kind.id === "listener" && !isAgain(pass, unit, site.node)
    ? "a program begins to listen when it starts, and nothing in the package shows that it does so here again and again"
    : null;
}

/** Other ways out close it, or it is what a program has one of, while it runs: one time leaves nothing to speak of. */
function leavesOf({ acquired }: Site, message: keyof OwnershipMessages): Leaves {
  // runtime.SetFinalizer(f.file, (*file).close): os/file_unix.go
  if (message === "path" && acquired.kind.id === "file") return Leaves.UntilCollected;
  return message === "path" || message === "dropped" || acquired.kind.id === "listener"
    ? Leaves.Sometimes
    : Leaves.Always;
}

function describe(summaries: Summaries, found: FoundLeak, wording: Wording): ReportDraft<OwnershipMessages> {
  const { unit, site, leak, effect } = found;
  const { file } = unit;
  const { kind } = site.acquired;
  const call = callText(file, site.call.fun);
  const name = site.origin?.root?.name ?? "_";
  const remedy = wording.remedy.replaceAll("{x}", name);
  const data: Record<string, string> = {
    noun: kind.noun,
    is: kind.noun === "rows" ? "are" : "is",
    call,
    remedy,
    name,
    released: wording.released,
    held: wording.held,
  };
  const root = site.origin?.root ?? null;
  const elsewhere = root === null ? null : remedyElsewhere(found, root, wording, summaries);
  if (elsewhere !== null) data["remedy"] = elsewhere;
  let message: keyof OwnershipMessages;
  if (leak.kind === LeakKind.Dropped) message = "dropped";
  else if (leak.kind === LeakKind.Kept) {
    message = "kept";
    data["field"] = leak.field ?? "";
  } else if (leak.kind === LeakKind.Hoarded) {
    message = "hoarded";
    data["field"] = leak.field ?? "";
  } else if (leak.kind === LeakKind.Forgotten) {
    message = "forgotten";
    data["field"] = leak.field ?? "";
    data["method"] = leak.method ?? "";
    data["releases"] = kind.call ? "calls" : kind.methods[0] === "Close" ? "closes" : "releases";
  } else if (leak.kind === LeakKind.Overwritten) {
    message = "overwritten";
    data["line"] = String(position(file.file, leak.at?.pos ?? site.call.pos).line);
  } else if ((effect & ~Effect.Held) === 0) {
    message = "never";
    // A defer would keep what every turn opens until the function returns.
    if (elsewhere === null && insideLoop(unit.body, site.call.pos))
      data["remedy"] = `Have it ${wording.released} before the turn ends`;
  } else {
    message = "path";
    // Deferring the release would take it from those who get it on the other paths.
    if ((effect & (Effect.Escaped | Effect.Returned)) !== 0) {
      data["remedy"] = `Other paths hand it on, so it must be ${wording.released} right there`;
    }
    const turn = endedTurn(found);
    if (turn !== null) data["remedy"] = `Have it ${wording.released} before the turn ends`;
    const { refusedBy } = leak;
    const gives =
      refusedBy !== undefined &&
      leak.at?.kind === NodeKind.ReturnStmt &&
      leak.at.results.some((e) => unparen(e) === refusedBy);
    if (gives) data["remedy"] = `Have it ${wording.released} where that fails`;
    data["exit"] = gives
      ? `${callText(file, refusedBy.fun)} on line ${position(file.file, refusedBy.pos).line}, where it fails,`
      : turn !== null
        ? `a turn of the loop on line ${position(file.file, turn.loop.pos).line}`
        : leak.at === null
          ? "the end of the function"
          : `the return on line ${position(file.file, leak.at.pos).line}`;
  }
  const fix =
    leak.kind === LeakKind.Dropped ? namingFix(found, wording.defer) : ownershipFix(found, wording.defer, summaries);
  return {
    file,
    at: site.call,
    unit: found.handed?.from ?? unit,
    message,
    data,
    // How often its owner is made is not known here.
    ...(leak.kind === LeakKind.Forgotten ? { severity: "warning" as const } : {}),
    ...(leak.stopping === true
      ? { noteBecause: "it is one at most, while the process stops" }
      : everyExit(leak).every((e) => e.decisions.some(asksForDebug))
        ? { noteBecause: "it is left only while somebody looks for a fault" }
        : {}),
    path: pathOf(found, call, wording),
    ...(fix === null ? {} : { fix }),
  };
}

/** Where releasing it at the end of the function is no remedy, or not enough: what is one. */
function remedyElsewhere(
  { unit, site, handed }: FoundLeak,
  root: Var,
  wording: Wording,
  summaries: Summaries,
): string | null {
  if (handed !== undefined)
    return `Have it ${wording.released} by the goroutine on every path, most simply with a defer at its beginning`;
  const line = (n: Node): number => position(unit.file.file, n.pos).line;
  // `defer x.Close()` would take it from them.
  const [beside] = backgroundUses(unit.body, [root]);
  if (beside !== undefined)
    return `What begins on line ${line(beside)} goes on using it: have it ${wording.released} when that is done, and where the function fails before`;
  const part = partReturned(unit, root, summaries);
  if (part !== null)
    return `What is returned on line ${line(part)} needs it: return both, or something that has both, and have it ${wording.released} with that`;
  const bound = boundDefer(unit, root, site.node);
  return bound === null
    ? null
    : `The defer on line ${line(bound)} is bound to what ${root.name} held there: have this one ${wording.released}, too, or defer a function that looks at ${root.name} when it runs`;
}

/** `if c.isTraceEnabled {`, `if log.GetLevel() >= logging.Debug {`: taken while debugging only. */
function asksForDebug({ kind, cond }: Edge): boolean {
  if (kind !== EdgeKind.True || cond === null) return false;
  let asks = false;
  walk(cond, (n) => {
    if (n.kind === NodeKind.Ident) asks ||= /^(?:is)?(?:debug|trace|verbose)(?:Enabled|Level|Mode|On)?$/i.test(n.name);
    return !asks;
  });
  return asks;
}

/** More returns than this are not listed. */
const MostOthers = 8;

function pathOf(found: FoundLeak, call: string, wording: Wording): StepDraft[] {
  const { unit, site, leak, effect } = found;
  const { file } = unit;
  const { kind, through } = site.acquired;
  const via = through === null ? "" : ` (${through.name} passes it on to its caller)`;
  const steps: StepDraft[] = [
    { file, at: site.call, message: `${call} ${kind.call ? "makes" : "opens"} the ${kind.noun} here${via}` },
  ];
  if (found.handed !== undefined)
    steps.push({ file, at: found.handed.at, message: "a goroutine has it from here on, and nobody else" });
  const turn = endedTurn(found);
  steps.push(...decisionSteps(file, turn?.decisions ?? leak.decisions));
  if (leak.kind === LeakKind.Overwritten && leak.at !== null) {
    steps.push({ file, at: leak.at, message: `overwritten here, not ${wording.released}` });
  } else if (leak.kind === LeakKind.Forgotten && leak.at !== null) {
    steps.push({ file, at: leak.at, message: `stored in ${leak.field ?? ""} here` });
  } else if (leak.kind === LeakKind.Hoarded && leak.at !== null) {
    steps.push({ file, at: leak.at, message: `added to ${leak.field ?? ""} here, and never taken from it` });
  } else if (leak.kind === LeakKind.Kept && leak.at !== null) {
    steps.push({ file, at: leak.at, message: "stored here, and never looked at again" });
  } else if (leak.kind === LeakKind.Exit) {
    const at = leak.at ?? lastStatement(unit.body) ?? unit.body;
    if (leak.refusedBy !== undefined)
      steps.push({
        file,
        at: leak.refusedBy,
        message: `where ${callText(file, leak.refusedBy.fun)} fails it has not taken it over`,
      });
    if (turn !== null) steps.push({ file, at: turn.loop, message: `the turn ends with it ${wording.held}` });
    else
      steps.push({
        file,
        at,
        message: `${leak.at === null ? "the function ends" : "returns here"} with it ${wording.held}`,
      });
    // Who has forgotten it on some paths of many is told of all.
    if ((effect & ~Effect.Held) !== 0)
      for (const other of leak.others?.slice(0, MostOthers) ?? [])
        if (other.at !== null && endedTurn(found, other) === null)
          steps.push({ file, at: other.at, message: `this return leaves it ${wording.held}, too` });
  }
  return steps;
}

function lastStatement(body: BlockStmt): Stmt | null {
  return body.list.at(-1) ?? null;
}

/** `http.Get`, `c.Do`, `s.client.Do`: the callee as written, without what makes it long. */
function callText(file: FileScope, fun: Expr): string {
  const raw = exprText(file, fun);
  return raw.length <= 40 && !raw.includes("{") ? raw : `…${raw.slice(raw.lastIndexOf("."))}`;
}
