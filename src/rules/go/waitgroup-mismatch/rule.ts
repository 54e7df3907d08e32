/**
 * A WaitGroup that is counted in the wrong place, or not counted down on some path: Wait returns too early, or never.
 *
 * - `wg.Add(1)` inside the goroutine: Wait may run before it.
 * - `wg.Done()` behind an early return: the counter never reaches zero.
 * - Add and Wait in one function, on a group that nobody else sees, and no Done at all.
 */
import { unsettledPath } from "../../../go/flow/paths.ts";
import { variable } from "../../../go/flow/facts.ts";
import { evaluated } from "../../../go/cfg/blocks.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { isNamed } from "../../../go/summary/contexts.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind, type Stmt } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { position } from "../../../go/syntax/lines.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { ObjKind, type Var } from "../../../go/types/object.ts";
import { objOf } from "../../../go/types/record.ts";
import { TypeKind } from "../../../go/types/type.ts";
import { decisionSteps } from "../../decision.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  addInside:
    "{group}.Add is called by the goroutine that it counts: {group}.Wait may run first and not wait for it. Call Add before the go statement.",
  path: "{group}.Done() is not called on every path of this goroutine: {exit} leaves it uncounted and {group}.Wait() never returns. Use `defer {group}.Done()` at its start.",
  missing: "{group}.Add counts up and nothing in this function calls {group}.Done(): {group}.Wait() never returns.",
};

type Pass = RulePass<typeof messages>;

export const rule = defineRule({
  id: "waitgroup-mismatch",
  title: "WaitGroup is not counted down as often as up",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    for (const unit of pass.scope) checkUnit(pass, unit);
  },
});

function checkUnit(pass: Pass, unit: FunctionUnit): void {
  const starts = unit.nodes(NodeKind.GoStmt);
  if (starts.length > 0) {
    const waits = groupCalls(unit.body, "Wait");
    for (const { call } of starts) {
      const fun = unparen(call.fun);
      const inner = fun.kind === NodeKind.FuncLit ? pass.units.find((u) => u.node === fun) : undefined;
      if (inner !== undefined) checkGoroutine(pass, unit, inner, waits);
    }
  }
  checkMissing(pass, unit);
}

interface GroupCall {
  readonly call: CallExpr;
  /** The variable, or the field of a selector. */
  readonly group: Var;
  readonly x: Expr;
}

/** Calls of `method` on a WaitGroup below a node. */
function groupCalls(root: Node, method: string, literals = true): GroupCall[] {
  const out: GroupCall[] = [];
  walk(root, (n) => {
    if (n.kind === NodeKind.FuncLit && !literals) return false;
    const found = n.kind === NodeKind.CallExpr ? groupCall(n, method) : null;
    if (found !== null) out.push(found);
    return true;
  });
  return out;
}

function groupCall(n: CallExpr, method: string): GroupCall | null {
  if (n.fun.kind !== NodeKind.SelectorExpr || n.fun.sel.name !== method) return null;
  const x = unparen(n.fun.x);
  const obj = x.kind === NodeKind.SelectorExpr ? objOf(x.sel) : variable(x);
  if (obj === null || obj.kind !== ObjKind.Var || obj.type === null) return null;
  const t = obj.type.kind === TypeKind.Pointer ? obj.type.elem : obj.type;
  return isNamed(t, "sync", "WaitGroup") ? { call: n, group: obj, x } : null;
}

