/**
 * When a release deferred inside a loop is as it should be: the ladder of exemptions, each under a line of Go that it
 * lets pass.
 */
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import type { DeferStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { Fact, factOf, subject, testOf } from "../../../go/flow/facts.ts";
import { mentions as mentionsAny } from "../../../go/flow/mentions.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { identical } from "../../../go/types/identical.ts";
import { type Obj, ObjKind } from "../../../go/types/object.ts";
import { deref } from "../../../go/types/lookup.ts";
import type { Package } from "../../../go/types/package.ts";
import { constOf, objOf, typeOf } from "../../../go/types/record.ts";
import { TypeKind } from "../../../go/types/type.ts";
import { errorType } from "../../../go/types/universe.ts";

export type Loop = Extract<Node, { kind: NodeKind.ForStmt | NodeKind.RangeStmt }>;

/** A deferred call that releases something. */
export interface Release {
  readonly call: CallExpr;
  /** What a turn does that the call would undo: "holds one more os.File open". */
  readonly noun: string;
  readonly isLock: boolean;
}

/** Fewer turns than this, written in the source, hold so little that it is a matter of taste. */
const FewTurns = 8;

export function isTolerated(unit: FunctionUnit, stmt: DeferStmt, what: Release, loop: Loop): boolean {
  // for i := 0; i < 3; i++ { … }
  if (isShort(loop)) return true;
  // func main() { for _, name := range os.Args[1:] { … defer f.Close() } } ends with the process
  if (unit.name === "main" && unit.file.pkg.name === "main" && !isEndless(loop)) return true;
  // for i := range locks { locks[i].Lock(); defer locks[i].Unlock() } takes them all on purpose, and so with its values
  if (receiverIsElement(what.call) || (what.isLock && locksValue(what.call, loop))) return true;
  // defer func() { if err != nil { l.Close() } }(): they are all wanted unless the function fails
  if (dependsOnOutcome(unit, stmt)) return true;
  // for _, f := range files { defer f.Close() }: they were there before, all of them
  if (isRangeValue(stmt, loop)) return true;
  // f.Close() at the end of the turn: the deferred one is for the other paths
  if (isReleasedInTurn(stmt, what.call, loop)) return true;
  // http.NewRequest("PUT", url, f): the client closes what it has sent
  if (isRequestBody(what.call, loop)) return true;
  // t := time.AfterFunc(d, work); defer t.Stop(): what has not begun when the function ends is not to begin
  if (isDelayedCall(stmt, loop)) return true;
  // files = append(files, f): all of them are wanted until the end
  if (outlivesTurn(stmt, loop)) return true;
  // syscall.Flock(int(f.Fd()), syscall.LOCK_EX): closed, it would be unlocked
  if (!what.isLock && isFileLock(stmt, loop)) return true;
  // if w == nil { w = open(); defer w.Close() } happens once, if first { first = false; … } too
  if (isGuarded(stmt, loop) || isFlagged(stmt, loop)) return true;
  // defer stop() // there are only ever a few contexts: somebody has thought about it
  if (isExplained(unit, stmt)) return true;
  // defer gz.Close(), of a *gzip.Reader: it holds memory and nothing else
  if (holdsOnlyMemory(what.call)) return true;
  // for range names { defer f.Close() }, with an f from before the loop: one thing, released too often
  return what.isLock ? !locksIn(loop) : !changesInLoop(stmt.call, loop);
}

function receiverIsElement(call: CallExpr): boolean {
  let e: Expr = unparen(call.fun);
  for (;;)
    if (e.kind === NodeKind.SelectorExpr || e.kind === NodeKind.ParenExpr) e = e.x;
    else if (e.kind === NodeKind.CallExpr) e = e.fun;
    else return e.kind === NodeKind.IndexExpr;
}

/** The lock is part of what the loop ranges over: each turn has another. */
function locksValue(release: CallExpr, loop: Loop): boolean {
  if (loop.kind !== NodeKind.RangeStmt) return false;
  let e: Expr = unparen(release.fun);
  while (e.kind === NodeKind.SelectorExpr || e.kind === NodeKind.ParenExpr) e = e.x;
  const obj = e.kind === NodeKind.Ident ? objOf(e) : null;
  return obj !== null && [loop.key, loop.value].some((v) => v?.kind === NodeKind.Ident && objOf(v) === obj);
}

/** The deferred closure asks for a named result of the function. */
function dependsOnOutcome(unit: FunctionUnit, stmt: DeferStmt): boolean {
  const fun = unparen(stmt.call.fun);
  const results = unit.signature?.results ?? [];
  if (fun.kind !== NodeKind.FuncLit || results.length === 0) return false;
  let asks = false;
  walk(fun.body, (n) => {
    if (n.kind !== NodeKind.IfStmt) return;
    walk(n.cond, (m) => {
      const obj = m.kind === NodeKind.Ident ? objOf(m) : null;
      if (obj?.kind === ObjKind.Var && results.includes(obj)) asks = true;
    });
  });
  return asks;
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
  const names = namesIn(release.fun);
  const fun = unparen(release.fun);
  // resp.Body
  const held = fun.kind === NodeKind.SelectorExpr ? subject(fun.x) : null;
  const { name } = calleeOf(release);
  let released = false;
  walk(loop.body, (n) => {
    if (released || n === stmt) return false;
    if (n.kind === NodeKind.CallExpr && calleeOf(n).name === name) {
      const called = unparen(n.fun);
      const x = called.kind === NodeKind.SelectorExpr ? unparen(called.x) : called;
      released = has(names, x) || (held !== null && subject(x) === held);
    }
    return !released;
  });
  return released;
}

/** "The Request Body, if non-nil, will be closed by the underlying Transport, even on errors": https://pkg.go.dev/net/http#Client.Do */
function isRequestBody(release: CallExpr, loop: Loop): boolean {
  const fun = unparen(release.fun);
  const held = fun.kind === NodeKind.SelectorExpr ? subject(fun.x) : null;
  let sent = false;
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.CallExpr && held !== null) {
      const { func } = calleeOf(n);
      const makes = func?.pkg?.path === "net/http" && func.name.startsWith("NewRequest");
      sent ||= makes && n.args.some((arg) => subject(arg) === held);
    }
    return !sent;
  });
  return sent;
}

