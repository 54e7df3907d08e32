/**
 * A goroutine sends on a channel without room, and the function that made the channel can leave before it receives: on a
 * timeout, an early return, after the first of several results. The send then blocks for ever.
 */
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { lengthOf, variable } from "../../../go/flow/facts.ts";
import { unsettledPath } from "../../../go/flow/paths.ts";
import {
  answersOf,
  type Channel,
  ChanOp,
  type ChanUse,
  endsOf,
  goroutineOf,
  isPlain,
  isRepeated,
  type LeavingPath,
  leavesWithout,
  loopsAround,
  returnsOnReceipt,
} from "../../../go/summary/channels.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import type { ReturnStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { doneOf, isContext } from "../../../go/summary/contexts.ts";
import { goStatement, type Started } from "../../../go/summary/started.ts";
import { countedBy as groupsCountedBy, groupOf } from "../../../go/summary/wait-groups.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { BuiltinId, type Var } from "../../../go/types/object.ts";
import { typeOf } from "../../../go/types/record.ts";
import { abandonedReport, eachLocalChannel, NotPlain } from "../../abandoned-channel.ts";
import { onceIsNote } from "../../once.ts";
import { defineRule, type EditDraft, type RulePass } from "../../rule.ts";
import { exprText } from "../../source-text.ts";
import { leavesStream } from "./stream.ts";

const messages = {
  left: "The goroutine sends on {channel}, which has {room}, and {exit} leaves before anything is received: the send blocks for ever. Give the channel room for every send, or add a case to the send that ends with the context.",
  stream:
    "The goroutine sends on {channel}, which has {room}, one value after the other, and {exit} leaves while there may be more: the next send blocks for ever. Receive what is left, or add a case to the send that ends with the context.",
  first:
    "Every goroutine of this loop sends on {channel}, which has {room}, and only {taken} received: the others block for ever. Give the channel room for all of them.",
  behind:
    "Every goroutine of this loop sends on {channel}, which has {room}, and it is received from only behind {wait}, which waits for them: the send and the wait block for ever. Give the channel room for all of them, or receive before.",
  counted:
    "{channel} has room for {room}, and there is a send for each element of the elements of {list}: when {taken} received, the others block for ever. Give the channel room for all of them.",
  several:
    "{count} goroutines send on {channel}, which has {room}, and only {taken} received: the others block for ever. Give the channel room for all of them.",
};

type Pass = RulePass<typeof messages>;

export const rule = defineRule({
  id: "goroutine-send-blocked",
  title: "Goroutine blocks on a send that nobody receives",
  severity: "error",
  since: "0.1.0",
  messages,
  check(pass) {
    eachLocalChannel(pass, (unit, channel, all) => checkChannel(pass, unit, channel, all));
  },
});

function checkChannel(pass: Pass, unit: FunctionUnit, channel: Channel, all: readonly Channel[]): void {
  let received = false;
  if (!isPlain(channel)) return pass.spare?.(unit, channel.make, NotPlain);
  const receives = channel.uses.filter((u) => u.op === ChanOp.Receive || u.op === ChanOp.Range);
  if (channel.capacity === null) {
    if (!checkCounted(pass, unit, channel, receives, all))
      pass.spare?.(unit, channel.make, "its capacity is not a constant");
    return;
  }
  // Received by another goroutine, which may do so at any time.
  if (receives.some((u) => u.inside.length > 0 && goroutineOf(channel, u) !== null))
    return pass.spare?.(unit, channel.make, "another goroutine receives from it");
  if (receives.length === 0) return;
  for (const lit of new Set(channel.uses.map((u) => goroutineOf(channel, u)).filter((g) => g !== null))) {
    const sends = channel.uses.filter((u) => u.op === ChanOp.Send && goroutineOf(channel, u) === lit);
    const blocked = sends.filter((u) => !u.optional && !asksFirst(lit, u.node));
    if (blocked.length === 0) continue;
    const start = goStatement(unit, lit);
    if (start === null) continue;
    if (closesInTheEnd(unit, channel.variable)) {
      pass.spare?.(unit, channel.make, "the function closes it: a send panics then, and does not wait");
      continue;
    }
    const many = isRepeated(unit, start) && !isRepeated(unit, channel.made);
    // With room for one, a second send on the same path is what blocks; with more nothing is claimed.
    if (channel.capacity > 1 || (channel.capacity === 1 && (many || !sendsTwice(pass, unit, lit, blocked)))) {
      pass.spare?.(unit, channel.make, "it has room for what is sent");
      continue;
    }
    const path = leavesWithout(unit, lit, [...receives, ...answersOf(all, lit), ...endsOf(all, lit)], pass);
    if (path !== null) reportLeft(pass, unit, channel, lit, blocked, path);
    else if (many) checkFirst(pass, unit, channel, { lit, start, send: blocked[0] }, receives, all);
    else {
      const left = leavesStream(pass, unit, channel, lit, blocked, all);
      if (left !== null) return reportStream(pass, unit, channel, blocked[0], left);
      received = true;
    }
    if (path !== null) return;
  }
  if (!checkSeveral(pass, unit, channel, receives) && received)
    pass.spare?.(unit, channel.make, "every path receives from it");
}

