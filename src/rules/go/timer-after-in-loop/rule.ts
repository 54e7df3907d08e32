/**
 * `time.After` in a loop's select: every turn that another case ends leaves a timer behind.
 *
 * Before Go 1.23 such a timer stays in the runtime's heap until it fires, so a long timeout in a busy loop holds
 * (turns per second) × (timeout) of them. From 1.23 on the collector takes a timer that nobody waits for. Which of the two
 * holds is decided by the go line of the main module and by GODEBUG's asynctimerchan, not by the toolchain.
 */
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import type { CommClause, SelectStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { directives } from "../../../go/syntax/comments.ts";
import { commentsOf } from "../../../go/syntax/parser.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { type Block, EdgeKind } from "../../../go/cfg/blocks.ts";
import { subject } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { atLeast, Short } from "../../../go/summary/durations.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { objOf, typeOf } from "../../../go/types/record.ts";
import { BasicKind, TypeKind } from "../../../go/types/type.ts";
import { under } from "../../../go/types/typeset.ts";
import { defineRule, type Pass, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

const messages = {
  leak: "{call} starts a new timer in every turn of this loop, and {why} each of them stays in memory until it fires: a loop that turns 1000 times a second holds {held} at once. Make one time.Timer before the loop and Reset it in each turn.",
  short:
    "{call} starts a new timer in every turn of this loop, and {why} each of them stays in memory until it fires. {length}; a loop that turns often pays for it. Make one time.Timer before the loop and Reset it in each turn.",
  garbage:
    "{call} makes a new timer and channel in every turn of this loop: about 250 bytes and 3 allocations. This module says go {version}, so the collector takes back those that nobody waits for: garbage, not a leak. In a hot loop, one time.Timer with Reset makes none.",
};

export const rule = defineRule({
  id: "timer-after-in-loop",
  title: "time.After makes a timer in every turn of a loop",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    if (!pass.imports("time")) return;
    const why = whyTimersStay(pass);
    for (const unit of pass.scope) {
      for (const { select, clause, call } of candidates(pass, unit)) {
        if (!anotherCaseGoesRound(unit, select, clause))
          pass.spare?.(unit, call, "no other case leads back to the select, so that there is one timer at a time");
        else if (onlyEnds(select, clause))
          pass.spare?.(unit, call, "the other cases are the end of something, and come once");
        else report(pass, unit, call, why, onlyWakes(unit, select, clause));
      }
    }
  },
});

function report(
  pass: RulePass<typeof messages>,
  unit: FunctionUnit,
  call: CallExpr,
  why: string | null,
  isPaced: boolean,
): void {
  const nanoseconds = atLeast(unit, call.args[0]);
  const { major, minor } = pass.pkg.goVersion;
  const data = {
    call: exprText(unit.file, call),
    why: why ?? "",
    held: `${(((nanoseconds ?? 0n) * 1000n) / 1_000_000_000n).toString()} of them`,
    version: `${major}.${minor}`,
  };
  const at = { file: unit.file, at: call, unit, data };
  if (why === null)
    pass.report({ ...at, message: "garbage", noteBecause: "the collector takes what nobody waits for" });
  else if (nanoseconds === null || nanoseconds < Short)
    pass.report({
      ...at,
      data: {
        ...data,
        length:
          nanoseconds === null ? "How long that is, nobody can tell from here" : "That is not long, so they go again",
      },
      message: "short",
      noteBecause: "few of them are there at a time, as far as anybody can tell",
    });
  else pass.report({ ...at, message: "leak", ...(isPaced ? { noteBecause: "something else paces the loop" } : {}) });
}

/**
 * Why unreferenced timers stay until they fire, as part of a sentence; null where they do not.
 * Source: https://go.dev/doc/go1.23#timer-changes, https://go.dev/doc/godebug
 */
function whyTimersStay(pass: Pass): string | null {
  const settings = new Map(pass.godebug);
  // //go:debug asynctimerchan=1 in the main package overrides go.mod
  if (pass.pkg.name === "main") {
    for (const { file } of pass.files) {
      for (const d of directives(file.src, commentsOf(file), "go")) {
        const [key, value = ""] = d.args.split("=");
        if (d.name === "debug") settings.set(key, value);
      }
    }
  }
  const own = settings.get("asynctimerchan");
  if (own === "1" || own === "2") return `with the GODEBUG setting asynctimerchan=${own}`;
  if (own === "0") return null;
  const { major, minor } = pass.pkg.goVersion;
  const byDefault = /^go1\.(\d+)/.exec(settings.get("default") ?? "");
  if (byDefault !== null)
    return Number(byDefault[1]) < 23 ? `with the GODEBUG setting default=go1.${byDefault[1]}` : null;
  return major === 1 && minor < 23 ? `before Go 1.23 (this module says go ${major}.${minor})` : null;
}

interface Candidate {
  readonly select: SelectStmt;
  readonly clause: CommClause;
  readonly call: CallExpr;
}

/** Receives from time.After in selects that stand in a loop, as `case <-time.After(d)` or by a variable set in the same loop. */
function* candidates(pass: Pass, unit: FunctionUnit): Generator<Candidate> {
  if (!unit.nodes(NodeKind.CallExpr).some((call) => isTimeAfter(pass, call))) return;
  const found: { select: SelectStmt; loop: Node }[] = [];
  const visit = (root: Node, loop: Node | null): void =>
    walk(root, (n) => {
      if (n.kind === NodeKind.FuncLit) return false;
      if (n.kind === NodeKind.SelectStmt && loop !== null) found.push({ select: n, loop });
      if ((n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt) && n !== loop) {
        visit(n.body, n);
        return false;
      }
      return true;
    });
  visit(unit.body, null);
  for (const { select, loop } of found) {
    for (const clause of select.body.list) {
      if (clause.kind !== NodeKind.CommClause) continue;
      const channel = receivedFrom(clause);
      if (channel === null) continue;
      const call = isTimeAfter(pass, channel) ? channel : assignedIn(pass, loop, channel);
      if (call !== null) yield { select, clause, call };
    }
  }
}

/** The channel of `case <-ch:` or `case v := <-ch:`. */
function receivedFrom(clause: CommClause): Expr | null {
  const { comm } = clause;
  const e = comm?.kind === NodeKind.ExprStmt ? comm.x : comm?.kind === NodeKind.AssignStmt ? comm.rhs[0] : null;
  const x = e === null || e === undefined ? null : unparen(e);
  return x?.kind === NodeKind.UnaryExpr && x.op === Token.Arrow ? unparen(x.x) : null;
}

/** `timeout := time.After(d)` in the loop, before the select. */
function assignedIn(pass: Pass, loop: Node, channel: Expr): CallExpr | null {
  if (channel.kind !== NodeKind.Ident) return null;
  let call: CallExpr | null = null;
  walk(loop, (n) => {
    if (n.kind === NodeKind.FuncLit) return false;
    if (n.kind === NodeKind.AssignStmt && n.rhs.length === 1 && n.lhs.length === 1) {
      const [place] = n.lhs;
      const value = unparen(n.rhs[0]);
      if (place.kind === NodeKind.Ident && objOf(place) === objOf(channel) && isTimeAfter(pass, value)) call = value;
    }
    // What a case or a condition sets is not set in every turn.
    return n.kind !== NodeKind.CommClause && n.kind !== NodeKind.IfStmt && n.kind !== NodeKind.CaseClause;
  });
  return call;
}

function isTimeAfter(pass: Pass, e: Expr): e is CallExpr {
  if (e.kind !== NodeKind.CallExpr || e.args.length !== 1) return false;
  const { func } = calleeOf(e);
  return func !== null && func.name === "After" && pass.summaries.nameOf(func) === "time.After";
}

/**
 * Some other case, chosen before the timer fires, leads back to the select. Where all others leave the loop, there is
 * one timer at a time:  for { select { case <-ctx.Done(): return; case <-time.After(d): poll() } }
 */
function anotherCaseGoesRound(unit: FunctionUnit, select: SelectStmt, timer: CommClause): boolean {
  const wait = unit.cfg.place(select)?.block;
  if (wait === undefined || !wait.reachable) return false;
  return wait.succs.some((e) => e.kind === EdgeKind.Comm && e.subject !== timer && reaches(e.to, wait));
}

/**
 * The other cases are the end of something, and come once: `<-ctx.Done()`, a receive from a channel of struct{} by the name of
 * done, stop or quit. The loop may go on to clean up, but not with a timer for each turn.
 */
function onlyEnds(select: SelectStmt, timer: CommClause): boolean {
  return select.body.list.every((c) => {
    if (c === timer || c.kind !== NodeKind.CommClause) return true;
    const channel = c.comm === null ? null : receivedFrom(c);
    if (channel === null) return false;
    if (channel.kind === NodeKind.CallExpr) return /^Done$|Stopped$|Closed$/.test(calleeOf(channel).name);
    const name =
      channel.kind === NodeKind.SelectorExpr ? channel.sel.name : channel.kind === NodeKind.Ident ? channel.name : "";
    return /done|stop|quit|close|exit|shutdown|term|kill|cancel/i.test(name);
  });
}

/**
 * The other cases that go round are signals, which carry nothing: somebody wakes the loop ahead of its time, and two signals are as one.
 * How often nobody can tell; what comes a thousand times a second has something to say, or says that a queue has.
 */
function onlyWakes(unit: FunctionUnit, select: SelectStmt, timer: CommClause): boolean {
  return select.body.list.every((c) => {
    if (c === timer || c.kind !== NodeKind.CommClause) return true;
    const channel = c.comm === null ? null : receivedFrom(c);
    if (channel === null || c.comm?.kind !== NodeKind.ExprStmt) return endsHere(c);
    const t = under(typeOf(channel));
    if (t.kind !== TypeKind.Chan || takesFromQueue(unit, channel, c)) return false;
    const elem = under(t.elem);
    return (
      (elem.kind === TypeKind.Struct && elem.fields.length === 0) ||
      (elem.kind === TypeKind.Basic && elem.basic === BasicKind.Bool) ||
      endsHere(c)
    );
  });
}

/** `case <-s.acks.ready: for _, ack := range s.acks.pop() { … }`: the signal is that of a queue, which the case empties. */
function takesFromQueue(unit: FunctionUnit, channel: Expr, { body }: CommClause): boolean {
  const queue = channel.kind === NodeKind.SelectorExpr ? subject(channel.x) : null;
  if (queue === null || queue === unit.outermost.signature?.recv) return false;
  let takes = false;
  for (const s of body)
    walk(s, (n) => {
      if (n.kind === NodeKind.CallExpr && n.fun.kind === NodeKind.SelectorExpr) takes ||= subject(n.fun.x) === queue;
      return !takes;
    });
  return takes;
}

/** The case leaves the function, so that no timer follows. */
const endsHere = ({ body }: CommClause): boolean => body.at(-1)?.kind === NodeKind.ReturnStmt;

function reaches(from: Block, to: Block): boolean {
  const seen = new Set<Block>([from]);
  const work = [from];
  for (let b = work.pop(); b !== undefined; b = work.pop()) {
    if (b === to) return true;
    for (const e of b.succs) {
      if (seen.has(e.to)) continue;
      seen.add(e.to);
      work.push(e.to);
    }
  }
  return false;
}
