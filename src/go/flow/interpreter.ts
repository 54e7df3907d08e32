/**
 * What statements and expressions do to the resource on a path: an abstract interpreter over syntax that knows only
 * which variables hold it. Whatever it does not understand counts as handed on, so that nothing is reported on a guess.
 */
import type { CallExpr, FuncLit } from "../syntax/ast-expr.ts";
import type { AssignStmt } from "../syntax/ast-stmt.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { type Callee, CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { BuiltinId, ObjKind, Var } from "../types/object.ts";
import { constOf, selectionOf, typeOf } from "../types/record.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { capturedBy, isUser } from "./captured.ts";
import type { Effects } from "./effects.ts";
import { comparisonsOf, Fact, factOf, ofConstant, subject, testOf, variable, zeroOf } from "./facts.ts";
import { isError } from "./failure.ts";
import { mayHold } from "./may-hold.ts";
import { Effect, ownerRelease, type ResourceSpec } from "./resource.ts";
import { Hold, isDirect, type State } from "./state.ts";

/** How the walk over a node ends for the resource. */
export enum Fate {
  Held,
  Released,
  Escaped,
  /** No variable has it any longer. */
  Lost,
}

export class Interpreter {
  state: State;
  fate: Fate = Fate.Held;
  /** For Released: something like it stands in its place. */
  replaced = false;
  /** For Lost: the expression that overwrote it. */
  lostAt: Node | null = null;
  /** For Escaped by a return statement: what that calls, which leaves it to whom it was given by where it fails. */
  refusedBy: CallExpr | null = null;
  /** The call that has taken it over unless it fails, until its error has a name. */
  private taking: CallExpr | null = null;

  constructor(
    state: State,
    private readonly spec: ResourceSpec,
    private readonly effects: Effects,
    /** Facts are kept for these variables only. */
    private readonly relevant: ReadonlySet<Var>,
  ) {
    this.state = state;
  }

  /** Interprets one node of a basic block. */
  node(n: Node): void {
    this.statement(n);
    if (this.taking !== null) this.escape();
  }

  private statement(n: Node): void {
    switch (n.kind) {
      case NodeKind.AssignStmt:
        this.assign(n);
        break;
      case NodeKind.DeclStmt:
        if (n.decl.kind !== NodeKind.GenDecl) break;
        for (const spec of n.decl.specs) {
          if (spec.kind !== NodeKind.ValueSpec) continue;
          if (spec.values.length === spec.names.length) {
            const holds = spec.values.map((e) => this.value(e));
            spec.names.forEach((id, i) => this.store(id, holds[i], spec.values[i]));
          } else {
            for (const e of spec.values) this.value(e);
            for (const id of spec.names) {
              this.store(id, null, null);
              const v = spec.values.length === 0 ? variable(id) : null;
              if (v !== null && this.relevant.has(v)) this.state = this.state.assigned(v, zeroOf(v));
            }
          }
        }
        break;
      case NodeKind.ExprStmt:
        this.value(n.x);
        break;
      case NodeKind.SendStmt: {
        this.value(n.chan);
        if (this.value(n.value) !== null) this.escape();
        break;
      }
      case NodeKind.IncDecStmt: {
        this.value(n.x);
        const v = subject(n.x);
        const step = n.tok === Token.Inc ? 1n : -1n;
        if (v !== null) this.state = this.state.stepped(v, step, (w) => this.relevant.has(w));
        break;
      }
      case NodeKind.GoStmt:
        this.go(n.call);
        break;
      case NodeKind.DeferStmt:
        this.defer(n.call);
        break;
      case NodeKind.ReturnStmt:
        for (const e of n.results) {
          if (this.givesNumber(e)) this.escape();
          if (this.value(e) !== null || isUser(e, this.state)) this.returned(e);
        }
        if (n.results.length !== 1 || unparen(n.results[0]) !== this.refusedBy) this.refusedBy = null;
        break;
      case NodeKind.RangeStmt: {
        // for _, c := range closers: each element is a way to what the list holds.
        const list = variable(n.x);
        const hold = list === null ? null : (this.state.holds.get(list) ?? null);
        if (n.key !== null) this.store(n.key, null, null);
        if (n.value !== null) this.store(n.value, hold === null || isDirect(hold) ? null : Hold.Weak, null);
        break;
      }
      default:
        if ("mode" in n) this.value(n);
        break;
    }
  }

