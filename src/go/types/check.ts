/** Typing of whole bodies: the entry points that analyses use. Declarations need none of this, they resolve on demand. */
import type { FuncDecl, ValueSpec } from "../syntax/ast-decl.ts";
import type { FuncLit } from "../syntax/ast-expr.ts";
import { NodeKind } from "../syntax/ast.ts";
import { parseBody } from "../syntax/parser.ts";
import type { Checker } from "./checker.ts";
import { typeOfObj } from "./decl.ts";
import type { Func, TypeName } from "./object.ts";
import type { FileScope, Package } from "./package.ts";
import { funcDeclBody } from "./stmt.ts";
import { assignTo, expr } from "./expr.ts";
import { Mode, typeOf } from "./record.ts";
import { TypeKind } from "./type.ts";
import { typExpr } from "./typexpr.ts";
import { under } from "./typeset.ts";

/** Types one function's body, once. It must be parsed (`parseBody`); nothing happens where there is none. */
export function checkFunc(pkg: Package, file: FileScope, decl: FuncDecl): void {
  const f = decl.name.obj as Func | null;
  const c = pkg.checker;
  if (f === null || decl.body === null || c.typedBodies.has(decl.body)) return;
  c.typedBodies.add(decl.body);
  const sig = f.signature();
  withBodies(c, () => {
    c.within(file, null, null, sig, () => funcDeclBody(c, decl, sig));
    c.finishBodies();
  });
}

function withBodies(c: Checker, visit: () => void): void {
  const wanted = c.wantBodies;
  c.wantBodies = true;
  visit();
  c.wantBodies = wanted;
}

/** Types all package-level declarations of a package, initialisers with their function literals included. */
export function checkDecls(pkg: Package): void {
  const c = pkg.checker;
  for (const v of pkg.packageValues) typeOfObj(v);
  for (const file of pkg.files) {
    for (const decl of file.file.decls) {
      if (decl.kind === NodeKind.FuncDecl) {
        const f = decl.name.obj as Func | null;
        for (const p of f?.signature().typeParams ?? []) p.bound();
      } else if (decl.kind === NodeKind.GenDecl) {
        for (const spec of decl.specs) {
          if (spec.kind === NodeKind.TypeSpec) checkType(spec.name.obj as TypeName | null);
          else if (spec.kind === NodeKind.ValueSpec) checkValues(c, file, spec);
        }
      }
    }
  }
  c.takeUp();
  c.finishBodies();
}

/** Types the body of a function literal in an initialiser at package level, once; nothing happens for any other. */
export function checkLiteral(pkg: Package, lit: FuncLit): void {
  const c = pkg.checker;
  withBodies(c, () => {
    c.takeUp(lit.body);
    c.finishBodies();
  });
}

function checkType(obj: TypeName | null): void {
  const t = obj === null ? null : typeOfObj(obj);
  if (t?.kind !== TypeKind.Named) return;
  for (const p of t.typeParams ?? []) p.bound();
  under(t);
}

/** What no object needed: types of `var _ T = …` lines, surplus values, what a declared type made unnecessary while bodies were not wanted. */
function checkValues(c: Checker, file: FileScope, spec: ValueSpec): void {
  c.within(file, null, null, null, () => {
    if (spec.type !== null && spec.type.mode === Mode.None) typExpr(c, spec.type);
    const declared = spec.type === null ? null : typeOf(spec.type);
    for (const e of spec.values) {
      if (e.mode !== Mode.None) continue;
      expr(c, e, declared);
      if (declared !== null) assignTo(e, declared);
    }
  });
}

/** Reads and types the bodies that were left out, those of literals in initialisers too, for who has to have seen the whole package. */
export function completeBodies(pkg: Package): void {
  const c = pkg.checker;
  // Of a package under analysis all has been seen but what was skipped.
  if (!c.wantBodies) withBodies(c, () => checkDecls(pkg));
  for (const file of pkg.files) {
    for (const decl of file.file.decls) {
      if (decl.kind !== NodeKind.FuncDecl || decl.body !== null) continue;
      parseBody(file.file, decl);
      checkFunc(pkg, file, decl);
    }
  }
}

/** Types everything in a package that has been read. */
export function checkPackage(pkg: Package): void {
  checkDecls(pkg);
  for (const file of pkg.files) {
    for (const decl of file.file.decls) {
      if (decl.kind === NodeKind.FuncDecl && decl.body !== null) checkFunc(pkg, file, decl);
    }
  }
}
