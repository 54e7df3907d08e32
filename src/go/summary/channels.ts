/**
 * Channels made and used in one function, its closures and the functions of its file that it starts with them (`go work(ch)`): who sends, receives,
 * ranges and closes, and whether anybody else gets to see them. A channel with partners that are not known is not judged by anybody.
 */
import type { FuncLit } from "../syntax/ast-expr.ts";
import type { ForStmt, RangeStmt, ReturnStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { type Cfg, type Edge, EdgeKind } from "../cfg/blocks.ts";
import { Fact, testOf, variable } from "../flow/facts.ts";
import { type FoundPath, unsettledPath } from "../flow/paths.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { BuiltinId, type Var } from "../types/object.ts";
import { constOf, typeOf } from "../types/record.ts";
import { TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { contextEnds, doneOf, Ending, isLocal, isNamed } from "./contexts.ts";
import { goStatement, type Started, startedWith } from "./started.ts";
import type { Summaries } from "./summaries.ts";
import { untakenIn } from "./untaken.ts";
import { hasWaitedFor } from "./wait-groups.ts";

export enum ChanOp {
  Send,
  Receive,
  Range,
  Close,
}

export interface ChanUse {
  readonly op: ChanOp;
  /** The send statement, receive expression, range statement or call of close. */
  readonly node: Node;
  /** Functions around it, outermost first: literals, or one that was started; none in the function that made the channel. */
  readonly inside: readonly Started[];
  /** It is a case of a select that has other cases or a default. */
  readonly optional: boolean;
  /** A loop of the innermost function around it repeats it. */
  readonly inLoop: boolean;
}

export interface Channel {
  readonly variable: Var;
  /** The statement that makes it. */
  readonly made: Node;
  readonly make: Expr;
  /** 0: unbuffered; null: computed. */
  readonly capacity: number | null;
  readonly uses: readonly ChanUse[];
  /** How literals that use it are run: `go func(){…}()`, `defer func(){…}()`, called on the spot; others by nobody knows whom. */
  readonly runs: ReadonlyMap<Started, Run>;
}

export enum Run {
  Go,
  Defer,
  Call,
  Unknown,
}

/** Channels that `unit` makes and whose partners are all known. */
export function localChannels(unit: FunctionUnit): readonly Channel[] {
  let found = known.get(unit);
  if (found === undefined) known.set(unit, (found = findChannels(unit)));
  return found;
}

/** Three rules ask for the same. */
const known = new WeakMap<FunctionUnit, readonly Channel[]>();

function findChannels(unit: FunctionUnit): Channel[] {
  const out: Channel[] = [];
  if (!unit.nodes(NodeKind.CallExpr).some((call) => capacityOf(call) !== undefined)) return out;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.FuncLit) return false;
    const pairs: [Expr, Expr][] = [];
    if (n.kind === NodeKind.AssignStmt && n.lhs.length === n.rhs.length)
      n.lhs.forEach((e, i) => pairs.push([e, n.rhs[i]]));
    else if (n.kind === NodeKind.ValueSpec && n.names.length === n.values.length)
      n.names.forEach((e, i) => pairs.push([e, n.values[i]]));
    for (const [place, value] of pairs) {
      const v = variable(place);
      const capacity = capacityOf(value);
      if (v === null || capacity === undefined || !isLocal(unit, v) || v.isParam) continue;
      if (unit.signature?.results.includes(v) === true) continue;
      const channel = usesOf(unit, v, n, value, capacity);
      if (channel !== null) out.push(channel);
    }
    return true;
  });
  return out;
}

/** Of `make(chan T, n)`: n, or null where it is computed; undefined where it is something else. */
function capacityOf(value: Expr): number | null | undefined {
  const call = unparen(value);
  if (call.kind !== NodeKind.CallExpr || call.args.length === 0 || unparen(call.args[0]).kind !== NodeKind.ChanType)
    return undefined;
  if (calleeOf(call).builtin?.id !== BuiltinId.Make) return undefined;
  if (call.args.length === 1) return 0;
  const n = constOf(call.args[1]);
  return typeof n === "bigint" ? Number(n) : null;
}