  /** Which results of a return statement carry the resource; filled by `node`. */
  readonly returnedResults: Expr[] = [];

  private returned(e: Expr): void {
    this.returnedResults.push(e);
    this.escape();
  }

  private escape(): void {
    if (this.fate === Fate.Held) this.fate = Fate.Escaped;
  }

  private release(): void {
    if (this.fate === Fate.Held) this.fate = Fate.Released;
  }

  /** Evaluates an expression: how its value relates to the resource; null where it does not. */
  value(e: Expr): Hold | null {
    switch (e.kind) {
      case NodeKind.Ident: {
        const v = variable(e);
        return v === null ? null : (this.state.holds.get(v) ?? null);
      }
      case NodeKind.ParenExpr:
        return this.value(e.x);
      case NodeKind.SelectorExpr:
        return this.selector(e.x, e.sel.name, selectionOf(e)?.obj.kind === ObjKind.Func);
      case NodeKind.StarExpr:
        return this.value(e.x);
      case NodeKind.UnaryExpr: {
        const hold = this.value(e.x);
        if (hold === null || e.op === Token.Arrow || e.op === Token.Not) return null;
        // &x: whoever has the address can replace or release it.
        if (e.op !== Token.And) return null;
        return hold === Hold.Owner ? Hold.Owner : Hold.Weak;
      }
      case NodeKind.BinaryExpr:
        this.value(e.x);
        this.value(e.y);
        return null;
      case NodeKind.CallExpr:
        return this.call(e);
      case NodeKind.CompositeLit: {
        let any = false;
        for (const elt of e.elts) {
          const item = elt.kind === NodeKind.KeyValueExpr ? elt.value : elt;
          if (this.value(item) !== null) any = true;
        }
        return any ? Hold.Owner : null;
      }
      case NodeKind.FuncLit:
        return this.closureValue(e);
      case NodeKind.TypeAssertExpr:
        return this.value(e.x);
      case NodeKind.IndexExpr: {
        this.value(e.index);
        return around(this.value(e.x));
      }
      case NodeKind.SliceExpr:
        for (const bound of [e.low, e.high, e.max]) if (bound !== null) this.value(bound);
        return around(this.value(e.x));
      case NodeKind.KeyValueExpr:
        this.value(e.key);
        return this.value(e.value);
      default:
        return null;
    }
  }

  /** `x.name`, not called. */
  private selector(x: Expr, name: string, isMethod: boolean): Hold | null {
    const hold = this.value(x);
    if (hold === null) return null;
    if (isMethod) {
      // A method value: `t.Cleanup(f.Close)`, `return rows.Close`.
      return around(hold);
    }
    if (hold === Hold.Root) return name === this.spec.path[0] ? Hold.Target : null;
    return !isDirect(hold) && mayHold(typeOf(x)) ? hold : null;
  }

  /** The hold of a root is that of the target where nothing lies between them. */
  private isTarget(hold: Hold): boolean {
    return hold === Hold.Target || (hold === Hold.Root && this.spec.path.length === 0);
  }

