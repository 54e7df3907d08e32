/**
 * Decisions that no run takes: `if err != nil` behind a call that never fails.
 *
 *     func NewRecorder(w io.Writer) (*Recorder, error) { return &Recorder{w}, nil }
 *
 *     rec, err := NewRecorder(f)
 *     if err != nil {
 *         return nil, err      ← nobody comes here
 *     }
 *
 * Asked of what was found, not while paths are searched: that would open the body of every callee.
 */
import type { Block, Edge } from "../cfg/blocks.ts";
import { nonNilBehind, variable } from "../flow/facts.ts";
import { isFailure } from "../flow/failure.ts";
import { callAhead } from "../flow/given.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import {
  failAsReader,
  failAsWriter,
  failForBody,
  failForLevel,
  failForOptions,
  failForValue,
  failWhenClosed,
  hardlyFail,
  hardlyFailByName,
  neverFail,
  sureWriters,
} from "../knowledge/never-fails.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { ReturnStmt } from "../syntax/ast-stmt.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { funcName } from "../types/print.ts";
import { constOf, Mode, objOf, typeOf } from "../types/record.ts";
import { type Type, TypeKind } from "../types/type.ts";
import { goesAgainst, type Known, knownArguments, knownIn } from "./known-arguments.ts";
import { alwaysMarshals } from "./marshals.ts";
import { defineQuestion } from "./question.ts";
import type { Summaries } from "./summaries.ts";

/** The decision takes an error for not nil that always is. */
export function neverTaken(edge: Edge, summaries: Summaries, depth = 0, known = nothing): boolean {
  const error = nonNilBehind(edge);
  // Of what it gives beside the error nothing is known.
  const call = error?.type == null || !isFailure(error.type) ? null : callAhead(edge.from, error);
  return (
    call !== null &&
    (neverFails(call, summaries, depth, known) ||
      takesOwnAddressApart(call, edge) ||
      isJustOpened(call, edge, summaries))
  );
}

/** The decision takes an error for not nil that hardly ever is. */
export function hardlyTaken(edge: Edge, summaries: Summaries): boolean {
  const error = nonNilBehind(edge);
  const call = error === null ? null : callAhead(edge.from, error);
  const { func } = call === null ? { func: null } : calleeOf(call);
  if (call === null || func === null) return false;
  const name = summaries.nameOf(func.origin);
  if (func.name === "Close" && call.args.length === 0) return true;
  return hardlyFail.has(name) || (hardlyFailByName.has(name) && isNameOfFile(call.args[0], summaries));
}

/** `f.Name()` */
function isNameOfFile(e: Expr | undefined, summaries: Summaries): boolean {
  const x = e === undefined ? null : unparen(e);
  const { func } = x?.kind === NodeKind.CallExpr ? calleeOf(x) : { func: null };
  return func !== null && summaries.nameOf(func.origin) === "(*os.File).Name";
}

/** `db, err := bolt.Open(path)` and then `db.Begin(true)`, which fails for a database that is closed. */
function isJustOpened(call: CallExpr, edge: Edge, summaries: Summaries): boolean {
  const { func } = calleeOf(call);
  const fun = unparen(call.fun);
  const opener = func === null ? undefined : failWhenClosed.get(summaries.nameOf(func.origin));
  const on = opener === undefined || fun.kind !== NodeKind.SelectorExpr ? null : variable(fun.x);
  const opened = on === null ? null : callAhead(edge.from, on);
  const by = opened === null ? null : calleeOf(opened).func;
  return by !== null && summaries.nameOf(by.origin) === opener;
}

/**
 * `net.SplitHostPort(l.Addr().String())`, and then `strconv.Atoi(port)`: the address of what was opened is as package net writes it. (Behind an edge
 * that is told of what the calls before it gave.)
 */
function takesOwnAddressApart(call: CallExpr, edge: Edge): boolean {
  const { func } = calleeOf(call);
  const arg = call.args[0];
  if (func === null || arg === undefined) return false;
  const name = funcName(func.origin);
  // Of package net, or what others make of it: a host and a number
  if (func.name === "SplitHostPort") return isOwnAddress(arg, edge);
  if (!/^strconv\.(?:Atoi|ParseU?int)$/i.test(name)) return false;
  const e = unparen(arg);
  // parts := strings.Split(l.Addr().String(), ":"), and parts[len(parts)-1]
  const port = variable(e.kind === NodeKind.IndexExpr ? e.x : e);
  const split = port === null ? null : callAhead(edge.from, port);
  if (split === null || e.kind !== NodeKind.IndexExpr) return split !== null && takesOwnAddressApart(split, edge);
  return isCallOf(split, "strings.Split") && split.args.length === 2 && isOwnAddress(split.args[0], edge);
}

function isCallOf(call: CallExpr, name: string): boolean {
  const { func } = calleeOf(call);
  return func !== null && funcName(func.origin) === name;
}