/**
 * Room for the elements of a list, `make(chan T, len(groups))`, and a send for each element of its elements; the receiving ends with
 * the first answer of some kind.
 */
function checkCounted(
  pass: Pass,
  unit: FunctionUnit,
  channel: Channel,
  receives: readonly ChanUse[],
  all: readonly Channel[],
): boolean {
  const list = countedBy(channel);
  if (list === null || receives.length !== 1 || receives[0].op !== ChanOp.Receive) return false;
  for (const use of channel.uses) {
    const lit = use.op === ChanOp.Send && !use.optional ? goroutineOf(channel, use) : null;
    if (lit === null || !sendsForInner(use, lit, list, all)) continue;
    const at = returnsOnReceipt(unit, receives[0]) ?? endsGathering(unit, receives[0], answersOf(all, lit));
    if (at === null) continue;
    const { file } = unit;
    const { name } = channel.variable;
    pass.report({
      file,
      at: channel.make,
      unit,
      message: "counted",
      data: { channel: name, room: `len(${list.name})`, list: list.name, taken: "the results up to a return are" },
      path: [
        { file, at: channel.make, message: `${name} is made here` },
        { file, at: use.node, message: "a goroutine sends here" },
        { file, at, message: "leaves here, and the rest is never received" },
      ],
      ...onceIsNote(pass, unit, channel.made),
    });
    return true;
  }
  return false;
}

/** The list whose length is the channel's room. */
function countedBy({ make }: Channel): Var | null {
  const call = unparen(make);
  return call.kind === NodeKind.CallExpr && call.args.length === 2 ? lengthOf(call.args[1]) : null;
}

/** The goroutine sends for each element of the elements of `list`, or for each job of a channel that gets one for each of those. */
function sendsForInner(send: ChanUse, lit: Started, list: Var, all: readonly Channel[]): boolean {
  if (rangesInside(lit.body, send.node, list)) return true;
  return all.some((jobs) => {
    const taken = jobs.uses.some(
      (u) =>
        (u.op === ChanOp.Receive || u.op === ChanOp.Range) && goroutineOf(jobs, u) === lit && sameTurn(lit, u, send),
    );
    const given = jobs.uses.filter((u) => u.op === ChanOp.Send);
    return (
      taken && given.length > 0 && given.every((u) => rangesInside(u.inside.at(-1)?.body ?? jobs.made, u.node, list))
    );
  });
}

/** A loop of the goroutine takes a job in each turn, and sends in it. */
function sameTurn(lit: Started, taken: ChanUse, send: ChanUse): boolean {
  let same = false;
  walk(lit.body, (n) => {
    if (n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt)
      same ||= (within(taken.node, n) || taken.node === n) && within(send.node, n.body);
    return !same && n.kind !== NodeKind.FuncLit;
  });
  return same;
}

/** `for k := range list { for _, x := range list[k] { … } }` around the node. */
function rangesInside(body: Node, node: Node, list: Var): boolean {
  let outer: Set<Var> | null = null;
  let inside = false;
  walk(body, (n) => {
    if (n.pos > node.pos || n.end < node.end || n.kind === NodeKind.FuncLit) return n === body;
    if (n.kind !== NodeKind.RangeStmt || !within(node, n.body)) return true;
    if (variable(n.x) === list) {
      outer = new Set([n.key, n.value].flatMap((e) => (e === null ? [] : (variable(e) ?? []))));
    } else if (outer !== null) {
      const own: ReadonlySet<Var> = outer;
      walk(n.x, (x) => {
        const v = x.kind === NodeKind.Ident ? variable(x) : null;
        inside ||= v !== null && own.has(v);
      });
    }
    return true;
  });
  return inside;
}

