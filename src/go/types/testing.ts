/** For tests: types Go source given as text, without files or a toolchain. */
import type { GoPackage, PackageSource } from "../load/package.ts";
import type { CallExpr } from "../syntax/ast-expr.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import { parseFile } from "../syntax/parser.ts";
import { walk } from "../syntax/walk.ts";
import { checkPackage } from "./check.ts";
import { type Package, Program } from "./package.ts";

/**
 * Types the package `main` of `sources`: import path → text of its one file. Imports of other paths are missing packages.
 */
export function typePackages(sources: Readonly<Record<string, string>>, main: string): Package {
  const packages = new Map<string, GoPackage>();
  for (const path of Object.keys(sources)) {
    packages.set(path, {
      path,
      dir: `/${path}`,
      files: [`/${path}/file.go`],
      module: null,
      standard: false,
      stub: false,
      tests: false,
    });
  }
  const source: PackageSource = {
    resolve: (path) => packages.get(path) ?? null,
    read: (file) => Buffer.from(sources[file.slice(1, -"/file.go".length)]),
  };
  const program = new Program(source, parseFile, { withBodies: () => true });
  const target = packages.get(main);
  if (target === undefined) throw new Error(`no source for ${main}`);
  const pkg = program.package(target);
  checkPackage(pkg);
  return pkg;
}

/** Types one file of package `p`. */
export function typeText(text: string): Package {
  return typePackages({ p: text }, "p");
}

/** Every expression of the package by its source text; the last one where a text occurs twice. */
export function expressions(pkg: Package): Map<string, Expr> {
  const out = new Map<string, Expr>();
  for (const { file } of pkg.files) {
    walk(file, (n) => {
      if ("mode" in n && n.mode !== 0) {
        out.set(Buffer.from(file.src.subarray(n.pos, n.end)).toString(), n);
      }
    });
  }
  return out;
}

export function calls(pkg: Package): CallExpr[] {
  const out: CallExpr[] = [];
  for (const { file } of pkg.files) walk(file, (n) => void (n.kind === NodeKind.CallExpr && out.push(n)));
  return out;
}
