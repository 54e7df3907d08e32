/**
 * Follows one resource along every feasible path of a function, breadth first, and tells how the paths end for it.
 *
 *     resp, err := http.Get(u)      ●──► err != nil: there is none
 *     if err != nil { return err }  │
 *     if resp.StatusCode != 200 {   ├──► returns with it held      the shortest such path is the leak
 *         return errStatus          │
 *     }                             │
 *     defer resp.Body.Close()       └──► released
 *
 * The walk begins at the function's entry, so that what conditions tell of variables on the way to the acquisition is
 * known after it.
 */
import type { Block, Cfg, Edge } from "../cfg/blocks.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { ReturnStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import type { Signature } from "../types/type.ts";
import { asksAboutIt } from "./asked-about.ts";
import { tellsDone } from "./context-done.ts";
import { Edges } from "./edges.ts";
import type { Effects } from "./effects.ts";
import { Fate, Interpreter } from "./interpreter.ts";
import { atExit, bareResult, deferredLiteral } from "./exit.ts";
import { comparisonsOf, Fact, variable, zeroOf } from "./facts.ts";
import { givesAway } from "./failure.ts";
import { type Exit, type Leak, LeakKind } from "./leak.ts";
import { NodeVars } from "./node-vars.ts";
import type { Origin } from "./origin.ts";
import { relevantVars } from "./relevant.ts";
import { Effect, type ResourceSpec } from "./resource.ts";
import { type Hold, isDirect, State } from "./state.ts";
import { decisions, type Visit } from "./visit.ts";

export interface Tracked {
  /** How paths end. */
  readonly effect: Effect;
  readonly leak: Leak | null;
  /** Return statements that hand the target or root itself to the caller, with the index of the result. */
  readonly returned: readonly { readonly stmt: ReturnStmt; readonly index: number }[];
  /** Where paths end with it released, or with a deferred release. */
  readonly releasedIn: readonly Block[];
  /** The function has more states than the bound: nothing is claimed. */
  readonly gaveUp: boolean;
  /** States that were looked at: what it cost. */
  readonly visits: number;
}

/** Told of what a search sees, for whoever asks why (`stanch why`). */
export interface TrackObserver {
  /** A path comes to a block in this state. */
  enter(block: Block, state: State): void;
  /** A path takes an edge, behind which it is in this state. */
  pass(edge: Edge, state: State): void;
  /** A path ends for the resource: at this node, or at the closing brace. */
  end(at: Node | null, effect: Effect, state: State): void;
}

/** States per resource. Real functions need tens; past this a function is generated code or a state machine. */
const MaxStates = 5000;

/**
 * States for all resources of one function together: what a caller of `track` spends on a function before it leaves the rest
 * unjudged. A count and not a time, so that answers are the same on every machine.
 */
export const MaxVisits = 150_000;

export class Tracker {
  observer: TrackObserver | null = null;
  private readonly numbers = new Map<Var, number>();
  private readonly results: readonly Var[];
  private readonly relevant: Set<Var>;
  private readonly vars: NodeVars;
  private readonly edges: Edges;

  constructor(
    private readonly cfg: Cfg,
    signature: Signature | null,
    private readonly effects: Effects,
  ) {
    this.results = signature?.results ?? [];
    this.relevant = relevantVars(cfg, effects, this.results);
    this.vars = new NodeVars(cfg, effects);
    this.edges = new Edges(this.cfg, this.results, effects, this.relevant, this.vars);
  }

  private readonly number = (v: Var): number => {
    let n = this.numbers.get(v);
    if (n === undefined) this.numbers.set(v, (n = this.numbers.size));
    return n;
  };

