/**
 * A body that is replaced by a reader over itself that closes nothing:
 *
 *     resp.Body = io.NopCloser(io.MultiReader(&head, resp.Body))
 *
 * Whoever closes the response closes the new body, and nobody can close the old one, which has the connection. That is given back where the body is read
 * to its end, and only there.
 */
import { variable } from "../../../go/flow/facts.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import { isNamed } from "../../../go/summary/contexts.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import type { AssignStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { walk } from "../../../go/syntax/walk.ts";
import { calleeOf, unparen } from "../../../go/types/callee.ts";
import { deref } from "../../../go/types/lookup.ts";
import type { Var } from "../../../go/types/object.ts";
import { typeOf } from "../../../go/types/record.ts";
import { type Type, TypeKind } from "../../../go/types/type.ts";
import { under } from "../../../go/types/typeset.ts";

export interface Replaced {
  readonly at: AssignStmt;
  readonly response: Var;
  /** `io.NopCloser(…)`, and what it is given. */
  readonly call: CallExpr;
  readonly reader: Expr;
}

export function replacedIn(unit: FunctionUnit): readonly Replaced[] {
  const out: Replaced[] = [];
  for (const at of unit.nodes(NodeKind.AssignStmt)) {
    const place = at.lhs.length === 1 ? unparen(at.lhs[0]) : null;
    const call = at.rhs.length === 1 ? unparen(at.rhs[0]) : null;
    if (place === null || call?.kind !== NodeKind.CallExpr || !isCallOf(call, "NopCloser") || call.args.length !== 1)
      continue;
    const response = bodyOf(place);
    const [reader] = call.args;
    if (response !== null && reads(reader, response) && isOnlyRead(unit, response, place))
      out.push({ at, response, call, reader });
  }
  return out;
}

/** The response of `resp.Body`; a type that embeds one has its body, too. */
function bodyOf(e: Expr): Var | null {
  const x = unparen(e);
  return x.kind === NodeKind.SelectorExpr && x.sel.name === "Body" && isResponse(typeOf(x.x)) ? variable(x.x) : null;
}

function isResponse(t: Type): boolean {
  const [base] = deref(t);
  if (isNamed(base, "net/http", "Response")) return true;
  const u = under(base);
  return (
    u.kind === TypeKind.Struct &&
    u.fields.some((f) => f.embedded && f.type !== null && isNamed(deref(f.type)[0], "net/http", "Response"))
  );
}

/** A reader of the standard library over the body, and over others perhaps. Not `bytes.NewReader(all)`. */
function reads(e: Expr, response: Var): boolean {
  const x = unparen(e);
  if (bodyOf(x) === response) return true;
  return x.kind === NodeKind.CallExpr && isCallOf(x, ...readers) && x.args.some((arg) => reads(arg, response));
}

/** https://pkg.go.dev/io, https://pkg.go.dev/bufio */
const readers: readonly string[] = ["MultiReader", "TeeReader", "LimitReader", "NewReader", "NewReaderSize"];

function isCallOf(call: CallExpr, ...names: readonly string[]): boolean {
  const { func } = calleeOf(call);
  return func !== null && names.includes(func.name) && /^(?:io|io\/ioutil|bufio)$/.test(func.pkg?.path ?? "");
}

/** Nothing else of the function gets the old body: it is read there, and not closed, kept or handed to code that might. */
function isOnlyRead(unit: FunctionUnit, response: Var, place: Expr): boolean {
  const known = new Set<Node>([place]);
  let others = false;
  walk(unit.outermost.body, (n) => {
    if (n.kind === NodeKind.CallExpr) {
      const { func } = calleeOf(n);
      if (func?.pkg?.source?.standard === true) for (const arg of n.args) known.add(unparen(arg));
      const fun = unparen(n.fun);
      if (fun.kind === NodeKind.SelectorExpr && fun.sel.name !== "Close") known.add(unparen(fun.x));
    } else if (n.kind === NodeKind.SelectorExpr) others ||= bodyOf(n) === response && !known.has(n);
    return !others;
  });
  return !others;
}
