/** What calls acquire: by the tables, or because a function's body acquires it for its caller. */
import { evaluated } from "../cfg/blocks.ts";
import { variable } from "../flow/facts.ts";
import { Effect } from "../flow/resource.ts";
import { MaxVisits } from "../flow/track.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { holdsWhatIsGiven } from "../knowledge/arguments.ts";
import type { ResourceKind } from "../knowledge/kinds.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { identical } from "../types/identical.ts";
import { type Func, ObjKind, type Var } from "../types/object.ts";
import { Mode, objOf } from "../types/record.ts";
import type { FileScope } from "../types/package.ts";
import type { Signature, Type } from "../types/type.ts";
import { errorType } from "../types/universe.ts";
import { answersHead } from "./bodyless.ts";
import { acquiredBySignature } from "./by-signature.ts";
import { isOverOwnMemory } from "./own-dialer.ts";
import type { Owners } from "./owners.ts";
import { type Basis, MaxDepth, newFrame, type Questions } from "./questions.ts";
import { referenceFrom } from "./references.ts";
import { hasField, mayBeResource } from "./resource-type.ts";
import { passesOn, releasesGiven, returnsAfter, saidBeside } from "./returned.ts";
import { type Acquired, besideOf, originOf, signatureOf, type Site } from "./site.ts";
import type { Summaries } from "./summaries.ts";

export class Acquisitions {
  private readonly siteMemo = new WeakMap<FunctionUnit, { readonly sites: readonly Site[]; readonly basis: Basis }>();
  private readonly resourceTypes = new WeakMap<Type, boolean>();

  constructor(
    private readonly summaries: Summaries,
    private readonly questions: Questions,
    private readonly owners: Owners,
  ) {}

  /** What a call acquires for its caller; null where nothing, or where it is not sure. `around`: the function it stands in. */
  acquiredBy(call: CallExpr, around: FunctionUnit | null = null): Acquired | null {
    const callee = calleeOf(call);
    if (
      callee.func !== null &&
      call.args.length === 0 &&
      holdsWhatIsGiven.has(this.summaries.nameOf(callee.func.origin))
    )
      return null;
    const known = callee.func === null ? null : this.acquiredByFunc(callee.func, callee.kind);
    if (known !== null) return known;
    if (callee.kind === CalleeKind.Static && callee.func !== null)
      return around === null ? null : this.acquiredByArgument(call, callee.func.origin, around);
    const { variable: v } = callee;
    const given = v === null || around === null ? null : this.acquiredByVariable(v, around);
    return given ?? (v !== null && around !== null && this.canBeRead(v, around) ? null : acquiredBySignature(call));
  }

  /** What a variable is called for can be read, or part of it: its name says no more. */
  private canBeRead(v: Var, around: FunctionUnit): boolean {
    const value = v.isPackageLevel ? valueOf(v, around) : null;
    return [value, ...this.summaries.functionValues(around, v)].some((e) => e !== null && isKnown(e));
  }

  /**
   * What a variable is called for: `var open = os.Open`, of a package, as programs have it so that tests can put something else there, and a local one.
   * Of several values one has to acquire, and nothing may be known of the others: `open := newClient; if b.open != nil { open = b.open }`.
   */
  private acquiredByVariable(v: Var, around: FunctionUnit): Acquired | null {
    const value = v.isPackageLevel ? valueOf(v, around) : null;
    if (value !== null) return this.acquiredByValue(value, v.site?.file ?? null, around);
    let found: Acquired | null = null;
    for (const e of this.summaries.functionValues(around, v)) {
      const acquired = e === null ? null : this.acquiredByValue(e, null, around);
      if (acquired === null && e !== null && isKnown(e)) return null;
      if (acquired !== null && found !== null && found.kind.id !== acquired.kind.id) return null;
      found ??= acquired;
    }
    return found;
  }

  /** `at`: the file of a declaration at package level that the value stands in. */
  private acquiredByValue(value: Expr, at: FileScope | null, around: FunctionUnit): Acquired | null {
    const e = unparen(value);
    if (e.kind !== NodeKind.FuncLit) {
      const id = e.kind === NodeKind.SelectorExpr ? e.sel : e;
      const f = id.kind === NodeKind.Ident ? objOf(id) : null;
      // newClient := newClient
      const next = f?.kind === ObjKind.Var && at === null ? valueOf(f, around) : null;
      if (next !== null) return this.acquiredByVariable(f as Var, around);
      return f?.kind === ObjKind.Func && !f.isInterfaceMethod ? this.acquiredByFunc(f.origin, CalleeKind.Static) : null;
    }
    // Only literals of the function itself, and of its package's declarations.
    const isHere = at !== null || (e.pos >= around.outermost.node.pos && e.end <= around.outermost.node.end);
    const unit = isHere && this.questions.depth < MaxDepth ? this.summaries.literalUnit(e, around, at) : null;
    const sig = unit?.signature ?? null;
    if (unit === null || sig === null || !sig.results.some((r) => r.type !== null && this.mayBeResource(r.type)))
      return null;
    this.questions.depth++;
    const answer = this.computeAcquired(null, unit, sig);
    this.questions.depth--;
    return answer;
  }

