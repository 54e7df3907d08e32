/**
 * `defer x.Close()` between a call that may fail and the check of its error. When it fails x is nil, or nothing that can
 * be closed: the deferred call panics on `resp.Body`, and hides the error behind a nil pointer.
 */
import { type Edge, EdgeKind } from "../../../go/cfg/blocks.ts";
import { Fact, testOf, variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { nilSafe } from "../../../go/knowledge/nil-safe.ts";
import { neverFails } from "../../../go/summary/never-fails.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import type { DeferStmt, IfStmt, ReturnStmt } from "../../../go/syntax/ast-stmt.ts";
import { NodeKind, type Stmt } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { CalleeKind, calleeOf, unparen } from "../../../go/types/callee.ts";
import { identical } from "../../../go/types/identical.ts";
import type { Var } from "../../../go/types/object.ts";
import { Mode } from "../../../go/types/record.ts";
import { TypeKind } from "../../../go/types/type.ts";
import { under } from "../../../go/types/typeset.ts";
import { errorType } from "../../../go/types/universe.ts";
import { Leaves, onceIsNote } from "../../once.ts";
import { defineRule, type EditDraft, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  early:
    "{release} is deferred before {err} is checked: when {call} fails, {name} is nil and the deferred call panics or does nothing. Move it behind the check.",
};

/** Releases by the name of the method. */
const releases: ReadonlySet<string> = new Set(["Close", "Release", "Stop", "Rollback", "Disconnect", "Unlock"]);

export const rule = defineRule({
  id: "close-before-check",
  title: "Release is deferred before the error of the acquisition is checked",
  severity: "warning",
  since: "0.1.0",
  messages,
  check(pass) {
    for (const unit of pass.scope) {
      if (unit.nodes(NodeKind.DeferStmt).length === 0) continue;
      walk(unit.body, (n) => {
        if (n.kind === NodeKind.FuncLit) return false;
        if (n.kind === NodeKind.BlockStmt) checkList(pass, unit, n.list);
        else if (n.kind === NodeKind.CaseClause || n.kind === NodeKind.CommClause) checkList(pass, unit, n.body);
        return true;
      });
    }
  },
});

/** x, err := acquire() · defer x.Close() · if err != nil: three statements of one list, others may stand between. */
function checkList(pass: RulePass<typeof messages>, unit: FunctionUnit, list: readonly Stmt[]): void {
  list.forEach((acquire, i) => {
    const made = acquisition(acquire);
    if (made === null) return;
    for (let j = i + 1; j < list.length; j++) {
      const stmt = list[j];
      if (stmt.kind === NodeKind.DeferStmt && releasedBy(stmt) === made.value) {
        if (
          !isNilWithError(pass, made.call) ||
          neverFails(made.call, pass.summaries) ||
          isNilSafe(pass, stmt.call, made.value)
        )
          return;
        const check = list.slice(j + 1).find((s) => mentionsError(s, made.err));
        if (check?.kind !== NodeKind.IfStmt || !checks(check, made.err)) return;
        if (exitsProcess(unit, check)) pass.spare?.(unit, stmt, "the process ends there, and runs no deferred calls");
        else report(pass, unit, made, stmt, check);
        return;
      }
      // The error, or the value, is looked at first: nothing to say.
      if (mentionsError(stmt, made.err) || mentionsError(stmt, made.value)) return;
    }
  });
}

/** `f.Close()` of a nil *os.File is an error and nothing else; a method of the program's own may begin by asking. */
function isNilSafe({ summaries }: RulePass<typeof messages>, call: CallExpr, value: Var): boolean {
  const { func, kind } = calleeOf(call);
  const fun = unparen(call.fun);
  if (func === null || kind !== CalleeKind.Static || fun.kind !== NodeKind.SelectorExpr) return false;
  // Of the value itself: one that is promoted from a part of it needs the whole.
  if (variable(fun.x) !== value || value.type === null || value.type.kind !== TypeKind.Pointer) return false;
  if (value.type.elem.kind !== TypeKind.Named || func.recvNamed?.origin !== value.type.elem.origin) return false;
  if (nilSafe.has(summaries.nameOf(func))) return true;
  const body = func.pkg?.source?.standard === true ? null : summaries.unitOf(func.origin);
  const first = body?.body.list[0];
  const receiver = body?.signature?.recv ?? null;
  if (first?.kind !== NodeKind.IfStmt || first.init !== null || receiver === null) return false;
  const test = testOf(first.cond);
  return (
    test !== null &&
    test.subject === receiver &&
    test.whenTrue === Fact.Nil &&
    first.body.list.at(-1)?.kind === NodeKind.ReturnStmt
  );
}

/** Functions of the program may give a value beside an error: `return c.val, c.err`. */
function isNilWithError(pass: RulePass<typeof messages>, call: CallExpr): boolean {
  const { func, kind } = calleeOf(call);
  if (func === null || kind !== CalleeKind.Static || func.pkg?.source?.standard === true) return true;
  if (pass.summaries.functionAcquires(func)) return true;
  const body = pass.summaries.unitOf(func);
  if (body === null) return true;
  return body.cfg.returns.every(({ results }) => {
    if (results.length < 2) return true;
    const [value, error] = [unparen(results[0]), unparen(results[results.length - 1])];
    return value.mode === Mode.Nil || error.mode === Mode.Nil;
  });
}

/** `log.Fatal(err)`: "The program terminates immediately; deferred functions are not run." https://pkg.go.dev/os#Exit */
function exitsProcess({ cfg }: FunctionUnit, { cond, body }: IfStmt): boolean {
  const last = body.list.at(-1);
  const call = last?.kind === NodeKind.ExprStmt ? unparen(last.x) : null;
  // t.Fatal and runtime.Goexit end the goroutine, and do run them.
  if (call?.kind !== NodeKind.CallExpr || /^(?:testing|runtime)$/.test(calleeOf(call).func?.pkg?.path ?? ""))
    return false;
  const way = cfg.place(cond)?.block.succs.find((e) => e.kind === EdgeKind.True);
  if (way === undefined) return false;
  const seen = new Set([way.to]);
  for (const block of seen) for (const { to } of block.succs) seen.add(to);
  return !seen.has(cfg.exit) && !seen.has(cfg.panic);
}

interface Acquisition {
  readonly call: CallExpr;
  readonly value: Var;
  readonly err: Var;
}

/** `x, err := f()` with an x that can be nil. */
function acquisition(s: Stmt): Acquisition | null {
  if (s.kind !== NodeKind.AssignStmt || s.rhs.length !== 1 || s.lhs.length < 2) return null;
  const call = unparen(s.rhs[0]);
  const value = variable(s.lhs[0]);
  const err = variable(s.lhs[s.lhs.length - 1]);
  if (call.kind !== NodeKind.CallExpr || value === null || err === null) return null;
  if (err.type === null || !identical(err.type, errorType) || value.type === null) return null;
  const kind = under(value.type).kind;
  return kind === TypeKind.Pointer || kind === TypeKind.Interface ? { call, value, err } : null;
}

/** x of `defer x.Close()`, `defer x.Body.Close()`. */
function releasedBy(s: DeferStmt): Var | null {
  const fun = unparen(s.call.fun);
  if (fun.kind !== NodeKind.SelectorExpr || !releases.has(fun.sel.name)) return null;
  let e = unparen(fun.x);
  while (e.kind === NodeKind.SelectorExpr) e = unparen(e.x);
  return variable(e);
}

function mentionsError(s: Stmt, v: Var): boolean {
  let found = false;
  walk(s, (n) => {
    if (n.kind === NodeKind.Ident && n.obj === v) found = true;
    return !found;
  });
  return found;
}

/** `if err != nil {` without a call of its own: a new value is checked there, not ours. */
function checks(s: IfStmt, err: Var): boolean {
  const cond = unparen(s.cond);
  return s.init === null && cond.kind === NodeKind.BinaryExpr && cond.op === Token.Neq && variable(cond.x) === err;
}

function report(
  pass: RulePass<typeof messages>,
  unit: FunctionUnit,
  made: Acquisition,
  early: DeferStmt,
  check: IfStmt,
): void {
  const { file } = unit;
  pass.report({
    file,
    at: early,
    unit,
    message: "early",
    ...onceIsNote(pass, unit, made.call, failingExits(unit, check), Leaves.Always),
    data: {
      release: exprText(file, early.call),
      err: made.err.name,
      call: exprText(file, made.call.fun),
      name: made.value.name,
    },
    path: [
      { file, at: made.call, message: "may fail" },
      { file, at: early, message: "the release is deferred here" },
      { file, at: check.cond, message: "the error is checked only here" },
    ],
    fix: { title: `Move \`${exprText(file, early)}\` behind the check`, edits: moved(unit, early, check) },
  });
}

/** The returns of the check, where the error is not nil. */
function failingExits({ cfg }: FunctionUnit, check: IfStmt): { at: ReturnStmt; decisions: Edge[] }[] {
  const way = cfg.place(check.cond)?.block.succs.find((e) => e.kind === EdgeKind.True);
  if (way === undefined) return [];
  return cfg.returns
    .filter((r) => check.body.pos < r.pos && r.end < check.body.end)
    .map((at) => ({ at, decisions: [way] }));
}

/** Cuts the statement's line and puts it behind the check. */
function moved(unit: FunctionUnit, early: DeferStmt, check: IfStmt): EditDraft[] {
  const { file } = unit;
  const { src } = file.file;
  let start = early.pos;
  while (start > 0 && (src[start - 1] === 9 || src[start - 1] === 32)) start--;
  let end = early.end;
  while (end < src.length && src[end] !== 10) end++;
  const indent = new TextDecoder().decode(src.subarray(start, early.pos));
  const text = new TextDecoder().decode(src.subarray(early.pos, early.end));
  return [
    { file, start, end: Math.min(end + 1, src.length), text: "" },
    { file, start: check.end, end: check.end, text: `\n${indent}${text}` },
  ];
}
