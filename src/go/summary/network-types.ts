/** Type assertions on listeners and connections whose network is a constant: they cannot fail. */
import { variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { networkArgument, networkTypes } from "../knowledge/networks.ts";
import type { TypeAssertExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { constOf, typeOf } from "../types/record.ts";
import { TypeKind } from "../types/type.ts";
import { calledName } from "./contexts.ts";
import type { Summaries } from "./summaries.ts";

/** `TCP` and `Listener`, of `net.Listen("tcp", addr)`. */
interface Made {
  readonly family: string;
  readonly what: "Conn" | "Listener";
}

/** A connection that came from a listener that came from …: no further. */
const MaxSteps = 3;

/** `l.Addr().(*net.TCPAddr)` and `conn.(*net.TCPConn)`, where all that the variable ever gets is of TCP. */
export function isOfItsNetwork(unit: FunctionUnit, e: TypeAssertExpr, summaries: Summaries): boolean {
  const t = e.type === null ? null : typeOf(e.type);
  // Most assertions are of other types, and need no look at the function.
  if (t?.kind !== TypeKind.Pointer || t.elem.kind !== TypeKind.Named || t.elem.obj.pkg?.path !== "net") return false;
  const { name } = t.elem.obj;
  const x = unparen(e.x);
  if (x.kind === NodeKind.CallExpr) {
    const fun = unparen(x.fun);
    if (x.args.length > 0 || fun.kind !== NodeKind.SelectorExpr || !/^(?:Local|Remote)?Addr$/.test(fun.sel.name))
      return false;
    const made = madeOf(unit, variable(fun.x), summaries);
    return made !== null && name === `${made.family}Addr`;
  }
  const made = madeOf(unit, variable(x), summaries);
  return made !== null && name === `${made.family}${made.what}`;
}

/** What everything that is assigned to the variable is; null where that is not one thing. */
function madeOf(unit: FunctionUnit, v: Var | null, summaries: Summaries, steps = 0): Made | null {
  if (v === null || v.isParam || v.isPackageLevel || steps > MaxSteps) return null;
  const found: (Made | null)[] = [];
  walk(unit.outermost.body, (n) => {
    if (n.kind === NodeKind.AssignStmt) {
      const i = n.lhs.findIndex((place) => variable(place) === v);
      if (i >= 0) found.push(madeBy(unit, n.rhs[n.lhs.length === n.rhs.length ? i : 0], i, summaries, steps));
    } else if (n.kind === NodeKind.ValueSpec && n.values.length > 0) {
      const i = n.names.findIndex((name) => variable(name) === v);
      if (i >= 0) found.push(madeBy(unit, n.values[n.values.length === n.names.length ? i : 0], i, summaries, steps));
    } else if (n.kind === NodeKind.RangeStmt) {
      if ([n.key, n.value].some((place) => place !== null && variable(place) === v)) found.push(null);
    } else if (n.kind === NodeKind.UnaryExpr && n.op === Token.And && variable(n.x) === v) found.push(null); // written to elsewhere
    return true;
  });
  const [first] = found;
  return first != null && found.every((m) => m?.family === first.family && m.what === first.what) ? first : null;
}

/** What result `index` of a call is. */
function madeBy(unit: FunctionUnit, e: Expr, index: number, summaries: Summaries, steps: number): Made | null {
  const call = unparen(e);
  if (call.kind !== NodeKind.CallExpr || index !== 0) return null;
  const name = calledName(call, summaries);
  const fun = unparen(call.fun);
  if (name === "(net.Listener).Accept" && fun.kind === NodeKind.SelectorExpr) {
    const listener = madeOf(unit, variable(fun.x), summaries, steps + 1);
    return listener?.what === "Listener" ? { family: listener.family, what: "Conn" } : null;
  }
  const row = networkArgument.get(name);
  if (row === undefined || call.args.length <= row.index) return null;
  const network = constOf(call.args[row.index]);
  const family = typeof network === "string" ? networkTypes.get(network) : undefined;
  return family === undefined ? null : { family, what: row.gives };
}
