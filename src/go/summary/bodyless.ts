/** Responses that have no body by construction: those to HEAD requests, and those whose status has none. */
import { type Edge, EdgeKind } from "../cfg/blocks.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { fieldIn } from "../syntax/composite.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import { assignmentsBefore } from "../flow/given.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { constOf, Mode } from "../types/record.ts";
import { isRequest as isRequestType, requestMade } from "./contexts.ts";
import type { Summaries } from "./summaries.ts";

/**
 * `req, err := http.NewRequest("HEAD", …)` and then `client.Do(req)`: "the response to HEAD has http.NoBody". `at`: the node of a block in which the
 * call stands.
 */
export function answersHead(unit: FunctionUnit, call: CallExpr, at: Node, summaries: Summaries): boolean {
  // s.request("HEAD", key, nil): a helper of the program's own
  if (call.args.some((arg) => constOf(arg) === "HEAD")) return true;
  if (call.args.some((arg) => saysHead(arg))) return true;
  if (calleeOf(call).name === "Get") return false;
  return call.args.some((arg) => {
    const v = variable(arg);
    if (v === null) return false;
    const isRequest = call.args.length === 1 || isRequestType(v.type);
    return isHeadByNow(unit, v, at, isRequest, summaries) ?? isMadeForHead(unit, v, isRequest, summaries);
  });
}

/** What the variable was last given ahead of `at` is for HEAD, or is not; null where several ways lead there. */
function isHeadByNow(unit: FunctionUnit, v: Var, at: Node, isRequest: boolean, summaries: Summaries): boolean | null {
  for (const { lhs, rhs } of assignmentsBefore(unit.cfg, at)) {
    if (!lhs.some((e) => variable(e) === v)) continue;
    const made = rhs.length === 1 ? unparen(rhs[0]) : null;
    if (made !== null && makesForHead(made, isRequest, summaries, null, 0)) return true;
    if (made === null || !isMadeOf(made, v)) return false;
  }
  return null;
}

/**
 * "No Content" and "Not Modified", for which net/http gives http.NoBody (bodyAllowedForStatus); and "Switching Protocols", whose body is the
 * connection itself: whoever switches has that already, or takes it from there.
 */
const withoutBody: ReadonlySet<unknown> = new Set([204n, 304n, 101n]);

/** What is told by 0 alone: a body of no bytes is http.NoBody, too (net/http/transfer.go, readTransfer; unknown is -1). */
const zero: ReadonlySet<unknown> = new Set([0n]);

/** `resp.StatusCode == http.StatusNoContent` or `resp.ContentLength == 0` holds behind the edge. */
export function tellsNoBody({ kind, cond, subject }: Edge, root: Var): boolean {
  /** The values of what the expression asks for with which there is none. */
  const asked = (e: Expr): ReadonlySet<unknown> | null => {
    const x = unparen(e);
    if (x.kind !== NodeKind.SelectorExpr || variable(x.x) !== root) return null;
    return x.sel.name === "StatusCode" ? withoutBody : x.sel.name === "ContentLength" ? zero : null;
  };
  if (cond === null) return false;
  if (kind === EdgeKind.Case)
    return subject !== null && "mode" in subject && asked(subject)?.has(constOf(cond)) === true;
  const e = unparen(cond);
  if (e.kind !== NodeKind.BinaryExpr) return false;
  if (kind === EdgeKind.True ? e.op !== Token.Eql : kind !== EdgeKind.False || e.op !== Token.Neq) return false;
  return asked(e.x)?.has(constOf(e.y)) === true || asked(e.y)?.has(constOf(e.x)) === true;
}

/** Everything that the variable gets is a request, or what describes one, for HEAD. `isRequest`: it is what the call sends. */
function isMadeForHead(
  unit: FunctionUnit,
  v: Var,
  isRequest: boolean,
  summaries: Summaries,
  forHead: Var | null = null,
  depth = 0,
): boolean {
  let head = false;
  let other = false;
  walk(unit.outermost.body, (n) => {
    if (n.kind !== NodeKind.AssignStmt || !n.lhs.some((e) => variable(e) === v)) return;
    const made = n.rhs.length === 1 ? unparen(n.rhs[0]) : null;
    if (made !== null && makesForHead(made, isRequest, summaries, forHead, depth)) head = true;
    else if (made === null || !isMadeOf(made, v)) other = true;
  });
  return head && !other;
}

/** `req = req.WithContext(ctx)`, `req = sign(req)`: the same request, with more. */
function isMadeOf(made: Expr, v: Var): boolean {
  if (made.kind !== NodeKind.CallExpr) return false;
  const fun = unparen(made.fun);
  return made.args.some((arg) => variable(arg) === v) || (fun.kind === NodeKind.SelectorExpr && variable(fun.x) === v);
}

/** Helpers of helpers of helpers are not asked. */
const MaxDepth = 3;

/** The value is a request, or what describes one, for HEAD. `forHead`: a parameter that says "HEAD" here. */
function makesForHead(
  made: Expr,
  isRequest: boolean,
  summaries: Summaries,
  forHead: Var | null,
  depth: number,
): boolean {
  if (saysHead(made, forHead)) return true;
  if (made.kind !== NodeKind.CallExpr) return false;
  if (made.args.some((arg) => saysHead(arg, forHead))) return true;
  if (!isRequest) return false;
  const call = requestMade(made);
  const said = call.args.findIndex((arg) => isHead(arg, forHead));
  if (said >= 0 && calleeOf(call).name.startsWith("NewRequest")) return true;
  const { func, kind } = calleeOf(call);
  if (func === null || kind !== CalleeKind.Static || func.pkg?.source?.standard === true || depth >= MaxDepth)
    return false;
  // s.newHead(url), and in it s.newRequest("HEAD", url)
  const first = func.signature().results[0]?.type ?? null;
  const helper = isRequestType(first) ? summaries.unitOf(func.origin) : null;
  return helper !== null && returnsForHead(helper, helper.signature?.params[said] ?? null, summaries, depth + 1);
}

/** Each request that the function returns is for HEAD. */
function returnsForHead(unit: FunctionUnit, forHead: Var | null, summaries: Summaries, depth: number): boolean {
  let head = false;
  for (const { results } of unit.cfg.returns) {
    const e = results[0] === undefined ? null : unparen(results[0]);
    if (e === null) return false;
    if (e.mode === Mode.Nil) continue;
    const v = variable(e);
    const isFor =
      v !== null
        ? isMadeForHead(unit, v, true, summaries, forHead, depth)
        : makesForHead(e, true, summaries, forHead, depth);
    if (!isFor) return false;
    head = true;
  }
  return head;
}

function isHead(e: Expr, forHead: Var | null): boolean {
  return constOf(e) === "HEAD" || (forHead !== null && variable(e) === forHead);
}

/** `&http.Request{Method: "HEAD"}`, `&Download{Method: "HEAD"}`. */
function saysHead(e: Expr, forHead: Var | null = null): boolean {
  const x = unparen(e);
  const lit = x.kind === NodeKind.UnaryExpr ? unparen(x.x) : x;
  const method = lit.kind === NodeKind.CompositeLit ? fieldIn(lit, "Method") : null;
  return method !== null && isHead(method, forHead);
}