  track(origin: Origin, spec: ResourceSpec): Tracked {
    const acquired = origin.node === null;
    const endsIt = (e: Expr): boolean => {
      const v = variable(e);
      return v !== null && origin.contexts?.includes(v) === true;
    };
    const holds = new Map<Var, Hold>();
    if (acquired && origin.root !== null) holds.set(origin.root, origin.hold);
    const facts = new Map(origin.facts);
    for (const v of this.results) {
      const zero = this.relevant.has(v) ? zeroOf(v) : null;
      if (zero !== null && v !== origin.root) facts.set(v, zero);
    }
    const start = new State(acquired, holds, acquired ? origin.error : null, facts, false, []);
    const queue: Visit[] = [{ block: this.cfg.entry, index: 0, state: start, parent: null, edge: null }];
    const seen = new Set<string>();
    let effect: Effect = Effect.None;
    let leak: Leak | null = null;
    const returned: { stmt: ReturnStmt; index: number }[] = [];
    const releasedIn = new Set<Block>();
    const exits = new Map<Node | null, Exit>();
    let overwritten = false;
    const found = (kind: LeakKind, at: Node | null, visit: Visit, refusedBy: CallExpr | null = null): void => {
      effect |= Effect.Held;
      overwritten ||= kind === LeakKind.Overwritten;
      const isNew = kind === LeakKind.Exit && !exits.has(at);
      // The shortest, but rather one that is there while the owner runs.
      if (!isNew && leak !== null && leak.stopping !== true) return;
      const path = decisions(visit);
      const exit = { at, decisions: path, ...(refusedBy === null ? {} : { refusedBy }) };
      if (isNew) exits.set(at, exit);
      if (leak !== null && leak.stopping !== true) return;
      const stopping = path.some((edge) => this.effects.tellsStopped(edge));
      if (leak === null || !stopping) leak = { kind, ...exit, ...(stopping ? { stopping } : {}) };
    };
    for (let head = 0; head < queue.length; head++) {
      if (queue.length > MaxStates)
        return {
          effect: Effect.Escaped,
          leak: null,
          returned: [],
          releasedIn: [],
          gaveUp: true,
          visits: queue.length,
        };
      const visit = queue[head];
      const { block } = visit;
      let { state } = visit;
      let ended = false;
      let last: Node | null = null;
      this.observer?.enter(block, state);
      for (let i = visit.index; i < block.nodes.length && !ended; i++) {
        const n = block.nodes[i];
        last = n;
        const isOrigin = n === origin.node;
        const visitError = state.error;
        const vars = this.vars.of(n);
        if (state.acquired && this.touches(state, vars, n)) {
          const interpreter = new Interpreter(state, spec, this.effects, this.relevant);
          interpreter.node(n);
          state = interpreter.state;
          if (state.doubtful && this.usesRoot(state, vars)) state = state.with({ doubtful: false });
          // `retry, err := shouldRetry(err)`: whoever got the error decided, and we cannot read how.
          if (
            n.kind === NodeKind.AssignStmt &&
            visitError !== null &&
            givesAway(n, visitError) &&
            !n.rhs.some((e) => asksAboutIt(unparen(e), state, this.cfg))
          )
            state = state.with({ doubtful: true });
          if (interpreter.fate !== Fate.Held) this.observer?.end(n, effectOf(interpreter), state);
          switch (interpreter.fate) {
            case Fate.Released:
              effect |= interpreter.replaced ? Effect.Released | Effect.Replaced : Effect.Released;
              if (!interpreter.replaced) releasedIn.add(block);
              ended = true;
              break;
            case Fate.Escaped:
              if (n.kind === NodeKind.ReturnStmt && interpreter.returnedResults.length > 0) {
                effect |= Effect.Returned;
                for (const e of interpreter.returnedResults) returned.push({ stmt: n, index: n.results.indexOf(e) });
              } else effect |= Effect.Escaped;
              // A function that waits at the exit may see to it.
              if (interpreter.refusedBy !== null && !state.doubtful && state.deferred.length === 0) {
                this.observer?.end(n, Effect.Held, state);
                found(LeakKind.Exit, n, visit, interpreter.refusedBy);
              }
              ended = true;
              break;
            case Fate.Lost:
              if (state.doubtful) effect |= Effect.Held;
              else found(LeakKind.Overwritten, interpreter.lostAt, visit);
              ended = true;
              break;
            default:
              break;
          }
        } else if (!state.acquired && !isOrigin) {
          if (this.assignsRelevant(vars)) {
            const interpreter = new Interpreter(state, spec, this.effects, this.relevant);
            interpreter.node(n);
            state = interpreter.state;
          }
          const lit = deferredLiteral(n);
          if (lit !== null && origin.root !== null && this.vars.namesOf(origin.root).some((v) => vars.has(v))) {
            // `defer func() { if f != nil { f.Close() } }()` ahead of `f, err = os.Open(…)`, or of `current = f` behind that.
            state = state.with({ deferred: [...state.deferred, lit] });
          }
        }
        if (isOrigin && !ended) {
          if (origin.root === null) {
            found(LeakKind.Dropped, n, visit);
            ended = true;
          } else {
            const facts = new Map(state.facts);
            facts.delete(origin.root);
            if (origin.error !== null) facts.delete(origin.error);
            this.learnOthers(n, facts);
            for (const [v, fact] of origin.beside ?? []) facts.set(v, fact);
            state = new State(true, new Map([[origin.root, origin.hold]]), origin.error, facts, false, state.deferred);
          }
        }
      }
      if (ended) continue;
      for (const edge of block.succs) {
        if (state.acquired && origin.contexts !== undefined && tellsDone(edge, endsIt, block)) {
          effect |= Effect.Released;
          this.observer?.end(edge.cond ?? edge.subject, Effect.Released, state);
          continue;
        }
        if (state.acquired && origin.isAbsent?.(edge) === true) continue;
        const next = this.edges.follow(state, edge, spec, last);
        if (next === null) {
          if (state.acquired && state.errorEnds && edge.cond !== null) effect |= Effect.Released;
          if (state.acquired && state.taken?.error != null) effect |= Effect.Escaped;
          continue;
        }
        if (next === "released") {
          effect |= Effect.Released;
          this.observer?.end(edge.cond, Effect.Released, state);
          continue;
        }
        this.observer?.pass(edge, next);
        if (edge.to === this.cfg.exit) {
          if (!next.acquired || next.doubtful) {
            if (next.acquired) effect |= Effect.Held;
            continue;
          }
          if (origin.exitOwesNothing === true) continue;
          if (next.taken?.error != null) {
            effect |= Effect.Escaped;
            continue;
          }
          const ending = atExit(next, last, spec, this.results, this.effects);
          effect |= ending;
          this.observer?.end(last, ending, next);
          if ((ending & Effect.Held) !== 0)
            found(LeakKind.Exit, last?.kind === NodeKind.ReturnStmt ? last : null, visit, next.taken?.call);
          if (ending === Effect.Returned && last?.kind === NodeKind.ReturnStmt) {
            const index = bareResult(next, this.results);
            if (index >= 0) returned.push({ stmt: last, index });
          }
          continue;
        }
        const key = `${edge.to.id}/${next.key(this.number)}`;
        if (seen.has(key)) continue;
        seen.add(key);
        queue.push({ block: edge.to, index: 0, state: next, parent: visit, edge });
      }
    }
    const told = leak as Leak | null;
    const others = [...exits.values()].filter(({ at }) => at !== told?.at);
    const whole =
      told?.kind !== LeakKind.Exit
        ? told
        : { ...told, ...(others.length > 0 ? { others } : {}), ...(overwritten ? { overwritten } : {}) };
    return { effect, leak: whole, returned, releasedIn: [...releasedIn], gaveUp: false, visits: queue.length };
  }

