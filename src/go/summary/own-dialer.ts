/**
 * Transports whose connections the function makes itself, of its own memory: what comes over them holds nothing.
 *
 *     t := &http.Transport{Dial: func(network, addr string) (net.Conn, error) { return &recorder{buf: &buf}, nil }}
 *     resp, err := t.RoundTrip(req)
 */
import { variable } from "../flow/facts.ts";
import { given } from "../flow/given.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { CallExpr, CompositeLit } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { fieldIn } from "../syntax/composite.ts";
import { walk } from "../syntax/walk.ts";
import { unparen } from "../types/callee.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { Mode, typeOf } from "../types/record.ts";
import { isNamed } from "./contexts.ts";

const dialers: readonly string[] = ["Dial", "DialContext", "DialTLS", "DialTLSContext"];

/** The call is a method of such a transport, or of a client that has it. */
export function isOverOwnMemory(unit: FunctionUnit, { fun }: CallExpr): boolean {
  const method = unparen(fun);
  const on = method.kind === NodeKind.SelectorExpr ? literalOf(unit, method.x) : null;
  if (on === null) return false;
  const own = isNamed(typeOf(on), "net/http", "Client") ? fieldIn(on, "Transport") : null;
  const transport = own === null ? on : literalOf(unit, own);
  if (transport === null || !isNamed(typeOf(transport), "net/http", "Transport")) return false;
  const dials = dialers.flatMap((name) => fieldIn(transport, name) ?? []);
  return dials.length > 0 && dials.every((e) => makesConn(unit, e));
}

/** The literal that an expression is, or its one value. */
function literalOf(unit: FunctionUnit, e: Expr): CompositeLit | null {
  const v = variable(e);
  const values = v === null ? [e] : v.isParam || v.isPackageLevel ? [] : given(unit, v);
  const [value] = values;
  if (values.length !== 1 || value === null) return null;
  const x = unparen(value);
  const lit = x.kind === NodeKind.UnaryExpr ? unparen(x.x) : x;
  return lit.kind === NodeKind.CompositeLit ? lit : null;
}

/** A function that returns what is written down in the program, around no other connection. */
function makesConn(unit: FunctionUnit, e: Expr): boolean {
  const lit = unparen(e);
  if (lit.kind !== NodeKind.FuncLit) return false;
  let makes = false;
  let others = false;
  walk(lit.body, (n) => {
    if (n.kind !== NodeKind.ReturnStmt) return n.kind !== NodeKind.FuncLit;
    const conn = n.results.length === 2 ? unparen(n.results[0]) : null;
    const made = conn === null ? null : literalOf(unit, conn);
    if (made !== null && !made.elts.some(isConn)) makes = true;
    else others ||= conn?.mode !== Mode.Nil;
    return true;
  });
  return makes && !others;
}

function isConn(elt: Expr): boolean {
  const value = elt.kind === NodeKind.KeyValueExpr ? elt.value : elt;
  return lookupFieldOrMethod(typeOf(value), "RemoteAddr", null) !== null;
}
