/**
 * Methods by which a library comes back to the program, for everything that happens: those of an interface of its own that the program's type has,
 * and literals that it is handed.
 *
 *     import "github.com/emersion/go-smtp"
 *
 *     func (s *session) Rcpt(to string, opts *smtp.RcptOptions) error
 *     func (s *session) Data(r io.Reader) error                            ← once for every mail
 *
 * A library is known by the types of it in the methods' signatures; what it calls while the program starts or ends is left out.
 */
import type { FunctionUnit } from "../flow/unit.ts";
import { byLibraryOnce } from "../knowledge/start-names.ts";
import { NodeKind } from "../syntax/ast.ts";
import { typeOfObj } from "../types/decl.ts";
import { calleeOf } from "../types/callee.ts";
import { implementsInterface } from "../types/implements.ts";
import { type Func, isExported, ObjKind } from "../types/object.ts";
import type { Package } from "../types/package.ts";
import { type Named, pointerTo, type Type, TypeKind } from "../types/type.ts";
import { typeSetOf, under } from "../types/typeset.ts";
import { handedTo } from "./one-shot.ts";

const memo = new WeakMap<Named, ReadonlySet<string>>();

/** A method of the program's own that an interface of a library has, of which its type has every method. */
export function isCalledByLibrary(f: Func): boolean {
  const named = f.recvNamed;
  if (named === null || !isExported(f.name) || byLibraryOnce.test(f.name)) return false;
  let names = memo.get(named);
  if (names === undefined) memo.set(named, (names = calledOf(named)));
  return names.has(f.name);
}

/** `app.Get("/", func(c *web.Context) error { … })`: a literal that the library is handed, and gives something of its own. */
export function isHandedToLibrary({ outer, node, signature }: FunctionUnit): boolean {
  if (outer === null || signature === null) return false;
  const given = new Set<Package>();
  for (const { type } of signature.params) add(given, type);
  if (given.size === 0) return false;
  const call = handedTo(outer, node);
  const { func } = call === null ? { func: null } : calleeOf(call);
  return func !== null && func.pkg !== null && isLibrary(func.pkg) && !byLibraryOnce.test(func.name);
}

/** Libraries of commands and of programs' parts, whose interfaces are those of what runs once. */
const commandLibraries = /(?:^|\/)(?:cli|cobra|pflag|kong|kingpin|subcommands|go-flags|fx|dig|ffcli)(?:\/|$)/;

/** Names of the methods by which libraries call it. */
function calledOf(named: Named): Set<string> {
  const names = new Set<string>();
  const libraries = new Set<Package>();
  for (const m of named.methods?.values() ?? [])
    if (isExported(m.name)) for (const v of [...m.signature().params, ...m.signature().results]) add(libraries, v.type);
  const pointer = pointerTo(named);
  for (const pkg of libraries)
    for (const obj of pkg.scope.values()) {
      const spec = obj.kind === ObjKind.TypeName && isExported(obj.name) ? obj.site?.spec : undefined;
      if (spec?.kind !== NodeKind.TypeSpec || spec.type.kind !== NodeKind.InterfaceType) continue;
      const u = under(typeOfObj(obj));
      if (u.kind !== TypeKind.Interface) continue;
      const methods = [...typeSetOf(u).methods.values()].map((m) => m.name);
      if (methods.some((m) => named.methods?.has(m) === true) && implementsInterface(pointer, u) === true)
        for (const m of methods) names.add(m);
    }
  return names;
}

/** The package of a type, or of what it points to or consists of, where that is a library's. */
function add(libraries: Set<Package>, t: Type | null): void {
  if (t === null) return;
  if (t.kind === TypeKind.Pointer || t.kind === TypeKind.Slice || t.kind === TypeKind.Chan)
    return add(libraries, t.elem);
  const pkg = t.kind === TypeKind.Named ? t.obj.pkg : null;
  if (pkg !== null && isLibrary(pkg)) libraries.add(pkg);
}

function isLibrary({ source, path }: Package): boolean {
  return source !== null && !source.standard && source.module?.main === false && !commandLibraries.test(path);
}