/** All uses of a channel variable; null where one of them hands it to others, or assigns it again. */
function usesOf(unit: FunctionUnit, v: Var, made: Node, make: Expr, capacity: number | null): Channel | null {
  const uses: ChanUse[] = [];
  const runs = new Map<Started, Run>();
  /** Identifiers that a known operation accounts for. */
  const known = new Set<Node>();
  let escapes = false;
  const optional = new Set<Node>();
  /** The variable, and parameters of literals that are run with it: `go func(out chan<- T) { … }(ch)`. */
  const names = new Set<Var>([v]);
  const isIt = (e: Expr): boolean => {
    const x = variable(e);
    return x !== null && names.has(x);
  };
  const bind = (lit: FuncLit, args: readonly Expr[]): void => {
    const params = lit.type.params.list.flatMap((field) => field.names);
    args.forEach((arg, i) => {
      const param = params.length === args.length && isIt(arg) ? variable(params[i]) : null;
      if (param === null) return;
      names.add(param);
      known.add(unparen(arg));
    });
  };

  const visit = (root: Node, inside: readonly Started[], inLoop: boolean): void => {
    walk(root, (n) => {
      switch (n.kind) {
        case NodeKind.FuncLit:
          if (n === root) return true;
          visitLiteral(n, inside, Run.Unknown);
          return false;
        case NodeKind.GoStmt:
        case NodeKind.DeferStmt: {
          const fun = unparen(n.call.fun);
          if (fun.kind !== NodeKind.FuncLit) {
            const started = n.kind === NodeKind.GoStmt ? startedWith(unit, n.call, isIt) : null;
            if (started === null) return true;
            if (inside.length > 0) {
              // Who starts itself again with what it was given goes on elsewhere; others are not followed.
              if (inside.includes(started.body)) known.add(started.arg);
              return true;
            }
            // Of several that run the same nobody could say which one a use is of.
            if (runs.has(started.body)) escapes = true;
            names.add(started.param);
            known.add(started.arg);
            visitLiteral(started.body, inside, Run.Go);
            return true;
          }
          bind(fun, n.call.args);
          for (const arg of n.call.args) visit(arg, inside, inLoop);
          visitLiteral(fun, inside, n.kind === NodeKind.GoStmt ? Run.Go : Run.Defer);
          return false;
        }
        case NodeKind.ForStmt:
        case NodeKind.RangeStmt:
          if (n.kind === NodeKind.RangeStmt && isIt(n.x)) {
            uses.push({ op: ChanOp.Range, node: n, inside, optional: false, inLoop });
            known.add(unparen(n.x));
          }
          if (inLoop) return true;
          for (const part of n.kind === NodeKind.RangeStmt ? [n.x] : [n.init])
            if (part !== null) visit(part, inside, false);
          for (const part of n.kind === NodeKind.RangeStmt ? [n.body] : [n.cond, n.post, n.body])
            if (part !== null) visit(part, inside, true);
          return false;
        case NodeKind.SelectStmt: {
          const clauses = n.body.list.filter((c) => c.kind === NodeKind.CommClause);
          if (clauses.length > 1)
            for (const { comm } of clauses) if (comm !== null) walk(comm, (m) => void optional.add(m));
          return true;
        }
        case NodeKind.SendStmt:
          if (isIt(n.chan)) {
            uses.push({ op: ChanOp.Send, node: n, inside, optional: optional.has(n), inLoop });
            known.add(unparen(n.chan));
          }
          return true;
        case NodeKind.UnaryExpr:
          if (n.op === Token.Arrow && isIt(n.x)) {
            uses.push({ op: ChanOp.Receive, node: n, inside, optional: optional.has(n), inLoop });
            known.add(unparen(n.x));
          }
          return true;
        case NodeKind.CallExpr: {
          const callee = calleeOf(n);
          if (callee.kind === CalleeKind.Builtin && n.args.length > 0 && isIt(n.args[0])) {
            if (callee.builtin?.id === BuiltinId.Close)
              uses.push({ op: ChanOp.Close, node: n, inside, optional: false, inLoop });
            if ([BuiltinId.Close, BuiltinId.Len, BuiltinId.Cap].includes(callee.builtin?.id ?? BuiltinId.Append))
              known.add(unparen(n.args[0]));
          }
          const called = unparen(n.fun);
          if (called.kind === NodeKind.FuncLit) {
            bind(called, n.args);
            for (const arg of n.args) visit(arg, inside, inLoop);
            visitLiteral(called, inside, Run.Call);
            return false;
          }
          return true;
        }
        case NodeKind.Ident:
          if (n.pos !== v.pos && !known.has(n) && isIt(n)) escapes = true;
          return true;
        default:
          return true;
      }
    });
  };
  const visitLiteral = (lit: Started, inside: readonly Started[], run: Run): void => {
    runs.set(lit, run);
    visit(lit.body, [...inside, lit], false);
  };
  visit(unit.body, [], false);
  return escapes ? null : { variable: v, made, make, capacity, uses, runs };
}

