/**
 * Contexts whose end is not far off, or that are needed until then: their own deadline ends them, or the request that is served, or whoever
 * closes the body that was got under them.
 */
import { type Edge, EdgeKind } from "../../../go/cfg/blocks.ts";
import { Fact, factOf, variable } from "../../../go/flow/facts.ts";
import { callAhead } from "../../../go/flow/given.ts";
import { everyExit, LeakKind } from "../../../go/flow/leak.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { isRepeated } from "../../../go/summary/channels.ts";
import { isContext, isNamed } from "../../../go/summary/contexts.ts";
import { Short, untilDeadline } from "../../../go/summary/durations.ts";
import { entryPoints } from "../../../go/summary/entry-points.ts";
import type { FoundLeak } from "../../../go/summary/leaks.ts";
import type { ReturnStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { unparen } from "../../../go/types/callee.ts";
import { deref } from "../../../go/types/lookup.ts";
import type { Var } from "../../../go/types/object.ts";
import { typeOf } from "../../../go/types/record.ts";
import type { Pass } from "../../rule.ts";

/** Its deadline ends it in a moment: until then it is a timer and an entry in the parent's list. */
export function isOverSoon({ unit, site }: FoundLeak): boolean {
  const wait = untilDeadline(unit, site.call);
  return wait !== null && wait <= Short;
}

/** On each way its parent was seen to have a deadline, which ends both: `if deadline, ok := ctx.Deadline(); ok {` */
export function endsWithDeadline({ site, leak }: FoundLeak): boolean {
  const parent = site.call.args[0] === undefined ? null : variable(site.call.args[0]);
  const tells = ({ kind, cond, from }: Edge): boolean => {
    const ok = kind === EdgeKind.True && cond !== null ? variable(cond) : null;
    const fun = ok === null ? undefined : callAhead(from, ok)?.fun;
    const asked = fun === undefined ? null : unparen(fun);
    return asked?.kind === NodeKind.SelectorExpr && asked.sel.name === "Deadline" && variable(asked.x) === parent;
  };
  return parent !== null && everyExit(leak).every(({ decisions }) => decisions.some(tells));
}

/**
 * Its parent is the context of the request that the function serves, which ends with it: "For incoming server requests, the context is canceled
 * when the client's connection closes, the request is canceled, or when the ServeHTTP method returns." https://pkg.go.dev/net/http#Request.Context;
 * that of an RPC is cancelled when its handler returns. In a loop there may be many until then.
 */
export function endsWithRequest({ unit, site }: FoundLeak, { units, summaries }: Pass): boolean {
  const parent = site.call.args[0];
  if (parent === undefined || isRepeated(unit, site.call)) return false;
  if (isServedContext(parent, unit)) return true;
  const why = entryPoints(units, summaries).evidence(unit, site.call);
  if (why?.length !== 1) return false;
  return isRequestContext(parent, unit, why[0].message.endsWith("for every RPC"));
}

/**
 * The function's own context, of which it asks what only that of an RPC that is being served has: the metadata that came in; or
 * which it was given beside the request that a server read. Helpers of handlers, interceptors and proxies are such.
 */
function isServedContext(arg: Expr, unit: FunctionUnit): boolean {
  const v = variable(arg);
  if (v === null || !isOwnParam(v, unit) || !isContext(v.type)) return false;
  const asks = unit.nodes(NodeKind.CallExpr).some(({ fun, args }) => {
    const name = unparen(fun);
    return name.kind === NodeKind.SelectorExpr && ofServed.has(name.sel.name) && args.some((e) => variable(e) === v);
  });
  if (asks) return true;
  let isServer = false;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.SelectorExpr) isServer ||= serverOnly.has(n.sel.name) && isRequestParam(n.x, unit);
    return !isServer;
  });
  return isServer;
}

/** By their names, which nothing else has: https://pkg.go.dev/google.golang.org/grpc/metadata#FromIncomingContext */
const ofServed: ReadonlySet<string> = new Set([
  "FromIncomingContext",
  "ValueFromIncomingContext",
  "ServerTransportStreamFromContext",
]);

