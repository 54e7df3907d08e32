/**
 * An `http.Transport`, or a client with its own, is made for every call. Each keeps its idle connections, with two goroutines
 * for each, and a literal `&http.Transport{}` has no idle timeout: they stay until the peer closes.
 *
 * `&http.Client{}` without a Transport shares the default one and is no leak.
 */
import type { CompositeLit } from "../../../go/syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../../../go/syntax/ast.ts";
import { fieldIn } from "../../../go/syntax/composite.ts";
import { calledName, isNamed } from "../../../go/summary/contexts.ts";
import { type Made, makesQuestion, perCallSites } from "../../../go/summary/per-call.ts";
import type { Summaries } from "../../../go/summary/summaries.ts";
import { Token } from "../../../go/syntax/token.ts";
import { variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { unparen } from "../../../go/types/callee.ts";
import type { Var } from "../../../go/types/object.ts";
import { constOf, typeOf } from "../../../go/types/record.ts";
import { describe, perCallMessages } from "../../per-call.ts";
import { defineRule, type RulePass } from "../../rule.ts";

type Pass = RulePass<typeof perCallMessages>;

export const rule = defineRule({
  id: "http-transport-per-call",
  title: "An HTTP transport is made for every call",
  severity: "error",
  since: "0.1.0",
  messages: perCallMessages,
  mayBeUnsure: true,
  check(pass) {
    const fresh: Fresh = new Map();
    for (const unit of pass.units) collectTransports(pass, unit, fresh);
    // Transports that are told of with the client that got them.
    const given = new Set<Expr>();
    for (const site of perCallSites(pass, (e) => made(pass.summaries, e, fresh, given), makesTransport)) {
      if (site.unsure && given.has(site.at)) continue;
      // Idle connections go after their timeout: what is left is a connection for each call.
      const bounded = site.made.what === "bounded";
      pass.report({ ...describe(site, "HTTP transport"), ...(bounded ? { severity: "warning" as const } : {}) });
    }
  },
});

const makesTransport = makesQuestion(
  "makes an HTTP transport",
  (summaries) => (e) => made(summaries, e, new Map(), new Set()),
);

type Kind = "unbounded" | "bounded";

/** Variables that begin as a transport, with the expression that makes it. */
type Fresh = Map<Var, Expr>;

const methods = ["CloseIdleConnections"];

/** tr := &http.Transport{…} · var tr = …, for the client that gets it: client := &http.Client{Transport: tr}. */
function collectTransports(pass: Pass, unit: FunctionUnit, fresh: Fresh): void {
  const collect = (places: readonly Expr[], values: readonly Expr[]): void => {
    if (places.length !== 1 || values.length !== 1) return;
    const v = variable(places[0]);
    if (v !== null && transport(pass.summaries, values[0]) !== null) fresh.set(v, unparen(values[0]));
  };
  for (const n of unit.nodes(NodeKind.AssignStmt)) if (n.tok === Token.Define) collect(n.lhs, n.rhs);
  for (const n of unit.nodes(NodeKind.ValueSpec)) collect(n.names, n.values);
}

/** A client or proxy with a transport of its own, or the transport itself. */
function made(summaries: Summaries, e: Expr, fresh: Fresh, given: Set<Expr>): Made<Kind> | null {
  const own = transport(summaries, e);
  if (own !== null) return { what: own, methods };
  const lit = literal(e);
  if (lit === null || !(isType(lit, "net/http", "Client") || isType(lit, "net/http/httputil", "ReverseProxy")))
    return null;
  const value = fieldIn(lit, "Transport");
  if (value === null) return null;
  const v = variable(value);
  const begun = v === null ? undefined : fresh.get(v);
  if (begun !== undefined) {
    given.add(begun);
    return { what: transport(summaries, begun) ?? "unbounded", methods };
  }
  const inner = transport(summaries, value);
  return inner === null ? null : { what: inner, methods };
}

/** &http.Transport{…} that keeps connections alive, or a clone of one. */
function transport(summaries: Summaries, e: Expr): Kind | null {
  const x = unparen(e);
  if (x.kind === NodeKind.CallExpr)
    return calledName(x, summaries) === "(*net/http.Transport).Clone" ? "bounded" : null;
  const lit = literal(x);
  if (lit === null || !isType(lit, "net/http", "Transport")) return null;
  const disabled = fieldIn(lit, "DisableKeepAlives");
  if (disabled !== null && constOf(disabled) !== false) return null;
  return fieldIn(lit, "IdleConnTimeout") === null ? "unbounded" : "bounded";
}

function literal(e: Expr): CompositeLit | null {
  const x = unparen(e);
  const inner = x.kind === NodeKind.UnaryExpr && x.op === Token.And ? unparen(x.x) : x;
  return inner.kind === NodeKind.CompositeLit ? inner : null;
}

function isType(lit: CompositeLit, path: string, name: string): boolean {
  return isNamed(typeOf(lit), path, name);
}