  private call(call: CallExpr): Hold | null {
    const callee = calleeOf(call);
    const fun = unparen(call.fun);
    if (callee.kind === CalleeKind.Conversion) {
      const arg = call.args[0];
      return arg === undefined ? null : this.value(arg);
    }
    if (callee.kind === CalleeKind.Builtin) return this.builtin(call, callee);
    if (fun.kind === NodeKind.FuncLit) {
      this.arguments(call, callee);
      this.applyClosure(fun, false);
      return null;
    }
    let result: Hold | null = null;
    if (fun.kind === NodeKind.SelectorExpr && callee.func !== null) {
      const hold = this.value(fun.x);
      if (hold !== null) result = this.methodCall(call, callee, hold);
    } else if (callee.kind === CalleeKind.Variable || callee.kind === CalleeKind.Value) {
      const hold = this.value(fun);
      const lit = hold === null && callee.variable !== null ? this.effects.literal(callee.variable) : null;
      if (lit !== null) this.applyClosure(lit, false); // made before there was anything that it could hold
      if (hold !== null) {
        if (this.spec.call && this.isTarget(hold)) this.release();
        else if (!isDirect(hold)) this.release(); // a closure that releases it, kept in a variable
      }
    } else if (fun.kind === NodeKind.SelectorExpr) {
      // An unknown method of something that holds it.
      const hold = this.value(fun.x);
      if (hold !== null) {
        if (this.spec.methods.includes(fun.sel.name)) this.release();
        else if (!isDirect(hold)) this.escape();
      }
    }
    return this.arguments(call, callee) ?? result;
  }

  private methodCall(call: CallExpr, callee: Callee, hold: Hold): Hold | null {
    const { name } = callee;
    if (this.isTarget(hold) && this.spec.methods.includes(name)) {
      this.release();
      return null;
    }
    if (!isDirect(hold) && (this.spec.methods.includes(name) || ownerRelease.has(name))) {
      this.release();
      return null;
    }
    return this.apply(this.effects.argument(call, callee, -1, hold, this.spec, this.state.facts), null);
  }

  /** Passes the arguments; Weak where the result holds one of them. */
  private arguments(call: CallExpr, callee: Callee): Hold | null {
    let result: Hold | null = null;
    call.args.forEach((arg, i) => {
      const hold = this.value(arg);
      if (hold === null) {
        // return HandlerFunc(func(…) { w.Write(…) })
        if (isUser(arg, this.state) && mayHold(typeOf(call))) result = Hold.Weak;
        return;
      }
      const r = this.apply(this.effects.argument(call, callee, i, hold, this.spec, this.state.facts), call);
      if (r !== null) result = r;
    });
    return result;
  }

  /** `call`: what it is an argument of; null for a receiver. */
  private apply(effect: Effect, call: CallExpr | null): Hold | null {
    const refuses = call !== null && (effect & Effect.Refused) !== 0;
    if (refuses) this.refusedBy = call;
    if ((effect & Effect.Escaped) !== 0) {
      if (refuses) this.taking = call;
      else this.escape();
    } else if ((effect & Effect.Returned) !== 0) {
      if ((effect & Effect.Released) !== 0) this.escape();
      return Hold.Weak;
    } else if ((effect & Effect.Released) !== 0) {
      const replaces = (effect & Effect.Replaced) !== 0;
      // A dump that is only made while somebody looks for a fault is no release.
      if (replaces && (effect & Effect.Held) !== 0) return null;
      this.release();
      this.replaced ||= replaces;
    }
    return null;
  }

  private builtin(call: CallExpr, callee: Callee): Hold | null {
    const id = callee.builtin?.id;
    const holds = call.args.map((arg) => this.value(arg));
    // append(list, x): the list holds it now, and so does whatever the list is stored in.
    if (id === BuiltinId.Append && holds.some((h) => h !== null)) return Hold.Owner;
    if (id === BuiltinId.Panic && holds[0] !== null) this.escape();
    return null;
  }

  private go(call: CallExpr): void {
    const fun = unparen(call.fun);
    for (const arg of call.args) if (this.value(arg) !== null) this.escape();
    if (fun.kind === NodeKind.FuncLit) {
      // The goroutine owns what it releases; what it only uses stays ours.
      for (const [v, hold] of capturedBy(fun, this.state)) {
        const effect = this.effects.closure(fun, v, hold, this.spec);
        // One that never ends needs it for as long.
        if (effect !== Effect.Held) this.escape();
      }
    } else if (this.value(fun) !== null || (fun.kind === NodeKind.SelectorExpr && this.value(fun.x) !== null)) {
      this.escape();
    }
  }

