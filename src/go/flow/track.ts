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
import {
  type AssignStmt,
  type CallExpr,
  type Expr,
  type FuncLit,
  type Node,
  NodeKind,
  type RangeStmt,
  type ReturnStmt,
} from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { type Block, type Cfg, type Edge, EdgeKind, evaluated } from "../cfg/blocks.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import { BuiltinId, Var } from "../types/object.ts";
import { identical } from "../types/identical.ts";
import { constOf, Mode, typeOf } from "../types/record.ts";
import { errorType, unknownType } from "../types/universe.ts";
import { type Signature, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { type Effects, Fate, Interpreter } from "./effects.ts";
import {
  type Equality,
  equalitiesOf,
  equalityOf,
  equals,
  Fact,
  factOf,
  subject,
  testOf,
  variable,
  zeroOf,
} from "./facts.ts";
import { isFailure } from "./failure.ts";
import { Effect, type ResourceSpec } from "./resource.ts";
import { Hold, isDirect, State } from "./state.ts";
import { isTickerChannel } from "./tickers.ts";

/** Where tracking begins: at a call that acquires, or at the entry with a parameter that holds. */
export interface Origin {
  /** The node of a block at which the resource comes into being; null for parameters and captured variables. */
  readonly node: Node | null;
  /** The variable that has it; null where the value is dropped at once. */
  readonly root: Var | null;
  readonly hold: Hold;
  /** Non-nil when there is no resource. */
  readonly error: Var | null;
  /** Contexts whose end ends the resource too: that of a cancel function, and its parent. */
  readonly contexts?: readonly Var[];
  /** Behind this edge there is nothing to release after all. */
  readonly isAbsent?: (edge: Edge) => boolean;
  /** Only losing it in a later turn of a loop counts: at the exit somebody else ends it. */
  readonly exitOwesNothing?: boolean;
  /** What the call gives other variables wherever it gives the resource. */
  readonly beside?: ReadonlyMap<Var, Fact>;
  /** What is known of variables from outside (for closures). */
  readonly facts?: ReadonlyMap<Var, Fact>;
}

export enum LeakKind {
  /** A return, or the end of the function, with the resource held. */
  Exit,
  /** Its last variable gets another value. */
  Overwritten,
  /** It never had a name. */
  Dropped,
  /** It is stored where nothing ever takes it from; found outside of path search. */
  Kept,
  /** It is stored in a field that the release method of its type forgets; found outside of path search. */
  Forgotten,
  /** It is added, again and again, to a list that nothing ever takes from; found outside of path search. */
  Hoarded,
}

export interface Leak {
  readonly kind: LeakKind;
  /** The return statement, the overwritten place; null at the closing brace. */
  readonly at: Node | null;
  /** Decisions on the way from the acquisition, in order. */
  readonly decisions: readonly Edge[];
  /** For Kept and Forgotten: the field; for Hoarded the list. */
  readonly field?: string;
  /** For Forgotten: the method that should release it. */
  readonly method?: string;
  /** For Exit: where else it is left held, in the order of the shortest paths to them. */
  readonly others?: readonly Pick<Leak, "at" | "decisions">[];
  /** For Exit: elsewhere its last variable gets another value, in the next turn of a loop perhaps. */
  readonly overwritten?: boolean;
  /** Every path that leaves it held passes a condition that tells that the owner has been stopped. */
  readonly stopping?: boolean;
}

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

/** Constants that one variable is compared with, where that decides paths. */
const MaxConstants = 8;

/**
 * States for all resources of one function together: what a caller of `track` spends on a function before it leaves the rest
 * unjudged. A count and not a time, so that answers are the same on every machine.
 */
export const MaxVisits = 150_000;

interface Visit {
  readonly block: Block;
  readonly index: number;
  readonly state: State;
  readonly parent: Visit | null;
  readonly edge: Edge | null;
}

export class Tracker {
  observer: TrackObserver | null = null;
  private readonly numbers = new Map<Var, number>();
  private readonly relevant: Set<Var>;
  private readonly mentioned = new Map<Node, ReadonlySet<Var>>();
  private readonly bodies = new Map<RangeStmt, ReadonlySet<Var>>();
  private readonly names = new Map<Var, Var[]>();

  constructor(
    private readonly cfg: Cfg,
    private readonly signature: Signature | null,
    private readonly effects: Effects & {
      closureUnder(lit: FuncLit, v: Var, hold: Hold, spec: ResourceSpec, facts: ReadonlyMap<Var, Fact>): Effect;
      /** Behind the edge the owner of all this has been stopped. */
      tellsStopped(edge: Edge): boolean;
    },
  ) {
    this.relevant = relevantVars(cfg, effects, signature?.results ?? []);
  }

  private readonly number = (v: Var): number => {
    let n = this.numbers.get(v);
    if (n === undefined) this.numbers.set(v, (n = this.numbers.size));
    return n;
  };

  private varsOf(n: Node): ReadonlySet<Var> {
    let vars = this.mentioned.get(n);
    if (vars === undefined) {
      const set = new Set<Var>();
      const list = n.kind === NodeKind.RangeStmt ? variable(n.x) : null; // its elements go to key and value
      if (list !== null) set.add(list);
      evaluated(n, (x) => {
        if (x.kind === NodeKind.Ident || x.kind === NodeKind.SelectorExpr) {
          const v = subject(x);
          if (v !== null) set.add(v);
        } else if (x.kind === NodeKind.FuncLit) addVars(set, x.body);
        else if (x.kind === NodeKind.CallExpr) {
          const called = variable(x.fun);
          const lit = called === null ? null : this.effects.literal(called);
          if (lit !== null) addVars(set, lit.body);
        }
      });
      this.mentioned.set(n, (vars = set));
    }
    return vars;
  }

  track(origin: Origin, spec: ResourceSpec): Tracked {
    const acquired = origin.node === null;
    const holds = new Map<Var, Hold>();
    if (acquired && origin.root !== null) holds.set(origin.root, origin.hold);
    const facts = new Map(origin.facts);
    for (const v of this.signature?.results ?? []) {
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
    const exits = new Map<Node | null, Pick<Leak, "at" | "decisions">>();
    let overwritten = false;
    const found = (kind: LeakKind, at: Node | null, visit: Visit): void => {
      effect |= Effect.Held;
      overwritten ||= kind === LeakKind.Overwritten;
      const isNew = kind === LeakKind.Exit && !exits.has(at);
      // The shortest, but rather one that is there while the owner runs.
      if (!isNew && leak !== null && leak.stopping !== true) return;
      const path = decisions(visit);
      if (isNew) exits.set(at, { at, decisions: path });
      if (leak !== null && leak.stopping !== true) return;
      const stopping = path.some((edge) => this.effects.tellsStopped(edge));
      if (leak === null || !stopping) leak = { kind, at, decisions: path, ...(stopping ? { stopping } : {}) };
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
        const vars = this.varsOf(n);
        if (state.acquired && this.touches(state, vars, n)) {
          const interpreter = new Interpreter(state, spec, this.effects, this.relevant);
          interpreter.node(n);
          state = interpreter.state;
          if (state.doubtful && this.usesRoot(state, vars)) state = state.with({ doubtful: false });
          // `retry, err := shouldRetry(err)`: whoever got the error decided, and we cannot read how.
          if (n.kind === NodeKind.AssignStmt && visitError !== null && givesAway(n, visitError))
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
          if (lit !== null && origin.root !== null && this.namesOf(origin.root).some((v) => vars.has(v))) {
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
        if (state.acquired && origin.contexts !== undefined && tellsDone(edge, origin.contexts, block)) {
          effect |= Effect.Released;
          this.observer?.end(edge.cond ?? edge.subject, Effect.Released, state);
          continue;
        }
        if (state.acquired && origin.isAbsent?.(edge) === true) continue;
        const next = this.follow(state, edge, spec, last);
        if (next === null) {
          if (state.acquired && state.errorEnds && edge.cond !== null) effect |= Effect.Released;
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
          const ending = this.atExit(next, last, spec);
          effect |= ending;
          this.observer?.end(last, ending, next);
          if ((ending & Effect.Held) !== 0)
            found(LeakKind.Exit, last?.kind === NodeKind.ReturnStmt ? last : null, visit);
          if (ending === Effect.Returned && last?.kind === NodeKind.ReturnStmt) {
            const index = this.bareResult(next);
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
      for (const q of equalitiesOf(v)) facts.delete(q);
      if (this.relevant.has(v) && call.kind === NodeKind.CallExpr && this.effects.neverNil(call, i))
        facts.set(v, Fact.NonNil);
    });
  }

  /** Whether a node concerns this path's resource, its error or a variable that facts are kept of. */
  private touches(state: State, vars: ReadonlySet<Var>, n: Node): boolean {
    if (n.kind === NodeKind.ReturnStmt) return true;
    for (const v of vars)
      if (state.holds.has(v) || v === state.error || this.relevant.has(v) || state.facts.has(v)) return true;
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

  /** The state behind an edge; null where the path is infeasible or owes nothing any more. */
  private follow(state: State, edge: Edge, spec: ResourceSpec, last: Node | null): State | "released" | null {
    switch (edge.kind) {
      case EdgeKind.Panic:
      case EdgeKind.Stop:
      case EdgeKind.Recover:
        return null;
      case EdgeKind.Return:
        return last?.kind === NodeKind.ReturnStmt ? this.afterReturn(state, last) : state;
      case EdgeKind.True:
      case EdgeKind.False:
        return edge.cond === null ? state : this.decide(state, edge.cond, edge.kind === EdgeKind.True, spec);
      case EdgeKind.Case:
      case EdgeKind.NotCase: {
        const tag = edge.subject !== null && "mode" in edge.subject ? variable(edge.subject) : null;
        if (edge.cond === null || tag === null) return state;
        const matched = edge.kind === EdgeKind.Case;
        const isNil = edge.cond.mode === Mode.Nil;
        if (state.acquired && tag === state.error) {
          // `switch err { case nil: … case io.EOF: … }`: whatever is not nil means that there is no resource.
          if (isNil !== matched) return isNil || matched ? null : state;
          return state;
        }
        if (isNil) return this.learn(state, tag, matched ? Fact.Nil : Fact.NonNil);
        const equality = edge.subject !== null && "mode" in edge.subject ? equals(edge.subject, edge.cond) : null;
        return equality === null ? state : this.learnEquality(state, equality, matched);
      }
      case EdgeKind.Element: {
        const ranged = edge.subject?.kind === NodeKind.RangeStmt ? this.countedTurns(state, edge.subject) : null;
        return ranged === null ? state : state.withFact(ranged, Fact.True);
      }
      case EdgeKind.Done: {
        // A list that holds it is not empty: there is at least one turn.
        const ranged = edge.subject?.kind === NodeKind.RangeStmt ? this.countedTurns(state, edge.subject) : null;
        if (ranged !== null && state.fact(ranged) !== Fact.True) return null;
        // `for event := range watcher.Events`: the channel is closed when the watcher is.
        if (edge.subject?.kind === NodeKind.RangeStmt && this.isOwnChannel(state, edge.subject)) return "released";
        // A ticker's channel is never closed: `for range ticker.C` has no end of its own.
        return edge.subject?.kind === NodeKind.RangeStmt && isTickerChannel(edge.subject.x) ? null : state;
      }
      case EdgeKind.Comm: {
        const channel = channelOf(edge);
        return channel !== null && state.fact(channel) === Fact.Nil ? null : state;
      }
      case EdgeKind.TypeCase:
        if (state.acquired && edge.subject !== null && edge.cond !== null && edge.cond.mode !== Mode.Nil) {
          if (this.mentionsError(state, edge.subject)) return null;
        }
        return state;
      default:
        return state;
    }
  }

  /**
   * A variable that stands for "the loop has had a turn", where that matters: it ranges over what holds the resource, or its body
   * uses it. Who opens something for the elements of a list knows that there are some; what a turn does not do is found in the
   * path through one.
   */
  private countedTurns(state: State, stmt: RangeStmt): Var | null {
    if (!state.acquired) return null;
    const over = rangedOver(state, stmt);
    if (over !== null) return over;
    const used = this.usedIn(stmt);
    for (const [v, hold] of state.holds) if (isDirect(hold) && used.has(v)) return turnOf(stmt, v);
    return null;
  }

  /** The statement ranges over a channel that is a field of the resource, or that a method of it gives: `range w.ResultChan()`. */
  private isOwnChannel(state: State, stmt: RangeStmt): boolean {
    const x = unparen(stmt.x);
    if (!state.acquired || under(typeOf(x)).kind !== TypeKind.Chan) return false;
    const from = x.kind === NodeKind.CallExpr && x.args.length === 0 ? unparen(x.fun) : x;
    if (from.kind !== NodeKind.SelectorExpr) return false;
    const owner = variable(from.x);
    const hold = owner === null ? undefined : state.holds.get(owner);
    return hold !== undefined && isDirect(hold);
  }

  private usedIn(stmt: RangeStmt): ReadonlySet<Var> {
    let used = this.bodies.get(stmt);
    if (used === undefined) {
      const set = new Set<Var>();
      addVars(set, stmt.body);
      this.bodies.set(stmt, (used = set));
    }
    return used;
  }

  /** The variable and those that it is assigned to. */
  private namesOf(root: Var): readonly Var[] {
    let names = this.names.get(root);
    if (names === undefined) {
      names = [root];
      for (const block of this.cfg.blocks) {
        for (const n of block.nodes) {
          if (n.kind !== NodeKind.AssignStmt || n.lhs.length !== n.rhs.length) continue;
          n.lhs.forEach((place, i) => {
            const v = variable(n.rhs[i]) === root ? variable(place) : null;
            if (v !== null) names?.push(v);
          });
        }
      }
      this.names.set(root, names);
    }
    return names;
  }

  private mentionsError(state: State, n: Node): boolean {
    return state.error !== null && this.varsOf(n).has(state.error);
  }

  private learn(state: State, v: Var, fact: Fact): State | null {
    const known = state.fact(v);
    if (known !== undefined && known !== fact) return null;
    if (state.acquired) {
      const absent = fact === Fact.Nil || fact === Fact.False;
      const hold = state.holds.get(v);
      if (fact === Fact.Nil && hold !== undefined && isDirect(hold)) return null;
      if (v === state.error && !absent) return null;
    }
    return this.relevant.has(v) ? state.withFact(v, fact) : state;
  }

  /** What equals one constant equals no other. */
  private learnEquality(state: State, { of, subject: v }: Equality, holds: boolean): State | null {
    if (holds) for (const other of equalitiesOf(of)) if (other !== v && state.fact(other) === Fact.True) return null;
    return this.learn(state, v, holds ? Fact.True : Fact.False);
  }

  private decide(state: State, cond: Expr, holdsTrue: boolean, spec: ResourceSpec): State | "released" | null {
    const test = testOf(cond);
    // resp.Body == nil, where resp is held
    if (test !== null && state.acquired && (holdsTrue ? test.whenTrue : test.whenFalse) === Fact.Nil) {
      if (this.isTargetItself(state, cond, spec)) return null;
    }
    if (test !== null) return this.learn(state, test.subject, holdsTrue ? test.whenTrue : test.whenFalse);
    const equality = equalityOf(cond);
    if (equality !== null)
      return this.learnEquality(state, equality, (holdsTrue ? equality.whenTrue : equality.whenFalse) === Fact.True);
    if (!state.acquired) return state;
    const e = unparen(cond);
    // len(list) == 0, where the list holds it
    const list = emptiness(e);
    if (list !== null && list.whenTrue === holdsTrue) {
      const hold = state.holds.get(list.subject);
      if (hold !== undefined && !isDirect(hold)) return null;
    }
    if (e.kind === NodeKind.BinaryExpr && (e.op === Token.Eql || e.op === Token.Neq)) {
      const equal = (e.op === Token.Eql) === holdsTrue;
      const [x, y] = [unparen(e.x), unparen(e.y)];
      if (x.mode === Mode.Nil || y.mode === Mode.Nil)
        return equal && this.isTargetItself(state, e, spec) ? null : state;
      // err == io.EOF: sentinels are not nil.
      if (equal && (variable(x) === state.error || variable(y) === state.error) && state.error !== null) return null;
      return state;
    }
    const negated = e.kind === NodeKind.UnaryExpr && e.op === Token.Not;
    const inner = negated ? unparen(e.x) : e;
    const truth = negated ? !holdsTrue : holdsTrue;
    if (inner.kind === NodeKind.CallExpr) {
      const callee = calleeOf(inner);
      const fun = unparen(inner.fun);
      // if !client.Closed() { client.Close() }
      if (
        truth &&
        fun.kind === NodeKind.SelectorExpr &&
        /^(?:Is)?Closed$/.test(fun.sel.name) &&
        inner.args.length === 0
      ) {
        const hold = new Interpreter(state, spec, this.effects, this.relevant).value(fun.x);
        if (hold !== null && isDirect(hold)) return "released";
      }
      if (!truth && fun.kind === NodeKind.SelectorExpr && spec.exhaustedBy.includes(callee.name)) {
        const interpreter = new Interpreter(state, spec, this.effects, this.relevant);
        const hold = interpreter.value(fun.x);
        if (hold !== null && isDirect(hold)) return "released";
      }
      if (this.mentionsError(state, inner)) {
        if (this.effects.isErrorPredicate(inner)) return truth ? null : state;
        return state.with({ doubtful: true });
      }
    } else if (this.mentionsError(state, inner)) return state.with({ doubtful: true });
    return state;
  }

  /** The operand that a condition compares with nil is what must be released. */
  private isTargetItself(state: State, cond: Expr, spec: ResourceSpec): boolean {
    const e = unparen(cond);
    if (e.kind !== NodeKind.BinaryExpr) return false;
    const [x, y] = [unparen(e.x), unparen(e.y)];
    if (x.mode !== Mode.Nil && y.mode !== Mode.Nil) return false;
    const interpreter = new Interpreter(state, spec, this.effects, this.relevant);
    return interpreter.value(x.mode === Mode.Nil ? y : x) === Hold.Target;
  }

  /** Named results take the values of the return statement before deferred functions see them. */
  private afterReturn(state: State, stmt: ReturnStmt): State {
    const results = this.signature?.results ?? [];
    if (stmt.results.length !== results.length) return state;
    let next = state;
    results.forEach((v, i) => {
      if (v.name === "" || v.name === "_" || !this.relevant.has(v)) return;
      const e = stmt.results[i];
      const from = variable(e);
      next = next.assigned(v, factOf(e) ?? (from === null ? null : (state.fact(from) ?? null)));
    });
    return next;
  }

  /** What a path that reaches the exit with the resource owes: with Held it is a leak. */
  private atExit(state: State, last: Node | null, spec: ResourceSpec): Effect {
    const bare = last?.kind !== NodeKind.ReturnStmt || last.results.length === 0;
    if (bare) {
      for (const r of this.signature?.results ?? []) if (state.holds.has(r)) return Effect.Returned;
    }
    for (const lit of state.deferred) {
      for (const [v, hold] of state.holds) {
        const effect = this.effects.closureUnder(lit as FuncLit, v, hold, spec, state.facts);
        if ((effect & ~Effect.Held) === 0) continue;
        return (effect & Effect.Held) !== 0 && this.heldUnder(lit as FuncLit, v, hold, spec, state.facts, last)
          ? Effect.Held | Effect.Released
          : Effect.Released;
      }
    }
    return Effect.Held;
  }

  /**
   * `defer func() { if err != nil { cancel() } }()` and `return work(ctx)`: the named result may be nil or not, and under one of
   * the two nothing is released.
   */
  private heldUnder(
    lit: FuncLit,
    v: Var,
    hold: Hold,
    spec: ResourceSpec,
    facts: ReadonlyMap<Var, Fact>,
    last: Node | null,
  ): boolean {
    const returned = last?.kind === NodeKind.ReturnStmt ? last.results.at(-1) : undefined;
    if (returned === undefined || !mayBeEither(returned)) return false;
    const error = this.signature?.results.at(-1);
    if (error === undefined || error.name === "" || error.type === null || !identical(error.type, errorType))
      return false;
    if (facts.has(error)) return false;
    return [Fact.Nil, Fact.NonNil].some(
      (f) => this.effects.closureUnder(lit, v, hold, spec, new Map(facts).set(error, f)) === Effect.Held,
    );
  }

  private bareResult(state: State): number {
    return (this.signature?.results ?? []).findIndex((r) => {
      const hold = state.holds.get(r);
      return hold !== undefined && isDirect(hold);
    });
  }
}

function addVars(to: Set<Var>, body: Node): void {
  walk(body, (n) => {
    const v = n.kind === NodeKind.Ident ? variable(n) : null;
    if (v !== null) to.add(v);
  });
}

function effectOf(interpreter: Interpreter): Effect {
  if (interpreter.fate === Fate.Released) return Effect.Released;
  if (interpreter.fate === Fate.Lost) return Effect.Held;
  return interpreter.returnedResults.length > 0 ? Effect.Returned : Effect.Escaped;
}

/**
 * Behind the edge, which leaves `block`, one of the contexts is known to be done: `ctx.Err() != nil` holds, `<-ctx.Done()` came, or
 * `err != nil` behind `err := ctx.Err()`.
 */
function tellsDone(edge: Edge, contexts: readonly Var[], block: Block): boolean {
  const isContext = (e: Expr): boolean => {
    const v = variable(e);
    return v !== null && contexts.includes(v);
  };
  const method = (e: Expr, name: string): boolean =>
    e.kind === NodeKind.CallExpr &&
    e.fun.kind === NodeKind.SelectorExpr &&
    e.fun.sel.name === name &&
    isContext(e.fun.x);
  if (edge.kind === EdgeKind.Comm && edge.subject?.kind === NodeKind.CommClause) {
    const { comm } = edge.subject;
    let e: Expr | null = null;
    if (comm?.kind === NodeKind.ExprStmt) e = comm.x;
    else if (comm?.kind === NodeKind.AssignStmt) e = comm.rhs[0] ?? null;
    return e !== null && e.kind === NodeKind.UnaryExpr && method(unparen(e.x), "Done");
  }
  const c = edge.cond === null ? null : unparen(edge.cond);
  if (c?.kind !== NodeKind.BinaryExpr || unparen(c.y).mode !== Mode.Nil) return false;
  const tested = variable(c.x);
  const asked = tested === null ? unparen(c.x) : lastValue(tested, block);
  if (asked === null || !method(asked, "Err")) return false;
  return c.op === Token.Neq ? edge.kind === EdgeKind.True : edge.kind === EdgeKind.False && c.op === Token.Eql;
}

/** The variable whose channel a case of a select receives from or sends to. */
function channelOf({ kind, subject: clause }: Edge): Var | null {
  if (kind !== EdgeKind.Comm || clause?.kind !== NodeKind.CommClause) return null;
  const { comm } = clause;
  if (comm?.kind === NodeKind.SendStmt) return variable(comm.chan);
  const e = comm?.kind === NodeKind.ExprStmt ? comm.x : comm?.kind === NodeKind.AssignStmt ? comm.rhs[0] : undefined;
  const x = e === undefined ? null : unparen(e);
  return x?.kind === NodeKind.UnaryExpr && x.op === Token.Arrow ? variable(x.x) : null;
}

/** The expression that the block last gives the variable. */
function lastValue(v: Var, block: Block): Expr | null {
  for (const n of block.nodes.toReversed()) {
    if (n.kind !== NodeKind.AssignStmt) continue;
    const i = n.lhs.findIndex((e) => variable(e) === v);
    if (i >= 0) return unparen(n.rhs[n.lhs.length === n.rhs.length ? i : 0]);
  }
  return null;
}

const turns = new WeakMap<Node, Var>();

/** A variable that stands for "the range statement has had a turn", where it ranges over a list that holds the resource. */
function rangedOver(state: State, stmt: RangeStmt): Var | null {
  const list = variable(stmt.x);
  const hold = list === null ? undefined : state.holds.get(list);
  return list === null || hold === undefined || isDirect(hold) ? null : turnOf(stmt, list);
}

function turnOf(stmt: RangeStmt, of: Var): Var {
  let v = turns.get(stmt);
  if (v === undefined) turns.set(stmt, (v = new Var(`${of.name}[]`, of.pkg, stmt.pos, null, null)));
  return v;
}

/** `len(list) == 0`, `< 1`, `> 0`, `!= 0`: with which outcome the list is empty; null for other conditions. */
function emptiness(e: Expr): { readonly subject: Var; readonly whenTrue: boolean } | null {
  if (e.kind !== NodeKind.BinaryExpr) return null;
  const call = unparen(e.x);
  if (call.kind !== NodeKind.CallExpr || call.args.length !== 1 || calleeOf(call).builtin?.id !== BuiltinId.Len)
    return null;
  const list = variable(call.args[0]);
  const n = constOf(e.y);
  if (list === null || typeof n !== "bigint") return null;
  const asks = `${Token[e.op]}${n}`;
  if (asks === "Eql0" || asks === "Lss1" || asks === "Leq0") return { subject: list, whenTrue: true };
  if (asks === "Neq0" || asks === "Gtr0" || asks === "Geq1") return { subject: list, whenTrue: false };
  return null;
}

/** The error is an argument of a call whose results are assigned. */
function givesAway(n: AssignStmt, error: Var): boolean {
  return n.rhs.some((e) => {
    const call = unparen(e);
    return call.kind === NodeKind.CallExpr && call.args.some((arg) => variable(arg) === error) && !wrapsError(call);
  });
}

function isError(v: Var | null): boolean {
  return v !== null && v.type !== null && isFailure(v.type);
}

/** fmt.Errorf("…: %w", err) and its kin make another error of it and decide nothing. */
function wrapsError(call: CallExpr): boolean {
  const t = typeOf(call);
  return identical(t, errorType);
}

/** A call whose error nobody has looked at; not one that makes an error, of another error or of a text. */
function mayBeEither(e: Expr): boolean {
  const call = unparen(e);
  if (call.kind !== NodeKind.CallExpr) return false;
  const { func, name } = calleeOf(call);
  // errors.New and its kin, by whatever package
  const makes = /err|wrap|status/i.test(name) || (name.startsWith("New") && /err/i.test(func?.pkg?.name ?? ""));
  if (func === null || makes) return false;
  // What comes from a package that is not there may be an error.
  return !call.args.some((arg) => typeOf(arg) === unknownType || identical(typeOf(arg), errorType));
}

function deferredLiteral(n: Node): FuncLit | null {
  if (n.kind !== NodeKind.DeferStmt) return null;
  const fun = unparen(n.call.fun);
  return fun.kind === NodeKind.FuncLit ? fun : null;
}

/** The decisions of a path since the acquisition: edges that were chosen where there was a choice. */
function decisions(visit: Visit): Edge[] {
  const out: Edge[] = [];
  for (let v: Visit | null = visit; v !== null && v.parent !== null; v = v.parent) {
    if (!v.parent.state.acquired && !v.state.acquired) break;
    if (v.edge !== null && v.edge.cond !== null && v.state.acquired) out.push(v.edge);
    else if (
      v.edge !== null &&
      v.state.acquired &&
      (v.edge.kind === EdgeKind.Element || v.edge.kind === EdgeKind.Done || v.edge.kind === EdgeKind.Comm)
    )
      out.push(v.edge);
  }
  return out.reverse();
}

/**
 * Variables whose state can decide more than one branch: tested twice or more (deferred closures count), not assigned by
 * closures, address not taken. For others facts would only multiply states.
 */
function relevantVars(cfg: Cfg, effects: Effects, results: readonly Var[]): Set<Var> {
  const tests = new Map<Var, number>();
  const tainted = new Set<Var>();
  // A constant assigned here and one test elsewhere are as good as two tests: `success = true; break` … `if !success`.
  // So is a result that has a name, which begins as its zero value.
  const settled = new Set<Var>(results.filter((v) => zeroOf(v) !== null));
  const compared = new Map<Var, Var>();
  const equal = (e: Equality | null): void => {
    if (e === null) return;
    compared.set(e.subject, e.of);
    tests.set(e.subject, (tests.get(e.subject) ?? 0) + 1);
  };
  const count = (cond: Expr, weight = 1): void => {
    const t = testOf(cond);
    if (t !== null) tests.set(t.subject, (tests.get(t.subject) ?? 0) + weight);
  };
  for (const block of cfg.blocks) {
    for (const edge of block.succs) {
      if (edge.kind === EdgeKind.True && edge.cond !== null) {
        count(edge.cond);
        if (testOf(edge.cond) === null) equal(equalityOf(edge.cond));
      } else if (edge.kind === EdgeKind.Case && edge.cond !== null && edge.subject !== null && "mode" in edge.subject)
        equal(equals(edge.subject, edge.cond));
      // A case of a select waits for ever where its channel is nil: `case <-done: done = nil`.
      const channel = channelOf(edge);
      if (channel !== null) tests.set(channel, (tests.get(channel) ?? 0) + 1);
    }
    for (const n of block.nodes) {
      walk(n, (x) => {
        if (x.kind === NodeKind.AssignStmt && x.tok === Token.Assign && x.lhs.length === x.rhs.length) {
          x.lhs.forEach((e, i) => {
            const v = subject(e);
            if (v !== null && factOf(x.rhs[i]) !== null) settled.add(v);
          });
        }
        // What a function that never returns nil gave is not nil behind one test either, nor is a zero value anything else.
        if (x.kind === NodeKind.AssignStmt && x.lhs.length === 1 && x.rhs.length === 1) {
          const v = variable(x.lhs[0]);
          const e = unparen(x.rhs[0]);
          if (v !== null && e.kind === NodeKind.CallExpr && (effects.neverNil(e, 0) || effects.isErrorPredicate(e)))
            settled.add(v);
          // failed := err != nil, last = err
          if (v !== null && e.kind === NodeKind.BinaryExpr && testOf(e) !== null) settled.add(v);
          if (v !== null && isError(variable(e))) settled.add(v);
        } else if (x.kind === NodeKind.AssignStmt && x.lhs.length === 2 && x.rhs.length === 1) {
          const e = unparen(x.rhs[0]);
          if (e.kind === NodeKind.TypeAssertExpr && (isError(variable(e.x)) || effects.alwaysHolds(e))) {
            for (const place of x.lhs) {
              const v = variable(place);
              if (v !== null) settled.add(v);
            }
          }
        } else if (x.kind === NodeKind.ValueSpec && x.values.length === 0) {
          for (const id of x.names) {
            const v = variable(id);
            if (v !== null && zeroOf(v) !== null) settled.add(v);
          }
        }
        if (x.kind === NodeKind.UnaryExpr && x.op === Token.And) {
          const v = variable(x.x);
          if (v !== null) tainted.add(v);
        } else if (x.kind === NodeKind.FuncLit) {
          const atExit = x === deferredLiteral(n); // what it assigns, no branch of ours sees
          walk(x.body, (y) => {
            if (y.kind === NodeKind.AssignStmt && y.tok !== Token.Define && !atExit) {
              for (const e of y.lhs) {
                const v = variable(e);
                if (v !== null) tainted.add(v);
              }
            } else if (y.kind === NodeKind.IfStmt) {
              walk(y.cond, (z) => {
                if (z.kind === NodeKind.BinaryExpr || z.kind === NodeKind.Ident || z.kind === NodeKind.SelectorExpr)
                  count(z, 2);
              });
            }
          });
          return false;
        }
        return n.kind !== NodeKind.RangeStmt && n.kind !== NodeKind.SelectStmt;
      });
    }
  }
  const out = new Set<Var>();
  for (const [v, n] of tests) if ((n >= 2 || settled.has(v)) && !tainted.has(v) && !v.isPackageLevel) out.add(v);
  // A variable that is compared with many constants is a state machine's or a parser's: its states would multiply.
  const constants = new Map<Var, number>();
  for (const of of compared.values()) constants.set(of, (constants.get(of) ?? 0) + 1);
  for (const [v, of] of compared) {
    if (!out.has(v)) continue;
    if (tainted.has(of) || of.isPackageLevel || (constants.get(of) ?? 0) > MaxConstants) out.delete(v);
    else out.add(of); // whose assignments end what is known
  }
  return out;
}
