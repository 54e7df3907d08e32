/**
 * Type inference (spec, "Type inference", "Type unification"): finds the type arguments of a generic call from its
 * arguments and from the constraints' core types and methods.
 */
import { defaultType, isUntyped } from "./expr.ts";
import { identical } from "./identical.ts";
import { lookupFieldOrMethod } from "./lookup.ts";
import { ObjKind } from "./object.ts";
import { substitute } from "./subst.ts";
import { constraintInterface, coreType, termsOf, typeSetOf, under } from "./typeset.ts";
import {
  type Basic,
  type Interface,
  mentionsParam,
  type Named,
  type Signature,
  type Term,
  type Type,
  TypeKind,
  type TypeParam,
} from "./type.ts";
import { unknownType } from "./universe.ts";

/** What one parameter is given: `type` may be untyped. */
export interface InferArg {
  readonly param: Type;
  readonly type: Type;
}

/**
 * The type arguments for `params`; `given` are those written down. An entry is null where nothing determines it. Assumes
 * that the call is valid: contradictions leave the first answer.
 */
export function infer(
  params: readonly TypeParam[],
  given: readonly (Type | null)[],
  args: readonly InferArg[],
): (Type | null)[] {
  const u = new Unifier(params, given);
  const untyped: [TypeParam, Basic][] = [];
  for (const { param, type } of args) {
    if (!mentionsParam(param) || type === unknownType) continue;
    if (!isUntyped(type)) u.unify(param, type, false);
    else if (param.kind === TypeKind.TypeParam && params.includes(param)) untyped.push([param, type]);
  }
  useConstraints(u, params);
  const largest = new Map<TypeParam, Basic>();
  for (const [p, t] of untyped) {
    if (u.at(p) !== null) continue;
    const known = largest.get(p);
    if (known === undefined || t.basic > known.basic) largest.set(p, t);
  }
  for (const [p, t] of largest) {
    const d = defaultType(t);
    if (!isUntyped(d)) u.set(p, d);
  }
  if (largest.size > 0) useConstraints(u, params);
  return simplify(params, u);
}

/** Core types and methods of constraints tell more once some arguments are known: repeat until nothing new comes. */
function useConstraints(u: Unifier, params: readonly TypeParam[]): void {
  for (let round = 0; round <= params.length; round++) {
    const before = u.unknowns();
    for (const p of params) {
      const tx = u.at(p);
      const core = coreTerm(p);
      if (core !== null) {
        if (tx !== null) u.unify(core.tilde && tx.kind !== TypeKind.TypeParam ? under(tx) : tx, core.type, false);
        else if (core.single) u.set(p, core.type);
      } else if (tx !== null) {
        const bound = constraintInterface(p);
        if (bound.kind === TypeKind.Interface) u.unifyMethods(bound, tx);
      }
    }
    if (u.unknowns() === before) return;
  }
}

function coreTerm(p: TypeParam): (Term & { single: boolean }) | null {
  const terms = termsOf(p);
  if (terms === null || terms.length === 0) return null;
  if (terms.length === 1) return { ...terms[0], single: !terms[0].tilde };
  const core = coreType(p);
  return core === null ? null : { tilde: true, type: core, single: false };
}

/** Inferred types may mention other parameters: `S ~[]E` infers S as []E until E is known. */
function simplify(params: readonly TypeParam[], u: Unifier): (Type | null)[] {
  const out = params.map((p) => u.at(p));
  for (let round = 0; round < params.length; round++) {
    let changed = false;
    for (let i = 0; i < out.length; i++) {
      const t = out[i];
      if (t === null || !mentionsParam(t) || t === params[i]) continue;
      const next = substitute(t, { params, args: out });
      if (next !== t) {
        out[i] = next;
        changed = true;
      }
    }
    if (!changed) break;
  }
  return out;
}

const MaxDepth = 100;

class Unifier {
  /** Parameters that were found equal share one cell. */
  private readonly cells: { type: Type | null }[];
  private depth = 0;