  private defer(call: CallExpr): void {
    const fun = unparen(call.fun);
    if (fun.kind === NodeKind.FuncLit) {
      this.arguments(call, calleeOf(call));
      this.applyClosure(fun, true);
      return;
    }
    this.call(call);
  }

  /** `return int(f.Fd()), nil`: whoever has the number of a file may close it by that. https://pkg.go.dev/os#File.Fd */
  private givesNumber(e: Expr): boolean {
    let gives = false;
    walk(e, (n) => {
      if (n.kind !== NodeKind.CallExpr) return !gives && n.kind !== NodeKind.FuncLit;
      const fun = unparen(n.fun);
      if (fun.kind === NodeKind.SelectorExpr && fun.sel.name === "Fd" && n.args.length === 0) {
        const hold = this.value(fun.x);
        gives ||= hold !== null && isDirect(hold);
      }
      // return unix.Flock(int(f.Fd()), how): who is called has it no longer than that
      return calleeOf(n).kind === CalleeKind.Conversion;
    });
    return gives;
  }

  /** A closure that runs here, or at the exit. */
  private applyClosure(lit: FuncLit, deferred: boolean): void {
    for (const [v, hold] of capturedBy(lit, this.state)) {
      const effect = this.effects.closure(lit, v, hold, this.spec);
      if ((effect & (Effect.Escaped | Effect.Returned)) !== 0) this.escape();
      else if ((effect & Effect.Released) !== 0) {
        if (deferred && (effect & Effect.Held) !== 0) {
          this.state = this.state.with({ deferred: [...this.state.deferred, lit] });
        } else this.release();
      }
    }
    // Variables that the closure assigns are no longer what they were.
    this.forgetAssigned(lit);
  }

  /** A closure as a value: one that releases or keeps the resource holds it. */
  private closureValue(lit: FuncLit): Hold | null {
    let result: Hold | null = null;
    for (const [v, hold] of capturedBy(lit, this.state)) {
      const effect = this.effects.closure(lit, v, hold, this.spec);
      // One that never ends (None) has it for as long as it runs.
      if (effect !== Effect.Held) result = Hold.Weak;
    }
    this.forgetAssigned(lit);
    return result;
  }

  private forgetAssigned(lit: FuncLit): void {
    walk(lit.body, (n) => {
      if (n.kind !== NodeKind.AssignStmt || n.tok === Token.Define) return;
      for (const e of n.lhs) {
        const v = variable(e);
        if (v !== null) this.state = this.state.assigned(v, null);
      }
    });
  }

  private assign(s: AssignStmt): void {
    const ends = this.failingCall(s);
    const passed = this.passedOn(s);
    if (s.lhs.length === s.rhs.length) {
      // pair := Pair{Int(f.Fd()), f.Name()}
      if (s.rhs.some((e) => unparen(e).kind === NodeKind.CompositeLit && this.givesNumber(e))) this.escape();
      const holds = s.rhs.map((e) => this.value(e));
      s.lhs.forEach((e, i) =>
        this.store(e, holds[i], s.tok === Token.Assign || s.tok === Token.Define ? s.rhs[i] : null),
      );
      this.noteError(s, ends);
      if (passed !== null) this.state = this.state.with({ error: passed });
      this.noteTaken(s);
      return;
    }
    const holds = s.rhs.map((e) => this.value(e));
    const hold = holds.find((h) => h !== null) ?? null;
    const error = this.absentError;
    // `x, err := wrap(r)`: of several results the first that can hold something does.
    let given = hold;
    for (const e of s.lhs) {
      const takes = given !== null && mayHold(variable(e)?.type ?? typeOf(e)) && !isBlank(e);
      this.store(e, takes ? given : null, null);
      if (takes) given = null;
    }
    this.learnAssertion(s, error);
    this.noteError(s, ends);
    if (passed !== null) this.state = this.state.with({ error: passed });
    this.noteTaken(s);
  }

