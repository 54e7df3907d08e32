/**
 * What taking an edge does to the state of a path: what its condition tells of variables, and whether the path is feasible
 * at all. What nodes do is in interpreter.ts.
 */
import { type Cfg, type Edge, EdgeKind } from "../cfg/blocks.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import type { RangeStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { unparen } from "../types/callee.ts";
import type { Var } from "../types/object.ts";
import { Mode, typeOf } from "../types/record.ts";
import { TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { asksAboutIt } from "./asked-about.ts";
import type { Effects } from "./effects.ts";
import { afterReturn } from "./exit.ts";
import {
  channelOf,
  emptiness,
  type Comparison,
  comparisonOf,
  equals,
  excludes,
  Fact,
  testOf,
  variable,
} from "./facts.ts";
import { Interpreter } from "./interpreter.ts";
import type { NodeVars } from "./node-vars.ts";
import type { ResourceSpec } from "./resource.ts";
import { Hold, isDirect, type State } from "./state.ts";
import { isTickerChannel } from "./tickers.ts";
import { rangedOver, turnOf } from "./turns.ts";

/** The edges of one function. */
export class Edges {
  constructor(
    private readonly cfg: Cfg,
    private readonly results: readonly Var[],
    private readonly effects: Effects,
    private readonly relevant: ReadonlySet<Var>,
    private readonly vars: NodeVars,
  ) {}

  /** The state behind an edge; null where the path is infeasible or owes nothing any more. */
  follow(state: State, edge: Edge, spec: ResourceSpec, last: Node | null): State | "released" | null {
    switch (edge.kind) {
      case EdgeKind.Panic:
      case EdgeKind.Stop:
      case EdgeKind.Recover:
        return null;
      case EdgeKind.Return:
        return last?.kind === NodeKind.ReturnStmt
          ? afterReturn(state, last, this.results, this.relevant, this.effects)
          : state;
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
        return equality === null ? state : this.learnComparison(state, equality, matched);
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
    const used = this.vars.ofBody(stmt);
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

  private mentionsError(state: State, n: Node): boolean {
    return state.error !== null && this.vars.of(n).has(state.error);
  }

  private learn(state: State, v: Var, fact: Fact): State | null {
    const known = state.fact(v);
    if (known !== undefined && known !== fact) return null;
    if (state.acquired) {
      const absent = fact === Fact.Nil || fact === Fact.False;
      const hold = state.holds.get(v);
      if (fact === Fact.Nil && hold !== undefined && isDirect(hold)) return null;
      if (v === state.error && !absent) return null;
      if (v === state.taken?.error) {
        if (absent) return null;
        return this.learnt(state.with({ taken: { ...state.taken, error: null } }), v, fact);
      }
    }
    return this.learnt(state, v, fact);
  }

  private learnt(state: State, v: Var, fact: Fact): State {
    return this.relevant.has(v) ? state.withFact(v, fact) : state;
  }

  /** What equals one constant equals no other. */
  private learnComparison(state: State, c: Comparison, holds: boolean): State | null {
    const { of, subject: v } = c;
    if (excludes(c, holds, (other) => state.fact(other))) return null;
    // No error equals syscall.EADDRINUSE where there is none.
    if (holds && state.fact(of) === Fact.Nil) return null;
    return this.learn(state, v, holds ? Fact.True : Fact.False);
  }

  private decide(state: State, cond: Expr, holdsTrue: boolean, spec: ResourceSpec): State | "released" | null {
    const test = testOf(cond);
    // resp.Body == nil, where resp is held
    if (test !== null && state.acquired && (holdsTrue ? test.whenTrue : test.whenFalse) === Fact.Nil) {
      if (this.isTargetItself(state, cond, spec)) return null;
    }
    if (test !== null) return this.learn(state, test.subject, holdsTrue ? test.whenTrue : test.whenFalse);
    const compared = comparisonOf(cond);
    if (compared !== null)
      return this.learnComparison(state, compared, (holdsTrue ? compared.whenTrue : compared.whenFalse) === Fact.True);
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
      if (this.tellsReleased(state, inner, truth, spec)) return "released";
      if (this.mentionsError(state, inner)) {
        if (this.effects.isErrorPredicate(inner)) return truth ? null : state;
        return asksAboutIt(inner, state, this.cfg) ? state : state.with({ doubtful: true });
      }
    } else if (this.mentionsError(state, inner)) return state.with({ doubtful: true });
    return state;
  }

  /**
   * A method of the resource says that there is nothing to release: `client.Closed()`, and false `rows.Next()`, and false `span.IsRecording()`
   * (https://pkg.go.dev/go.opentelemetry.io/otel/trace#Span).
   */
  private tellsReleased(state: State, call: CallExpr, truth: boolean, spec: ResourceSpec): boolean {
    const fun = unparen(call.fun);
    if (fun.kind !== NodeKind.SelectorExpr) return false;
    const { name } = fun.sel;
    const isBare = call.args.length === 0;
    const tells = truth
      ? isBare && /^(?:Is)?Closed$/.test(name)
      : (isBare && name === "IsRecording") || spec.exhaustedBy.includes(name);
    if (!tells) return false;
    const hold = new Interpreter(state, spec, this.effects, this.relevant).value(fun.x);
    return hold !== null && isDirect(hold);
  }

  /** The operand that a condition compares with nil is what must be released. */
  private isTargetItself(state: State, cond: Expr, spec: ResourceSpec): boolean {
    const e = unparen(cond);
    if (e.kind !== NodeKind.BinaryExpr) return false;
    const [x, y] = [unparen(e.x), unparen(e.y)];
    if (x.mode !== Mode.Nil && y.mode !== Mode.Nil) return false;
    const asked = x.mode === Mode.Nil ? y : x;
    const hold = new Interpreter(state, spec, this.effects, this.relevant).value(asked);
    // resp = unsigned(resp), and then resp.Body == nil
    const isItsField = asked.kind === NodeKind.SelectorExpr && asked.sel.name === spec.path[0];
    return hold === Hold.Target || (hold === Hold.Weak && isItsField);
  }
}