/** `l.Addr().String()`, or a variable that was given it. */
function isOwnAddress(arg: Expr, edge: Edge): boolean {
  const e = unparen(arg);
  const v = variable(e);
  const text = v === null ? e : callAhead(edge.from, v);
  if (text?.kind !== NodeKind.CallExpr || text.args.length > 0) return false;
  const fun = unparen(text.fun);
  const on = fun.kind === NodeKind.SelectorExpr && fun.sel.name === "String" ? unparen(fun.x) : null;
  const address = on === null ? null : variable(on);
  const of = address === null ? on : callAhead(edge.from, address);
  return of?.kind === NodeKind.CallExpr && /^(?:Local|Remote)?Addr$/.test(calleeOf(of).name);
}

/** Calls of calls of calls are not asked. */
const MaxDepth = 3;

const nothing: Known = new Map();

/** The last result of the call, its error, is nil: by what is known of the function, or because every way out that is taken gives nil. */
export function neverFails(call: CallExpr, summaries: Summaries, depth = 0, known = nothing): boolean {
  const { func, kind } = calleeOf(call);
  if (func === null) return false;
  if (isSure(call, summaries.nameOf(func.origin))) return true;
  if (kind !== CalleeKind.Static || depth >= MaxDepth) return false;
  return summaries.says(givesNoError, func.origin, depth + 1, ...knownArguments(call, func.origin, known));
}

/** Where this is known of its arguments. */
const givesNoError = defineQuestion({
  id: "gives no error",
  meanwhile: false,
  answer(f, [depth, ...said]: readonly [depth: number, ...said: string[]], summaries) {
    const unit = summaries.unitOf(f);
    const last = f.signature().results.at(-1);
    // A deferred function may give a named result another value.
    if (unit === null || last === undefined || (last.name !== "" && unit.nodes(NodeKind.DeferStmt).length > 0))
      return false;
    const known = knownIn(unit, f, said);
    const returns = returnsTaken(unit, summaries, depth, known);
    return (
      returns.length > 0 &&
      returns.every(([block, { results }]) => {
        const e = results.at(-1);
        return e === undefined
          ? givesNilIn(block, last, summaries, depth, known)
          : givesNil(e, block, summaries, depth, known);
      })
    );
  },
});

/** What is returned is nil, or the error of a call that never fails. */
function givesNil(e: Expr, block: Block, summaries: Summaries, depth: number, known: Known): boolean {
  const x = unparen(e);
  if (x.mode === Mode.Nil) return true;
  const v = variable(x);
  if (v !== null) return givesNilIn(block, v, summaries, depth, known);
  return x.kind === NodeKind.CallExpr && neverFails(x, summaries, depth, known);
}

function givesNilIn(block: Block, v: Var, summaries: Summaries, depth: number, known: Known): boolean {
  const call = callAhead(block, v);
  return call !== null && neverFails(call, summaries, depth, known);
}

/** The return statements that are come to without a decision that is never taken. */
function returnsTaken(unit: FunctionUnit, summaries: Summaries, depth: number, known: Known): [Block, ReturnStmt][] {
  const out: [Block, ReturnStmt][] = [];
  const seen = new Set<Block>();
  const next = [unit.cfg.entry];
  for (let block = next.pop(); block !== undefined; block = next.pop()) {
    if (seen.has(block)) continue;
    seen.add(block);
    for (const n of block.nodes) if (n.kind === NodeKind.ReturnStmt) out.push([block, n]);
    for (const edge of block.succs)
      if (!goesAgainst(edge, known) && !neverTaken(edge, summaries, depth, known)) next.push(edge.to);
  }
  return out;
}

/** What is known of the function, and of what it is given here. */
function isSure(call: CallExpr, name: string): boolean {
  const argument = (table: ReadonlyMap<string, number>): Expr | undefined => call.args[table.get(name) ?? Infinity];
  if (neverFail.has(name)) return true;
  const reader = argument(failAsReader);
  if (reader !== undefined) return isRandom(reader);
  const writer = argument(failAsWriter);
  if (writer !== undefined) return isSureWriter(typeOf(writer));
  const fun = unparen(call.fun);
  // h.Write(data), of a hash
  if (name === "(io.Writer).Write") return fun.kind === NodeKind.SelectorExpr && isSureWriter(typeOf(fun.x));
  const body = argument(failForBody);
  if (body !== undefined) return constOf(body) === false;
  if (call.args.length === failForOptions.get(name)) return true;
  const level = argument(failForLevel);
  if (level !== undefined) {
    const n = constOf(level);
    return typeof n === "bigint" && n >= -2n && n <= 9n;
  }
  return failForValue.has(name) && call.args.length > 0 && alwaysMarshals(call.args[0]);
}

/** rand.Reader of crypto/rand. */
function isRandom(e: Expr): boolean {
  const x = unparen(e);
  const v = x.kind === NodeKind.SelectorExpr ? objOf(x.sel) : null;
  return v !== null && v.name === "Reader" && v.pkg?.path === "crypto/rand";
}

function isSureWriter(t: Type): boolean {
  const base = t.kind === TypeKind.Pointer ? t.elem : t;
  return base.kind === TypeKind.Named && sureWriters.has(`${base.obj.pkg?.path ?? ""}.${base.obj.name}`);
}
