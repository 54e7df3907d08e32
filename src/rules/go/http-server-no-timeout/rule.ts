/**
 * A server without a limit on how long a client may take to send its request's head: clients that send nothing hold a
 * connection and a goroutine each for as long as they like.
 */
import { calledName, isLocal, isNamed } from "../../../go/summary/contexts.ts";
import type { CallExpr, CompositeLit } from "../../../go/syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../../../go/syntax/ast.ts";
import { fieldIn } from "../../../go/syntax/composite.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { unparen } from "../../../go/types/callee.ts";
import { constOf, typeOf } from "../../../go/types/record.ts";
import { defineRule } from "../../rule.ts";
import { exprText } from "../../source-text.ts";

export const rule = defineRule({
  id: "http-server-no-timeout",
  title: "HTTP server without a read timeout",
  severity: "note",
  since: "0.1.0",
  messages: {
    package:
      "{call} serves without any timeout: a client that sends nothing holds a connection and a goroutine. Use an http.Server with ReadHeaderTimeout.",
    server:
      "This server has neither ReadHeaderTimeout nor ReadTimeout: a client that sends nothing holds a connection and a goroutine. Set ReadHeaderTimeout.",
  },
  check(pass) {
    if (!pass.imports("net/http")) return;
    for (const unit of pass.scope) {
      if (unit.file.file.path.endsWith("_test.go")) continue;
      for (const call of unit.nodes(NodeKind.CallExpr)) {
        if (!serves.has(calledName(call, pass.summaries))) continue;
        const data = { call: exprText(unit.file, call.fun) };
        if (isLoopback(call)) pass.spare?.(unit, call, "it serves this host alone");
        else pass.report({ file: unit.file, at: call, unit, message: "package", data });
      }
      for (const lit of unit.nodes(NodeKind.CompositeLit))
        if (isServer(lit) && isServedHere(unit, lit))
          pass.report({ file: unit.file, at: lit, unit, message: "server" });
    }
  },
});

/** "ListenAndServe listens … and then calls Serve": on a Server without timeouts. https://pkg.go.dev/net/http#ListenAndServe */
const serves: ReadonlySet<string> = new Set([
  "net/http.ListenAndServe",
  "net/http.ListenAndServeTLS",
  "net/http.Serve",
  "net/http.ServeTLS",
]);

/** http.ListenAndServe("localhost:6060", nil): for debugging. */
function isLoopback(call: CallExpr): boolean {
  return call.args[0] !== undefined && isLocalAddress(startOf(call.args[0]));
}

/** What an address begins with: also of "localhost:" + port. */
function startOf(e: Expr): string {
  let x = unparen(e);
  while (constOf(x) === null && x.kind === NodeKind.BinaryExpr) x = unparen(x.x);
  const text = constOf(x);
  return typeof text === "string" ? text : "";
}

function isLocalAddress(address: string): boolean {
  return /^(?:localhost|127\.|\[::1\])/.test(address);
}

/** http.Server{…} without a read timeout, and for clients from elsewhere. */
function isServer(lit: CompositeLit): boolean {
  if (!isNamed(typeOf(lit), "net/http", "Server") || lit.elts.length === 0) return false;
  const address = fieldIn(lit, "Addr");
  if (address !== null && isLocalAddress(startOf(address))) return false;
  return fieldIn(lit, "ReadHeaderTimeout") === null && fieldIn(lit, "ReadTimeout") === null;
}

/** The variable it goes to is served in this function, gets no timeout later and is not handed to others who might set one. */
function isServedHere(unit: FunctionUnit, lit: CompositeLit): boolean {
  let served = false;
  let set = false;
  walk(unit.body, (n) => {
    if (n.kind !== NodeKind.AssignStmt || n.lhs.length !== n.rhs.length) return;
    const i = n.rhs.findIndex((e) => {
      const x = unparen(e);
      return x === lit || (x.kind === NodeKind.UnaryExpr && unparen(x.x) === lit);
    });
    const v = i < 0 ? null : variable(n.lhs[i]);
    if (v === null || !isLocal(unit, v)) return;
    const plain = new Set<object>();
    walk(unit.body, (m) => {
      if (m.kind === NodeKind.SelectorExpr && variable(m.x) === v) {
        plain.add(unparen(m.x));
        if (/^(?:ListenAndServe|Serve)(?:TLS)?$/.test(m.sel.name)) served = true;
        if (/^Read\w*Timeout$/.test(m.sel.name)) set = true;
      } else if (m.kind === NodeKind.Ident && m.obj === v && m.pos !== v.pos && !plain.has(m)) set = true;
    });
  });
  return served && !set;
}