/** What the defer releases, or the context that it cancels, is kept beyond the turn or given to a goroutine. */
function outlivesTurn(stmt: DeferStmt, loop: Loop): boolean {
  const names = namesIn(stmt.call);
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
  const mentions = (root: Node): boolean => mentionsAny(root, names);
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

/** A lock is taken on what the defer releases, and kept until then. */
function isFileLock(stmt: DeferStmt, loop: Loop): boolean {
  const names = namesIn(stmt.call);
  let locked = false;
  walk(loop.body, (n) => {
    if (locked || n === stmt) return false;
    if (n.kind === NodeKind.CallExpr && /^(?:try)?f?lock(?:ex|file|fileex|exclusive|shared)?$/i.test(calleeOf(n).name))
      locked = mentionsAny(n, names);
    return !locked;
  });
  return locked;
}

/** The value itself or a literal around it, not something computed from it. */
function isPlain(e: Expr): boolean {
  const x = unparen(e);
  return x.kind === NodeKind.Ident || x.kind === NodeKind.CompositeLit || x.kind === NodeKind.UnaryExpr;
}

/** An if around the defer asks whether what is released is nil: it is made in one turn and kept. */
function isGuarded(stmt: DeferStmt, loop: Loop): boolean {
  const names = namesIn(stmt.call);
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

/** An if around the defer asks for a flag that its body takes down, or for one it puts up to be false. */
function isFlagged(stmt: DeferStmt, loop: Loop): boolean {
  let flagged = false;
  walk(loop.body, (n) => {
    if (n.pos > stmt.pos || n.end < stmt.end || n.kind === NodeKind.FuncLit) return false;
    if (n.kind !== NodeKind.IfStmt || n.body.pos > stmt.pos || stmt.end > n.body.end) return true;
    const test = testOf(n.cond);
    if (test === null || (test.whenTrue !== Fact.True && test.whenTrue !== Fact.False)) return true;
    for (const s of n.body.list) {
      if (s.kind !== NodeKind.AssignStmt || s.lhs.length !== s.rhs.length) continue;
      s.lhs.forEach((e, i) => (flagged ||= subject(e) === test.subject && factOf(s.rhs[i]) === test.whenFalse));
    }
    return true;
  });
  return flagged;
}

const decoder = new TextDecoder();

/** A comment behind the defer says that it is meant, or how often it happens. */
function isExplained(unit: FunctionUnit, stmt: DeferStmt): boolean {
  const { src } = unit.file.file;
  const end = src.indexOf(10, stmt.end);
  const rest = decoder.decode(src.subarray(stmt.end, end < 0 ? src.length : end));
  const comment = rest.includes("//") ? rest.slice(rest.indexOf("//") + 2) : "";
  return /\b(?:only|few|small|once|intend\w*|on purpose|deliberate\w*|fine|ok|bounded|nolint)\b/i.test(comment);
}

/** Types whose Close gives nothing back that the collector would not. */
const memoryOnly: ReadonlySet<string> = new Set([
  "compress/gzip.Reader",
  "compress/flate.decompressor",
  "compress/zlib.reader",
]);

function holdsOnlyMemory(release: CallExpr): boolean {
  const fun = unparen(release.fun);
  if (fun.kind !== NodeKind.SelectorExpr) return false;
  const [t] = deref(typeOf(fun.x));
  return t.kind === TypeKind.Named && memoryOnly.has(`${t.obj.pkg?.path ?? ""}.${t.obj.name}`);
}

/**
 * The defer stands in a case, or under a condition that is not about what it releases: some turns come by, and how many the code
 * does not tell.
 */
export function isConditional(stmt: DeferStmt, loop: Loop): boolean {
  const names = namesIn(stmt.call);
  let conditional = false;
  walk(loop.body, (n) => {
    if (n.pos > stmt.pos || n.end < stmt.end || n.kind === NodeKind.FuncLit) return false;
    // A loop in it is another matter.
    if (n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt) conditional = false;
    else if (n.kind === NodeKind.CaseClause) conditional = true;
    else if (n.kind === NodeKind.IfStmt && n.cond.end <= stmt.pos) {
      let about = n.init !== null;
      walk(n.cond, (m) => void (about ||= m.kind === NodeKind.Ident && has(names, m)));
      conditional ||= !about;
    }
    return true;
  });
  return conditional || picksOneKind(stmt, loop);
}

/** `if layer.MediaType != config { continue }` ahead of the defer: turns of one kind come by. */
function picksOneKind(stmt: DeferStmt, loop: Loop): boolean {
  const element = loop.kind === NodeKind.RangeStmt && loop.value?.kind === NodeKind.Ident ? objOf(loop.value) : null;
  if (element === null) return false;
  return loop.body.list.some((s) => {
    if (s.kind !== NodeKind.IfStmt || s.end > stmt.pos || s.else_ !== null || s.cond.kind !== NodeKind.BinaryExpr)
      return false;
    const last = s.body.list.at(-1);
    if (last?.kind !== NodeKind.BranchStmt || last.tok !== Token.Continue || s.cond.op !== Token.Neq) return false;
    const x = unparen(s.cond.x);
    const isString = typeof constOf(s.cond.y) === "string";
    return isString && x.kind === NodeKind.SelectorExpr && has(new Set([element]), unparen(x.x));
  });
}

/** A context that ends by itself sooner than this holds a timer for so long, however many turns there are. */
const ShortTime = 60_000_000_000n;

/**
 * The release cancels a context that ends by itself in a moment: `ctx, cancel := context.WithTimeout(parent, 5*time.Second)`; or after the
 * time that each turn waits, so that one is left at a time; or with any deadline, in a loop that asks for page after page.
 */
export function endsSoon(release: CallExpr, loop: Loop): boolean {
  const names = namesIn(release.fun);
  let soon = false;
  walk(loop.body, (n) => {
    if (n.kind !== NodeKind.AssignStmt || n.rhs.length !== 1 || !n.lhs.some((e) => has(names, e))) return;
    for (const e of n.lhs) {
      const obj = e.kind === NodeKind.Ident ? objOf(e) : null;
      // ctx, cancel := context.WithCancelCause(parent); ctx, _ = context.WithTimeout(ctx, …): what is cancelled is the one, what ends the other
      if (obj?.kind === ObjKind.Var) names.add(obj);
    }
    const call = unparen(n.rhs[0]);
    if (call.kind !== NodeKind.CallExpr || !/^WithTimeout(?:Cause)?$/.test(calleeOf(call).name)) return;
    if (call.args[1] === undefined) return;
    const time = constOf(call.args[1]);
    soon = (typeof time === "bigint" && time <= ShortTime) || isWaitedFor(call.args[1], loop) || asksForPages(loop);
  });
  return soon;
}

/** `<-time.After(interval)`, `time.Sleep(interval)` in the turn. */
function isWaitedFor(time: Expr, loop: Loop): boolean {
  const v = subject(time);
  if (v === null) return false;
  let waits = false;
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.CallExpr && /^(?:After|Sleep|NewTimer)$/.test(calleeOf(n).name))
      waits ||= calleeOf(n).func?.pkg?.path === "time" && n.args.some((arg) => subject(arg) === v);
    return !waits && n.kind !== NodeKind.FuncLit;
  });
  return waits;
}

