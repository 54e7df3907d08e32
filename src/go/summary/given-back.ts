/**
 * What a release gives back: something of the system, or of a peer's, that there are only so many of (a descriptor, a connection, a process, a
 * place in a pool), or memory that the collector would take anyway.
 *
 *     f.Close()            of an *os.File: a descriptor
 *     repo.Close()         ends the process that its body ends
 *     column.Release()     counts one user less of some memory
 */
import type { FunctionUnit } from "../flow/unit.ts";
import { variable } from "../flow/facts.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { calleeOf, CalleeKind, unparen } from "../types/callee.ts";
import { deref, lookupFieldOrMethod } from "../types/lookup.ts";
import type { Func } from "../types/object.ts";
import type { Package } from "../types/package.ts";
import { typeOf } from "../types/record.ts";
import { type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { calledName } from "./contexts.ts";
import type { Summaries } from "./summaries.ts";

/** Kinds of the tables that are a moment of the runtime's own: a timer and an entry in a list. */
const momentary: ReadonlySet<string> = new Set(["cancel", "timer", "ticker"]);

/** In place of a kind: there is nothing to give back. */
const nothing = "";

/** Packages of the standard library whose values stand for descriptors, connections or processes. */
const systemPackages: ReadonlySet<string> = new Set([
  "os",
  "os/exec",
  "net",
  "net/http",
  "net/rpc",
  "net/smtp",
  "net/textproto",
  "crypto/tls",
  "database/sql",
  "database/sql/driver",
  "io",
  "io/fs",
  "archive/zip",
  "log/syslog",
]);

/** Functions that give something back to the system themselves. */
const systemCalls =
  /^(?:syscall|golang\.org\/x\/sys\/(?:unix|windows))\.(?:Close\w*|Munmap|Unmount|FreeLibrary)$|^os\.Remove(?:All)?$|^\(\*os\.Process\)\.(?:Kill|Release|Signal)$/;

/** What bodies of bodies call is asked no deeper. */
const MaxDepth = 4;

/** The release `call` in `unit` gives back something that is scarce. What nobody can know is not said to be. */
export function givesBackScarce(call: CallExpr, unit: FunctionUnit, summaries: Summaries): boolean {
  const fun = unparen(call.fun);
  if (fun.kind !== NodeKind.SelectorExpr) return false;
  const kind = acquiredKind(fun.x, unit, summaries);
  if (kind !== null) return kind !== nothing && !momentary.has(kind);
  return isScarceCall(call, fun.x, unit.file.pkg, summaries, 0);
}

/** The release ends a context or stops a timer or ticker. */
export function isMomentary(call: CallExpr, unit: FunctionUnit, summaries: Summaries): boolean {
  const fun = unparen(call.fun);
  // cancel(), stop()
  if (calleeOf(call).kind === CalleeKind.Variable) return true;
  if (fun.kind !== NodeKind.SelectorExpr) return false;
  const [t] = deref(typeOf(fun.x));
  if (t.kind === TypeKind.Named && t.obj.pkg?.path === "time") return true;
  const kind = acquiredKind(fun.x, unit, summaries);
  return kind !== null && momentary.has(kind);
}

/** Requests whose answers have no body: "The response to HEAD", of which only the headers come. */
const bodyless: ReadonlySet<string> = new Set(["net/http.Head", "(*net/http.Client).Head"]);

/** The kind of the tables that the variable below `e` was given in this function; null where it was something else. */
function acquiredKind(e: Expr, unit: FunctionUnit, summaries: Summaries): string | null {
  let base = unparen(e);
  while (base.kind === NodeKind.SelectorExpr) base = unparen(base.x);
  const v = variable(base);
  if (v === null) return null;
  for (const { lhs, rhs } of unit.nodes(NodeKind.AssignStmt)) {
    if (rhs.length !== 1) continue;
    const index = lhs.findIndex((place) => variable(place) === v);
    const made = unparen(rhs[0]);
    if (index < 0 || made.kind !== NodeKind.CallExpr) continue;
    if (bodyless.has(calledName(made, summaries))) return nothing;
    const acquired = summaries.acquiredBy(made, unit);
    if (acquired?.result === index) return acquired.kind.id;
  }
  return null;
}

/** A method of `x` is called that gives back what `x` holds. */
function isScarceCall(call: CallExpr, x: Expr, from: Package, summaries: Summaries, depth: number): boolean {
  const [t] = deref(typeOf(x));
  if (isScarceType(t, from)) return true;
  const { func, kind } = calleeOf(call);
  return func !== null && kind === CalleeKind.Static && endsScarce(func, summaries, depth);
}

/** By its type alone: the standard library's files, connections and rows, and whatever is read or written and then closed. */
function isScarceType(t: Type, from: Package): boolean {
  const pkg = t.kind === TypeKind.Named ? t.obj.pkg : null;
  if (pkg?.source?.standard === true && systemPackages.has(pkg.path)) return true;
  if (under(t).kind !== TypeKind.Interface) return false;
  const has = (name: string): boolean => lookupFieldOrMethod(t, name, from) !== null;
  return has("Close") && ["Read", "ReadAt", "Write", "Scan"].some(has);
}

const Release = /^(?:Close|Stop|Release|Rollback|Shutdown|Disconnect|CloseIdleConnections|Kill|Unmount|Put)$/;

/** A function kept for it: `d.unmount()`, `b.cancel()`. */
const ReleaseFunc = /^(?:release|close|cancel|stop|u?mount|unmount|cleanup|shutdown|kill)/i;

/** The body of `f` gives something scarce back, ends a goroutine or calls what was kept for that. */
function endsScarce(f: Func, summaries: Summaries, depth: number): boolean {
  if (depth >= MaxDepth || f.pkg?.source?.standard === true) return false;
  const unit = summaries.unitOf(f.origin);
  if (unit === null) return false;
  let ends = false;
  walk(unit.body, (n) => {
    if (ends || n.kind !== NodeKind.CallExpr) return !ends;
    const { kind, name, func, builtin } = calleeOf(n);
    if (builtin?.name === "close") ends = true;
    else if (kind === CalleeKind.Variable) ends = ReleaseFunc.test(name);
    else if (systemCalls.test(calledName(n, summaries))) ends = true;
    else {
      const fun = unparen(n.fun);
      if (fun.kind === NodeKind.SelectorExpr && Release.test(name))
        ends = isScarceCall(n, fun.x, unit.file.pkg, summaries, depth + 1);
      else if (func !== null && kind === CalleeKind.Static) ends = endsScarce(func, summaries, depth + 1);
    }
    return !ends;
  });
  return ends;
}