function checkGoroutine(pass: Pass, unit: FunctionUnit, inner: FunctionUnit, waits: readonly GroupCall[]): void {
  const { file } = unit;
  const own = (g: GroupCall): boolean =>
    g.group.pos >= inner.node.pos && g.group.pos < inner.node.end && !g.group.isField;
  for (const add of groupCalls(inner.body, "Add", false)) {
    // wg.Add(1); go func() { defer wg.Done(); wg.Add(1); go … }(): counted while the outer count holds Wait back
    const counted = groupCalls(unit.body, "Add", false).some((g) => g.group === add.group);
    const wait = waits.find((w) => w.group === add.group && !within(w.call, inner.node));
    const downHere = groupCalls(inner.body, "Done", false).some((g) => g.group === add.group);
    if (own(add) || counted || !downHere || wait === undefined || !isOne(add.call)) continue;
    pass.report({
      file,
      at: add.call,
      unit: inner,
      message: "addInside",
      data: { group: exprText(file, add.x) },
      path: [
        { file, at: add.call, message: "counted up by the goroutine itself" },
        { file, at: wait.call, message: "may have run before" },
      ],
      ...(waitsBetween(unit, inner.node, wait.call)
        ? { noteBecause: "the function waits for something else in between, by when the goroutine has begun" }
        : {}),
    });
  }
  checkDone(pass, unit, inner);
}

/** Between the go statement and Wait the function waits for something else: a goroutine has begun long before that. */
function waitsBetween(unit: FunctionUnit, from: Node, to: Node): boolean {
  let waits = false;
  walk(unit.body, (n) => {
    if (waits || n.kind === NodeKind.FuncLit || n.pos > to.pos || n.end < to.end) return false;
    const list =
      n.kind === NodeKind.BlockStmt
        ? n.list
        : n.kind === NodeKind.CaseClause || n.kind === NodeKind.CommClause
          ? n.body
          : [];
    waits = list.some((s) => s.pos > from.end && s.end < to.pos && isWait(s));
    return true;
  });
  return waits;
}

/** `select { … }` without a default, `<-signals`, `time.Sleep(d)`. */
function isWait(s: Stmt): boolean {
  if (s.kind === NodeKind.SelectStmt)
    return s.body.list.every((c) => c.kind === NodeKind.CommClause && c.comm !== null);
  const x = s.kind === NodeKind.ExprStmt ? unparen(s.x) : null;
  if (x?.kind === NodeKind.UnaryExpr) return x.op === Token.Arrow;
  return x?.kind === NodeKind.CallExpr && calleeOf(x).name === "Sleep" && calleeOf(x).func?.pkg?.path === "time";
}

/** A Done that is not deferred must be passed by every path. */
function checkDone(pass: Pass, unit: FunctionUnit, inner: FunctionUnit): void {
  const { file } = unit;
  const seen = new Set<Var>();
  for (const done of groupCalls(inner.body, "Done", false)) {
    const { group } = done;
    if (seen.has(group)) continue;
    seen.add(group);
    // A worker: one Done for each job that it takes.
    if (inLoop(inner, done.call)) continue;
    if (inner.cfg.defers.some((d) => mentions(d, group))) continue;
    // Counted up in a loop of its own, or handed to others: not one Done for one goroutine.
    if (groupCalls(inner.body, "Add", false).some((g) => g.group === group)) continue;
    const adds = groupCalls(unit.body, "Add", false).filter((g) => g.group === group);
    if (adds.length !== 1 || !isOne(adds[0].call) || !standsBefore(unit, adds[0].call, inner.node)) continue;
    const path = unsettledPath(inner.cfg, file.file.src, { from: null, settles: (n) => mentions(n, group) });
    if (path === null || (group.isField && isCountedDownElsewhere(pass, inner, group))) continue;
    pass.report({
      file,
      at: adds[0].call,
      unit,
      message: "path",
      data: {
        group: exprText(file, done.x),
        exit:
          path.at === null ? "the end of the goroutine" : `the return on line ${position(file.file, path.at.pos).line}`,
      },
      path: [
        { file, at: adds[0].call, message: "counted up here" },
        { file, at: inner.node.type, message: "the goroutine that is counted" },
        ...decisionSteps(file, path.decisions),
        { file, at: path.at ?? inner.body.list.at(-1) ?? inner.body, message: "it ends without Done" },
      ],
    });
  }
}

