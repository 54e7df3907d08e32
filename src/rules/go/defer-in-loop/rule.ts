/**
 * A release deferred inside a loop: `defer f.Close()` runs when the function returns, not when the turn ends, so each
 * turn adds one more open file, held lock or running timer.
 */
import { type CallExpr, type DeferStmt, type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { findLoops, type Loops } from "../../../go/cfg/loops.ts";
import { Fact, testOf } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { type Obj, ObjKind } from "../../../go/types/object.ts";
import { identical } from "../../../go/types/identical.ts";
import { typeString } from "../../../go/types/print.ts";
import { constOf, objOf, typeOf } from "../../../go/types/record.ts";
import { errorType } from "../../../go/types/universe.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  held: "{call} is deferred inside a loop: it runs when {function} returns, so every turn {holds} until then. Move the body of the loop to a function of its own, or call {call} at the end of the turn.",
};

const LOCK = "takes the lock again, which is held";

/** What a release is called; functions of no type are not asked. */
const releases: ReadonlySet<string> = new Set([
  "Close",
  "Stop",
  "Release",
  "Rollback",
  "Shutdown",
  "Disconnect",
  "CloseIdleConnections",
  "Unlock",
  "RUnlock",
]);

/** Fewer turns than this, written in the source, hold so little that it is a matter of taste. */
const FewTurns = 8;

export const rule = defineRule({
  id: "defer-in-loop",
  title: "Release is deferred inside a loop",
  severity: "warning",
  since: "0.1.0",
  messages,
  check(pass) {
    for (const unit of pass.units) checkUnit(pass, unit);
  },
});

function checkUnit(pass: RulePass<typeof messages>, unit: FunctionUnit): void {
  // No loop in the source, or no defer: no graph is built.
  if (!holdsDeferInLoop(unit)) return;
  const { cfg } = unit;
  const loops = findLoops(cfg);
  for (const stmt of cfg.defers) {
    const what = releaseOf(stmt);
    if (what === null) continue;
    const place = cfg.place(stmt);
    if (place === undefined || loops.innermost[place.block.id] < 0) continue; // defer …; return f inside the loop
    const loop = loopsAround(unit, stmt, loops.depth(place.block)).find((l) => !isTolerated(unit, stmt, what, l));
    if (loop === undefined) continue;
    pass.report({
      file: unit.file,
      at: stmt,
      unit,
      message: "held",
      data: {
        call: releaseText(unit, stmt, what.call),
        function: unit.outer === null ? unit.name : "the function literal",
        holds: what.noun,
      },
      path: [
        { file: unit.file, at: loop, message: "this loop may run many times" },
        { file: unit.file, at: stmt, message: "each turn defers one more release" },
      ],
      ...severityOf(loops, unit, stmt),
    });
  }
}

function holdsDeferInLoop(unit: FunctionUnit): boolean {
  let found = false;
  walk(unit.body, (n) => {
    if (found || n.kind === NodeKind.FuncLit) return false;
    if (n.kind !== NodeKind.ForStmt && n.kind !== NodeKind.RangeStmt) return true;
    walk(n.body, (m) => {
      if (m.kind === NodeKind.DeferStmt) found = true;
      return !found && m.kind !== NodeKind.FuncLit;
    });
    return false;
  });
  return found;
}

/** What a deferred call releases: `defer f.Close()`, `defer cancel()`, `defer func() { f.Close() }()`. */
interface Release {
  readonly call: CallExpr;
  readonly noun: string;
}

function releaseOf(stmt: DeferStmt): Release | null {
  const direct = nounOf(stmt.call);
  if (direct !== null) return { call: stmt.call, noun: direct };
  const fun = unparen(stmt.call.fun);
  if (fun.kind !== NodeKind.FuncLit) return null;
  let found: Release | null = null;
  walk(fun.body, (n) => {
    const noun = found === null && n.kind === NodeKind.CallExpr ? nounOf(n) : null;
    if (noun !== null && n.kind === NodeKind.CallExpr) found = { call: n, noun };
    return n.kind !== NodeKind.FuncLit;
  });
  return found;
}

/** What a turn does that the call would undo: "holds one more os.File open". Null where the call is no release. */
function nounOf(call: CallExpr): string | null {
  const { name, func, variable } = calleeOf(call);
  // cancel()
  if (variable !== null && /^(?:cancel|stop)/i.test(name)) return "holds one more live context";
  const fun = unparen(call.fun);
  if (func === null || fun.kind !== NodeKind.SelectorExpr || !releases.has(name)) return null;
  if (func.recvNamed === null && !func.isInterfaceMethod) return null;
  // mu.Unlock()
  if (name.endsWith("Unlock")) return LOCK;
  const type = typeString(typeOf(fun.x), (pkg) => pkg.name).replace(/^\*/, "");
  return `holds one more ${type.length > 40 ? "of them" : type}`;
}

/**
 * The loops whose turns run the defer, innermost first. A turn that ends with leaving its loop is none of its turns; the
 * graph has `depth` loops around the defer, which are the outer ones.
 */
