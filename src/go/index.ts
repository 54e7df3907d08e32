/**
 * `stanch/go`: a Go front-end for JavaScript. Parse, load and type-check Go source without a Go toolchain.
 *
 *     import { loadProgram, checkPackage, calleeOf, walk, NodeKind } from "stanch/go";
 *
 *     const { program, packages } = loadProgram(".", ["./..."]);
 *     for (const pkg of packages) {
 *       checkPackage(pkg);
 *       for (const { file } of pkg.files)
 *         walk(file, (n) => {
 *           if (n.kind === NodeKind.CallExpr) console.log(calleeOf(n)?.name);
 *         });
 *     }
 *
 * Everything here follows the package's version; what is not exported from this module is internal.
 */
import { Loader } from "./load/loader.ts";
import type { LoadOptions } from "./load/options.ts";
import type { LoadProblem } from "./load/problem.ts";
import { parseFile } from "./syntax/parser.ts";
import { type Package, Program } from "./types/package.ts";

export { Loader } from "./load/loader.ts";
export type { LoadOptions } from "./load/options.ts";
export type { GoModule, GoPackage, PackageSource } from "./load/package.ts";
export type { LoadProblem } from "./load/problem.ts";
export * from "./syntax/ast.ts";
export * from "./syntax/ast-decl.ts";
export * from "./syntax/ast-expr.ts";
export * from "./syntax/ast-stmt.ts";
export * from "./syntax/ast-type.ts";
export { commentText } from "./syntax/comments.ts";
export { position } from "./syntax/lines.ts";
export { parseBody, parseFile } from "./syntax/parser.ts";
export { precedence, Token, tokenText } from "./syntax/token.ts";
export { walk } from "./syntax/walk.ts";
export { calleeOf, type Callee, CalleeKind } from "./types/callee.ts";
export { checkDecls, checkFunc, checkPackage } from "./types/check.ts";
export { Complex, constText, type ConstValue, Rat } from "./types/constant.ts";
export { identical } from "./types/identical.ts";
export { implementsInterface } from "./types/implements.ts";
export { type LookupResult, lookupFieldOrMethod, methodSet } from "./types/lookup.ts";
export {
  Builtin,
  BuiltinId,
  Const,
  Func,
  isExported,
  Label,
  Nil,
  type Obj,
  ObjKind,
  PkgName,
  TypeName,
  Var,
} from "./types/object.ts";
export { FileScope, Package, Program, type ProgramOptions } from "./types/package.ts";
export { funcName, type Qualifier, typeString } from "./types/print.ts";
export { constOf, isTypeExpr, Mode, objOf, selectionOf, typeOf } from "./types/record.ts";
export * from "./types/type.ts";
export { typeSetOf, under } from "./types/typeset.ts";
export { errorType, universe, unknownType } from "./types/universe.ts";

export interface LoadedProgram {
  readonly program: Program;
  readonly packages: readonly Package[];
  readonly problems: readonly LoadProblem[];
}

/**
 * Loads what `patterns` (as for `go list`) name below `dir`, ready to be typed with bodies.
 * @throws UsageError where `dir` or a pattern names nothing.
 */
export function loadProgram(dir: string, patterns: readonly string[], options: LoadOptions = {}): LoadedProgram {
  const loader = Loader.open(dir, options);
  const { packages, problems } = loader.match(patterns);
  const targets = new Set<object>(packages);
  const program = new Program(loader, parseFile, { withBodies: (p) => targets.has(p) });
  return { program, packages: packages.map((p) => program.package(p)), problems };
}
