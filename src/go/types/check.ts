/** Typing of whole bodies: the entry points that analyses use. Declarations need none of this, they resolve on demand. */
import { type FuncDecl, NodeKind } from "../syntax/ast.ts";
import { typeOfObj } from "./decl.ts";
import type { Func } from "./object.ts";
import type { FileScope, Package } from "./package.ts";
import { funcDeclBody } from "./stmt.ts";
import { expr } from "./expr.ts";
import { typExpr } from "./typexpr.ts";

/** Types one function's body. The body must be parsed (`parseBody`). Typing it again does the work again. */
export function checkFunc(pkg: Package, file: FileScope, decl: FuncDecl): void {
  const f = decl.name.obj as Func | null;
  if (f === null) return;
  const sig = f.signature();
  const c = pkg.checker;
  const wanted = c.wantBodies;
  c.wantBodies = true;
  c.within(file, null, null, sig, () => funcDeclBody(c, decl, sig));
  c.finishBodies();
  c.wantBodies = wanted;
}

/** Types all package-level declarations of a package, initialisers with their function literals included. */
export function checkDecls(pkg: Package): void {
  const c = pkg.checker;
  const wanted = c.wantBodies;
  c.wantBodies = true;
  for (const v of pkg.packageValues) typeOfObj(v);
  for (const file of pkg.files) {
    for (const decl of file.file.decls) {
      if (decl.kind === NodeKind.FuncDecl) (decl.name.obj as Func | null)?.signature();
      if (decl.kind !== NodeKind.GenDecl) continue;
      for (const spec of decl.specs) {
        if (spec.kind === NodeKind.ImportSpec) {
          // `import _ "x"` names nothing, but whoever walks the tree may ask what it imports.
          continue;
        }
        if (spec.kind === NodeKind.TypeSpec) {
          c.within(file, null, null, null, () => {
            const t = typExpr(c, spec.name);
            void t;
          });
        } else if (spec.type !== null || spec.values.length > 0) {
          c.within(file, null, null, null, () => {
            if (spec.type !== null && spec.type.mode === 0) typExpr(c, spec.type);
            for (const e of spec.values) if (e.mode === 0) expr(c, e, null);
          });
        }
      }
    }
  }
  c.finishBodies();
  c.wantBodies = wanted;
}

/** Types everything in a package. */
export function checkPackage(pkg: Package): void {
  checkDecls(pkg);
  for (const file of pkg.files) {
    for (const decl of file.file.decls) {
      if (decl.kind === NodeKind.FuncDecl && decl.body !== null) checkFunc(pkg, file, decl);
    }
  }
}