function loopsAround(unit: FunctionUnit, stmt: DeferStmt, depth: number): Loop[] {
  const around: Loop[] = [];
  walk(unit.body, (n) => {
    if (n.pos > stmt.pos || n.end < stmt.end || n.kind === NodeKind.FuncLit) return false;
    if ((n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt) && n.body.pos <= stmt.pos) around.push(n);
    return true;
  });
  return around.slice(0, depth).reverse();
}

type Loop = Extract<Node, { kind: NodeKind.ForStmt | NodeKind.RangeStmt }>;

function isTolerated(unit: FunctionUnit, stmt: DeferStmt, what: Release, loop: Loop): boolean {
  // for i := 0; i < 3; i++ { … }
  if (isShort(loop)) return true;
  // func main() { for _, name := range os.Args[1:] { … defer f.Close() } } ends with the process
  if (unit.name === "main" && unit.file.pkg.name === "main" && !isEndless(loop)) return true;
  // for i := range locks { locks[i].Lock(); defer locks[i].Unlock() } takes them all on purpose
  if (receiverIsElement(what.call)) return true;
  // for _, f := range files { defer f.Close() }: they were there before, all of them
  if (isRangeValue(stmt, loop)) return true;
  // if repo == nil { repo = open(); defer repo.Close() }: once, whatever the turns
  if (isGuardedByNil(stmt, loop)) return true;
  // f.Close() at the end of the turn: the deferred one is for the other paths
  if (isReleasedInTurn(stmt, what.call, loop)) return true;
  // files = append(files, f): all of them are wanted until the end
  if (outlivesTurn(stmt, loop)) return true;
  // if w == nil { w = open(); defer w.Close() } happens once
  if (isGuarded(stmt, loop)) return true;
  // for range names { defer f.Close() }, with an f from before the loop: one thing, released too often
  return what.noun === LOCK ? !locksIn(loop) : !changesInLoop(stmt, loop);
}

function receiverIsElement(call: CallExpr): boolean {
  let e: Expr = unparen(call.fun);
  while (e.kind === NodeKind.SelectorExpr || e.kind === NodeKind.ParenExpr) e = e.x;
  return e.kind === NodeKind.IndexExpr;
}

function isRangeValue(stmt: DeferStmt, loop: Loop): boolean {
  if (loop.kind !== NodeKind.RangeStmt) return false;
  const own = new Set<Obj>();
  for (const e of [loop.key, loop.value]) {
    const obj = e?.kind === NodeKind.Ident ? objOf(e) : null;
    if (obj !== null) own.add(obj);
  }
  const fun = unparen(stmt.call.fun);
  return fun.kind === NodeKind.SelectorExpr && has(own, unparen(fun.x));
}

function isReleasedInTurn(stmt: DeferStmt, release: CallExpr, loop: Loop): boolean {
  const names = mentionedVars(release.fun);
  const { name } = calleeOf(release);
  let released = false;
  walk(loop.body, (n) => {
    if (released || n === stmt) return false;
    if (n.kind === NodeKind.CallExpr && calleeOf(n).name === name) {
      const fun = unparen(n.fun);
      released = has(names, fun.kind === NodeKind.SelectorExpr ? unparen(fun.x) : fun);
    }
    return !released;
  });
  return released;
}

function isGuardedByNil(stmt: DeferStmt, loop: Loop): boolean {
  const names = mentionedVars(stmt.call);
  let guarded = false;
  walk(loop.body, (n) => {
    if (n.kind !== NodeKind.IfStmt || n.body.pos > stmt.pos || n.body.end < stmt.end) return true;
    const cond = unparen(n.cond);
    if (cond.kind === NodeKind.BinaryExpr && cond.op === Token.Eql && has(names, unparen(cond.x))) {
      const tested = cond.x.kind === NodeKind.Ident ? objOf(cond.x) : null;
      guarded ||= tested !== null && tested.pos < loop.pos;
    }
    return true;
  });
  return guarded;
}

/** What the defer releases, or the context that it cancels, is kept beyond the turn or given to a goroutine. */
function outlivesTurn(stmt: DeferStmt, loop: Loop): boolean {
  const names = mentionedVars(stmt.call);
  walk(loop.body, (n) => {
    // ctx, cancel := context.WithTimeout(…): they go together
    if (n.kind === NodeKind.AssignStmt && n.rhs.length === 1 && n.lhs.some((e) => has(names, e))) {
      for (const e of n.lhs) {
        const obj = e.kind === NodeKind.Ident ? objOf(e) : null;
        if (obj?.kind === ObjKind.Var && e.kind === NodeKind.Ident && !identical(obj.type ?? errorType, errorType))
          names.add(obj);
      }
    }
  });
  let outlives = false;
  const mentions = (root: Node): boolean => {
    let found = false;
    walk(root, (n) => {
      if (n.kind === NodeKind.Ident && has(names, n)) found = true;
      return !found;
    });
    return found;
  };
  walk(loop.body, (n) => {
    if (outlives || n === stmt) return false;
    if (n.kind === NodeKind.GoStmt) outlives = mentions(n);
    else if (n.kind === NodeKind.FuncLit) outlives = mentions(n);
    else if (n.kind === NodeKind.CallExpr && calleeOf(n).name === "append") outlives = n.args.slice(1).some(mentions);
    else if (n.kind === NodeKind.SendStmt) outlives = mentions(n.value);
    else if (n.kind === NodeKind.AssignStmt) {
      outlives = n.lhs.some(
        (e, i) => e.kind !== NodeKind.Ident && n.rhs.length === n.lhs.length && mentions(n.rhs[i]) && isPlain(n.rhs[i]),
      );
    }
    return !outlives;
  });
  return outlives;
}