/** Goroutines that each send once, more than are received from: whoever is first wins. */
function checkSeveral(pass: Pass, unit: FunctionUnit, channel: Channel, receives: readonly ChanUse[]): boolean {
  const sends = channel.uses.filter((u) => u.op === ChanOp.Send);
  if (channel.uses.length !== sends.length + receives.length || sends.some((u) => u.optional)) return false;
  if (receives.some((u) => u.op !== ChanOp.Receive || u.inLoop || u.inside.length > 0)) return false;
  const lits = new Set(sends.map((u) => goroutineOf(channel, u)));
  const room = (channel.capacity ?? 0) + receives.length;
  if (lits.has(null) || lits.size <= room) return false;
  for (const u of sends) {
    const lit = goroutineOf(channel, u);
    const start = lit === null ? null : goStatement(unit, lit);
    if (lit === null || start === null || isRepeated(unit, start) || !itsOwn(lit, u.node)) return false;
  }
  const { file } = unit;
  pass.report({
    file,
    at: channel.make,
    unit,
    message: "several",
    data: {
      channel: channel.variable.name,
      room: channel.capacity === 0 ? "no buffer" : `room for ${channel.capacity}`,
      count: String(lits.size),
      taken: receives.length === 1 ? "one result is" : `${receives.length} results are`,
    },
    path: [
      { file, at: channel.make, message: `${channel.variable.name} is made here` },
      ...sends.map((u) => ({ file, at: u.node, message: "a goroutine sends here" })),
      { file, at: receives[0].node, message: "received here, and nowhere else" },
    ],
    ...onceIsNote(pass, unit, channel.made),
  });
  return true;
}

/** What decides whether a goroutine sends are its own results, and nothing that another goroutine may decide the other way. */
function itsOwn(lit: Started, send: Node): boolean {
  let own = true;
  walk(lit.body, (n) => {
    if (n.kind === NodeKind.FuncLit) return false;
    if (n.kind === NodeKind.IfStmt && n.pos < send.pos) {
      walk(n.cond, (x) => {
        const v = x.kind === NodeKind.Ident ? variable(x) : null;
        if (v !== null && (v.pos < lit.body.pos || v.pos >= lit.end)) own = false;
        if (x.kind === NodeKind.CallExpr) own = false;
      });
    } else if ((n.kind === NodeKind.SwitchStmt || n.kind === NodeKind.SelectStmt) && n.pos < send.pos) own = false;
    return own;
  });
  return own;
}

/**
 * Some path of the goroutine does two of the sends, or one of them twice, without a select in between whose other case is
 * the end of a context, or a channel that the function closes: whoever leaves sees to that.
 */
function sendsTwice(pass: Pass, unit: FunctionUnit, lit: Started, sends: readonly ChanUse[]): boolean {
  const inner = pass.units.find((u) => u.node === lit);
  if (inner === undefined) return false;
  const closed = closedBy(unit, lit);
  const isSend = (n: Node): boolean => sends.some((s) => s.node === n);
  return sends.some(
    (s) =>
      inner.cfg.place(s.node) !== undefined &&
      unsettledPath(inner.cfg, inner.file.file.src, {
        from: s.node,
        settles: (n) => waitsForEnd(n, closed),
        target: isSend,
      }) !== null,
  );
}

/** What the goroutine runs is a server, by its name. */
function serves(lit: Started): boolean {
  let found = false;
  walk(lit.body, (n) => {
    if (n.kind !== NodeKind.CallExpr) return !found;
    const fun = unparen(n.fun);
    const name = fun.kind === NodeKind.SelectorExpr ? fun.sel.name : fun.kind === NodeKind.Ident ? fun.name : "";
    const on = fun.kind === NodeKind.SelectorExpr && fun.x.kind === NodeKind.SelectorExpr ? fun.x.sel.name : "";
    found ||=
      /^(?:Listen)?(?:And)?Serve(?:TLS)?$|server/i.test(name) || (/server/i.test(on) && /^(?:Start|Run)$/.test(name));
    return !found;
  });
  return found;
}

/** `if ctx.Err() == nil { done <- err }`: whoever has left with the context is not sent anything. */
function asksFirst(lit: Started, send: Node): boolean {
  let asks = false;
  walk(lit.body, (n) => {
    if (n.pos > send.pos || n.end < send.end) return false;
    if (n.kind === NodeKind.IfStmt && n.body.pos <= send.pos && send.end <= n.body.end) {
      const cond = unparen(n.cond);
      const call = cond.kind === NodeKind.BinaryExpr && cond.op === Token.Eql ? unparen(cond.x) : null;
      if (call?.kind === NodeKind.CallExpr && call.fun.kind === NodeKind.SelectorExpr && call.fun.sel.name === "Err")
        asks ||= isContext(typeOf(call.fun.x));
    }
    return !asks;
  });
  return asks;
}