  constructor(
    private readonly params: readonly TypeParam[],
    given: readonly (Type | null)[],
  ) {
    this.cells = params.map((_, i) => ({ type: given[i] ?? null }));
  }

  at(p: TypeParam): Type | null {
    const i = this.params.indexOf(p);
    return i < 0 ? null : this.cells[i].type;
  }

  set(p: TypeParam, t: Type): void {
    const i = this.params.indexOf(p);
    if (i >= 0) this.cells[i].type = t;
  }

  unknowns(): number {
    let n = 0;
    for (const cell of this.cells) if (cell.type === null) n++;
    return n;
  }

  /** `t` as one of the parameters to be inferred. */
  private bound(t: Type): TypeParam | null {
    return t.kind === TypeKind.TypeParam && this.params.includes(t) ? t : null;
  }

  private join(x: TypeParam, y: TypeParam): boolean {
    const i = this.params.indexOf(x);
    const j = this.params.indexOf(y);
    const a = this.cells[i];
    const b = this.cells[j];
    if (a === b) return true;
    if (a.type !== null && b.type !== null) return false;
    const keep = a.type === null ? b : a;
    for (let k = 0; k < this.cells.length; k++) if (this.cells[k] === a || this.cells[k] === b) this.cells[k] = keep;
    return true;
  }

  /** `exact`: identical; otherwise as far as assignability goes (named against literal, channel directions, interfaces). */
  unify(x: Type, y: Type, exact: boolean): boolean {
    if (x === y) return true;
    if (this.depth > MaxDepth) return false;
    this.depth++;
    const ok = this.match(x, y, exact);
    this.depth--;
    return ok;
  }

  private match(x: Type, y: Type, exact: boolean): boolean {
    let p = this.bound(x);
    let q = this.bound(y);
    // A defined type goes to y, so that a literal in x is compared with its underlying type.
    if (!exact && p === null && x.kind === TypeKind.Named) {
      [x, y] = [y, x];
      [p, q] = [q, p];
    }
    if (!exact && y.kind === TypeKind.Named && p === null && isLiteral(x) && x.kind !== TypeKind.Interface) {
      const u = under(y);
      if (u.kind !== TypeKind.Interface) y = u;
    }
    if (p !== null && q !== null) {
      if (this.join(p, q)) return true;
      const [s, t] = [this.at(p), this.at(q)];
      return s !== null && t !== null && this.unify(s, t, exact);
    }
    if (p !== null) return this.bind(p, y, exact);
    if (q !== null) return this.bind(q, x, exact);
    if (!exact) {
      const viaInterface = this.matchInterfaces(x, y);
      if (viaInterface !== null) return viaInterface;
    }
    // Type parameters that are not ours: their core type, if any, is all that is known.
    if (y.kind === TypeKind.TypeParam) {
      if (x.kind === TypeKind.TypeParam) return false; // two different ones
      const core = coreType(y);
      return core !== null && this.unify(core, x, exact);
    }
    if (x.kind === TypeKind.TypeParam) {
      const core = coreType(x);
      return core !== null && this.unify(core, y, exact);
    }
    return this.structure(x, y, exact);
  }

  private bind(p: TypeParam, y: Type, exact: boolean): boolean {
    const known = this.at(p);
    if (known === null) {
      this.set(p, y);
      return true;
    }
    if (!this.unify(known, y, exact)) return false;
    if (exact) return true;
    // Prefer the defined type of the two, and the interface to its implementation.
    const ui = under(known).kind === TypeKind.Interface;
    const vi = under(y).kind === TypeKind.Interface;
    if (ui !== vi) {
      if (vi) this.set(p, y);
      return true;
    }
    if (y.kind === TypeKind.Named && known.kind !== TypeKind.Named) this.set(p, y);
    return true;
  }

