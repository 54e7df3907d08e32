/**
 * A lock that some path takes out of the function: an early return between Lock and Unlock. The next one who wants it
 * waits for ever.
 *
 * Functions that lock for their caller do so on all paths; a function that unlocks on one path and not on another is what
 * this rule is about.
 */
import { type Edge, evaluated } from "../../../go/cfg/blocks.ts";
import { type FoundPath, unsettledPath } from "../../../go/flow/paths.ts";
import { variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { unlockOf } from "../../../go/knowledge/locks.ts";
import { calledName } from "../../../go/summary/contexts.ts";
import { defineQuestion } from "../../../go/summary/question.ts";
import type { Summaries } from "../../../go/summary/summaries.ts";
import { untakenIn } from "../../../go/summary/untaken.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { position } from "../../../go/syntax/lines.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { CalleeKind, calleeOf, unparen } from "../../../go/types/callee.ts";
import { type Func, ObjKind, type Var } from "../../../go/types/object.ts";
import { objOf, selectionOf } from "../../../go/types/record.ts";
import { commentAbove } from "../../comment.ts";
import { decisionSteps } from "../../decision.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  held: "{lock} is not followed by {unlock}() on every path: {exit} leaves it locked, and whoever locks next waits for ever. Unlock before that return, or defer it behind the lock.",
};

type Pass = RulePass<typeof messages>;

export const rule = defineRule({
  id: "mutex-not-unlocked",
  title: "Mutex stays locked on some path",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    for (const unit of pass.scope) checkUnit(pass, unit);
  },
});

/** lockTable(), acquire(), and whatever says that it returns with the lock held. */
function locksForCaller(unit: FunctionUnit): boolean {
  if (/lock|acquire|begin|^enter$/i.test(unit.func?.name ?? "")) return true;
  // Read from the text: a tree that was first met as an import has no comments.
  const doc = unit.node.kind === NodeKind.FuncDecl ? commentAbove(unit.file, unit.node) : "";
  return /\b(?:held|holds|holding|locks?|locked|unlocks?|unlocked)\b/i.test(doc);
}

interface Lock {
  readonly call: CallExpr;
  readonly node: Node;
  readonly unlock: string;
  readonly unit: FunctionUnit;
  /** What is locked: the variable it starts from and the fields from there. */
  readonly key: Key;
}

interface Key {
  readonly root: Var;
  readonly text: string;
  /** The field that is the mutex; null where it is the variable itself or an embedded one. */
  readonly field: Var | null;
}

function checkUnit(pass: Pass, unit: FunctionUnit): void {
  const isLock = ({ fun }: CallExpr): boolean => fun.kind === NodeKind.SelectorExpr && /^R?Lock$/.test(fun.sel.name);
  if (!unit.nodes(NodeKind.CallExpr).some(isLock)) return;
  for (const block of unit.cfg.blocks) {
    if (!block.reachable) continue;
    for (const node of block.nodes) {
      if (node.kind !== NodeKind.ExprStmt) continue;
      const lock = lockOf(pass, unit, node.x, node);
      if (lock === null) continue;
      if (locksForCaller(unit))
        pass.spare?.(unit, lock.call, "the function's name or comment says that it returns with the lock");
      else if (!unlocksHere(pass, unit, lock))
        pass.spare?.(unit, lock.call, "the function never unlocks it: others do");
      else checkLock(pass, unit, lock);
    }
  }
}

function checkLock(pass: Pass, unit: FunctionUnit, lock: Lock): void {
  const { file } = unit;
  const { src } = file.file;
  const find = (settlesEdge: (edge: Edge) => boolean): FoundPath | null =>
    unsettledPath(unit.cfg, src, {
      from: lock.node,
      results: unit.signature?.results ?? [],
      settles: (n) => settles(pass, n, lock),
      settlesEdge,
    });
  const path = find(() => false) === null ? null : find(untakenIn(unit, pass.units, pass.summaries));
  if (path === null) return pass.spare?.(unit, lock.call, "every path unlocks it");
  // s.mu.Unlock(); slow(); s.mu.Lock(): it was locked when the function began, and is to be when it ends
  const isLock = (n: Node): boolean => n.kind === NodeKind.ExprStmt && locksSame(pass, n, lock);
  const isUnlocked = (n: Node): boolean => n.kind === NodeKind.ExprStmt && isUnlock(n.x, lock);
  if (unsettledPath(unit.cfg, src, { from: null, settles: isLock, target: isUnlocked }) !== null)
    return pass.spare?.(unit, lock.call, "it was locked when the function began, and is when it ends");
  if (isUnlockedElsewhere(pass, unit, lock))
    return pass.spare?.(unit, lock.call, "another function of the package unlocks it, and never locks it");
  const exit =
    path.at === null ? "the end of the function" : `the return on line ${position(file.file, path.at.pos).line}`;
  pass.report({
    file,
    at: lock.call,
    unit,
    message: "held",
    data: { lock: exprText(file, lock.call), unlock: `${lock.key.text}.${lock.unlock}`, exit },
    path: [
      { file, at: lock.call, message: "locked here" },
      ...decisionSteps(file, path.decisions),
      { file, at: path.at ?? unit.body.list.at(-1) ?? unit.body, message: "leaves the function with the lock" },
    ],
  });
}