  /** `s, err := serve(l)`: behind it a non-nil err may mean that it is still ours. */
  private noteTaken({ lhs, rhs }: AssignStmt): void {
    const call = this.taking;
    const error = variable(lhs[lhs.length - 1]);
    if (call === null || rhs.length !== 1 || unparen(rhs[0]) !== call || !isError(error)) return;
    this.state = this.state.with({ taken: { call, error } });
    this.taking = null;
  }

  /** `msg, err := stream.Recv()`: behind it a non-nil err means that there is nothing left to release. */
  private failingCall(s: AssignStmt): boolean {
    const call = s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
    if (this.spec.failing === undefined || call?.kind !== NodeKind.CallExpr) return false;
    const fun = unparen(call.fun);
    if (fun.kind !== NodeKind.SelectorExpr || !this.spec.failing.includes(fun.sel.name)) return false;
    const hold = this.value(fun.x);
    return hold !== null && this.isTarget(hold);
  }

  private noteError(s: AssignStmt, ends: boolean): void {
    const error = ends ? variable(s.lhs[s.lhs.length - 1]) : null;
    if (error !== null) this.state = this.state.with({ error, errorEnds: true });
  }

  /** `retry, err := isRetryable(resp, err)`: the variable that has the error now, where the call passes it on. */
  private passedOn(s: AssignStmt): Var | null {
    const call = s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
    const error = this.absentError;
    if (error === null || call?.kind !== NodeKind.CallExpr) return null;
    const index = call.args.findIndex((arg) => variable(arg) === error);
    return index >= 0 && this.effects.passesError(call, index) ? variable(s.lhs[s.lhs.length - 1]) : null;
  }

  /** Stores a value with relation `hold` in the place `e`. */
  store(e: Expr, hold: Hold | null, value: Expr | null): void {
    const place = unparen(e);
    if (isBlank(place)) return;
    const v = variable(place);
    if (v === null) {
      const field = subject(place);
      if (field !== null)
        this.state = this.state.assigned(field, value === null || !this.relevant.has(field) ? null : factOf(value));
      this.storeElsewhere(place, hold);
      return;
    }
    if (v.isPackageLevel) {
      if (hold !== null) this.escape();
      return;
    }
    if (hold === Hold.Owner && v.captured) {
      this.escape(); // `closers = append(closers, f)`, and a deferred function that closes them all
      return;
    }
    if (hold !== null && this.effects.isOuter(v)) {
      this.escape(); // `tx = next`, and the function around it rolls back whatever tx is
      return;
    }
    const before = this.state.holds.get(v) ?? null;
    this.state = this.state.withHold(v, hold);
    if (this.state.error === v) this.state = this.state.with({ error: null });
    if (this.state.taken?.error === v) this.escape(); // nobody has asked whether the call has failed
    const fact =
      value === null || !this.relevant.has(v)
        ? null
        : (factOf(value) ?? this.resultFact(value) ?? this.errorFact(value));
    this.state = this.state.assigned(v, fact);
    const c = value === null ? null : constOf(value);
    if (typeof c === "bigint")
      for (const compared of comparisonsOf(v))
        if (this.relevant.has(compared.subject))
          this.state = this.state.withFact(compared.subject, ofConstant(compared, c));
    if (before !== null && isDirect(before) && hold === null && this.fate === Fate.Held && !this.state.held) {
      // Its last name is gone. A list that was made here still has it, and is followed; something else may wrap it, and see to it.
      if ([...this.state.holds.values()].includes(Hold.Owner)) return;
      if ([...this.state.holds.keys()].some((w) => this.mayRelease(w))) this.escape();
      else {
        this.fate = Fate.Lost;
        this.lostAt = e;
      }
    }
  }

  /** A wrapper of the standard library without a method that releases (a bufio.Scanner, a json.Decoder) cannot. */
  private mayRelease(v: Var): boolean {
    const t = v.type;
    const base = t?.kind === TypeKind.Pointer ? t.elem : t;
    if (t === null || v.captured || base?.kind !== TypeKind.Named || base.obj.pkg?.source?.standard !== true)
      return true;
    if (under(base).kind !== TypeKind.Struct) return true;
    return [...this.spec.methods, ...ownerRelease].some(
      (m) => lookupFieldOrMethod(t, m, null)?.obj.kind === ObjKind.Func,
    );
  }