/** The goroutine that a use runs in, started by the function itself; null for its own code and for what is not known. */
export function goroutineOf(channel: Channel, use: ChanUse): Started | null {
  return use.inside.length === 1 && channel.runs.get(use.inside[0]) === Run.Go ? use.inside[0] : null;
}

/** Every use runs in the function itself, in its deferred or immediate literals, or in goroutines that it starts. */
export function isPlain(channel: Channel): boolean {
  return channel.uses.every((u) => u.inside.every((lit, i) => i === 0 && channel.runs.get(lit) !== Run.Unknown));
}

/** A node of a block that runs one of `uses` in the function itself: not merely starts a goroutine that does. */
function runsHere(node: Node, uses: readonly ChanUse[]): boolean {
  if (node.kind === NodeKind.GoStmt || node.kind === NodeKind.SelectStmt) return false;
  if (node.kind === NodeKind.RangeStmt) return uses.some((u) => u.node === node);
  return uses.some((u) => u.node.pos >= node.pos && u.node.end <= node.end);
}

export interface LeavingPath extends FoundPath {
  /** Every such path is taken when the program shuts down, and then only. */
  readonly atShutdown: boolean;
}

/**
 * How the function that starts the goroutine `lit` can end without doing any of `uses`, which are its partners in the
 * function itself; null where it cannot, or where a deferred call does one of them.
 */
export function leavesWithout(
  unit: FunctionUnit,
  lit: Started,
  uses: readonly ChanUse[],
  { units, summaries }: { readonly units: readonly FunctionUnit[]; readonly summaries: Summaries },
): LeavingPath | null {
  const start = goStatement(unit, lit);
  if (start === null || unit.cfg.place(start)?.block.reachable !== true) return null;
  if (unit.cfg.defers.some((d) => runsHere(d, uses))) return null;
  // `case err := <-errc: return err`: whoever gets to the end of such a loop has received nothing.
  const around = uses
    .filter((u) => returnsOnReceipt(unit, u) === null)
    .flatMap((u) =>
      u.node.kind === NodeKind.RangeStmt ? [u.node, ...loopsAround(unit, u.node)] : loopsAround(unit, u.node),
    );
  const loops = new Set(around.filter((l) => start.pos < l.pos || start.end > l.end));
  const find = (settlesEdge: (edge: Edge) => boolean): FoundPath | null =>
    unsettledPath(unit.cfg, unit.file.file.src, {
      from: start,
      results: unit.signature?.results ?? [],
      settles: (n) => runsHere(n, uses),
      // `case <-ctx.Done()` of a context that never ends is never taken.
      settlesEdge: (edge) => settlesEdge(edge) || isNeverDone(edge, unit, units, summaries),
    });
  if (find((edge) => endsLoop(edge, loops)) === null) return null;
  const isUntaken = untakenIn(unit, units, summaries);
  const path = find((edge) => endsLoop(edge, loops) || tellsShutdown(edge) || isUntaken(edge));
  if (path !== null) return { ...path, atShutdown: false };
  const last = find((edge) => endsLoop(edge, loops) || isUntaken(edge));
  return last === null ? null : { ...last, atShutdown: true };
}

/**
 * How the function can end behind the receive `from` of a channel without room, in a loop that takes one value after the other, and without
 * another receive or any of `answers`, which tell that the goroutine is done: not because the channel is closed, or all has been taken that
 * a counter wanted.
 *
 *     for r := range results {
 *         if err := handle(r); err != nil {
 *             return err                     ← the goroutine goes on sending
 */
export function leavesAfter(
  unit: FunctionUnit,
  from: ChanUse,
  answers: readonly ChanUse[],
  { units, summaries }: { readonly units: readonly FunctionUnit[]; readonly summaries: Summaries },
): LeavingPath | null {
  const { cfg } = unit;
  const uses = [from, ...answers];
  const start = blockNodeOf(cfg, from.node);
  if (start === null || cfg.defers.some((d) => runsHere(d, uses))) return null;
  const taken = takenBy(from, start);
  const loops = new Set(
    from.node.kind === NodeKind.RangeStmt ? [from.node, ...loopsAround(unit, from.node)] : loopsAround(unit, from.node),
  );
  const isUntaken = untakenIn(unit, units, summaries);
  const path = unsettledPath(cfg, unit.file.file.src, {
    from: start,
    results: unit.signature?.results ?? [],
    settles: (n) => runsHere(n, uses),
    settlesEdge: (edge) =>
      endsLoop(edge, loops) ||
      tellsClosed(edge, taken) ||
      tellsShutdown(edge) ||
      isNeverDone(edge, unit, units, summaries) ||
      isUntaken(edge),
  });
  return path === null ? null : { ...path, atShutdown: false };
}

