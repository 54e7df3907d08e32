/**
 * Things made on a path that runs again and again, and neither kept nor let go there: clients with pools of their own.
 *
 * A maker is a call or a literal; a function of the program that returns what a maker made, on every path, is one too.
 */
import { evaluated } from "../cfg/blocks.ts";
import { variable } from "../flow/facts.ts";
import { Effect, type ResourceSpec } from "../flow/resource.ts";
import { Hold } from "../flow/state.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { identical } from "../types/identical.ts";
import type { Func, Var } from "../types/object.ts";
import type { Package } from "../types/package.ts";
import { typeOf } from "../types/record.ts";
import { type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { isLocal } from "./contexts.ts";
import { entryPoints, type Evidence } from "./entry-points.ts";
import { defineQuestion, type Question } from "./question.ts";
import { stubOver } from "./stubs.ts";
import type { Summaries } from "./summaries.ts";

/** Something that makes: what it makes, and what lets go of it. */
export interface Made<T> {
  readonly what: T;
  readonly methods: readonly string[];
  /** Functions that let go of it when they are given it. */
  readonly functions?: readonly string[];
}

export interface PerCallSite<T> {
  readonly unit: FunctionUnit;
  readonly at: Expr;
  readonly made: Made<T>;
  readonly evidence: readonly Evidence[];
  /** The function that makes it for its callers, where that is not the place itself. */
  readonly through: Func | null;
  /** It is given to something that may keep it, or may close it: nothing is proven. */
  readonly unsure: boolean;
}

/** Tells what an expression makes, by itself; null for others. */
export type Maker<T> = (e: Expr) => Made<T> | null;

/** What is asked, as a rule's pass has it: the sites in `scope`, some or all of a package's `units`. */
export interface PerCallQuestion {
  readonly pkg: Package;
  readonly scope: readonly FunctionUnit[];
  readonly units: readonly FunctionUnit[];
  readonly summaries: Summaries;
  /** Told why a place that makes one is none of the sites. */
  readonly spare: ((unit: FunctionUnit, at: Node, why: string) => void) | null;
  /** Sites that may be none too. */
  readonly unsure: boolean;
}

export function perCallSites<T>(
  { pkg, scope, units, summaries, spare, unsure }: PerCallQuestion,
  maker: Maker<T>,
  makes: Question<[]>,
): PerCallSite<T>[] {
  const out: PerCallSite<T>[] = [];
  const makers = new Makers(summaries, maker, pkg, makes);
  const entries = entryPoints(units, summaries);
  for (const unit of scope) {
    if (!entries.mayRepeat(unit) && spare === null) continue;
    const makes = (e: Expr): boolean => makers.made(e, 0) !== null;
    if (!unit.nodes(NodeKind.CallExpr).some(makes) && !unit.nodes(NodeKind.CompositeLit).some(makes)) continue;
    const candidates: { node: Node; e: Expr; made: Made<T>; through: Func | null }[] = [];
    for (const block of unit.cfg.blocks) {
      if (!block.reachable) continue;
      for (const node of block.nodes) {
        evaluated(node, (n) => {
          if (n.kind !== NodeKind.CallExpr && n.kind !== NodeKind.CompositeLit && n.kind !== NodeKind.UnaryExpr)
            return true;
          const found = makers.made(n, 0);
          if (found === null) return true;
          candidates.push({ node, e: n, ...found });
          return false;
        });
      }
    }
    for (const { node, e, made, through } of candidates) {
      const evidence = entries.evidence(unit, e);
      if (evidence === null) {
        spare?.(unit, e, "nothing shows that it runs more than once");
        continue;
      }
      const fate = fateOf(unit, summaries, node, e, made);
      if (fate === "abandoned") out.push({ unit, at: e, made, evidence, through, unsure: false });
      else {
        spare?.(unit, e, "it is kept, closed or handed on");
        if (unsure && fate === "unknown") out.push({ unit, at: e, made, evidence, through, unsure: true });
      }
    }
  }
  return out;
}

/** Whether a function of another package makes what a maker makes. `id`: see `Question`. */
export function makesQuestion(id: string, makerFor: (summaries: Summaries) => Maker<unknown>): Question<[]> {
  const makes: Question<[]> = defineQuestion({
    id,
    meanwhile: false,
    answer: (f, _, summaries) => new Makers(summaries, makerFor(summaries), f.pkg, makes).ofFunction(f, 0) !== null,
  });
  return makes;
}

/** What is made, and by which function of the program, where it is not a maker itself. */
interface MadeThrough<T> {
  readonly made: Made<T>;
  readonly through: Func | null;
}

class Makers<T> {
  private readonly functions = new Map<Func, { made: Made<T>; through: Func } | null>();

  constructor(
    private readonly summaries: Summaries,
    private readonly maker: Maker<T>,
    /** Whose functions are read; others are asked about first. */
    private readonly pkg: Package | null,
    private readonly makes: Question<[]>,
  ) {}

  made(e: Expr, depth: number): MadeThrough<T> | null {
    const x = unparen(e);
    const direct = this.maker(x);
    if (direct !== null) return { made: direct, through: null };
    if (x.kind !== NodeKind.CallExpr || depth > 3) return null;
    const { func, kind } = calleeOf(x);
    if (func === null || kind !== CalleeKind.Static || func.pkg?.source?.standard === true) return null;
    return this.ofFunction(func, depth);
  }

  /** The function returns what it made, in its first result, wherever it returns something. */
  ofFunction(f: Func, depth: number): { made: Made<T>; through: Func } | null {
    const known = this.functions.get(f);
    if (known !== undefined) return known;
    this.functions.set(f, null);
    const { results } = f.signature();
    // A number, a string or a flag is nothing that is made.
    if (results.length === 0 || results.length > 2 || isBasic(results[0].type)) return null;
    if (f.pkg !== this.pkg && !this.summaries.says(this.makes, f)) return null;
    const unit = this.summaries.unitOf(f);
    let found: Made<T> | null = null;
    let others = false;
    for (const { results } of unit?.cfg.returns ?? []) {
      const [e] = results;
      if (e === undefined || unit === null) others = true;
      else if (unparen(e).kind === NodeKind.Ident && (unparen(e) as { name: string }).name === "nil") continue;
      else {
        const made =
          this.made(e, depth + 1) ?? this.ofVariable(unit, variable(e), depth) ?? this.underStub(unit, e, depth);
        if (made === null) others = true;
        else found ??= made.made;
      }
    }
    const answer = found === null || others ? null : { made: found, through: f };
    this.functions.set(f, answer);
    return answer;
  }

  /** A local variable whose one value is made here, and that nothing else gets to keep. */
  private ofVariable(unit: FunctionUnit, v: Var | null, depth: number): MadeThrough<T> | null {
    if (v === null || v.isParam || !isLocal(unit, v)) return null;
    let found: MadeThrough<T> | null = null;
    let origin: Node | null = null;
    let count = 0;
    walk(unit.body, (n) => {
      if (n.kind !== NodeKind.AssignStmt) return;
      const i = n.lhs.findIndex((e) => variable(e) === v);
      if (i < 0) return;
      count++;
      const value = n.rhs.length === 1 ? n.rhs[0] : n.rhs[i];
      found = value === undefined || i > 0 ? null : (this.made(value, depth + 1) ?? this.underStub(unit, value, depth));
      origin = n;
    });
    if (count !== 1 || found === null || origin === null) return null;
    const { made } = found as MadeThrough<T>;
    const { effect } = this.summaries.track(unit, { node: origin, root: v, hold: Hold.Root, error: null }, spec(made));
    return (effect & Effect.Escaped) === 0 ? found : null;
  }

  /** `return pb.NewUsersClient(conn), nil`: nobody can close the connection that is made here. */
  private underStub(unit: FunctionUnit, value: Expr, depth: number): MadeThrough<T> | null {
    if (depth > 3) return null;
    for (const v of stubOver(value, [])) {
      const found = this.ofVariable(unit, v, depth + 1);
      if (found !== null && stubOver(value, found.made.methods).length > 0 && !releases(unit, v, found.made))
        return found;
    }
    return null;
  }
}

/** The function closes it somewhere, perhaps where it fails. */
function releases(unit: FunctionUnit, v: Var, { methods }: Made<unknown>): boolean {
  return unit
    .nodes(NodeKind.CallExpr)
    .some(({ fun }) => fun.kind === NodeKind.SelectorExpr && variable(fun.x) === v && methods.includes(fun.sel.name));
}

function isBasic(t: Type | null): boolean {
  return t !== null && under(t).kind === TypeKind.Basic;
}

function spec({ methods, functions = [] }: Made<unknown>): ResourceSpec {
  return { path: [], methods, call: false, exhaustedBy: [], functions };
}

/** What becomes of it in the function that makes it; "kept" also where its caller gets it, whose business it is then. */
type Fate = "abandoned" | "closed" | "kept" | "unknown";

/** Abandoned: the value gets a local name, and every path leaves with it held; or it gets none and is used on the spot. */
function fateOf(unit: FunctionUnit, summaries: Summaries, node: Node, made: Expr, what: Made<unknown>): Fate {
  // resty.New().SetTimeout(d): still that client
  let e = made;
  for (let next = chained(node, e); next !== null; next = chained(node, e)) {
    if (next.fun.kind === NodeKind.SelectorExpr && what.methods.includes(next.fun.sel.name)) return "closed";
    e = next;
  }
  // (&http.Client{…}).Get(u)
  if (isReceiver(node, e)) return "abandoned";
  if (node.kind === NodeKind.ReturnStmt) return "kept";
  const stored = storedTo(node, e);
  if (stored === null) return "unknown";
  const place = unparen(stored.places[stored.value]);
  let root = variable(place);
  // client.Transport = &http.Transport{…}
  if (root === null && place.kind === NodeKind.SelectorExpr) root = variable(place.x);
  if (root === null || root.isParam || !isLocal(unit, root) || root.isPackageLevel) return "kept";
  if (node.kind === NodeKind.DeclStmt && goesOn(node, root)) return "unknown";
  const last = stored.single && stored.places.length > 1 ? variable(stored.places[stored.places.length - 1]) : null;
  const tracked = summaries.track(unit, { node, root, hold: Hold.Root, error: last }, spec(what));
  if (!tracked.gaveUp && tracked.leak !== null && (tracked.effect & ~Effect.Held) === 0) return "abandoned";
  if ((tracked.effect & Effect.Released) !== 0) return "closed";
  return (tracked.effect & Effect.Returned) !== 0 ? "kept" : "unknown";
}

/** `var ( transport = made(); client = &http.Client{Transport: transport} )`: the declaration itself makes more of it. */
function goesOn(node: Node, v: Var): boolean {
  let mentioned = false;
  walk(node, (n) => {
    mentioned ||= n.kind === NodeKind.Ident && n.pos !== v.pos && variable(n) === v;
    return !mentioned;
  });
  return mentioned;
}

/** x, err := e · x = e · var x T = e. `single`: one value for all places, as a call with several results is. */
function storedTo(node: Node, e: Expr): { places: readonly Expr[]; value: number; single: boolean } | null {
  const of = (places: readonly Expr[], values: readonly Expr[]): ReturnType<typeof storedTo> => {
    const i = values.findIndex((r) => unparen(r) === e);
    return i < 0 ? null : { places, value: values.length === 1 ? 0 : i, single: values.length === 1 };
  };
  if (node.kind === NodeKind.AssignStmt) return of(node.lhs, node.rhs);
  if (node.kind !== NodeKind.DeclStmt || node.decl.kind !== NodeKind.GenDecl) return null;
  for (const spec of node.decl.specs) {
    const found = spec.kind === NodeKind.ValueSpec ? of(spec.names, spec.values) : null;
    if (found !== null) return found;
  }
  return null;
}

/** The call of a method on `e` that returns a value of the same type. */
function chained(node: Node, e: Expr): CallExpr | null {
  let found: CallExpr | null = null;
  evaluated(node, (n) => {
    if (n.kind !== NodeKind.CallExpr || n.fun.kind !== NodeKind.SelectorExpr || unparen(n.fun.x) !== e) return;
    if (identical(typeOf(n), typeOf(e))) found = n;
  });
  return found;
}

function isReceiver(node: Node, e: Expr): boolean {
  let found = false;
  evaluated(node, (n) => {
    if (n.kind === NodeKind.CallExpr && n.fun.kind === NodeKind.SelectorExpr && unparen(n.fun.x) === e) found = true;
  });
  return found;
}
