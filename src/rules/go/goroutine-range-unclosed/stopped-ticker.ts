/**
 * Goroutines that range over a ticker which somebody else stops. "Stop does not close the channel, to prevent a concurrent goroutine reading from the
 * channel from seeing an erroneous "tick"": https://pkg.go.dev/time#Ticker.Stop
 *
 *     func (m *monitor) start() { go func() { for range m.ticker.C { m.check() } }() }
 *     func (m *monitor) stop()  { m.ticker.Stop() }                              ← and the goroutine waits for ever
 */
import { isTickerChannel } from "../../../go/flow/tickers.ts";
import type { FunctionUnit } from "../../../go/flow/unit.ts";
import type { CallExpr } from "../../../go/syntax/ast-expr.ts";
import type { RangeStmt } from "../../../go/syntax/ast-stmt.ts";
import { NodeKind } from "../../../go/syntax/ast.ts";
import { unparen } from "../../../go/types/callee.ts";
import type { Var } from "../../../go/types/object.ts";
import type { Pass } from "../../rule.ts";
import { endsItself } from "./ends-itself.ts";
import { keptIn } from "./kept.ts";

export interface StoppedTicker {
  readonly unit: FunctionUnit;
  readonly range: RangeStmt;
  readonly stop: { readonly unit: FunctionUnit; readonly call: CallExpr };
}

export function stoppedTickers(pass: Pass, starts: ReadonlySet<FunctionUnit>): StoppedTicker[] {
  const out: StoppedTicker[] = [];
  let stops: ReadonlyMap<Var, readonly StoppedTicker["stop"][]> | null = null;
  for (const unit of pass.scope) {
    if (!starts.has(unit)) continue;
    for (const range of unit.nodes(NodeKind.RangeStmt)) {
      const x = unparen(range.x);
      if (!isTickerChannel(x) || x.kind !== NodeKind.SelectorExpr || endsItself(range)) continue;
      const place = keptIn(x.x);
      stops ??= stopsIn(pass.units);
      const stop = place === null ? undefined : stops.get(place)?.find((s) => s.unit.outermost !== unit.outermost);
      if (stop !== undefined) out.push({ unit, range, stop });
    }
  }
  return out;
}

/** `m.ticker.Stop()`, by the field or the variable of the package. */
function stopsIn(units: readonly FunctionUnit[]): Map<Var, StoppedTicker["stop"][]> {
  const out = new Map<Var, StoppedTicker["stop"][]>();
  for (const unit of units)
    for (const call of unit.nodes(NodeKind.CallExpr)) {
      const fun = unparen(call.fun);
      if (fun.kind !== NodeKind.SelectorExpr || fun.sel.name !== "Stop" || call.args.length > 0) continue;
      const place = keptIn(fun.x);
      if (place !== null) out.set(place, [...(out.get(place) ?? []), { unit, call }]);
    }
  return out;
}
