/**
 * What a goroutine takes over: nobody else has it, the goroutine releases it on one path, and leaves it on another.
 *
 *     conn, err := l.Accept()
 *     …
 *     go func() {
 *         if err := greet(conn); err != nil {
 *             return                            ← open for ever
 *         }
 *         defer conn.Close()
 *         …
 */
import { variable } from "../flow/facts.ts";
import type { Leak } from "../flow/leak.ts";
import { mentions } from "../flow/mentions.ts";
import type { Origin } from "../flow/origin.ts";
import { Effect } from "../flow/resource.ts";
import { Hold } from "../flow/state.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import type { GoStmt } from "../syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import type { Func, Var } from "../types/object.ts";
import { objOf } from "../types/record.ts";
import { oneShots } from "./one-shot.ts";
import type { Summaries } from "./summaries.ts";

/** What a goroutine does with something that it alone has, on some of its paths. */
export interface TakenOver {
  /** What it runs. */
  readonly unit: FunctionUnit;
  /** The statement that starts it. */
  readonly start: GoStmt;
  readonly origin: Origin;
  readonly leak: Leak;
  readonly effect: Effect;
}

/** Null where others may have it, or the goroutine leaves it nowhere, or everywhere. `units`: all of the package. */
export function takenOver(
  unit: FunctionUnit,
  root: Var,
  kind: ResourceKind,
  units: readonly FunctionUnit[],
  summaries: Summaries,
): TakenOver | null {
  if (kind.call || kind.endsWithContext === true || kind.endsWithParent === true) return null;
  const start = onlyGoroutine(unit, root, kind.methods);
  const taker = start === null ? null : takerOf(unit, start, root, units, summaries);
  // Reports have one file.
  if (start === null || taker?.unit.file !== unit.file) return null;
  const origin = { node: null, root: taker.root, hold: Hold.Root, error: null };
  const { effect, leak, gaveUp } = summaries.track(taker.unit, origin, kind);
  const isOurs = (effect & Effect.Released) !== 0 && (effect & (Effect.Escaped | Effect.Returned)) === 0;
  return leak === null || gaveUp || !isOurs ? null : { unit: taker.unit, start, origin, leak, effect };
}

/** The goroutine that alone is given the variable, which has one value and is for the rest only looked at; null where there is more to it. */
function onlyGoroutine(unit: FunctionUnit, v: Var, methods: readonly string[]): GoStmt | null {
  const own = new Set([v]);
  const starts = unit.nodes(NodeKind.GoStmt).filter((s) => mentions(s, own));
  const [start] = starts;
  if (starts.length !== 1) return null;
  const known = new Set<Node>();
  let others = 0;
  let values = 0;
  walk(unit.body, (n) => {
    if (n.kind === NodeKind.AssignStmt) {
      for (const e of n.lhs) {
        known.add(unparen(e));
        if (variable(e) === v) values++;
      }
      return true;
    }
    if (n.pos >= start.pos && n.end <= start.end) return true;
    if (n.kind === NodeKind.DeferStmt) others += mentions(n, own) ? 1 : 0;
    else if (n.kind === NodeKind.BinaryExpr) for (const e of [n.x, n.y]) known.add(unparen(e));
    else if (n.kind === NodeKind.CallExpr) {
      const fun = unparen(n.fun);
      if (fun.kind !== NodeKind.SelectorExpr) return true;
      // Before it starts it may be closed where something fails; later it is somebody else's, too.
      if (n.pos < start.pos || !methods.includes(fun.sel.name)) known.add(unparen(fun.x));
    } else if (n.kind === NodeKind.Ident && objOf(n) === v && n.pos !== v.pos && !known.has(n)) others++;
    return true;
  });
  return others > 0 || values !== (v.isParam ? 0 : 1) ? null : start;
}

/** What the goroutine runs, and the variable by which that has it. */
function takerOf(
  unit: FunctionUnit,
  { call }: GoStmt,
  v: Var,
  units: readonly FunctionUnit[],
  summaries: Summaries,
): { readonly unit: FunctionUnit; readonly root: Var } | null {
  const own = new Set([v]);
  const fun = unparen(call.fun);
  const given = call.args.flatMap((arg, i) => (mentions(arg, own) ? [i] : []));
  if (given.length > 1 || given.some((i) => variable(call.args[i]) !== v)) return null;
  let taker: FunctionUnit | null = null;
  if (fun.kind === NodeKind.FuncLit) taker = summaries.literalUnit(fun, unit);
  else {
    const { func, kind } = calleeOf(call);
    if (func !== null && kind === CalleeKind.Static && isOnlyStarted(func, units, summaries))
      taker = summaries.unitOf(func);
  }
  const root = given.length === 0 ? v : taker?.signature?.params[given[0]];
  if (taker === null || root === undefined || taker.signature?.variadic === true) return null;
  return given.length > 0 && mentions(call.fun, own) ? null : { unit: taker, root };
}

/** All who call it in the package start a goroutine with it. */
function isOnlyStarted(f: Func, units: readonly FunctionUnit[], summaries: Summaries): boolean {
  const calls = oneShots(units, summaries).callsOf(f);
  return calls?.every(({ unit, at }) => unit.nodes(NodeKind.GoStmt).some((s) => s.call === at)) === true;
}
