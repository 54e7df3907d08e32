/**
 * What a function has to release by its own word: nothing is known of the call that gives it, but its name says that something is opened, and the
 * function closes it where it fails.
 *
 *     session, err := s.client.NewSession(ctx)        the method of an interface
 *     …
 *     if _, err := session.Login(ctx); err != nil {
 *         session.Close()                             so it is to be closed
 *         return nil, err
 *     }
 *     if !session.Is(version) {
 *         return nil, errVersion                      ← and is not here
 *     }
 */
import { evaluated } from "../cfg/blocks.ts";
import { variable } from "../flow/facts.ts";
import { isFailing } from "../flow/failure.ts";
import { everyExit, type Leak, LeakKind } from "../flow/leak.ts";
import type { Tracked } from "../flow/track.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { kindOfType } from "../knowledge/by-type.ts";
import { kinds, type ResourceKind } from "../knowledge/kinds.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { identical } from "../types/identical.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { ObjKind, type Var } from "../types/object.ts";
import { errorType } from "../types/universe.ts";
import { typeName } from "./entry-points.ts";
import { releaseForFailure } from "./failing-release.ts";
import { originOf, signatureOf, type Site } from "./site.ts";

/** Names of what opens something. */
const opens = /^(?:new|open|dial|connect|create|start|accept|listen|begin|subscribe|watch)(?=$|[A-Z_])/i;

/** Sites of calls that are no acquisitions as far as is known. `known`: those that are. */
export function presumedSites(unit: FunctionUnit, known: readonly Site[]): Site[] {
  const closed = closedIn(unit);
  if (closed.size === 0) return [];
  const calls = new Set(known.map(({ call }) => call));
  const out: Site[] = [];
  for (const block of unit.cfg.blocks) {
    if (!block.reachable) continue;
    for (const node of block.nodes)
      evaluated(node, (call) => {
        if (call.kind !== NodeKind.CallExpr || calls.has(call)) return;
        const kind = kindOf(call);
        if (kind === null) return;
        const acquired = { kind, result: 0, through: null };
        const origin = originOf(unit, node, call, acquired);
        if (origin?.root != null && origin.error !== null && closed.has(origin.root))
          out.push({ call, node, acquired, origin });
      });
  }
  return out;
}

/** Variables that the function itself closes somewhere, and not for its end. */
function closedIn(unit: FunctionUnit): Set<Var> {
  const out = new Set<Var>();
  const deferred = new Set<Node>(unit.nodes(NodeKind.DeferStmt).map(({ call }) => call));
  for (const call of unit.nodes(NodeKind.CallExpr)) {
    const fun = unparen(call.fun);
    const v = fun.kind === NodeKind.SelectorExpr && fun.sel.name === "Close" ? variable(fun.x) : null;
    const isGiven = v?.isParam === true && unit.signature?.results.includes(v) !== true;
    if (v !== null && !v.isPackageLevel && !isGiven && !deferred.has(call)) out.add(v);
  }
  return out;
}

/** Of `x, err := open(…)`, where x has a `Close`. */
function kindOf(call: CallExpr): ResourceKind | null {
  const sig = signatureOf(call);
  if (sig?.results.length !== 2 || !opens.test(calleeOf(call).name)) return null;
  const [{ type }, error] = sig.results;
  if (type === null || error.type === null || !identical(error.type, errorType)) return null;
  const known = kindOfType(typeName(type));
  if (known !== null) return known.path.length > 0 ? null : known;
  const close = lookupFieldOrMethod(type, "Close", null);
  return close?.obj.kind === ObjKind.Func ? (kinds.get("closer") ?? null) : null;
}

/** It closes it where something fails, and where something else does not; null where that cannot be said. */
export function presumedLeak(unit: FunctionUnit, { acquired, origin }: Site, { leak, gaveUp }: Tracked): Leak | null {
  if (gaveUp || leak?.kind !== LeakKind.Exit || leak.overwritten === true) return null;
  const root = origin?.root ?? null;
  return root !== null && everyExit(leak).every(isFailing) && releaseForFailure(unit, root, acquired.kind) !== null
    ? leak
    : null;
}