/** What the group of an owner counts may outlive the goroutine: a resource that another method counts down when it is given back. */
function isCountedDownElsewhere({ units }: Pass, inner: FunctionUnit, group: Var): boolean {
  return units.some(
    (u) => u.outer === null && groupCalls(u.body, "Done").some((g) => g.group === group && !within(g.call, inner.node)),
  );
}

function inLoop(unit: FunctionUnit, at: Node): boolean {
  let inside = false;
  walk(unit.body, (n) => {
    if (n.pos > at.pos || n.end < at.end) return false;
    if (n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt) inside = true;
    return true;
  });
  return inside;
}

/** `wg.Add(1)` and the go statement are statements of one list. */
function standsBefore(unit: FunctionUnit, add: CallExpr, goroutine: Node): boolean {
  let found = false;
  walk(unit.body, (n) => {
    if (found || n.pos > add.pos || n.end < add.end) return false;
    const list =
      n.kind === NodeKind.BlockStmt
        ? n.list
        : n.kind === NodeKind.CaseClause || n.kind === NodeKind.CommClause
          ? n.body
          : [];
    const i = list.findIndex((s) => s.kind === NodeKind.ExprStmt && s.x === add);
    const j = list.findIndex((s) => s.kind === NodeKind.GoStmt && within(goroutine, s));
    if (i >= 0 && j > i) found = true;
    return true;
  });
  return found;
}

/** A group declared here, used by its three methods alone, with Add and Wait and no Done. */
function checkMissing(pass: Pass, unit: FunctionUnit): void {
  // The main function may well wait for ever, until a goroutine or a signal ends the process.
  if (unit.func?.name === "main" && unit.file.pkg.name === "main") return;
  for (const call of unit.nodes(NodeKind.CallExpr)) {
    const wait = groupCall(call, "Wait");
    if (wait === null) continue;
    const { group } = wait;
    if (
      group.isField ||
      group.isParam ||
      group.isPackageLevel ||
      group.pos < unit.body.pos ||
      group.pos >= unit.body.end
    )
      continue;
    if (group.type?.kind === TypeKind.Pointer) continue;
    const methods = new Set<string>();
    const plain = new Set<Node>();
    let shared = false;
    walk(unit.body, (n) => {
      if (n.kind === NodeKind.SelectorExpr && variable(n.x) === group) {
        methods.add(n.sel.name);
        plain.add(unparen(n.x));
      } else if (n.kind === NodeKind.Ident && n.obj === group && n.pos !== group.pos && !plain.has(n)) shared = true;
    });
    if (shared || methods.has("Done") || !methods.has("Add")) continue;
    const add = groupCalls(unit.body, "Add").find((g) => g.group === group);
    // Add(-1) counts down.
    if (add === undefined || groupCalls(unit.body, "Add").some((g) => g.group === group && !isPlainCount(g.call)))
      continue;
    const { file } = unit;
    pass.report({
      file,
      at: add.call,
      unit,
      message: "missing",
      data: { group: group.name },
      path: [
        { file, at: add.call, message: "counted up here" },
        { file, at: wait.call, message: "waits for ever" },
      ],
    });
    return;
  }
}

/** A statement that mentions the group at all: Done, or something that may call it. */
function mentions(node: Node, group: Var): boolean {
  let found = false;
  const look = (n: Node): void => {
    if (n.kind === NodeKind.Ident && (n.obj === group || (group.isField && n.name === group.name))) found = true;
  };
  evaluated(node, (n) => {
    look(n);
    if (n.kind === NodeKind.FuncLit) walk(n.body, look);
  });
  return found;
}

/** Add(1). */
function isOne(call: CallExpr): boolean {
  const [arg] = call.args;
  return arg !== undefined && arg.kind === NodeKind.BasicLit && arg.value === "1";
}

function isPlainCount(call: CallExpr): boolean {
  const [arg] = call.args;
  return arg !== undefined && arg.kind !== NodeKind.UnaryExpr;
}

function within(inner: Node, outer: Node): boolean {
  return inner.pos >= outer.pos && inner.end <= outer.end;
}
