/**
 * A loop over `rows.Next()` with no look at `rows.Err()` behind it. Next returns false at the end and on failure alike: a
 * connection that breaks half-way looks like a shorter result.
 */
import { EdgeKind } from "../../../go/cfg/blocks.ts";
import { variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { rowsTypes } from "../../../go/knowledge/rows.ts";
import { isContext, isLocal } from "../../../go/summary/contexts.ts";
import type { ForStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import type { Var } from "../../../go/types/object.ts";
import { identical } from "../../../go/types/identical.ts";
import { constOf, typeOf } from "../../../go/types/record.ts";
import { type Type, TypeKind } from "../../../go/types/type.ts";
import { errorType } from "../../../go/types/universe.ts";
import { defineRule, type RulePass } from "../../rule.ts";

const messages = {
  unchecked:
    "{rows}.Err() is not looked at after the loop over {rows}.Next(): a query that fails half-way looks like one with fewer rows. Check it behind the loop.",
};

export const rule = defineRule({
  id: "sql-rows-err-unchecked",
  title: "Loop over rows without a look at Err",
  severity: "warning",
  since: "0.1.0",
  messages,
  check(pass) {
    for (const unit of pass.scope) for (const loop of unit.nodes(NodeKind.ForStmt)) checkLoop(pass, unit, loop);
  },
});

function checkLoop(pass: RulePass<typeof messages>, unit: FunctionUnit, loop: ForStmt): void {
  const rows = loop.cond === null ? null : nextOf(loop.cond);
  // Rows that came from outside, or that somebody else gets to see, may be checked there.
  if (rows === null || loop.cond === null) return;
  if (rows.isParam || !isLocal(unit, rows)) return pass.spare?.(unit, loop.cond, `${rows.name} comes from outside`);
  if (isSharedOrChecked(unit, rows))
    return pass.spare?.(unit, loop.cond, `${rows.name}.Err is called, or ${rows.name} is handed on`);
  if (!reachesExit(unit, loop)) return;
  if (dropsErrors(unit, rows))
    return pass.spare?.(unit, loop.cond, "the function drops all errors: what there is will do");
  if (isOneRow(unit, rows)) return pass.spare?.(unit, loop.cond, "the query names no table, and has one row");
  const { file } = unit;
  pass.report({
    file,
    at: loop.cond ?? loop,
    unit,
    message: "unchecked",
    data: { rows: rows.name },
    path: [{ file, at: loop.cond ?? loop, message: "false at the end, and on failure" }],
  });
}

/** rows of `rows.Next()`. */
function nextOf(cond: Expr): Var | null {
  const e = unparen(cond);
  if (e.kind !== NodeKind.CallExpr || e.fun.kind !== NodeKind.SelectorExpr || calleeOf(e).name !== "Next") return null;
  const v = variable(e.fun.x);
  if (v === null || v.type === null) return null;
  const t = v.type.kind === TypeKind.Pointer ? v.type.elem : v.type;
  return t.kind === TypeKind.Named && rowsTypes.has(`${t.obj.pkg?.path ?? ""}.${t.obj.name}`) ? v : null;
}

/** Err is called somewhere, or the rows are more than a receiver somewhere: returned, stored, handed on, assigned. */
function isSharedOrChecked(unit: FunctionUnit, rows: Var): boolean {
  const plain = new Set<Node>();
  let answer = false;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.SelectorExpr && n.x.kind === NodeKind.Ident && n.x.obj === rows) {
      // An embedded *sql.Rows taken out is handed on.
      if (n.sel.name === "Err" || n.sel.name === "Rows") answer = true;
      plain.add(n.x);
    } else if (n.kind === NodeKind.AssignStmt) for (const e of n.lhs) plain.add(unparen(e));
    else if (n.kind === NodeKind.BinaryExpr) for (const e of [n.x, n.y]) plain.add(unparen(e)); // rows == nil
    else if (n.kind === NodeKind.Ident && n.obj === rows && n.pos !== rows.pos && !plain.has(n)) answer = true;
    return !answer;
  });
  return answer;
}

/** The function gives no error, and does nothing with those that it gets but leave: it takes what it can have. */
function dropsErrors(unit: FunctionUnit, rows: Var): boolean {
  const isError = (t: Type | null): boolean => t !== null && identical(t, errorType);
  if (unit.signature?.results.some((r) => isError(r.type)) !== false) return false;
  // rows, _ := db.Query(…) is not looked at by anybody
  const isNamed = unit.nodes(NodeKind.AssignStmt).some(({ lhs: [given, error] }) => {
    const v = error === undefined ? null : variable(error);
    return variable(given) === rows && v !== null && v.name !== "_";
  });
  if (!isNamed) return false;
  const places = new Set<Node>();
  let used = false;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.AssignStmt) for (const e of n.lhs) places.add(unparen(e));
    else if (n.kind === NodeKind.ValueSpec) for (const e of n.names) places.add(e);
    else if (n.kind === NodeKind.BinaryExpr) for (const e of [n.x, n.y]) places.add(unparen(e)); // err != nil
    else if (n.kind === NodeKind.Ident && !places.has(n)) {
      const v = variable(n);
      used ||= v !== null && isError(v.type);
    }
    return !used;
  });
  return !used;
}

/** `SELECT 1`, `SELECT current_timestamp()`: one row, which comes with the answer or not at all. */
const oneRow =
  /^\s*select\s+(?:distinct\s+)?(?!.*\b(?:from|union|values)\b)(?:[^()]|\b(?:current_\w+|now|version|database|user|sysdate)\s*\(\s*\))*$/is;

/** Each query that the rows are the answer to is written in the function, and names no table. */
function isOneRow(unit: FunctionUnit, rows: Var): boolean {
  const calls = valuesOf(unit, rows);
  const texts = calls.flatMap((value) => {
    const call = unparen(value);
    if (call.kind !== NodeKind.CallExpr) return [null];
    const query = call.args[call.args.length > 1 && isContext(typeOf(call.args[0])) ? 1 : 0];
    if (query === undefined) return [null];
    const v = constOf(query) === null ? variable(query) : null;
    return v === null ? [constOf(query)] : v.isParam || !isLocal(unit, v) ? [null] : valuesOf(unit, v).map(constOf);
  });
  return texts.length > 0 && texts.every((text) => typeof text === "string" && oneRow.test(text));
}

/** What the function gives a variable of its own. */
function valuesOf(unit: FunctionUnit, v: Var): Expr[] {
  const out: Expr[] = [];
  for (const { lhs, rhs } of unit.nodes(NodeKind.AssignStmt))
    lhs.forEach((place, i) => variable(place) === v && out.push(lhs.length === rhs.length ? rhs[i] : rhs[0]));
  for (const { names, values } of unit.nodes(NodeKind.ValueSpec))
    if (values.length === names.length) names.forEach((name, i) => variable(name) === v && out.push(values[i]));
  return out;
}

/** The loop's end leads to a return: it is not dead code, and not only to a panic, which nobody takes for an answer. */
function reachesExit(unit: FunctionUnit, loop: ForStmt): boolean {
  const place = loop.cond === null ? undefined : unit.cfg.place(loop.cond);
  if (place === undefined || !place.block.reachable) return false;
  const seen = new Set([place.block]);
  const work = place.block.succs.filter((e) => e.kind === EdgeKind.False).map((e) => e.to);
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    if (block === unit.cfg.exit) return true;
    if (seen.has(block)) continue;
    seen.add(block);
    work.push(...block.succs.map((e) => e.to));
  }
  return false;
}