/** `s.mu.Lock()` on variables and fields. */
function lockOf(pass: Pass, unit: FunctionUnit, e: Expr, node: Node): Lock | null {
  const call = unparen(e);
  if (call.kind !== NodeKind.CallExpr) return null;
  const unlock = unlockOf.get(calledName(call, pass.summaries));
  const key = unlock === undefined || call.fun.kind !== NodeKind.SelectorExpr ? null : keyOf(call.fun.x);
  return unlock === undefined || key === null ? null : { call, node, unlock, unit, key };
}

/** Begin locks and Commit unlocks: a function of the package lets go of the same field, or variable of the package, and never takes it. */
function isUnlockedElsewhere(pass: Pass, unit: FunctionUnit, lock: Lock): boolean {
  const { field, root } = lock.key;
  if (field === null && !root.isPackageLevel) return false;
  const isSame = (key: Key | null): boolean =>
    key !== null && (field === null ? key.root === root : key.field === field);
  return pass.units.some((other) => {
    if (other.outer !== null || other === unit.outermost) return false;
    const methods = new Set<string>();
    walk(other.body, (n) => {
      if (n.kind === NodeKind.SelectorExpr && /^R?(?:Unl|L)ock$/.test(n.sel.name) && isSame(keyOf(n.x)))
        methods.add(n.sel.name);
    });
    return methods.has(lock.unlock) && !methods.has(lock.unlock === "RUnlock" ? "RLock" : "Lock");
  });
}

function locksSame(pass: Pass, node: Node, lock: Lock): boolean {
  const other = node.kind === NodeKind.ExprStmt ? lockOf(pass, lock.unit, node.x, node) : null;
  return (
    other !== null &&
    other.unlock === lock.unlock &&
    other.key.text === lock.key.text &&
    other.key.root === lock.key.root
  );
}

function keyOf(x: Expr): Key | null {
  const names: string[] = [];
  let field: Var | null = null;
  let e = unparen(x);
  while (e.kind === NodeKind.SelectorExpr || e.kind === NodeKind.StarExpr) {
    if (e.kind === NodeKind.SelectorExpr) {
      const obj = selectionOf(e)?.obj ?? null;
      if (obj?.kind === ObjKind.Var) field ??= obj.origin;
      names.unshift(e.sel.name);
    }
    e = unparen(e.x);
  }
  const root = variable(e);
  return root === null ? null : { root, text: [root.name, ...names].join("."), field };
}

/** The function itself unlocks what it locks, not in a deferred call: that settles every path behind it. */
function unlocksHere(pass: Pass, unit: FunctionUnit, lock: Lock): boolean {
  for (const d of unit.cfg.defers) if (settles(pass, d, lock)) return false;
  return unit.cfg.blocks.some(
    (b) => b.reachable && b.nodes.some((n) => n.kind === NodeKind.ExprStmt && isUnlock(n.x, lock)),
  );
}

function isUnlock(e: Expr, lock: Lock): boolean {
  const call = unparen(e);
  if (call.kind !== NodeKind.CallExpr || call.fun.kind !== NodeKind.SelectorExpr || call.fun.sel.name !== lock.unlock)
    return false;
  const key = keyOf(call.fun.x);
  return key !== null && key.root === lock.key.root && key.text === lock.key.text;
}

/** The lock is let go, or may be: unlocked, handed on as a method value or closure, given to a function that unlocks it. */
function settles(pass: Pass, node: Node, lock: Lock): boolean {
  let settled = false;
  if (node.kind === NodeKind.AssignStmt && node.lhs.some((e) => variable(e) === lock.key.root)) return true;
  if (
    node.kind === NodeKind.RangeStmt &&
    [node.key, node.value].some((e) => e !== null && variable(e) === lock.key.root)
  )
    return true;
  const look = (n: Node): void => {
    // lock = &c.mu: whoever has it may unlock it
    if (n.kind === NodeKind.UnaryExpr && isMutex(n, lock)) settled = true;
    if (n.kind === NodeKind.SelectorExpr && n.sel.name === lock.unlock) {
      // Also of an alias: m := &s.mu; m.Unlock()
      const key = keyOf(n.x);
      if (key === null || key.field === lock.key.field) settled = true;
    } else if (n.kind === NodeKind.CallExpr && (mayUnlock(pass, n, lock) || runsUnlocking(n, lock))) settled = true;
  };
  evaluated(node, (n) => {
    look(n);
    if (n.kind === NodeKind.FuncLit) walk(n.body, look);
  });
  return settled;
}