/** `for pager.More() { … }` */
function asksForPages(loop: Loop): boolean {
  if (loop.kind !== NodeKind.ForStmt || loop.cond === null) return false;
  const cond = unparen(loop.cond);
  return cond.kind === NodeKind.CallExpr && /^(?:More|HasMore|Next|HasNext|NextPage)$/.test(calleeOf(cond).name);
}

/** An iterator of the program's own: whether it holds anything but memory is not known. */
export function isOwnIterator(release: CallExpr, pkg: Package): boolean {
  const fun = unparen(release.fun);
  if (fun.kind !== NodeKind.SelectorExpr) return false;
  const [t] = deref(typeOf(fun.x));
  if (t.kind !== TypeKind.Named || !/Iter(?:ator)?$/.test(t.obj.name)) return false;
  const from = t.obj.pkg?.source?.module;
  return from != null && from.path === pkg.source?.module?.path;
}

/** A counter is compared with a number written in the source, and past that the loop is left: `if n++; n > max { return err }`. */
export function isCounted(loop: Loop): boolean {
  const counted = new Set<Obj>();
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.IncDecStmt && n.tok === Token.Inc && n.x.kind === NodeKind.Ident) {
      const obj = objOf(n.x);
      if (obj !== null) counted.add(obj);
    }
    return n.kind !== NodeKind.FuncLit;
  });
  if (counted.size === 0) return false;
  let bounded = false;
  walk(loop.body, (n) => {
    if (n.kind === NodeKind.IfStmt && n.cond.kind === NodeKind.BinaryExpr && has(counted, unparen(n.cond.x))) {
      const { op, y } = n.cond;
      const bound = constOf(y);
      const last = n.body.list.at(-1);
      const leaves =
        last?.kind === NodeKind.ReturnStmt || (last?.kind === NodeKind.BranchStmt && last.tok === Token.Break);
      bounded ||= (op === Token.Gtr || op === Token.Geq) && typeof bound === "bigint" && bound <= FewAttempts && leaves;
    }
    return !bounded && n.kind !== NodeKind.FuncLit;
  });
  return bounded;
}