  /** `retry(func() (*os.File, error) { return os.Open(path) })`: it gives what its argument acquires. */
  private acquiredByArgument(call: CallExpr, f: Func, around: FunctionUnit): Acquired | null {
    const index = call.args.findIndex((arg) => unparen(arg).kind === NodeKind.FuncLit);
    if (index < 0 || f.pkg?.source?.standard === true || this.questions.depth >= MaxDepth) return null;
    const given = signatureOf(call)?.results[0]?.type ?? null;
    if (given === null || !this.mayBeResource(given)) return null;
    const helper = this.summaries.unitOf(f);
    const lit = unparen(call.args[index]);
    const unit = lit.kind === NodeKind.FuncLit ? this.summaries.literalUnit(lit, around) : null;
    if (helper === null || unit?.signature == null || !passesOn(helper, index)) return null;
    this.questions.depth++;
    const answer = this.computeAcquired(f, unit, unit.signature);
    this.questions.depth--;
    return answer?.result === 0 && !releasesGiven(helper, index, answer.kind) ? answer : null;
  }

  /** Calling this declared function acquires something, by the tables or by what its body does. */
  functionAcquires(f: Func): boolean {
    return this.acquiredByFunc(f, CalleeKind.Static) !== null;
  }

  private acquiredByFunc(f: Func, kind: CalleeKind): Acquired | null {
    const row = this.summaries.knowledge.acquires(this.summaries.nameOf(f));
    if (row !== null) return { kind: row.kind, result: row.result, through: null };
    if (kind !== CalleeKind.Static || f.pkg?.source?.standard === true) return null;
    return this.questions.depth >= MaxDepth ? null : this.acquiredIn(f);
  }

  /** What the body of a function acquires for its caller. */
  acquiredIn(f: Func): Acquired | null {
    const calls = MaxDepth - this.questions.depth;
    return this.questions.remember<Acquired | null>(
      f,
      `acquires|${calls}`,
      null,
      () => {
        this.questions.depth++;
        const sig = f.signature();
        const unit = sig.results.some((r) => r.type !== null && this.mayBeResource(r.type))
          ? this.summaries.unitOf(f)
          : null;
        const answer = unit === null ? null : this.computeAcquired(f, unit, sig);
        this.questions.depth--;
        return answer;
      },
      () => ({ about: f, terms: { ask: "acquires", calls } }),
    );
  }

  /** Types without a release method are not owed anything: most functions are settled by this, bodies unread. */
  private mayBeResource(t: Type): boolean {
    let answer = this.resourceTypes.get(t);
    if (answer === undefined) {
      answer = mayBeResource(t, this.summaries.knowledge);
      this.resourceTypes.set(t, answer);
    }
    return answer;
  }