/** The node of a block that holds a receive; for a range the first of its body. */
export function blockNodeOf(cfg: Cfg, node: Node): Node | null {
  const body = node.kind === NodeKind.RangeStmt ? node.body : node;
  for (const block of cfg.blocks) {
    if (!block.reachable) continue;
    for (const n of block.nodes) {
      if (n === node) return n;
      const isIn =
        node.kind === NodeKind.RangeStmt
          ? n.pos >= body.pos && n.end <= body.end
          : n.pos <= node.pos && node.end <= n.end;
      if (isIn && n.kind !== NodeKind.SelectStmt) return n;
    }
  }
  return null;
}

/** What a receive gives: the value, and whether there was one. */
function takenBy({ node }: ChanUse, at: Node): { readonly value: Var | null; readonly ok: Var | null } {
  if (node.kind === NodeKind.RangeStmt) return { value: node.key === null ? null : variable(node.key), ok: null };
  if (at.kind !== NodeKind.AssignStmt) return { value: null, ok: null };
  const [value, ok] = at.lhs.map((e) => variable(e));
  return { value, ok: ok ?? null };
}

/** `!ok`, or `v == nil` of the value itself: what a closed channel gives. */
function tellsClosed({ kind, cond }: Edge, { value, ok }: ReturnType<typeof takenBy>): boolean {
  const test = cond === null ? null : testOf(cond);
  if (test === null || (kind !== EdgeKind.True && kind !== EdgeKind.False)) return false;
  const fact = kind === EdgeKind.True ? test.whenTrue : test.whenFalse;
  return (
    (test.subject === ok && fact === Fact.False) ||
    (test.subject === value && (fact === Fact.Nil || fact === Fact.False))
  );
}

function isNeverDone(
  { kind, subject }: Edge,
  unit: FunctionUnit,
  units: readonly FunctionUnit[],
  summaries: Summaries,
): boolean {
  const comm = kind === EdgeKind.Comm && subject?.kind === NodeKind.CommClause ? subject.comm : null;
  const e = comm?.kind === NodeKind.ExprStmt ? unparen(comm.x) : null;
  const ctx = e?.kind === NodeKind.UnaryExpr && e.op === Token.Arrow ? doneOf(e.x) : null;
  return ctx !== null && contextEnds(units, summaries).ending(ctx, unit) === Ending.Never;
}

/** `case <-process.Shutdown():`, `case <-signals:` of a `chan os.Signal`: it is taken when the program ends. */
function tellsShutdown({ kind, subject }: Edge): boolean {
  if (kind !== EdgeKind.Comm || subject?.kind !== NodeKind.CommClause || subject.comm === null) return false;
  const { comm } = subject;
  const e = comm.kind === NodeKind.ExprStmt ? comm.x : comm.kind === NodeKind.AssignStmt ? comm.rhs[0] : null;
  const x = e === null ? null : unparen(e);
  if (x?.kind !== NodeKind.UnaryExpr || x.op !== Token.Arrow) return false;
  const channel = unparen(x.x);
  const t = under(typeOf(channel));
  if (t.kind === TypeKind.Chan && isNamed(t.elem, "os", "Signal")) return true;
  const name =
    channel.kind === NodeKind.CallExpr
      ? calleeOf(channel).name
      : channel.kind === NodeKind.SelectorExpr
        ? channel.sel.name
        : channel.kind === NodeKind.Ident
          ? channel.name
          : "";
  return /shut_?down|terminat/i.test(name);
}

/** The return statement that ends the case of a select that the receive stands in; null where there is none. */
export function returnsOnReceipt(unit: FunctionUnit, use: ChanUse): ReturnStmt | null {
  if (!use.optional || use.inside.length > 0) return null;
  let found: ReturnStmt | null = null;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.FuncLit) return false;
    if (n.kind === NodeKind.CommClause && n.comm !== null && n.comm.pos <= use.node.pos && use.node.end <= n.comm.end) {
      const last = n.body.at(-1);
      if (last?.kind === NodeKind.ReturnStmt) found = last;
    }
    return true;
  });
  return found;
}

/**
 * What tells the function that the goroutine is past its send: a receive from any channel that it sends on or closes. Of two
 * channels for result and error it feeds one.
 */
