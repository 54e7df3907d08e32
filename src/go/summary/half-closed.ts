/**
 * Owners whose own Close gives up half way: it fails, and returns ahead of what it closes on its other paths. Who was told that closing has
 * failed does not close again.
 *
 *     func (l *log) Close() error {
 *         if err := l.buf.Flush(); err != nil {
 *             return err                          ← l.file stays open
 *         }
 *         return l.file.Close()
 *     }
 */
import type { Edge } from "../cfg/blocks.ts";
import { failedCall, isFailed, isFailing } from "../flow/failure.ts";
import { everyExit, type Exit, LeakKind } from "../flow/leak.ts";
import { Effect, ownerRelease } from "../flow/resource.ts";
import { Hold } from "../flow/state.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { kindOfType } from "../knowledge/by-type.ts";
import { type ResourceKind, kinds } from "../knowledge/kinds.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { deref, lookupFieldOrMethod } from "../types/lookup.ts";
import { ObjKind, type Var } from "../types/object.ts";
import { TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { typeName } from "./entry-points.ts";
import { mayTake } from "./failing-release.ts";
import { ownerMethods } from "./owners.ts";
import type { Summaries } from "./summaries.ts";
import { untakenIn } from "./untaken.ts";

export interface HalfClosed {
  /** The method. */
  readonly unit: FunctionUnit;
  readonly field: Var;
  readonly kind: ResourceKind;
  /** Where it is closed on other paths. */
  readonly released: Node;
  /** What fails ahead of that. */
  readonly failed: CallExpr;
  readonly exits: readonly Exit[];
}

/** `units`: all of the package. */
export function halfClosedIn(unit: FunctionUnit, units: readonly FunctionUnit[], summaries: Summaries): HalfClosed[] {
  const sig = unit.signature;
  const recv = sig?.recv ?? null;
  if (unit.func === null || recv?.type == null || !ownerMethods.includes(unit.func.name)) return [];
  // Who shuts down within a time goes on with what is left when that is over.
  if (sig === null || sig.params.length > 0 || sig.results.length !== 1) return [];
  const [base] = deref(recv.type);
  const owner = base.kind === TypeKind.Named ? under(base.origin) : null;
  if (owner?.kind !== TypeKind.Struct || recv.name === "" || recv.name === "_") return [];
  const out: HalfClosed[] = [];
  const isUntaken = untakenIn(unit, units, summaries);
  for (const field of owner.fields) {
    const released = releaseOf(unit, recv, field);
    const kind = released === null ? null : kindOfField(field);
    if (released === null || kind === null) continue;
    const origin = { node: null, root: recv, hold: Hold.Root, error: null };
    const spec = { ...kind, path: [field.name, ...kind.path] };
    const { effect, leak, gaveUp } = summaries.track(unit, origin, spec);
    if (gaveUp || leak?.kind !== LeakKind.Exit || (effect & Effect.Released) === 0) continue;
    const exits = everyExit(leak).filter((exit) => givesUp(unit, exit, isUntaken, summaries));
    const failed = exits.length === 0 ? null : failedCall(unit, exits[0].decisions);
    if (failed !== null) out.push({ unit, field, kind, released, failed, exits });
  }
  return out;
}

/** `l.file.Close()` */
function releaseOf(unit: FunctionUnit, recv: Var, field: Var): Node | null {
  let found: Node | null = null;
  walk(unit.body, (n) => {
    if (found !== null) return false;
    const fun = n.kind === NodeKind.CallExpr ? unparen(n.fun) : null;
    if (fun?.kind !== NodeKind.SelectorExpr || !ownerRelease.has(fun.sel.name)) return true;
    const on = unparen(fun.x);
    if (on.kind === NodeKind.SelectorExpr && on.sel.name === field.name) {
      const x = unparen(on.x);
      if (x.kind === NodeKind.Ident && x.obj === recv) found = n;
    }
    return true;
  });
  return found;
}

function kindOfField({ type }: Var): ResourceKind | null {
  if (type === null) return null;
  const known = kindOfType(typeName(type));
  if (known !== null) return known.path.length > 0 ? null : known;
  const close = lookupFieldOrMethod(type, "Close", null);
  return close?.obj.kind === ObjKind.Func ? (kinds.get("closer") ?? null) : null;
}

/** Something else has failed there, and can: not the question whether it is open at all. */
function givesUp(unit: FunctionUnit, exit: Exit, isUntaken: (edge: Edge) => boolean, summaries: Summaries): boolean {
  const last = exit.decisions.at(-1);
  if (last === undefined || !isFailed(last) || !isFailing(exit) || !mayTake(exit, isUntaken, summaries)) return false;
  const failed = failedCall(unit, exit.decisions);
  return failed !== null && !/^(?:check|valid|ensure|is[A-Z]|err$|wait$)|closed|open|lock/i.test(calleeOf(failed).name);
}
