/**
 * The leaks of a package: every acquisition in every function that some feasible path leaves held. The shared analysis
 * behind the ownership rules; each of them reports the kinds that are its own.
 */
import type { Edge } from "../cfg/blocks.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { failedCall } from "../flow/failure.ts";
import { variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { everyExit, type Exit, type Leak, LeakKind } from "../flow/leak.ts";
import { MaxVisits } from "../flow/track.ts";
import { Effect } from "../flow/resource.ts";
import { type Consumed, consumedIn } from "./consumed.ts";
import { goesBack } from "./counted.ts";
import { neverFails } from "./never-fails.ts";
import { oneShots } from "./one-shot.ts";
import { closesDatabase, FieldUses, keptIn } from "./forgotten.ts";
import { entryPoints } from "./entry-points.ts";
import { type HalfClosed, halfClosedIn } from "./half-closed.ts";
import { hoardedIn, ListReads } from "./hoarded.ts";
import { FieldReads, onlyStoredIn } from "./kept.ts";
import { presumedLeak, presumedSites } from "./presumed.ts";
import { isGiven } from "./statuses.ts";
import type { Site } from "./site.ts";
import type { Summaries } from "./summaries.ts";
import { takenOver } from "./taken-over.ts";
import { untakenIn } from "./untaken.ts";

export interface FoundLeak {
  readonly unit: FunctionUnit;
  readonly site: Site;
  readonly leak: Leak;
  /** How the other paths end: a resource that is released on some path is a forgotten path, else forgotten at all. */
  readonly effect: Effect;
  /** The function that acquires it, and the statement there that gives it to a goroutine: `unit` is what that runs, and leaves it. */
  readonly handed?: { readonly from: FunctionUnit; readonly at: Node };
}

/** A function whose states exceed the bound: some of its acquisitions were not judged. */
export interface TooComplex {
  readonly unit: FunctionUnit;
  /** The first of them. */
  readonly at: Node;
  readonly count: number;
}

/** An acquisition that a path leaves held, of which there is nothing to say all the same. */
export interface SparedLeak {
  readonly unit: FunctionUnit;
  readonly site: Site;
  readonly why: string;
}

export interface Leaks {
  readonly found: readonly FoundLeak[];
  readonly consumed: readonly Consumed[];
  readonly halfClosed: readonly HalfClosed[];
  readonly spared: readonly SparedLeak[];
  readonly tooComplex: readonly TooComplex[];
}

/** What is asked: the leaks of `scope`, some or all of a package's `units`. */
export interface LeakQuestion {
  readonly scope: readonly FunctionUnit[];
  readonly units: readonly FunctionUnit[];
  readonly summaries: Summaries;
}

const memo = new WeakMap<readonly FunctionUnit[], Leaks>();

/** Computed once for a package, whichever rule asks first. `scope` is the identity of the package's analysis. */
export function leaksOf(question: LeakQuestion): Leaks {
  let leaks = memo.get(question.scope);
  if (leaks === undefined) memo.set(question.scope, (leaks = compute(question)));
  return leaks;
}

/** What `leaksOf` could not judge, where some rule has asked. */
export function unjudgedIn(scope: readonly FunctionUnit[]): readonly TooComplex[] {
  return memo.get(scope)?.tooComplex ?? [];
}

function compute(question: LeakQuestion): Leaks {
  const { scope, units, summaries } = question;
  const found: FoundLeak[] = [];
  const spared: SparedLeak[] = [];
  const tooComplex: TooComplex[] = [];
  const first = units[0];
  const reads = first === undefined ? null : new FieldReads(first.file.pkg);
  const uses = first === undefined ? null : new FieldUses(first.file.pkg);
  const lists = first === undefined ? null : new ListReads(first.file.pkg);
  for (const unit of scope) {
    let visits = 0;
    const unjudged: Node[] = [];
    const isUntaken = untakenIn(unit, units, summaries);
    for (const site of summaries.sites(unit)) {
      if (site.origin === null) {
        const leak = uses === null ? null : forgotten(unit, site, uses);
        if (leak !== null) found.push({ unit, site, leak, effect: Effect.Escaped });
        continue;
      }
      if (visits > MaxVisits) {
        unjudged.push(site.call);
        continue;
      }
      let tracked = summaries.track(unit, site.origin, site.acquired.kind);
      const isLeft = tracked.leak !== null;
      visits += tracked.visits;
      if (tracked.leak !== null && everyExit(tracked.leak).some(({ decisions }) => decisions.some(isUntaken))) {
        const { isAbsent } = site.origin;
        const origin = { ...site.origin, isAbsent: (e: Edge) => isAbsent?.(e) === true || isUntaken(e) };
        tracked = summaries.track(unit, origin, site.acquired.kind);
        visits += tracked.visits;
      }
      if (tracked.gaveUp) unjudged.push(site.call);
      const taken = tracked.leak === null ? null : withoutForbidden(tracked.leak, site, unit, summaries);
      if (taken !== null) {
        if (livesAsLongAsTheProcess(question, unit, taken))
          spared.push({ unit, site, why: "what is left of it stays until the process ends" });
        else found.push({ unit, site, leak: taken, effect: tracked.effect });
        continue;
      }
      const elsewhere =
        tracked.leak !== null || reads === null || uses === null
          ? null
          : (keptForEver(unit, site, tracked.effect, reads) ??
            forgotten(unit, site, uses) ??
            (lists === null ? null : hoarded(units, unit, site, summaries, lists)));
      const { root } = site.origin;
      const over =
        tracked.leak === null && elsewhere === null && root !== null
          ? takenOver(unit, root, site.acquired.kind, units, summaries)
          : null;
      if (
        over !== null &&
        everyExit(over.leak).every(({ decisions }) => !decisions.some(untakenIn(over.unit, units, summaries)))
      ) {
        const { start, origin, ...rest } = over;
        found.push({ ...rest, site: { ...site, origin }, handed: { from: unit, at: start } });
      } else if (elsewhere !== null) found.push({ unit, site, leak: elsewhere, effect: tracked.effect });
      else if (isLeft) spared.push({ unit, site, why: "no run takes the way on which it is left" });
    }
    for (const site of presumedSites(unit, summaries.sites(unit))) {
      if (site.origin === null || visits > MaxVisits) continue;
      const tracked = summaries.track(unit, site.origin, site.acquired.kind);
      visits += tracked.visits;
      const leak = presumedLeak(unit, site, tracked);
      if (leak === null || everyExit(leak).some(({ decisions }) => decisions.some(isUntaken))) continue;
      const taken = withoutForbidden(leak, site, unit, summaries);
      if (taken !== null && !livesAsLongAsTheProcess(question, unit, taken))
        found.push({ unit, site, leak: taken, effect: tracked.effect });
    }
    if (unjudged.length > 0) tooComplex.push({ unit, at: unjudged[0], count: unjudged.length });
  }
  // What a goroutine that is started with it was told of already is not said twice.
  const told = new Set(found.map(({ leak }) => leak.at).filter((at) => at !== null));
  const consumed = scope
    .flatMap((unit) => consumedIn(unit, units, summaries))
    .filter(({ exits }) => exits.every(({ at }) => at === null || !told.has(at)));
  const halfClosed = scope.flatMap((unit) => halfClosedIn(unit, units, summaries));
  return { found, consumed, halfClosed, spared, tooComplex };
}

/**
 * The leak by the ways whose decisions can be taken one after the other; null where there is none. Each way out is known by its shortest way alone:
 * where that cannot be taken, a longer one that can is not looked for, and nothing is said.
 */
function withoutForbidden(leak: Leak, site: Site, unit: FunctionUnit, summaries: Summaries): Leak | null {
  const isTaken = ({ decisions, refusedBy }: Exit): boolean =>
    !goesBack(site.node, decisions, unit) &&
    isGiven(site, decisions, summaries) &&
    !endedByFailure(site, decisions, unit) &&
    (refusedBy === undefined || !neverFails(refusedBy, summaries));
  const { others: all = [], ...first } = leak;
  const others = all.filter(isTaken);
  if (isTaken(leak))
    return others.length === all.length ? leak : { ...first, ...(others.length > 0 ? { others } : {}) };
  const [next, ...rest] = others;
  return next === undefined ? null : { ...first, ...next, ...(rest.length > 0 ? { others: rest } : {}) };
}

/**
 * A call of its own has failed, and it with that: what the broker refuses closes the channel, and so does what it never hears of
 * (https://www.rabbitmq.com/docs/channels#error-handling, https://pkg.go.dev/github.com/rabbitmq/amqp091-go#Channel.QueueDeclare).
 */
function endedByFailure({ acquired, origin }: Site, decisions: readonly Edge[], unit: FunctionUnit): boolean {
  const root = origin?.root ?? null;
  if (acquired.kind.id !== "amqp-channel" || root === null) return false;
  const failed = failedCall(unit, decisions);
  if (failed === null) return false;
  // declareQueue(ch): what it does with the channel
  const { fun, args } = failed;
  return (fun.kind === NodeKind.SelectorExpr && variable(fun.x) === root) || args.some((arg) => variable(arg) === root);
}

/** The resource goes into a field that nothing reads, and nowhere else. */
function keptForEver(unit: FunctionUnit, site: Site, effect: Effect, reads: FieldReads): Leak | null {
  const root = site.origin?.root ?? null;
  if (root === null || site.acquired.kind.path.length > 0 || (effect & Effect.Released) !== 0) return null;
  const kept = onlyStoredIn(unit, root);
  if (kept === null || reads.isRead(kept.field)) return null;
  return { kind: LeakKind.Kept, at: kept.at, decisions: [], field: kept.field.name };
}

/** The resource goes into a field of a type whose Close does not release it, and neither does anything else. */
function forgotten(unit: FunctionUnit, site: Site, uses: FieldUses): Leak | null {
  const kept = keptIn(unit, site);
  if (kept === null || (!kept.isStub && !uses.isForgotten(kept.field, site.acquired.kind))) return null;
  const { field, owner, method } = kept;
  if (site.acquired.kind.rule === "sql-stmt-unclosed" && closesDatabase(method)) return null;
  return {
    kind: LeakKind.Forgotten,
    at: kept.at,
    decisions: [],
    field: `${owner.obj.name}.${field.name}`,
    method: `${owner.obj.name}.${method.name}`,
  };
}

/** The resource is added to a list that is only added to, and that happens for every request: one at the start may be meant to stay. */
function hoarded(
  units: readonly FunctionUnit[],
  unit: FunctionUnit,
  site: Site,
  summaries: Summaries,
  lists: ListReads,
): Leak | null {
  const root = site.origin?.root ?? null;
  if (root === null || site.acquired.kind.path.length > 0) return null;
  const found = hoardedIn(unit, root, site.acquired.kind);
  if (found === null || lists.isRead(found.list)) return null;
  if (entryPoints(units, summaries).evidence(unit, site.call) === null) return null;
  return { kind: LeakKind.Hoarded, at: found.at, decisions: [], field: found.list.name };
}

/**
 * What main or init leaves open at its end stays open for the life of the process, which is what it is for; not what is lost before, in the next turn
 * of a loop perhaps.
 */
function livesAsLongAsTheProcess({ units, summaries }: LeakQuestion, unit: FunctionUnit, leak: Leak): boolean {
  if (leak.kind === LeakKind.Overwritten || leak.overwritten === true) return false;
  const f = unit.func;
  const isCommand = oneShots(units, summaries).isCommand(unit);
  if (f === null) return isCommand;
  const isFunction = f.decl?.recv === null;
  const isEntry = isCommand || (isFunction && (f.name === "init" || (f.name === "main" && f.pkg?.name === "main")));
  return isEntry;
}