/** Attempts, redirects and the like are counted to numbers like these. */
const FewAttempts = 100n;

function isDelayedCall(stmt: DeferStmt, loop: Loop): boolean {
  const names = namesIn(stmt.call);
  let delayed = false;
  walk(loop.body, (n) => {
    if (n.kind !== NodeKind.AssignStmt || n.rhs.length !== 1 || !n.lhs.some((e) => has(names, e))) return;
    const call = unparen(n.rhs[0]);
    if (call.kind === NodeKind.CallExpr && calleeOf(call).name === "AfterFunc") delayed = true;
  });
  return delayed;
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
export function changesInLoop(release: CallExpr, loop: Loop): boolean {
  const names = namesIn(release);
  let changes = false;
  walk(loop, (n) => {
    if (n.pos >= release.pos && n.end <= release.end) return false;
    if (n.kind === NodeKind.AssignStmt) {
      for (const place of n.lhs) changes ||= place.kind === NodeKind.Ident && has(names, place);
    } else if (n.kind === NodeKind.ValueSpec) changes ||= n.names.some((name) => has(names, name));
    else if (n === loop && n.kind === NodeKind.RangeStmt)
      changes ||= [n.key, n.value].some((e) => e?.kind === NodeKind.Ident && has(names, e));
    return !changes;
  });
  return changes;
}

/** The variables that an expression mentions. */
function namesIn(root: Node): Set<Obj> {
  const names = new Set<Obj>();
  walk(root, (n) => {
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
