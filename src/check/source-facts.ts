/**
 * What of a file matters to whom: its own package sees all of it, those that import the package see the declarations,
 * and those whose analysis followed a call into it see that function's body.
 */
import { createHash } from "node:crypto";
import type { FuncDecl } from "../go/syntax/ast-decl.ts";
import { type File, NodeKind } from "../go/syntax/ast.ts";
import { parseFile } from "../go/syntax/parser.ts";

export interface SourceFacts {
  /** Hash of the whole content. */
  readonly content: string;
  /** Hash of what stands outside of function bodies. */
  readonly decls: string;
  /** Hash of each body by `functionKey`. */
  readonly bodies: Readonly<Record<string, string>>;
}

/** 96 bits: no chance collisions among the files of this world, and short in an index of many. */
export function hashOf(...parts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("base64url").slice(0, 16);
}

export function factsOf(path: string, src: Uint8Array): SourceFacts {
  const file = parseFile(path, src, { skipBodies: true, comments: false });
  const bodies: Record<string, string> = {};
  const outside = createHash("sha256");
  let from = 0;
  for (const [decl, key] of functionsOf(file).keys) {
    const start = decl.body?.pos ?? decl.bodyPos;
    if (start < 0) continue;
    bodies[key] = hashOf(src.subarray(start, decl.end));
    outside.update(src.subarray(from, start)).update("\0");
    from = decl.end;
  }
  outside.update(src.subarray(from));
  return { content: hashOf(src), decls: outside.digest("base64url").slice(0, 16), bodies };
}

interface Functions {
  readonly keys: ReadonlyMap<FuncDecl, string>;
  readonly declared: ReadonlyMap<string, FuncDecl>;
}

const functions = new WeakMap<File, Functions>();

function functionsOf(file: File): Functions {
  let known = functions.get(file);
  if (known === undefined) {
    const keys = new Map<FuncDecl, string>();
    const declared = new Map<string, FuncDecl>();
    const seen = new Map<string, number>();
    for (const decl of file.decls) {
      if (decl.kind !== NodeKind.FuncDecl) continue;
      const name = ownName(decl);
      const n = (seen.get(name) ?? 0) + 1;
      seen.set(name, n);
      keys.set(decl, numbered(name, n));
      declared.set(numbered(name, n), decl);
    }
    functions.set(file, (known = { keys, declared }));
  }
  return known;
}

/** Names a function within its file: `F`, `T.M`, with `#2` where a name is taken (`init`, `_`, broken source). */
export function functionKey(file: File, decl: FuncDecl): string {
  return functionsOf(file).keys.get(decl) ?? ownName(decl);
}

/** The function of that key; null where the file has none. */
export function functionNamed(file: File, key: string): FuncDecl | null {
  return functionsOf(file).declared.get(key) ?? null;
}

function numbered(name: string, n: number): string {
  return n === 1 ? name : `${name}#${n}`;
}

function ownName(decl: FuncDecl): string {
  let t = decl.recv?.list[0]?.type;
  while (t !== undefined && t.kind !== NodeKind.Ident) {
    if (
      t.kind === NodeKind.StarExpr ||
      t.kind === NodeKind.ParenExpr ||
      t.kind === NodeKind.IndexExpr ||
      t.kind === NodeKind.IndexListExpr
    )
      t = t.x;
    else break;
  }
  return t?.kind === NodeKind.Ident ? `${t.name}.${decl.name.name}` : decl.name.name;
}
