/**
 * Answers that never come: by their status, from a helper of the program's own that sends the request.
 *
 *     func (c *client) send(req *http.Request) (*http.Response, error) {
 *         …
 *         if resp.StatusCode >= 400 {
 *             return nil, errors.New(resp.Status)
 *         }
 *         return resp, nil
 *     }
 *
 *     resp, err := c.send(req)
 *     if resp != nil && resp.StatusCode == http.StatusNotFound {
 *         return errNotFound      ← nobody comes here
 *     }
 *
 * So it is with websockets: there is a connection where the protocol was switched, and with no other status.
 *
 * Asked of what was found, not while paths are searched.
 */
import { type Block, type Edge, EdgeKind } from "../cfg/blocks.ts";
import { nonNilBehind, variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { unparen } from "../types/callee.ts";
import type { Func, Var } from "../types/object.ts";
import { constOf, Mode } from "../types/record.ts";
import type { Site } from "./site.ts";
import type { Summaries } from "./summaries.ts";

/** Helpers of helpers of helpers are not asked. */
const MaxDepth = 3;

/** There is a status with which the answer gets through the helper to the call, and then takes these decisions. */
export function isGiven(site: Site, decisions: readonly Edge[], summaries: Summaries): boolean {
  if (site.acquired.kind.id.startsWith("websocket")) return isSwitched(site, decisions);
  const { acquired, origin } = site;
  const root = origin?.root ?? null;
  if (acquired.kind.id !== "http-body" || acquired.through === null || root === null) return true;
  const tests = decisions.map((edge) => statusTest(edge, root)).filter((test) => test !== null);
  if (tests.length === 0) return true;
  const { through } = acquired;
  return statuses.some((status) => tests.every((test) => test(status)) && passes(through, status, summaries, 0));
}

/**
 * `conn, resp, err := dialer.Dial(url, header)`: with a connection the status is 101, "If the WebSocket handshake fails, ErrBadHandshake is returned"
 * (https://pkg.go.dev/github.com/gorilla/websocket#Dialer.DialContext, https://pkg.go.dev/github.com/coder/websocket#Dial).
 */
function isSwitched({ node, call }: Site, decisions: readonly Edge[]): boolean {
  const places = node.kind === NodeKind.AssignStmt && unparen(node.rhs[0]) === call ? node.lhs : [];
  const response = places.length === 3 ? variable(places[1]) : null;
  return response === null || decisions.every((edge) => statusTest(edge, response)?.(101) !== false);
}

const statuses: readonly number[] = Array.from({ length: 500 }, (_, i) => 100 + i);

type StatusTest = (status: number) => boolean;

/** With which statuses of the response the edge is taken; null where it does not ask. */
function statusTest({ kind, cond, subject }: Edge, response: Var): StatusTest | null {
  if (cond === null) return null;
  if (kind === EdgeKind.Case || kind === EdgeKind.NotCase) {
    const asked = subject !== null && "mode" in subject ? ofStatus(subject, response) : null;
    const n = constOf(cond);
    if (asked === null || typeof n !== "bigint") return null;
    return (status) => (asked(status) === Number(n)) === (kind === EdgeKind.Case);
  }
  const e = unparen(cond);
  if ((kind !== EdgeKind.True && kind !== EdgeKind.False) || e.kind !== NodeKind.BinaryExpr) return null;
  const compare = comparisons.get(e.op);
  const x = ofStatus(e.x, response) ?? ofConstant(e.x);
  const y = ofStatus(e.y, response) ?? ofConstant(e.y);
  if (compare === undefined || x === null || y === null) return null;
  return (status) => compare(x(status), y(status)) === (kind === EdgeKind.True);
}

const comparisons: ReadonlyMap<Token, (x: number, y: number) => boolean> = new Map([
  [Token.Eql, (x, y) => x === y],
  [Token.Neq, (x, y) => x !== y],
  [Token.Lss, (x, y) => x < y],
  [Token.Leq, (x, y) => x <= y],
  [Token.Gtr, (x, y) => x > y],
  [Token.Geq, (x, y) => x >= y],
]);

/** `resp.StatusCode`, `resp.StatusCode / 100`. */
function ofStatus(e: Expr, response: Var): ((status: number) => number) | null {
  const x = unparen(e);
  if (x.kind === NodeKind.SelectorExpr)
    return x.sel.name === "StatusCode" && variable(x.x) === response ? (status) => status : null;
  if (x.kind !== NodeKind.BinaryExpr || x.op !== Token.Quo) return null;
  const n = constOf(x.y);
  const asked = ofStatus(x.x, response);
  return asked === null || typeof n !== "bigint" || n <= 0n ? null : (status) => Math.floor(asked(status) / Number(n));
}

function ofConstant(e: Expr): (() => number) | null {
  const n = constOf(e);
  return typeof n === "bigint" ? () => Number(n) : null;
}

/** A response with this status may come out of the function. */
function passes(f: Func, status: number, summaries: Summaries, depth: number): boolean {
  const unit = summaries.unitOf(f.origin);
  if (unit === null || depth >= MaxDepth) return true;
  const sites = summaries.sites(unit).filter(({ acquired }) => acquired.kind.id === "http-body");
  return (
    sites.length === 0 ||
    sites.some((site) => {
      const { through } = site.acquired;
      return leaves(unit, site, status) && (through === null || passes(through, status, summaries, depth + 1));
    })
  );
}

/** Some way leads from the request to a return statement with something in the response's place. */
function leaves(unit: FunctionUnit, { node, origin, acquired }: Site, status: number): boolean {
  const start = unit.cfg.place(node);
  const root = origin?.root ?? null;
  if (start === undefined || origin === null || root === null) return true;
  const { error } = origin;
  const seen = new Set<string>();
  // Whether the error is still that of the request: with it there is no response.
  const next: { readonly block: Block; readonly from: number; readonly own: boolean }[] = [
    { block: start.block, from: start.index + 1, own: error !== null },
  ];
  for (let visit = next.pop(); visit !== undefined; visit = next.pop()) {
    const { block, from } = visit;
    let { own } = visit;
    for (const n of block.nodes.slice(from)) {
      if (n.kind === NodeKind.AssignStmt && n.lhs.some((e) => variable(e) === error)) own = false;
      if (n.kind !== NodeKind.ReturnStmt) continue;
      const e = n.results.length === (unit.signature?.results.length ?? 0) ? n.results[acquired.result] : undefined;
      if (e === undefined || unparen(e).mode !== Mode.Nil) return true;
    }
    for (const edge of block.succs) {
      if (own && nonNilBehind(edge) === error) continue;
      if (statusTest(edge, root)?.(status) === false) continue;
      const key = `${edge.to.id}|${own}`;
      if (seen.has(key)) continue;
      seen.add(key);
      next.push({ block: edge.to, from: 0, own });
    }
  }
  return false;
}
