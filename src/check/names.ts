/** Whether functions that stanch.yaml names in full exist, and where: a name that means nothing would silently do nothing. */
import { nearest } from "../base/nearest.ts";
import type { LoadedPackage } from "../go/load/loaded-package.ts";
import type { Loader } from "../go/load/loader.ts";
import { position } from "../go/syntax/lines.ts";
import { parseFile } from "../go/syntax/parser.ts";
import { typeOfObj } from "../go/types/decl.ts";
import { lookupFieldOrMethod, methodSet } from "../go/types/lookup.ts";
import { Func, ObjKind, type TypeName } from "../go/types/object.ts";
import { type Package, Program } from "../go/types/package.ts";
import { funcName } from "../go/types/print.ts";
import { TypeKind } from "../go/types/type.ts";

export type Named =
  | { readonly kind: "found"; readonly file: string; readonly line: number }
  /** Its package is not among those that the packages here import. */
  | { readonly kind: "unseen"; readonly path: string }
  | { readonly kind: "missing"; readonly hint: string };

export class Names {
  private readonly program: Program;

  constructor(
    private readonly loader: Loader,
    private readonly packages: readonly LoadedPackage[],
  ) {
    this.program = new Program(loader, parseFile);
  }

  /** `full` as in stanch.yaml: `path/to/pkg.Func`, `(*path/to/pkg.Type).Method`. */
  find(full: string): Named {
    const m = /^\((\*?)(.+)\)\.([^.]+)$/.exec(full);
    const qualified = m === null ? full : m[2];
    const dot = qualified.lastIndexOf(".");
    const path = qualified.slice(0, dot);
    const first = qualified.slice(dot + 1);
    const source = this.packageAt(path);
    if (source === null) return { kind: "unseen", path };
    const pkg = this.program.package(source);
    const obj = pkg.lookup(first);
    if (m === null) return obj instanceof Func ? this.at(obj) : missing(first, functionsOf(pkg), path);
    if (obj?.kind !== ObjKind.TypeName) return missing(first, typesOf(pkg), path);
    const type = typeOfObj(obj);
    if (type.kind !== TypeKind.Named) return { kind: "missing", hint: `${first} is another name of a type` };
    const method = lookupFieldOrMethod(type.ptr ?? type, m[3], pkg) ?? lookupFieldOrMethod(type, m[3], pkg);
    if (method?.obj.kind !== ObjKind.Func) {
      const names = [...methodSet(type).values()].map((r) => r.obj.name);
      const more = [...(type.methods?.keys() ?? [])];
      return missing(m[3], [...names, ...more], `${path}.${first}`);
    }
    const own = funcName(method.obj.origin);
    return own === full ? this.at(method.obj, obj) : { kind: "missing", hint: `it is called ${own}` };
  }

  private packageAt(path: string): LoadedPackage | null {
    const own = this.packages.find((p) => p.path === path);
    if (own !== undefined) return own;
    for (const p of this.packages) {
      const found = this.loader.resolve(path, p);
      if (found !== null) return found;
    }
    return null;
  }

  /** Methods of interfaces stand where their type does. */
  private at(f: Func, type: TypeName | null = null): Named {
    const file = f.file?.file;
    if (file !== undefined) return { kind: "found", file: file.path, line: position(file, f.pos).line };
    const near = type?.site?.file.file;
    if (near === undefined || type === null) return { kind: "found", file: f.pkg?.path ?? "", line: 0 };
    return { kind: "found", file: near.path, line: position(near, type.pos).line };
  }
}

function functionsOf(pkg: Package): string[] {
  return [...pkg.scope.values()].flatMap((o) => (o instanceof Func ? [o.name] : []));
}

function typesOf(pkg: Package): string[] {
  return [...pkg.scope.values()].flatMap((o) => (o.kind === ObjKind.TypeName ? [o.name] : []));
}

function missing(name: string, candidates: readonly string[], within: string): Named {
  const like = nearest(name, candidates);
  return { kind: "missing", hint: `${within} has no ${name}${like === null ? "" : `; did you mean ${like}?`}` };
}
