/** Types as text, written as Go writes them; packages by a qualifier of the caller's choice. */
import { ChanDir } from "../syntax/ast-type.ts";
import type { Package } from "./package.ts";
import { BasicKind, type Interface, type Signature, type Type, TypeKind } from "./type.ts";
import type { Func, Var } from "./object.ts";

export type Qualifier = (pkg: Package) => string;

const byPath: Qualifier = (pkg) => pkg.path;

/** `[]*net/http.Request`, with packages by their paths unless a qualifier says otherwise. */
export function typeString(t: Type, qualify: Qualifier = byPath): string {
  const parts: string[] = [];
  write(parts, t, qualify, new Set());
  return parts.join("");
}

function write(out: string[], t: Type, q: Qualifier, seen: Set<Type>): void {
  switch (t.kind) {
    case TypeKind.Basic:
      out.push(t.basic === BasicKind.Unknown ? "unknown" : t.name);
      break;
    case TypeKind.Named: {
      const { pkg, name } = t.obj;
      out.push(pkg === null ? name : `${q(pkg)}.${name}`);
      const targs = t.targs ?? t.typeParams;
      if (targs !== null) list(out, targs, q, seen);
      break;
    }
    case TypeKind.Pointer:
      out.push("*");
      write(out, t.elem, q, seen);
      break;
    case TypeKind.Slice:
      out.push("[]");
      write(out, t.elem, q, seen);
      break;
    case TypeKind.Array:
      out.push(`[${t.length < 0n ? "?" : t.length}]`);
      write(out, t.elem, q, seen);
      break;
    case TypeKind.Map:
      out.push("map[");
      write(out, t.key, q, seen);
      out.push("]");
      write(out, t.elem, q, seen);
      break;
    case TypeKind.Chan: {
      out.push(t.dir === ChanDir.Send ? "chan<- " : t.dir === ChanDir.Recv ? "<-chan " : "chan ");
      const paren = t.dir !== ChanDir.Send && t.elem.kind === TypeKind.Chan && t.elem.dir === ChanDir.Recv;
      if (paren) out.push("(");
      write(out, t.elem, q, seen);
      if (paren) out.push(")");
      break;
    }
    case TypeKind.Struct:
      out.push("struct{");
      t.fields.forEach((f, i) => {
        if (i > 0) out.push("; ");
        if (!f.embedded) out.push(f.name, " ");
        if (f.type !== null) write(out, f.type, q, seen);
        const tag = t.tags?.[i] ?? "";
        if (tag !== "") out.push(" ", JSON.stringify(tag));
      });
      out.push("}");
      break;
    case TypeKind.Signature:
      out.push("func");
      signature(out, t, q, seen);
      break;
    case TypeKind.Interface:
      writeInterface(out, t, q, seen);
      break;
    case TypeKind.Tuple:
      out.push("(");
      t.types.forEach((x, i) => {
        if (i > 0) out.push(", ");
        write(out, x, q, seen);
      });
      out.push(")");
      break;
    case TypeKind.TypeParam:
      out.push(t.obj.name);
      break;
    case TypeKind.Union:
      t.terms.forEach((term, i) => {
        if (i > 0) out.push(" | ");
        if (term.tilde) out.push("~");
        write(out, term.type, q, seen);
      });
      break;
  }
}

function list(out: string[], types: readonly Type[], q: Qualifier, seen: Set<Type>): void {
  out.push("[");
  types.forEach((x, i) => {
    if (i > 0) out.push(",");
    write(out, x, q, seen);
  });
  out.push("]");
}

function signature(out: string[], t: Signature, q: Qualifier, seen: Set<Type>): void {
  out.push("(");
  variables(out, t.params, t.variadic, q, seen);
  out.push(")");
  if (t.results.length === 0) return;
  out.push(" ");
  const plain = t.results.length === 1 && t.results[0].name === "";
  if (!plain) out.push("(");
  variables(out, t.results, false, q, seen);
  if (!plain) out.push(")");
}

function variables(out: string[], vars: readonly Var[], variadic: boolean, q: Qualifier, seen: Set<Type>): void {
  vars.forEach((v, i) => {
    if (i > 0) out.push(", ");
    if (v.name !== "") out.push(v.name, " ");
    if (v.type === null) return;
    if (variadic && i === vars.length - 1 && v.type.kind === TypeKind.Slice) {
      out.push("...");
      write(out, v.type.elem, q, seen);
    } else write(out, v.type, q, seen);
  });
}

function writeInterface(out: string[], t: Interface, q: Qualifier, seen: Set<Type>): void {
  if (t.methods.length === 0 && t.embedded.length === 0) {
    out.push("any");
    return;
  }
  if (seen.has(t)) {
    out.push("interface{…}");
    return;
  }
  seen.add(t);
  out.push("interface{");
  let first = true;
  const separate = (): void => {
    if (!first) out.push("; ");
    first = false;
  };
  for (const m of t.methods) {
    separate();
    out.push(m.name);
    signature(out, m.signature(), q, seen);
  }
  for (const e of t.embedded) {
    separate();
    write(out, e, q, seen);
  }
  out.push("}");
  seen.delete(t);
}

/** `Method(int, string) error`: what a method has in common with those of other types that can be called in its place. */
export function methodSignature(f: Func): string {
  const { params, results } = f.signature();
  const types = (vars: readonly Var[]): string =>
    vars.map((v) => (v.type === null ? "?" : typeString(v.type))).join(", ");
  return `${f.name}(${types(params)}) ${types(results)}`;
}

/** `(*net/http.Client).Do`, `net/http.Get`, `(io.Reader).Read`: go/types' full name of a function. */
export function funcName(f: Func, qualify: Qualifier = byPath): string {
  const owner = f.recvNamed;
  if (owner !== null) {
    const { pkg, name } = owner.obj;
    const type = pkg === null ? name : `${qualify(pkg)}.${name}`;
    return `(${f.ptrRecv ? "*" : ""}${type}).${f.name}`;
  }
  if (f.isInterfaceMethod) return `(interface).${f.name}`;
  return f.pkg === null ? f.name : `${qualify(f.pkg)}.${f.name}`;
}