/** The value itself or a literal around it, not something computed from it. */
function isPlain(e: Expr): boolean {
  const x = unparen(e);
  return x.kind === NodeKind.Ident || x.kind === NodeKind.CompositeLit || x.kind === NodeKind.UnaryExpr;
}

function mentionedVars(root: Node): Set<Obj> {
  const names = new Set<Obj>();
  walk(root, (n) => {
    if (n.kind !== NodeKind.Ident) return;
    const obj = objOf(n);
    if (obj?.kind === ObjKind.Var && !obj.isField) names.add(obj);
  });
  return names;
}

/** An if around the defer asks whether what is released is nil: it is made in one turn and kept. */
function isGuarded(stmt: DeferStmt, loop: Loop): boolean {
  const names = namesIn(stmt);
  let guarded = false;
  walk(loop.body, (n) => {
    if (n.pos > stmt.pos || n.end < stmt.end || n.kind === NodeKind.FuncLit) return false;
    if (n.kind === NodeKind.IfStmt && n.body.pos <= stmt.pos && stmt.end <= n.body.end) {
      const test = testOf(n.cond);
      guarded ||= test !== null && test.whenTrue === Fact.Nil && names.has(test.subject);
    }
    return true;
  });
  return guarded;
}

/** A lock is the same one in every turn; what changes is that it is taken again. */
function locksIn(loop: Loop): boolean {
  let locks = false;
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.CallExpr) locks ||= /^R?Lock$/.test(calleeOf(n).name);
    return !locks && n.kind !== NodeKind.FuncLit;
  });
  return locks;
}

/** The receiver of the release is made, or assigned, in the loop: every turn has its own. */
function changesInLoop(stmt: DeferStmt, loop: Loop): boolean {
  const names = mentionedVars(stmt.call);
  let changes = false;
  walk(loop, (n) => {
    if (n.pos >= stmt.pos && n.end <= stmt.end) return false;
    if (n.kind === NodeKind.AssignStmt) {
      for (const place of n.lhs) changes ||= place.kind === NodeKind.Ident && has(names, place);
    } else if (n.kind === NodeKind.ValueSpec) changes ||= n.names.some((name) => has(names, name));
    else if (n === loop && n.kind === NodeKind.RangeStmt)
      changes ||= [n.key, n.value].some((e) => e?.kind === NodeKind.Ident && has(names, e));
    return !changes;
  });
  return changes;
}

/** The variables that a deferred call mentions. */
function namesIn(stmt: DeferStmt): Set<Obj> {
  const names = new Set<Obj>();
  walk(stmt.call, (n) => {
    if (n.kind !== NodeKind.Ident) return;
    const obj = objOf(n);
    if (obj?.kind === ObjKind.Var && !obj.isField) names.add(obj);
  });
  return names;
}

function has(names: ReadonlySet<Obj>, e: Expr): boolean {
  const obj = e.kind === NodeKind.Ident ? objOf(e) : null;
  return obj !== null && names.has(obj);
}

function isEndless(loop: Loop): boolean {
  return loop.kind === NodeKind.ForStmt && loop.cond === null;
}

/** The number of turns is written down, and small. */
function isShort(loop: Loop): boolean {
  if (loop.kind === NodeKind.RangeStmt) {
    const x = unparen(loop.x);
    // for _, f := range []string{"a", "b"}
    if (x.kind === NodeKind.CompositeLit) return x.elts.length < FewTurns;
    const n = constOf(x); // for range 3
    return typeof n === "bigint" && n < BigInt(FewTurns);
  }
  const { cond } = loop;
  if (cond === null || cond.kind !== NodeKind.BinaryExpr) return false;
  const bound = constOf(cond.y) ?? constOf(cond.x);
  return typeof bound === "bigint" && bound < BigInt(FewTurns) && loop.post !== null;
}

/** A loop without an end never returns: nothing is ever released. */
function severityOf(loops: Loops, unit: FunctionUnit, stmt: DeferStmt): { severity?: "error" } {
  const place = unit.cfg.place(stmt);
  if (place === undefined) return {};
  let outermost = loops.innermost[place.block.id];
  while (loops.all[outermost].parent >= 0) outermost = loops.all[outermost].parent;
  const leaves = unit.cfg.blocks.some(
    (b) =>
      b.reachable &&
      loops.contains(outermost, b) &&
      b.succs.some((e) => !loops.contains(outermost, e.to) && e.to !== unit.cfg.stop),
  );
  return leaves ? {} : { severity: "error" };
}

function releaseText(unit: FunctionUnit, stmt: DeferStmt, call: CallExpr): string {
  return exprText(unit.file, call === stmt.call ? stmt.call : call);
}
