/**
 * A release deferred inside a loop: `defer f.Close()` runs when the function returns, not when the turn ends, so each
 * turn adds one more open file, held lock or running timer.
 */
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import type { DeferStmt } from "../../../go/syntax/ast-stmt.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import type { Block } from "../../../go/cfg/blocks.ts";
import { findLoops, type Loops } from "../../../go/cfg/loops.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { givesBackScarce, isMomentary } from "../../../go/summary/given-back.ts";
import { typeString } from "../../../go/types/print.ts";
import { typeOf } from "../../../go/types/record.ts";
import { defineRule, type RulePass } from "../../rule.ts";
import { Leaves, onceIsNote } from "../../once.ts";
import { exprText } from "../../source-text.ts";
import { isOpenEnded, turnsOften, waitsAFewTimes } from "./turns.ts";
import {
  changesInLoop,
  endsSoon,
  isConditional,
  isCounted,
  isOwnIterator,
  isTolerated,
  type Loop,
  type Release,
} from "./exemptions.ts";
import { areRowsAtEnd, endsLoop, isCommitted, isReadInTurn, leavesOnSuccess } from "./rounds.ts";

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

export const rule = defineRule({
  id: "defer-in-loop",
  title: "Release is deferred inside a loop",
  severity: "warning",
  since: "0.1.0",
  messages,
  check(pass) {
    for (const unit of pass.scope) checkUnit(pass, unit);
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
    if (place === undefined || loops.innermost[place.block.id] < 0) {
      // defer …; return f inside the loop
      if (place !== undefined) pass.spare?.(unit, stmt, "the turn that defers it leaves the loop");
      continue;
    }
    const around = loopsAround(unit, stmt, loops.depth(place.block));
    // rows.Next() has returned false, and closed them; found = true ends for !found
    const isSettled =
      areRowsAtEnd(what.call, loops, place.block, pass.summaries) ||
      isCommitted(what.call, loops, place.block) ||
      endsLoop(around[0], loops, place.block);
    const turning = isSettled ? [] : around.filter((l) => !isTolerated(unit, stmt, what, l));
    const loop = turning.find((l) => isOften(l, unit)) ?? turning[0];
    if (loop === undefined) {
      pass.spare?.(
        unit,
        stmt,
        "the loops around it turn a few times, or until the function ends, or it does not grow with them",
      );
      continue;
    }
    const endless = isEndless(loops, unit, stmt);
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
      ...(endless
        ? { severity: "error" as const }
        : isLittle(pass, unit, loops, place.block, what, loop)
          ? { noteBecause: "the turns are few, or what each of them holds is little, as far as anybody can tell" }
          : {}),
      ...(isConditional(stmt, loop) ? { noteBecause: "only some of the turns defer it" } : {}),
      ...onceIsNote(pass, unit, loop, [], endless ? Leaves.GoesOn : Leaves.Sometimes),
    });
  }
}

/** The turns are few, or what each holds is, as far as anybody can tell: true, and rarely worth a change. */
function isLittle(
  { pkg, summaries }: RulePass<typeof messages>,
  unit: FunctionUnit,
  loops: Loops,
  at: Block,
  what: Release,
  loop: Loop,
): boolean {
  // The second turn waits for the lock of the first, where it is the same: mu.Lock(), but not node.mu.Lock() ahead of node = next
  if (what.isLock) return changesInLoop(what.call, loop);
  // One thing after the other, until one works: what is held is what did not.
  if (loop.kind === NodeKind.RangeStmt && leavesOnSuccess(loops, at)) return true;
  // A context or a timer is a few hundred bytes: it takes a loop that goes on and on, and one that does not end by itself,
  // as a timer does: most loops wait for theirs.
  if (isMomentary(what.call, unit, summaries))
    return what.noun.endsWith("time.Timer") || !isOpenEnded(loop) || !isOften(loop, unit) || endsSoon(what.call, loop);
  return (
    isOwnIterator(what.call, pkg) ||
    isReadInTurn(what.call, loops, at, summaries) ||
    !isOften(loop, unit) ||
    !givesBackScarce(what.call, unit, summaries)
  );
}

function isOften(loop: Loop, unit: FunctionUnit): boolean {
  return turnsOften(loop, unit) && !isCounted(loop) && !countsAttempts(loop) && !waitsAFewTimes(loop);
}

/** `if attempt > maxRetries { return … }`, `retries--` with `retries == 0`: by its names it tries a few times. */
function countsAttempts(loop: Loop): boolean {
  let counts = false;
  walk(loop, (n) => {
    if (n.kind === NodeKind.BinaryExpr && compares.has(n.op))
      for (const e of [n.x, n.y]) {
        const x = unparen(e);
        const name = x.kind === NodeKind.Ident ? x.name : x.kind === NodeKind.SelectorExpr ? x.sel.name : "";
        counts ||= /retr(?:y|ies)|attempt|tries/i.test(name);
      }
    return !counts && n.kind !== NodeKind.FuncLit;
  });
  return counts;
}

const compares: ReadonlySet<Token> = new Set([Token.Lss, Token.Leq, Token.Gtr, Token.Geq, Token.Eql, Token.Neq]);

function holdsDeferInLoop(unit: FunctionUnit): boolean {
  if (unit.nodes(NodeKind.DeferStmt).length === 0) return false;
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
function releaseOf(stmt: DeferStmt): Release | null {
  const direct = nounOf(stmt.call);
  if (direct !== null) return { call: stmt.call, noun: direct, isLock: direct === LOCK };
  const fun = unparen(stmt.call.fun);
  if (fun.kind !== NodeKind.FuncLit) return null;
  let found: Release | null = null;
  walk(fun.body, (n) => {
    const noun = found === null && n.kind === NodeKind.CallExpr ? nounOf(n) : null;
    if (noun !== null && n.kind === NodeKind.CallExpr) found = { call: n, noun, isLock: noun === LOCK };
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

/** A loop without an end never returns: nothing is ever released. */
function isEndless(loops: Loops, unit: FunctionUnit, stmt: DeferStmt): boolean {
  const place = unit.cfg.place(stmt);
  if (place === undefined) return false;
  let outermost = loops.innermost[place.block.id];
  while (loops.all[outermost].parent >= 0) outermost = loops.all[outermost].parent;
  return !unit.cfg.blocks.some(
    (b) =>
      b.reachable &&
      loops.contains(outermost, b) &&
      b.succs.some((e) => !loops.contains(outermost, e.to) && e.to !== unit.cfg.stop),
  );
}

function releaseText(unit: FunctionUnit, stmt: DeferStmt, call: CallExpr): string {
  return exprText(unit.file, call === stmt.call ? stmt.call : call);
}