  /** A function acquires for its caller when every result it returns is nil or something it acquired. */
  private computeAcquired(f: Func | null, unit: FunctionUnit, sig: Signature): Acquired | null {
    const returns: { results: readonly Expr[]; node: Node }[] = [];
    const sites = this.sites(unit);
    for (const block of unit.cfg.blocks) {
      if (!block.reachable) continue;
      for (const n of block.nodes) if (n.kind === NodeKind.ReturnStmt) returns.push({ results: n.results, node: n });
    }
    let found: Acquired | null = null;
    const owned = new Set<string>(); // return statement and result index
    const giving: { readonly results: readonly Expr[] }[] = [];
    let visits = 0;
    for (const site of sites) {
      if (visits > MaxVisits) return null;
      const { acquired } = site;
      const direct = returns.find((r) => r.results.length === 1 && unparen(r.results[0]) === site.call);
      if (direct !== undefined) {
        if (found !== null && found.kind.id !== acquired.kind.id) return null;
        giving.push(direct);
        found = { kind: acquired.kind, result: acquired.result, through: f };
        owned.add(`${direct.node.pos}:${acquired.result}`);
        continue;
      }
      if (site.origin === null) continue;
      const tracked = this.summaries.track(unit, site.origin, acquired.kind);
      visits += tracked.visits;
      const { returned, effect, releasedIn } = tracked;
      if ((effect & Effect.Escaped) !== 0) continue;
      // Released and then returned all the same (`if v != nil { defer resp.Body.Close(); … } return resp, err`): the
      // caller's duty depends on what we do not see.
      if (releasedIn.some((block) => returnsAfter(block, site.origin?.root ?? null))) return null;
      for (const { stmt, index } of returned) {
        // Two results that hold it (a file and a function that closes it): which one the caller closes is its choice.
        if (returned.some((other) => other.stmt === stmt && other.index !== index)) return null;
        const e = stmt.results[index];
        let { kind } = acquired;
        let result = index;
        if (stmt.results.length > 0) {
          if (e === undefined) continue;
          if (!this.isItself(e, site.origin.root, kind, sig, index)) {
            const owner = this.owners.kindOf(unit, e, site.origin.root, kind);
            const made =
              owner === null ? this.owners.kindMade(unit, e, site.origin.root, kind) : { kind: owner, result: 0 };
            if (made === null) continue;
            ({ kind } = made);
            // return newFile(f), of all that it returns
            if (stmt.results.length < sig.results.length) ({ result } = made);
          }
        }
        if (found !== null && (found.kind.id !== kind.id || found.result !== result)) return null;
        found = { kind, result, through: f };
        owned.add(`${stmt.pos}:${result}`);
        giving.push(stmt);
      }
    }
    if (found === null) {
      const reference = referenceFrom(unit, this.summaries);
      if (reference === null) return null;
      const { kind, result } = reference;
      return { kind, result, through: f, beside: saidBeside(reference.giving, result, sig) };
    }
    for (const r of returns) {
      if (owned.has(`${r.node.pos}:${found.result}`)) continue;
      // Beside a flag, what it says would have to be known.
      const last = sig.results.at(-1)?.type ?? null;
      const bare = r.results.length === 0 && last !== null && identical(last, errorType);
      const e = bare ? null : r.results[found.result];
      if (e === undefined) return null;
      if (e !== null && unparen(e).mode === Mode.Nil) continue;
      // `return resp, err` after a failed acquire: the same variable, nil there; and `return`, of a result that has a name.
      const v = e === null ? sig.results[found.result] : variable(e);
      if (v === null || !sites.some((s) => s.origin?.root === v)) return null;
      giving.push(r);
    }
    return { ...found, beside: saidBeside(giving, found.result, sig) };
  }

  /** The returned expression is the acquired value, not its target or a wrapper: the caller gets the same kind. */
  private isItself(e: Expr, root: Var | null, kind: ResourceKind, sig: Signature, index: number): boolean {
    const x = unparen(e);
    if (x.kind !== NodeKind.Ident || x.obj === null) return false;
    const t = sig.results[index]?.type ?? null;
    if (t === null) return false;
    if (x.obj === root) return kind.path.length === 0 || hasField(t, kind.path[0]);
    return false;
  }

  /** Every acquisition of a function, with where its value goes. */
  sites(unit: FunctionUnit): readonly Site[] {
    // Below the first function fewer calls are followed: other answers.
    if (this.questions.depth > 0) return this.findSites(unit);
    let known = this.siteMemo.get(unit);
    if (known === undefined) {
      const basis = newFrame();
      const sites = this.questions.within(basis, () => this.findSites(unit));
      this.siteMemo.set(unit, (known = { sites, basis }));
    }
    this.questions.restOn(known.basis);
    return known.sites;
  }

  private findSites(unit: FunctionUnit): Site[] {
    const out: Site[] = [];
    if (unit.nodes(NodeKind.CallExpr).length === 0) return out;
    for (const block of unit.cfg.blocks) {
      if (!block.reachable) continue;
      for (const n of block.nodes) {
        evaluated(n, (x) => {
          if (x.kind !== NodeKind.CallExpr) return;
          const acquired = this.acquiredBy(x, unit);
          if (acquired === null) return;
          if (acquired.kind.id === "http-body" && (answersHead(unit, x, n, this.summaries) || isOverOwnMemory(unit, x)))
            return;
          const origin = originOf(unit, n, x, acquired);
          out.push({
            call: x,
            node: n,
            acquired,
            origin: origin === null ? null : { ...origin, ...besideOf(n, acquired) },
          });
        });
      }
    }
    return out;
  }
}

/** What a variable of the package begins as. */
function valueOf({ isPackageLevel, site, pkg }: Var, around: FunctionUnit): Expr | null {
  if (!isPackageLevel || site === null || pkg !== around.file.pkg) return null;
  // Of a package that is read for its declarations only, what has a type of its own is not looked at further.
  const { spec, typ, values, index } = site;
  return spec.kind === NodeKind.ValueSpec && typ === null && values.length === spec.names.length ? values[index] : null;
}

/** What it does can be read: not a field, nor what somebody gave, nor the method of an interface. */
function isKnown(value: Expr): boolean {
  const e = unparen(value);
  if (e.kind === NodeKind.FuncLit) return true;
  const id = e.kind === NodeKind.SelectorExpr ? e.sel : e;
  const obj = id.kind === NodeKind.Ident ? objOf(id) : null;
  return obj?.kind === ObjKind.Func && !obj.isInterfaceMethod;
}
