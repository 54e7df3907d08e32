/**
 * How ownership rules speak: one leak of the shared analysis (`go/summary/leaks.ts`) becomes a report with its message, its
 * path and, where the repair is mechanical, the edits. Each rule names the kinds that are its own and nothing more.
 */
import { Effect } from "../go/flow/resource.ts";
import { LeakKind } from "../go/flow/track.ts";
import { type FoundLeak, leaksOf } from "../go/summary/leaks.ts";
import { type BlockStmt, type Expr, NodeKind, type Stmt } from "../go/syntax/ast.ts";
import { position } from "../go/syntax/lines.ts";
import { Token } from "../go/syntax/token.ts";
import { walk } from "../go/syntax/walk.ts";
import { calleeOf, unparen } from "../go/types/callee.ts";
import { variable } from "../go/flow/facts.ts";
import type { FileScope } from "../go/types/package.ts";
import { decisionSteps } from "./decision.ts";
import type { EditDraft, ReportDraft, RulePass, StepDraft } from "./rule.ts";
import { exprText } from "./source-text.ts";

/** The messages of every ownership rule; `{noun}` is the resource, `{call}` what acquired it. */
export const ownershipMessages = {
  never: "The {noun} from {call} is never {released}. {remedy}.",
  path: "The {noun} from {call} is not {released} on every path: {exit} leaves it {held}. {remedy}.",
  overwritten: "The {noun} from {call} is lost: `{name}` gets another value on line {line} before it is {released}.",
  kept: "The {noun} from {call} goes into the field {field}, which nothing in the package ever reads: it can never be {released}. See to it where the owner is closed.",
  dropped: "The {noun} from {call} is dropped, so it can never be {released}. Give it a name and see to it.",
} as const;

type OwnershipMessages = typeof ownershipMessages;

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

/** Reports the leaks of the rule `rule`. */
export function reportLeaks(
  pass: RulePass<OwnershipMessages>,
  rule: string,
  wording: Wording | ((leak: FoundLeak) => Wording),
): void {
  for (const leak of leaksOf(pass.units, pass.summaries).found) {
    if (leak.site.acquired.kind.rule !== rule) continue;
    pass.report(describe(leak, typeof wording === "function" ? wording(leak) : wording));
  }
}

function describe(found: FoundLeak, wording: Wording): ReportDraft<OwnershipMessages> {
  const { unit, site, leak, effect } = found;
  const { file } = unit;
  const { kind } = site.acquired;
  const call = callText(file, site.call.fun);
  const name = site.origin?.root?.name ?? "_";
  const remedy = wording.remedy.replaceAll("{x}", name);
  const data: Record<string, string> = {
    noun: kind.noun,
    call,
    remedy,
    name,
    released: wording.released,
    held: wording.held,
  };
  let message: keyof OwnershipMessages;
  if (leak.kind === LeakKind.Dropped) message = "dropped";
  else if (leak.kind === LeakKind.Kept) {
    message = "kept";
    data["field"] = leak.field ?? "";
  } else if (leak.kind === LeakKind.Overwritten) {
    message = "overwritten";
    data["line"] = String(position(file.file, leak.at?.pos ?? site.call.pos).line);
  } else if ((effect & ~Effect.Held) === 0) message = "never";
  else {
    message = "path";
    // Deferring the release would take it from those who get it on the other paths.
    if ((effect & (Effect.Escaped | Effect.Returned)) !== 0) {
      data["remedy"] = `Other paths hand it on, so it must be ${wording.released} right there`;
    }
    data["exit"] =
      leak.at === null ? "the end of the function" : `the return on line ${position(file.file, leak.at.pos).line}`;
  }
  const fix = fixOf(found, wording);
  return {
    file,
    at: site.call,
    unit,
    message,
    data,
    path: pathOf(found, call, wording),
    ...(fix === null ? {} : { fix }),
  };
}