/** "This field is ignored by the HTTP client", "It is an error to set this field in an HTTP client request": https://pkg.go.dev/net/http#Request */
const serverOnly: ReadonlySet<string> = new Set(["RemoteAddr", "RequestURI"]);

function isRequestParam(e: Expr, unit: FunctionUnit): boolean {
  return isNamed(deref(typeOf(e))[0], "net/http", "Request") && isOwnParam(variable(e), unit);
}

/** `r.Context()`, a variable that is given that, or the context that an RPC was given. */
function isRequestContext(e: Expr, unit: FunctionUnit, isRpc: boolean): boolean {
  const x = unparen(e);
  if (x.kind === NodeKind.CallExpr)
    return x.fun.kind === NodeKind.SelectorExpr && x.fun.sel.name === "Context" && isRequestParam(x.fun.x, unit);
  const v = variable(x);
  if (v === null || v.isPackageLevel) return false;
  // ctx, cancel := context.WithTimeout(ctx, …) itself comes after its own argument.
  const before = unit.nodes(NodeKind.AssignStmt).filter((s) => s.end < e.pos && s.lhs.some((p) => variable(p) === v));
  if (isOwnParam(v, unit)) return isRpc && before.length === 0 && isContext(v.type);
  const [only] = before;
  return before.length === 1 && only.rhs.length === 1 && isRequestContext(only.rhs[0], unit, isRpc);
}

/**
 * What is returned on the way out is a response, or made of its body, which can be read only as long as the context lives:
 *
 *     return &Answer{Status: resp.StatusCode, Body: resp.Body}, nil
 */
export function isHeldByBody({ unit, leak }: FoundLeak): boolean {
  const isBack = ({ results }: ReturnStmt): boolean => results.some((e) => isOfResponse(e, unit, true));
  // case <-done: cancel = nil } return resp, err
  const { at } = leak;
  if (leak.kind === LeakKind.Overwritten)
    return at !== null && givesUp(unit, at) && returnsBehind(unit, at).some(isBack);
  if (leak.kind !== LeakKind.Exit) return false;
  return everyExit(leak).every((exit) => exit.at?.kind === NodeKind.ReturnStmt && isBack(exit.at));
}

function returnsBehind(unit: FunctionUnit, at: Node): ReturnStmt[] {
  const out: ReturnStmt[] = [];
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.ReturnStmt && n.pos > at.pos) out.push(n);
    return n.kind !== NodeKind.FuncLit;
  });
  return out;
}

/** `cancel = nil` */
function givesUp(unit: FunctionUnit, at: Node): boolean {
  return unit
    .nodes(NodeKind.AssignStmt)
    .some((s) => s.pos <= at.pos && at.end <= s.end && s.rhs.length === 1 && factOf(s.rhs[0]) === Fact.Nil);
}

function isOfResponse(e: Expr, unit: FunctionUnit, isFirst: boolean): boolean {
  let is = false;
  walk(e, (n) => {
    // resp.StatusCode, resp.Header: read and done with
    if (n.kind === NodeKind.SelectorExpr && isResponse(n.x)) is ||= n.sel.name === "Body";
    else if (n.kind === NodeKind.Ident) {
      const v = variable(n);
      is ||= isResponse(n) || (isFirst && v !== null && isMadeOfResponse(v, unit));
      return !is;
    } else return !is && n.kind !== NodeKind.CallExpr && n.kind !== NodeKind.FuncLit;
    return false;
  });
  return is;
}

function isMadeOfResponse(v: Var, unit: FunctionUnit): boolean {
  return unit
    .nodes(NodeKind.AssignStmt)
    .some(
      ({ lhs, rhs }) =>
        lhs.length === rhs.length && lhs.some((place, i) => variable(place) === v && isOfResponse(rhs[i], unit, false)),
    );
}

function isResponse(e: Expr): boolean {
  return isNamed(deref(typeOf(e))[0], "net/http", "Response");
}

function isOwnParam(v: Var | null, unit: FunctionUnit): boolean {
  return v !== null && unit.signature?.params.includes(v) === true;
}