  /** `ctx, cancel := context.WithCancel(…)`: the other results are new too, and some are never nil. */
  private learnOthers(n: Node, facts: Map<Var, Fact>): void {
    if (n.kind !== NodeKind.AssignStmt || n.rhs.length !== 1) return;
    const call = unparen(n.rhs[0]);
    n.lhs.forEach((e, i) => {
      const v = variable(e);
      if (v === null) return;
      facts.delete(v);
      for (const { subject } of comparisonsOf(v)) facts.delete(subject);
      if (this.relevant.has(v) && call.kind === NodeKind.CallExpr && this.effects.neverNil(call, i))
        facts.set(v, Fact.NonNil);
    });
  }

  /** Whether a node concerns this path's resource, its error or a variable that facts are kept of. */
  private touches(state: State, vars: ReadonlySet<Var>, n: Node): boolean {
    if (n.kind === NodeKind.ReturnStmt) return true;
    for (const v of vars)
      if (
        state.holds.has(v) ||
        v === state.error ||
        v === state.taken?.error ||
        this.relevant.has(v) ||
        state.facts.has(v)
      )
        return true;
    return false;
  }

  /** Whoever uses the resource has it: a doubt about the error is settled. */
  private usesRoot(state: State, vars: ReadonlySet<Var>): boolean {
    if (state.error !== null && vars.has(state.error)) return false;
    for (const [v, hold] of state.holds) if (isDirect(hold) && vars.has(v)) return true;
    return false;
  }

  private assignsRelevant(vars: ReadonlySet<Var>): boolean {
    for (const v of vars) if (this.relevant.has(v)) return true;
    return false;
  }
}

function effectOf(interpreter: Interpreter): Effect {
  if (interpreter.fate === Fate.Released) return Effect.Released;
  if (interpreter.fate === Fate.Lost) return Effect.Held;
  return interpreter.returnedResults.length > 0 ? Effect.Returned : Effect.Escaped;
}
