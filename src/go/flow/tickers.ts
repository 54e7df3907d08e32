/** Channels that are never closed: those of tickers. A range over one has no end of its own. */
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { deref } from "../types/lookup.ts";
import { typeOf } from "../types/record.ts";
import { TypeKind } from "../types/type.ts";

/** `time.Tick(d)`, and `ticker.C` of a time.Ticker. */
export function isTickerChannel(e: Expr): boolean {
  const x = unparen(e);
  if (x.kind === NodeKind.CallExpr) return calleeOf(x).func?.pkg?.path === "time" && calleeOf(x).name === "Tick";
  if (x.kind !== NodeKind.SelectorExpr || x.sel.name !== "C") return false;
  const [t] = deref(typeOf(x.x));
  return t.kind === TypeKind.Named && t.obj.name === "Ticker" && t.obj.pkg?.path === "time";
}