export function answersOf(channels: readonly Channel[], lit: Started): ChanUse[] {
  return channels.flatMap((channel) => {
    const taken = channel.capacity === 0 ? endsOnReceipt(channel, lit) : [];
    if (taken.length > 0) return taken;
    const feeds = channel.uses.some(
      (u) => (u.op === ChanOp.Send || u.op === ChanOp.Close) && goroutineOf(channel, u) === lit,
    );
    return feeds ? channel.uses.filter((u) => u.op === ChanOp.Receive || u.op === ChanOp.Range) : [];
  });
}

/**
 * What tells the function that the goroutine is done with all its sends: a receive from a channel that gives nothing but its end, and that when somebody
 * has waited for the goroutine: `go func() { wg.Wait(); close(done) }()`.
 */
export function endsOf(channels: readonly Channel[], lit: Started): ChanUse[] {
  return channels.flatMap(({ uses }) => {
    const gives = uses.filter((u) => u.op === ChanOp.Send || u.op === ChanOp.Close);
    const isEnd = gives.every(
      (u) => u.op === ChanOp.Close && u.inside.length === 1 && hasWaitedFor(lit, u.inside[0], u.node),
    );
    return gives.length > 0 && isEnd ? uses.filter((u) => u.op === ChanOp.Receive || u.op === ChanOp.Range) : [];
  });
}

/**
 * `stop <- true`, which the goroutine takes in a case that returns: whoever has sent that, on a channel without room, was heard, and the goroutine is
 * gone.
 */
function endsOnReceipt(channel: Channel, lit: Started): ChanUse[] {
  const receives = channel.uses.filter((u) => u.op === ChanOp.Receive || u.op === ChanOp.Range);
  if (receives.length === 0 || !receives.every((u) => goroutineOf(channel, u) === lit && isLast(lit, u.node)))
    return [];
  return channel.uses.filter((u) => u.op === ChanOp.Send && u.inside.length === 0);
}

/** A case of a select that receives and then returns, and does nothing else. */
function isLast(lit: Started, receive: Node): boolean {
  let last = false;
  walk(lit.body, (n) => {
    if (n.kind === NodeKind.CommClause && n.comm !== null && n.comm.pos <= receive.pos && receive.end <= n.comm.end)
      last = n.body.length === 1 && n.body[0].kind === NodeKind.ReturnStmt;
    return n.kind !== NodeKind.FuncLit || n === lit;
  });
  return last;
}

/** The end of a loop that receives: as many turns as there are goroutines, for all we know; at least not none. */
function endsLoop(edge: Edge, loops: ReadonlySet<ForStmt | RangeStmt>): boolean {
  for (const loop of loops) {
    if (edge.kind === EdgeKind.Done && edge.subject === loop) return true;
    const { cond, kind } = edge;
    if (cond === null || loop.kind !== NodeKind.ForStmt || loop.cond === null) continue;
    if (cond.pos < loop.cond.pos || cond.end > loop.cond.end) continue;
    // `for !done {` is left where done holds.
    if (kind === (isNegated(loop.cond, cond) ? EdgeKind.True : EdgeKind.False)) return true;
  }
  return false;
}

/** An odd number of `!` stands around the part of a condition. */
function isNegated(whole: Expr, part: Expr): boolean {
  let negated = false;
  walk(whole, (n) => {
    if (n === part || n.pos > part.pos || n.end < part.end) return false;
    if (n.kind === NodeKind.UnaryExpr && n.op === Token.Not) negated = !negated;
    return true;
  });
  return negated;
}

/** A loop of the function repeats the node. */
export function isRepeated(unit: FunctionUnit, node: Node): boolean {
  return loopsAround(unit, node).length > 0;
}

/** Loop statements of the function around a node, outermost first. */
export function loopsAround(unit: FunctionUnit, node: Node): (ForStmt | RangeStmt)[] {
  const out: (ForStmt | RangeStmt)[] = [];
  walk(unit.body, (n) => {
    if (n.pos > node.pos || n.end < node.end || n === node) return false;
    if ((n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt) && node.pos >= n.body.pos) out.push(n);
    return true;
  });
  return out;
}

/** main and init: what they leave behind ends with the process. Not so their closures: handlers are often written there. */
export function livesToTheEnd(unit: FunctionUnit): boolean {
  const { func } = unit;
  return (
    func !== null &&
    func.decl?.recv === null &&
    (func.name === "init" || (func.name === "main" && func.pkg?.name === "main"))
  );
}