function pathOf(found: FoundLeak, call: string, wording: Wording): StepDraft[] {
  const { unit, site, leak } = found;
  const { file } = unit;
  const { kind, through } = site.acquired;
  const via = through === null ? "" : ` (${through.name} passes it on to its caller)`;
  const steps: StepDraft[] = [
    { file, at: site.call, message: `${call} ${kind.call ? "makes" : "opens"} the ${kind.noun} here${via}` },
  ];
  steps.push(...decisionSteps(file, leak.decisions));
  if (leak.kind === LeakKind.Overwritten && leak.at !== null) {
    steps.push({ file, at: leak.at, message: `overwritten here, not ${wording.released}` });
  } else if (leak.kind === LeakKind.Kept && leak.at !== null) {
    steps.push({ file, at: leak.at, message: "stored here, and never looked at again" });
  } else if (leak.kind === LeakKind.Exit) {
    const at = leak.at ?? lastStatement(unit.body) ?? unit.body;
    const what = leak.at === null ? "the function ends" : "returns here";
    steps.push({ file, at, message: `${what} with it ${wording.held}` });
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

/**
 * `defer x.Close()` behind the acquisition's error check, where that is all it takes: the acquisition is a statement of a
 * block, its error is checked by the next one, no loop repeats it, and the resource is released nowhere yet.
 */
function fixOf(found: FoundLeak, wording: Wording): { title: string; edits: EditDraft[] } | null {
  const { unit, site, leak, effect } = found;
  const root = site.origin?.root ?? null;
  if (wording.defer === null || root === null || leak.kind !== LeakKind.Exit) return null;
  if ((effect & ~Effect.Held) !== 0 || insideLoop(unit.body, site.node.pos)) return null;
  const list = listAround(unit.body, site.node as Stmt);
  if (list === null) return null;
  const i = list.indexOf(site.node as Stmt);
  const error = site.origin?.error ?? null;
  let after: Stmt = list[i];
  if (error !== null) {
    const check = list[i + 1];
    if (check?.kind !== NodeKind.IfStmt || check.else_ !== null || check.init !== null) return null;
    const cond = unparen(check.cond);
    if (cond.kind !== NodeKind.BinaryExpr || cond.op !== Token.Neq || variable(cond.x) !== error) return null;
    if (!leaves(check.body)) return null;
    after = check;
  }
  const src = unit.file.file.src;
  const indent = indentation(src, site.node.pos);
  const statement = wording.defer.replaceAll("{x}", root.name);
  return {
    title: `Add \`${statement}\``,
    edits: [{ file: unit.file, start: after.end, end: after.end, text: `\n${indent}${statement}` }],
  };
}

function leaves(body: BlockStmt): boolean {
  const last = body.list.at(-1);
  if (last === undefined) return false;
  if (last.kind === NodeKind.ReturnStmt || last.kind === NodeKind.BranchStmt) return true;
  if (last.kind !== NodeKind.ExprStmt || last.x.kind !== NodeKind.CallExpr) return false;
  return ["panic", "Fatal", "Fatalf", "Exit"].includes(calleeOf(last.x).name);
}

function insideLoop(body: BlockStmt, pos: number): boolean {
  let inside = false;
  walk(body, (n) => {
    if (pos < n.pos || pos >= n.end) return false;
    if ((n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt) && pos >= n.body.pos) inside = true;
    return true;
  });
  return inside;
}

/** The statement list that contains `s`. */
function listAround(body: BlockStmt, s: Stmt): readonly Stmt[] | null {
  let found: readonly Stmt[] | null = null;
  walk(body, (n) => {
    if (found !== null || s.pos < n.pos || s.pos >= n.end) return false;
    const list =
      n.kind === NodeKind.BlockStmt
        ? n.list
        : n.kind === NodeKind.CaseClause || n.kind === NodeKind.CommClause
          ? n.body
          : null;
    if (list?.includes(s) === true) found = list;
    return true;
  });
  return found;
}

/** The white space at the start of the line that `pos` is on. */
function indentation(src: Uint8Array, pos: number): string {
  let start = pos;
  while (start > 0 && src[start - 1] !== 10) start--;
  let end = start;
  while (src[end] === 9 || src[end] === 32) end++;
  return Buffer.from(src.subarray(start, end)).toString();
}