/** Whichever way the function is left, it closes the channel: `defer close(answers)`. What it closes further down it may never come to. */
function closesInTheEnd({ cfg }: FunctionUnit, channel: Var): boolean {
  return cfg.defers.some(({ call }) => {
    let closes = false;
    walk(call, (n) => {
      if (n.kind === NodeKind.CallExpr && calleeOf(n).builtin?.id === BuiltinId.Close)
        closes ||= variable(n.args[0]) === channel;
      return !closes;
    });
    return closes;
  });
}

/** Channels that the function closes itself, and not the goroutine. */
function closedBy(unit: FunctionUnit, lit: Started): ReadonlySet<Var> {
  const closed = new Set<Var>();
  walk(unit.body, (n) => {
    if (n === lit) return false;
    if (n.kind !== NodeKind.CallExpr || n.args.length !== 1 || calleeOf(n).builtin?.id !== BuiltinId.Close) return true;
    const v = variable(n.args[0]);
    if (v !== null) closed.add(v);
    return true;
  });
  // By which of its parameters a declared function has one of them is not looked for.
  if (lit.kind === NodeKind.FuncDecl)
    for (const { names } of lit.type.params.list)
      for (const id of names) {
        const v = variable(id);
        if (v !== null) closed.add(v);
      }
  return closed;
}

/** A select with a case `<-ctx.Done()`, or with one that receives from a channel of `closed`. */
function waitsForEnd(n: Node, closed: ReadonlySet<Var>): boolean {
  if (n.kind !== NodeKind.SelectStmt) return false;
  return n.body.list.some((c) => {
    const comm = c.kind === NodeKind.CommClause ? c.comm : null;
    const e = comm?.kind === NodeKind.ExprStmt ? unparen(comm.x) : null;
    if (e?.kind !== NodeKind.UnaryExpr || e.op !== Token.Arrow) return false;
    const v = variable(e.x);
    return doneOf(e.x) !== null || (v !== null && closed.has(v));
  });
}

function reportLeft(
  pass: Pass,
  unit: FunctionUnit,
  channel: Channel,
  lit: Started,
  sends: readonly ChanUse[],
  path: LeavingPath,
): void {
  const abandoned = {
    channel,
    wait: sends[0].node,
    waits: "the goroutine sends here",
    leaves: "leaves, and nobody will receive",
    path,
  };
  const room = channel.capacity === 0 ? "no buffer" : `room for ${channel.capacity}`;
  pass.report({
    ...abandonedReport<typeof messages>(pass, unit, abandoned, "left", { room }),
    // go func() { errc <- server.Serve(l) }()
    ...(serves(lit) ? { noteBecause: "it runs a server, most often as long as the process" } : {}),
    ...fixOf(unit, channel, lit, sends),
  });
}

function reportStream(pass: Pass, unit: FunctionUnit, channel: Channel, send: ChanUse, path: LeavingPath): void {
  const abandoned = {
    channel,
    wait: send.node,
    waits: "the goroutine sends here, in every turn of its loop",
    leaves: "leaves, and nobody will receive the next",
    path,
  };
  const room = channel.capacity === 0 ? "no buffer" : `room for ${channel.capacity}`;
  pass.report(abandonedReport<typeof messages>(pass, unit, abandoned, "stream", { room }));
}

/** Room for the one send there is. */
function fixOf(
  unit: FunctionUnit,
  channel: Channel,
  lit: Started,
  sends: readonly ChanUse[],
): { fix?: { title: string; edits: EditDraft[] } } {
  const make = unparen(channel.make);
  const all = channel.uses.filter((u) => u.op === ChanOp.Send);
  const start = goStatement(unit, lit);
  if (make.kind !== NodeKind.CallExpr || channel.capacity !== 0 || all.length !== 1 || sends[0].inLoop) return {};
  if (start === null || (isRepeated(unit, start) && !isRepeated(unit, channel.made))) return {};
  return {
    fix: {
      title: "Give the channel room for the result",
      edits: [{ file: unit.file, start: make.args[0].end, end: make.args[0].end, text: ", 1" }],
    },
  };
}

