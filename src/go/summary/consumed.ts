/**
 * Parameters that a function takes over, and not on every path: it closes them where it fails in one way, and leaves them where it fails in
 * another. Who gave one cannot know which it was.
 *
 *     func NewConn(c net.Conn, config *Config) (*Conn, error) {
 *         if err := config.check(); err != nil {
 *             return nil, err                     ← open for ever
 *         }
 *         s := &Conn{c: c}
 *         if err := s.handshake(); err != nil {
 *             c.Close()
 *             return nil, err
 *         }
 *         return s, nil
 *     }
 *
 * Or a goroutine that it starts does so: `go func() { … }()`.
 */
import { isFailing, isFailure } from "../flow/failure.ts";
import { variable } from "../flow/facts.ts";
import { everyExit, type Exit, LeakKind } from "../flow/leak.ts";
import { mentions } from "../flow/mentions.ts";
import { Effect } from "../flow/resource.ts";
import { Hold } from "../flow/state.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { kindOfType } from "../knowledge/by-type.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { GoStmt } from "../syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { unparen } from "../types/callee.ts";
import { type Func, isExported, type Var } from "../types/object.ts";
import { isNamed } from "./contexts.ts";
import { typeName } from "./entry-points.ts";
import { mayTake, releaseForFailure, releases } from "./failing-release.ts";
import { oneShots } from "./one-shot.ts";
import type { Summaries } from "./summaries.ts";
import { takenOver } from "./taken-over.ts";
import { untakenIn } from "./untaken.ts";

export interface Consumed {
  /** Whose parameter it is. */
  readonly unit: FunctionUnit;
  readonly param: Var;
  readonly kind: ResourceKind;
  /** Where it is released. */
  readonly released: Node;
  /** The ways out that leave it: of `unit`, or of what the goroutine runs. */
  readonly exits: readonly Exit[];
  /** The statement that gives it to a goroutine. */
  readonly start: GoStmt | null;
}

/** `units`: all of the package. */
export function consumedIn(unit: FunctionUnit, units: readonly FunctionUnit[], summaries: Summaries): Consumed[] {
  const { func, signature } = unit;
  if (func === null || signature === null || signature.variadic) return [];
  const out: Consumed[] = [];
  signature.params.forEach((param, index) => {
    const kind = kindOfType(typeName(param.type));
    if (kind === null || param.name === "" || param.name === "_") return;
    const asked = { unit, param, kind, units, summaries };
    const found = uneven(asked) ?? unevenGoroutine(asked);
    if (found !== null && nobodyReleases(func, index, found, units, summaries)) out.push(found);
  });
  return out;
}

interface Uneven extends Consumed {
  /** Where nothing fails somebody else has it then, and not who gave it. */
  readonly isTaken: boolean;
}

interface Asked extends Pick<Consumed, "unit" | "param" | "kind"> {
  readonly units: readonly FunctionUnit[];
  readonly summaries: Summaries;
}

function uneven({ unit, param, kind, units, summaries }: Asked): Uneven | null {
  const last = unit.signature?.results.at(-1)?.type ?? null;
  if (last === null || !isFailure(last)) return null;
  // A response ends with the context of its request, which whoever is given its cancel function ends.
  if (kind.id === "http-body" && unit.signature?.params.some((p) => isCancel(p)) === true) return null;
  // Whoever it was given to on the way may have it as well: what the function closes when it fails it takes for its own all the same.
  const released = releaseForFailure(unit, param, kind);
  if (released === null) return null;
  const origin = { node: null, root: param, hold: Hold.Root, error: null };
  const { effect, leak, gaveUp } = summaries.track(unit, origin, kind);
  if (gaveUp || leak?.kind !== LeakKind.Exit || leak.overwritten === true || leak.stopping === true) return null;
  const isUntaken = untakenIn(unit, units, summaries);
  const all = everyExit(leak);
  const exits = all.filter((exit) => isFailing(exit) && mayTake(exit, isUntaken, summaries));
  if (exits.length === 0) return null;
  const isTaken = (effect & (Effect.Returned | Effect.Escaped)) !== 0 && all.every(isFailing);
  return { unit, param, kind, released, exits, start: null, isTaken };
}

function isCancel({ type }: Var): boolean {
  return type !== null && (isNamed(type, "context", "CancelFunc") || isNamed(type, "context", "CancelCauseFunc"));
}

function unevenGoroutine({ unit, param, kind, units, summaries }: Asked): Uneven | null {
  const over = takenOver(unit, param, kind, units, summaries);
  if (over === null || over.leak.kind !== LeakKind.Exit) return null;
  const isUntaken = untakenIn(over.unit, units, summaries);
  const exits = everyExit(over.leak).filter((exit) => mayTake(exit, isUntaken, summaries));
  const root = over.origin.root;
  let released: Node | null = null;
  walk(over.unit.body, (n) => {
    if (released === null && n.kind === NodeKind.CallExpr && root !== null && releases(n, root, kind)) released = n;
    return released === null;
  });
  return released === null || exits.length === 0
    ? null
    : { unit, param, kind, released, exits, start: over.start, isTaken: true };
}

/** Those who call the function are known to leave it to that; or nobody here does, and what it makes is what has it. */
function nobodyReleases(
  f: Func,
  index: number,
  { kind, isTaken }: Uneven,
  units: readonly FunctionUnit[],
  summaries: Summaries,
): boolean {
  const once = oneShots(units, summaries);
  const calls = once.callsOf(f);
  if (calls === null) return isTaken && isExported(f.name) && f.decl?.recv === null && !once.isMentioned(f);
  return calls.every(({ unit, at }) => {
    const arg = at.kind === NodeKind.CallExpr ? at.args[index] : undefined;
    if (at.kind !== NodeKind.CallExpr || arg === undefined) return false;
    const v = variable(arg);
    // f(mustDial())
    if (v === null) return unparen(arg).kind === NodeKind.CallExpr;
    return !v.isParam && !v.isPackageLevel && !hasOtherUses(unit, v, at, kind);
  });
}

/** Somebody around the call releases it, or gives it to others as well. */
function hasOtherUses({ outermost }: FunctionUnit, v: Var, at: CallExpr, kind: ResourceKind): boolean {
  let others = false;
  walk(outermost.body, (n) => {
    if (n.kind === NodeKind.CallExpr && n !== at)
      others ||= releases(n, v, kind) || n.args.some((arg) => variable(arg) === v && n.pos > at.pos);
    else if (n.kind === NodeKind.DeferStmt && n.call !== at) others ||= mentions(n.call, new Set([v]));
    return !others;
  });
  return others;
}