/** A function of this program that unlocks the same field, or something of the same name. */
function mayUnlock(pass: Pass, call: CallExpr, lock: Lock): boolean {
  const { func, kind } = calleeOf(call);
  // Whoever is given the lock itself may unlock it: p.store.Add(key, value, &p.mu)
  if (kind !== CalleeKind.Builtin && call.args.some((a) => isMutex(a, lock))) return true;
  if (func === null || kind !== CalleeKind.Static) {
    // A function value that gets the owner may do anything with it.
    const isValue = kind !== CalleeKind.Builtin && kind !== CalleeKind.Conversion && kind !== CalleeKind.Interface;
    return isValue && call.args.some((a) => leadsTo(a, lock));
  }
  if (func.pkg?.source?.standard === true) return false;
  return unlocksField(pass, func, lock);
}

/** fail := func(err error) { …; s.mu.Unlock() }, and later fail(err). */
function runsUnlocking(call: CallExpr, lock: Lock): boolean {
  const v = calleeOf(call).kind === CalleeKind.Variable ? variable(call.fun) : null;
  if (v === null) return false;
  const around = lock.unit.outermost;
  let unlocks = false;
  const look = (value: Expr): void => {
    const lit = unparen(value);
    if (lit.kind !== NodeKind.FuncLit) return;
    walk(lit.body, (n) => {
      if (n.kind === NodeKind.SelectorExpr && n.sel.name === lock.unlock && keyOf(n.x)?.field === lock.key.field)
        unlocks = true;
    });
  };
  walk(around.body, (n) => {
    if (n.kind === NodeKind.AssignStmt && n.lhs.length === n.rhs.length)
      n.lhs.forEach((e, i) => variable(e) === v && look(n.rhs[i]));
  });
  return unlocks;
}

function leadsTo(e: Expr, lock: Lock): boolean {
  let x = unparen(e);
  if (x.kind === NodeKind.UnaryExpr) x = unparen(x.x);
  return variable(x) === lock.key.root || isMutex(e, lock);
}

function isMutex(e: Expr, lock: Lock): boolean {
  let x = unparen(e);
  if (x.kind === NodeKind.UnaryExpr) x = unparen(x.x);
  return lock.key.field !== null && x.kind === NodeKind.SelectorExpr && objOf(x.sel) === lock.key.field;
}

function unlocksField(pass: Pass, f: Func, { unlock, key: { field } }: Lock): boolean {
  // Fields of other packages' types have no other names for them.
  if (f.pkg !== pass.pkg) return pass.summaries.says(unlocks, f, unlock, field === null ? null : nameOf(field));
  return unlocksIn(f, unlock, (other) => other === field, pass.summaries, 0);
}

/** A method of that name is called of a mutex in a field of this name, or of one whose place is not known. */
const unlocks = defineQuestion({
  id: "unlocks",
  meanwhile: false,
  answer(f, [method, field]: readonly [method: string, field: string | null], summaries) {
    const isSame = (other: Var | null): boolean => (other === null ? null : nameOf(other)) === field;
    return unlocksIn(f, method, isSame, summaries, 0);
  },
});

function nameOf(field: Var): string {
  return `${field.pkg?.path ?? ""}.${field.name}`;
}

function unlocksIn(
  f: Func,
  method: string,
  isSame: (field: Var | null) => boolean,
  summaries: Summaries,
  depth: number,
): boolean {
  const body = depth > 2 ? null : (summaries.unitOf(f)?.body ?? null);
  if (body === null) return depth > 2 ? false : !(f.isInterfaceMethod || f.decl === null);
  let found = false;
  walk(body, (n) => {
    if (found) return false;
    if (n.kind === NodeKind.SelectorExpr && n.sel.name === method) {
      const key = keyOf(n.x);
      if (key === null || isSame(key.field)) found = true;
    } else if (n.kind === NodeKind.CallExpr) {
      const { func, kind } = calleeOf(n);
      if (func !== null && kind === CalleeKind.Static && func.pkg === f.pkg && func !== f)
        found = unlocksIn(func, method, isSame, summaries, depth + 1);
    }
    return !found;
  });
  return found;
}