  /** Null where neither is an interface. */
  private matchInterfaces(x: Type, y: Type): boolean | null {
    if (x.kind === TypeKind.TypeParam || y.kind === TypeKind.TypeParam) return null;
    const ux = under(x);
    const uy = under(y);
    const xi = ux.kind === TypeKind.Interface ? ux : null;
    const yi = uy.kind === TypeKind.Interface ? uy : null;
    if (xi === null && yi === null) return null;
    if (xi !== null && yi !== null) {
      if (x.kind === TypeKind.Named && y.kind === TypeKind.Named && x.origin === y.origin)
        return this.structure(x, y, true);
      const a = typeSetOf(xi).methods;
      const b = typeSetOf(yi).methods;
      const [small, large] = a.size <= b.size ? [a, b] : [b, a];
      for (const [key, m] of small) {
        const other = large.get(key);
        if (other === undefined || !this.unify(m.signature(), other.signature(), true)) return false;
      }
      return true;
    }
    return xi !== null ? this.unifyMethods(xi, y) : yi !== null && this.unifyMethods(yi, x);
  }

  /** Every method of `iface` must be one of `t` with a matching signature. */
  unifyMethods(iface: Interface, t: Type): boolean {
    for (const m of typeSetOf(iface).methods.values()) {
      const found = lookupFieldOrMethod(t, m.name, m.pkg);
      if (found === null || found.obj.kind !== ObjKind.Func) return false;
      if (!this.unify(m.signature(), found.obj.signature(), true)) return false;
    }
    return true;
  }

  private structure(x: Type, y: Type, exact: boolean): boolean {
    if (x.kind !== y.kind) return false;
    switch (x.kind) {
      case TypeKind.Pointer:
        return y.kind === TypeKind.Pointer && this.unify(x.elem, y.elem, true);
      case TypeKind.Slice:
        return y.kind === TypeKind.Slice && this.unify(x.elem, y.elem, true);
      case TypeKind.Array:
        return (
          y.kind === TypeKind.Array &&
          (x.length < 0n || y.length < 0n || x.length === y.length) &&
          this.unify(x.elem, y.elem, true)
        );
      case TypeKind.Map:
        return y.kind === TypeKind.Map && this.unify(x.key, y.key, true) && this.unify(x.elem, y.elem, true);
      case TypeKind.Chan:
        return y.kind === TypeKind.Chan && (!exact || x.dir === y.dir) && this.unify(x.elem, y.elem, true);
      case TypeKind.Named:
        return y.kind === TypeKind.Named && this.named(x, y);
      case TypeKind.Signature:
        return y.kind === TypeKind.Signature && this.signature(x, y);
      case TypeKind.Struct:
        return (
          y.kind === TypeKind.Struct &&
          x.fields.length === y.fields.length &&
          x.fields.every((f, i) => f.name === y.fields[i].name && this.pair(f.type, y.fields[i].type))
        );
      case TypeKind.Interface: {
        if (y.kind !== TypeKind.Interface) return false;
        const a = typeSetOf(x).methods;
        const b = typeSetOf(y).methods;
        return (
          a.size === b.size && [...a].every(([key, m]) => this.pair(m.signature(), b.get(key)?.signature() ?? null))
        );
      }
      default:
        return identical(x, y);
    }
  }

  private pair(x: Type | null, y: Type | null): boolean {
    return x !== null && y !== null && this.unify(x, y, true);
  }

  private named(x: Named, y: Named): boolean {
    if (x.origin !== y.origin) return false;
    const a = x.targs ?? x.typeParams ?? [];
    const b = y.targs ?? y.typeParams ?? [];
    return a.length === b.length && a.every((t, i) => this.unify(t, b[i], true));
  }

  private signature(x: Signature, y: Signature): boolean {
    return (
      x.variadic === y.variadic &&
      x.params.length === y.params.length &&
      x.results.length === y.results.length &&
      x.params.every((p, i) => this.pair(p.type, y.params[i].type)) &&
      x.results.every((r, i) => this.pair(r.type, y.results[i].type))
    );
  }
}

function isLiteral(t: Type): boolean {
  return t.kind !== TypeKind.Named && t.kind !== TypeKind.TypeParam && t.kind !== TypeKind.Basic;
}
