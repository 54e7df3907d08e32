/** Substitution of type arguments for type parameters. What does not mention a parameter is returned as it is. */
import { instantiate } from "./named.ts";
import { Func, Var } from "./object.ts";
import {
  arrayOf,
  chanOf,
  Interface,
  mapOf,
  mentionsParam,
  pointerTo,
  Signature,
  sliceOf,
  Struct,
  Tuple,
  type Type,
  TypeKind,
  TypeParam,
  Union,
} from "./type.ts";

/** `args[i]` stands for `params[i]`; null leaves the parameter alone. Lists are short: a scan beats a map. */
export interface Substitution {
  readonly params: readonly TypeParam[];
  readonly args: readonly (Type | null)[];
}

export function substitute(t: Type, s: Substitution): Type {
  if (!mentionsParam(t)) return t;
  switch (t.kind) {
    case TypeKind.TypeParam: {
      const i = s.params.indexOf(t);
      return i < 0 ? t : (s.args[i] ?? t);
    }
    case TypeKind.Pointer:
      return pointerTo(substitute(t.elem, s));
    case TypeKind.Slice:
      return sliceOf(substitute(t.elem, s));
    case TypeKind.Array:
      return arrayOf(t.length, substitute(t.elem, s));
    case TypeKind.Map:
      return mapOf(substitute(t.key, s), substitute(t.elem, s));
    case TypeKind.Chan:
      return chanOf(t.dir, substitute(t.elem, s));
    case TypeKind.Named: {
      const targs = t.targs ?? t.typeParams ?? [];
      const next = substituteList(targs, s);
      return next === targs ? t : instantiate(t.origin, next);
    }
    case TypeKind.Struct: {
      const fields = substituteVars(t.fields, s);
      return fields === t.fields ? t : new Struct(fields, t.tags);
    }
    case TypeKind.Signature:
      return substituteSignature(t, s);
    case TypeKind.Interface:
      return substituteInterface(t, s);
    case TypeKind.Tuple: {
      const types = substituteList(t.types, s);
      return types === t.types ? t : new Tuple(types);
    }
    case TypeKind.Union: {
      let changed = false;
      const terms = t.terms.map((term) => {
        const type = substitute(term.type, s);
        if (type === term.type) return term;
        changed = true;
        return { tilde: term.tilde, type };
      });
      return changed ? new Union(terms) : t;
    }
    default:
      return t;
  }
}

function substituteList(list: readonly Type[], s: Substitution): readonly Type[] {
  let out: Type[] | null = null;
  for (let i = 0; i < list.length; i++) {
    const next = substitute(list[i], s);
    if (next !== list[i] && out === null) out = list.slice();
    if (out !== null) out[i] = next;
  }
  return out ?? list;
}

function substituteVars(list: readonly Var[], s: Substitution): readonly Var[] {
  let out: Var[] | null = null;
  for (let i = 0; i < list.length; i++) {
    const v = list[i];
    if (v.type === null) continue;
    const type = substitute(v.type, s);
    if (type === v.type) continue;
    const copy = new Var(v.name, v.pkg, v.pos, type, null);
    copy.isField = v.isField;
    copy.embedded = v.embedded;
    copy.isParam = v.isParam;
    copy.origin = v.origin;
    out ??= list.slice();
    out[i] = copy;
  }
  return out ?? list;
}

/** A signature keeps its own type parameters; use `instantiateSignature` to put arguments in their place. */
export function substituteSignature(t: Signature, s: Substitution): Signature {
  const params = substituteVars(t.params, s);
  const results = substituteVars(t.results, s);
  if (params === t.params && results === t.results) return t;
  return new Signature(t.typeParams, t.recv, params, results, t.variadic);
}

/** `f[args…]`: the signature without type parameters. */
export function instantiateSignature(t: Signature, args: readonly (Type | null)[]): Signature {
  if (t.typeParams === null) return t;
  const s = { params: t.typeParams, args };
  return new Signature(null, t.recv, substituteVars(t.params, s), substituteVars(t.results, s), t.variadic);
}

function substituteInterface(t: Interface, s: Substitution): Interface {
  let changed = false;
  const methods = t.methods.map((m) => {
    const sig = m.signature();
    const next = substituteSignature(sig, s);
    if (next === sig) return m;
    changed = true;
    const copy = new Func(m.name, m.pkg, m.pos, m.file);
    copy.type = next;
    copy.origin = m.origin;
    copy.isInterfaceMethod = true;
    copy.recvNamed = m.recvNamed;
    return copy;
  });
  const embedded = substituteList(t.embedded, s);
  if (!changed && embedded === t.embedded) return t;
  const generic = methods.some((m) => m.signature().generic) || embedded.some(mentionsParam);
  return new Interface(methods, embedded, t.implicit, generic);
}

/** Fresh copies of type parameters, for calls whose arguments mention the very parameters to be inferred. */
export function renameParams(params: readonly TypeParam[]): TypeParam[] {
  const fresh = params.map((p) => new TypeParam(p.obj, p.index));
  const s: Substitution = { params, args: fresh };
  params.forEach((p, i) => {
    const bound = p.bound();
    if (bound !== null) fresh[i].setBound(() => substitute(bound, s));
  });
  return fresh;
}