/** Goroutines started in a loop; the results are received once, or in a loop that an error ends. */
function checkFirst(
  pass: Pass,
  unit: FunctionUnit,
  channel: Channel,
  { lit, start, send }: { readonly lit: Started; readonly start: Node; readonly send: ChanUse },
  receives: readonly ChanUse[],
  all: readonly Channel[],
): void {
  const startLoops = loopsAround(unit, start);
  let taken: string | null = null;
  let at: Node | null = null;
  if (receives.every((u) => u.op === ChanOp.Receive && !u.inLoop && u.inside.length === 0)) {
    // One receive, in no loop: one result wins.
    if (receives.length === 1 && !startLoops.some((l) => within(receives[0].node, l)))
      [taken, at] = ["one result is", receives[0].node];
  } else if (receives.length === 1 && receives[0].op === ChanOp.Receive && receives[0].inside.length === 0) {
    const loop = loopsAround(unit, receives[0].node).at(-1);
    const early = loop === undefined || startLoops.includes(loop) ? null : earlyReturn(loop.body, receives[0].node);
    if (early !== null) [taken, at] = ["the results before the first error are", early];
  }
  if (taken === null && receives.length === 1) {
    const ends = endsGathering(unit, receives[0], answersOf(all, lit));
    if (ends !== null && !startLoops.some((l) => within(receives[0].node, l)))
      [taken, at] = ["the results up to a return are", ends];
  }
  if (taken === null || at === null) return;
  const { file } = unit;
  const wait = waitedFor(unit, lit, start, receives);
  pass.report({
    file,
    at: channel.make,
    unit,
    message: wait === null ? "first" : "behind",
    data: {
      channel: channel.variable.name,
      room: "no buffer",
      taken,
      wait: wait === null ? "" : exprText(file, wait),
    },
    path: [
      { file, at: channel.make, message: `${channel.variable.name} is made here` },
      { file, at: start, message: "one goroutine for each turn" },
      { file, at: send.node, message: "each sends here" },
      wait === null
        ? { file, at, message: "leaves here, and the rest is never received" }
        : { file, at: wait, message: "waits for them, and nothing is received before" },
    ],
    ...onceIsNote(pass, unit, channel.made),
  });
}

/** `wg.Wait()` between the start and all that receives, for a group that the goroutine counts down: it waits for senders that wait. */
function waitedFor(unit: FunctionUnit, lit: Started, start: Node, receives: readonly ChanUse[]): CallExpr | null {
  const counted = groupsCountedBy(lit);
  let wait: CallExpr | null = null;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.FuncLit) return false;
    if (n.kind !== NodeKind.CallExpr || calleeOf(n).name !== "Wait" || n.pos < start.end) return wait === null;
    const group = groupOf(n);
    if (group !== null && counted.has(group) && receives.every((r) => r.node.pos > n.end)) wait ??= n;
    return wait === null;
  });
  return wait;
}

/** The select that receives, in a loop, has a case that takes one of the answers and returns with it. */
function endsGathering(unit: FunctionUnit, receive: ChanUse, answers: readonly ChanUse[]): ReturnStmt | null {
  const loop = receive.inside.length > 0 ? undefined : loopsAround(unit, receive.node).at(-1);
  let select: Node | null = null;
  if (loop === undefined) return null;
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.SelectStmt && within(receive.node, n)) select = n;
    return n.kind !== NodeKind.FuncLit;
  });
  if (select === null) return null;
  for (const answer of answers) {
    const ends = within(answer.node, select) ? returnsOnReceipt(unit, answer) : null;
    if (ends !== null) return ends;
  }
  return null;
}

/** `if err != nil { return … }` behind the receive, in the loop that receives. */
function earlyReturn(body: Node, receive: Node): ReturnStmt | null {
  let found: ReturnStmt | null = null;
  walk(body, (n) => {
    if (found !== null || n.kind === NodeKind.FuncLit) return false;
    if (n.kind === NodeKind.IfStmt && n.end > receive.end) {
      const { cond } = n;
      const last = n.body.list.at(-1);
      const isError = cond.kind === NodeKind.BinaryExpr && cond.x.kind === NodeKind.Ident && /err/i.test(cond.x.name);
      if (isError && cond.end > receive.pos && last?.kind === NodeKind.ReturnStmt && last.pos > receive.end)
        found = last;
    }
    return true;
  });
  return found;
}

function within(inner: Node, outer: Node): boolean {
  return inner.pos >= outer.pos && inner.end <= outer.end;
}
