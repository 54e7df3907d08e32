/** Who speaks with whom on this host alone: addresses of the loopback interface, and packages that listen on nothing else. */
import { subject } from "../flow/facts.ts";
import { given } from "../flow/given.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { unparen } from "../types/callee.ts";
import { constOf } from "../types/record.ts";
import { calledName } from "./contexts.ts";
import type { Summaries } from "./summaries.ts";

/** `127.0.0.1:0`, `http://localhost:%d/healthz`. */
const loopback = /^(?:[a-z]+:\/\/)?(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?:[:/]|$)/;

/** Functions that listen, and which argument is the address. */
const listeners: ReadonlyMap<string, number> = new Map([
  ["net.Listen", 1],
  ["(*net.ListenConfig).Listen", 2],
  ["crypto/tls.Listen", 1],
  ["net/http.ListenAndServe", 0],
  ["net/http.ListenAndServeTLS", 0],
]);

/** A text is put together in a few steps. */
const MaxSteps = 4;

/** The package listens, and on the loopback interface only: what comes in was sent by a process of this host. */
export function listensOnLoopback(units: readonly FunctionUnit[], summaries: Summaries): boolean {
  let listens = false;
  for (const unit of units)
    for (const call of unit.nodes(NodeKind.CallExpr)) {
      const index = listeners.get(calledName(call, summaries));
      if (index === undefined) continue;
      if (call.args.length <= index || !isLoopback(call.args[index], unit, summaries)) return false;
      listens = true;
    }
  return listens;
}

/** The address or URL is one of this host: written so, made from such a format, or begun with it. */
export function isLoopback(address: Expr, unit: FunctionUnit, summaries: Summaries, steps = 0): boolean {
  if (steps > MaxSteps) return false;
  const x = unparen(address);
  const text = constOf(x);
  if (typeof text === "string") return loopback.test(text);
  if (x.kind === NodeKind.BinaryExpr) return x.op === Token.Add && isLoopback(x.x, unit, summaries, steps + 1);
  if (x.kind === NodeKind.CallExpr) return isFormat(x, summaries) && isLoopback(x.args[0], unit, summaries, steps + 1);
  const v = subject(x);
  if (v === null || v.isParam || v.isPackageLevel) return false;
  const [value, ...more] = given(unit, v);
  return value != null && more.length === 0 && isLoopback(value, unit, summaries, steps + 1);
}

function isFormat(call: CallExpr, summaries: Summaries): boolean {
  return call.args.length > 0 && calledName(call, summaries) === "fmt.Sprintf";
}