  /** The error that is nil where there is something to release; null where that is not sure. */
  private get absentError(): Var | null {
    return this.state.errorEnds || this.state.doubtful ? null : this.state.error;
  }

  /** `failed := err != nil`, `last = err`, `gone := errors.Is(err, fs.ErrNotExist)`: where there is something to release, err is nil. */
  private errorFact(value: Expr): Fact | null {
    const error = this.absentError;
    if (error === null) return null;
    const e = unparen(value);
    if (variable(e) === error) return Fact.Nil;
    if (e.kind === NodeKind.CallExpr && e.args.length > 0 && variable(e.args[0]) === error)
      return this.effects.isErrorPredicate(e) ? Fact.False : null;
    const test = e.kind === NodeKind.BinaryExpr ? testOf(e) : null;
    if (test?.subject !== error) return null;
    return test.whenTrue === Fact.Nil ? Fact.True : Fact.False;
  }

  /** `e, ok := err.(*T)`: no type is that of nil. `addr, ok := l.Addr().(*net.TCPAddr)`: of a listener that can have no other. */
  private learnAssertion(s: AssignStmt, error: Var | null): void {
    const e = s.lhs.length === 2 && s.rhs.length === 1 ? unparen(s.rhs[0]) : null;
    if (e?.kind !== NodeKind.TypeAssertExpr) return;
    const [value, ok] = s.lhs.map((place) => variable(place));
    const asserted = variable(e.x);
    const fails = asserted !== null && (asserted === error || this.state.fact(asserted) === Fact.Nil);
    if (ok !== null && this.relevant.has(ok) && (fails || this.effects.alwaysHolds(e)))
      this.state = this.state.assigned(ok, fails ? Fact.False : Fact.True);
    if (fails && value !== null && this.relevant.has(value)) this.state = this.state.assigned(value, zeroOf(value));
  }

  private resultFact(value: Expr): Fact | null {
    const call = unparen(value);
    return call.kind === NodeKind.CallExpr && this.effects.neverNil(call, 0) ? Fact.NonNil : null;
  }

  /** `x.f = …`, `x[i] = …`, `*p = …`. */
  private storeElsewhere(place: Expr, hold: Hold | null): void {
    const own = this.value(place);
    // s.listeners[l] = struct{}{}
    if (
      place.kind === NodeKind.IndexExpr &&
      under(typeOf(place.x)).kind === TypeKind.Map &&
      this.value(place.index) !== null
    ) {
      this.escape();
      return;
    }
    if (own === Hold.Target && hold === null) {
      this.escape(); // resp.Body = something else: what happens to the old one is not followed
      return;
    }
    if (hold === null) return;
    if (own !== null) return; // resp.Body = wrap(resp.Body)
    let base = place;
    for (;;) {
      if (base.kind === NodeKind.SelectorExpr || base.kind === NodeKind.IndexExpr || base.kind === NodeKind.ParenExpr)
        base = base.x;
      else break;
    }
    const v = variable(base);
    // A local struct that was made here holds it; anything that came from outside, or that others have, takes it over.
    const kind = under(typeOf(base)).kind;
    if (
      v !== null &&
      ((kind === TypeKind.Struct && !v.isPackageLevel && !v.isParam && !v.captured) ||
        (kind === TypeKind.Pointer && this.effects.isPrivate(v, place, this.spec)))
    ) {
      if (!this.state.holds.has(v)) this.state = this.state.withHold(v, Hold.Owner);
      return;
    }
    this.escape();
  }
}

/** What is part of, or bound to, something that relates to the resource. */
function around(hold: Hold | null): Hold | null {
  return hold === null || hold === Hold.Owner ? hold : Hold.Weak;
}

function isBlank(e: Expr): boolean {
  return e.kind === NodeKind.Ident && e.name === "_";
}
