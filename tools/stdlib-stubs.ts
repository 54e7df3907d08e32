/**
 * Makes stubs of the standard library: of each package, the exported declarations and what they reach, without bodies
 * and comments, as Go text that the ordinary parser and type layer read.
 *
 * Reaching is by name, over the syntax alone, and errs on the side of keeping:
 *
 *     func Get(url string) (*Response, error)     exported: kept; reaches Response
 *     type Response struct { Body io.ReadCloser; mu mutex }
 *                                  unexported fields go, unless embedded (they promote);  reaches io.ReadCloser
 *     var ErrClosed = errors.New("…")             untyped: the initialiser is the type; reaches errors.New
 *     var Default Client = newClient()            typed: the initialiser goes
 *     const ( a = iota; B )                       a group with one kept name is kept whole: iota counts
 *
 * Methods: all exported ones of a kept type, and unexported ones that some interface of the package asks for (they decide who
 * implements it) or that a kept initialiser calls.
 */
import type { LoadedPackage } from "../src/go/load/loaded-package.ts";
import type { Loader } from "../src/go/load/loader.ts";
import type { FuncDecl, GenDecl, TypeSpec, ValueSpec } from "../src/go/syntax/ast-decl.ts";
import type { CompositeLit } from "../src/go/syntax/ast-expr.ts";
import { type Expr, type File, NodeKind, type Node } from "../src/go/syntax/ast.ts";
import { parseFile } from "../src/go/syntax/parser.ts";
import { Token } from "../src/go/syntax/token.ts";
import { walk } from "../src/go/syntax/walk.ts";
import type { StubPackage } from "../src/go/stdlib/index.ts";
import { cut, type Cut } from "./stub-text.ts";

interface SourceFile {
  readonly file: File;
  readonly name: string;
  /** Name in this file → package; what the file imports. */
  readonly imports: Map<string, LoadedPackage>;
  /** Import specs by the name they bind. */
  readonly specs: Map<string, { readonly text: string; readonly path: string }>;
}

interface Declared {
  readonly source: SourceFile;
  readonly decl: GenDecl | FuncDecl;
  /** Within a GenDecl; a constant group counts as one. */
  readonly spec: TypeSpec | ValueSpec | null;
}

class Package {
  readonly sources: SourceFile[] = [];
  readonly scope = new Map<string, Declared>();
  /** Receiver's type name → methods. */
  readonly methods = new Map<string, { readonly source: SourceFile; readonly decl: FuncDecl }[]>();
  readonly kept = new Set<string>();
  readonly keptMethods = new Set<FuncDecl>();
  /** Unexported names that interfaces demand or initialisers call. */
  readonly wantedMethods = new Set<string>();

  constructor(readonly loaded: LoadedPackage) {}
}

const exported = (name: string): boolean => /^\p{Lu}/u.test(name);
const text = (file: File, node: { readonly pos: number; readonly end: number }): string =>
  new TextDecoder().decode(file.src.subarray(node.pos, node.end));

/** The packages that other people's code can import. */
export function isImportable(path: string): boolean {
  const parts = path.split("/");
  return parts[0] !== "cmd" && parts[0] !== "vendor" && !parts.includes("internal") && path !== "builtin";
}

export function makeStubs(loader: Loader): StubPackage[] {
  return new StubMaker(loader).make();
}

class StubMaker {
  readonly #packages = new Map<LoadedPackage, Package>();
  readonly #queue: (() => void)[] = [];

  constructor(readonly loader: Loader) {}

  make(): StubPackage[] {
    const cgo = this.loader.std.find("runtime/cgo"); // not among the packages of a build without cgo
    for (const p of [...this.loader.std.all(), ...(cgo === null ? [] : [cgo])]) {
      if (!isImportable(p.path)) continue;
      const own = this.#package(p);
      for (const name of own.scope.keys()) if (exported(name)) this.#keep(own, name);
    }
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) next();
    const stubs: StubPackage[] = [];
    for (const p of this.#packages.values()) {
      const stub = this.#print(p);
      if (stub.files.length > 0) stubs.push(stub);
    }
    return stubs;
  }

  #package(loaded: LoadedPackage): Package {
    let found = this.#packages.get(loaded);
    if (found !== undefined) return found;
    found = new Package(loaded);
    this.#packages.set(loaded, found);
    for (const path of loaded.files) {
      const file = parseFile(path, this.loader.read(path), { skipBodies: true });
      if (file.problems.length > 0) throw new Error(`${path}: ${file.problems[0]?.message ?? ""}`);
      const source: SourceFile = {
        file,
        name: path.slice(loaded.dir.length + 1),
        imports: new Map(),
        specs: new Map(),
      };
      for (const spec of file.imports) {
        const imported = spec.path.value.slice(1, -1);
        const target = this.loader.resolve(imported, loaded);
        if (target === null) throw new Error(`${path}: cannot resolve ${imported}`);
        const name = spec.name?.name ?? target.name;
        source.imports.set(name, target);
        source.specs.set(name, { text: text(file, spec), path: target.path });
      }
      found.sources.push(source);
      this.#declare(found, source);
    }
    return found;
  }

  #declare(p: Package, source: SourceFile): void {
    for (const decl of source.file.decls) {
      if (decl.kind === NodeKind.FuncDecl) {
        if (decl.recv === null) p.scope.set(decl.name.name, { source, decl, spec: null });
        else {
          const receiver = receiverName(decl);
          const list = p.methods.get(receiver) ?? [];
          p.methods.set(receiver, list);
          list.push({ source, decl });
        }
      } else if (decl.kind === NodeKind.GenDecl && decl.tok !== Token.Import) {
        for (const spec of decl.specs) {
          if (spec.kind === NodeKind.TypeSpec) p.scope.set(spec.name.name, { source, decl, spec });
          else if (spec.kind === NodeKind.ValueSpec)
            for (const name of spec.names) p.scope.set(name.name, { source, decl, spec });
        }
      }
    }
  }

  #keep(p: Package, name: string): void {
    if (name === "_" || p.kept.has(name)) return;
    const found = p.scope.get(name);
    if (found === undefined) return;
    p.kept.add(name);
    this.#queue.push(() => this.#reach(p, name, found));
  }

  #reach(p: Package, name: string, { source, decl, spec }: Declared): void {
    if (decl.kind === NodeKind.FuncDecl) {
      this.#names(p, source, decl.type, false);
    } else if (decl.tok === Token.Const) {
      for (const s of decl.specs) {
        if (s.kind !== NodeKind.ValueSpec) continue;
        for (const n of s.names) if (n.name !== "_") p.kept.add(n.name);
        if (s.type !== null) this.#names(p, source, s.type, false);
        for (const value of s.values) this.#names(p, source, value, true);
      }
    } else if (spec?.kind === NodeKind.ValueSpec) {
      for (const n of spec.names) if (n.name !== "_") p.kept.add(n.name);
      if (spec.type !== null) this.#names(p, source, spec.type, false);
      else for (const value of spec.values) this.#names(p, source, value, true);
    } else if (spec?.kind === NodeKind.TypeSpec) {
      if (spec.typeParams !== null) this.#names(p, source, spec.typeParams, false);
      this.#names(p, source, spec.type, false);
      for (const m of p.methods.get(name) ?? []) this.#method(p, m);
    }
  }

  #method(p: Package, { source, decl }: { source: SourceFile; decl: FuncDecl }): void {
    if (p.keptMethods.has(decl) || (!exported(decl.name.name) && !p.wantedMethods.has(decl.name.name))) return;
    p.keptMethods.add(decl);
    this.#names(p, source, decl.type, false);
  }

  #wantMethod(p: Package, name: string): void {
    if (exported(name) || p.wantedMethods.has(name)) return;
    p.wantedMethods.add(name);
    for (const [type, methods] of p.methods) {
      if (!p.kept.has(type)) continue;
      for (const m of methods) if (m.decl.name.name === name) this.#method(p, m);
    }
  }

  /** Keeps whatever the names below a node may mean. `value`: an initialiser, of which only what gives its type matters. */
  #names(p: Package, source: SourceFile, root: Node, value: boolean): void {
    walk(root, (node) => {
      switch (node.kind) {
        case NodeKind.Ident:
          this.#keep(p, node.name);
          return true;
        case NodeKind.SelectorExpr: {
          const target =
            node.x.kind === NodeKind.Ident && !p.scope.has(node.x.name) ? source.imports.get(node.x.name) : undefined;
          if (target !== undefined) {
            this.#keep(this.#package(target), node.sel.name);
            return false;
          }
          if (value) this.#wantMethod(p, node.sel.name);
          this.#names(p, source, node.x, value);
          return false;
        }
        case NodeKind.StructType:
          for (const field of node.fields.list) if (isKeptField(field)) this.#names(p, source, field.type, false);
          return false;
        case NodeKind.InterfaceType:
          for (const method of node.methods.list) {
            for (const n of method.names) this.#wantMethod(p, n.name);
            this.#names(p, source, method.type, false);
          }
          return false;
        case NodeKind.Field:
          // Parameter names mean nothing outside.
          this.#names(p, source, node.type, false);
          return false;
        case NodeKind.FuncLit:
          this.#names(p, source, node.type, false);
          return false;
        case NodeKind.CompositeLit:
          if (node.type !== null) this.#names(p, source, node.type, value);
          if (keepsElements(node)) for (const e of node.elts) this.#names(p, source, e, value);
          return false;
        case NodeKind.KeyValueExpr:
          this.#names(p, source, node.key, value);
          this.#names(p, source, node.value, value);
          return false;
        default:
          return true;
      }
    });
  }

  // --- printing ---

  #print(p: Package): StubPackage {
    const files: { name: string; source: string }[] = [];
    const imports = new Set<string>();
    for (const source of p.sources) {
      const printer = new FilePrinter(source, p);
      const decls = source.file.decls.flatMap((d) => printer.print(d));
      if (decls.length === 0) continue;
      const specs: string[] = [];
      for (const [name, spec] of source.specs) {
        if (!printer.used.has(name)) continue;
        specs.push(`import ${spec.text}\n`);
        imports.add(spec.path);
      }
      files.push({
        name: source.name,
        source: `package ${p.loaded.name}\n${specs.sort().join("")}${decls.join("\n")}\n`,
      });
    }
    return { path: p.loaded.path, name: p.loaded.name, imports: [...imports].sort(), files };
  }
}

class FilePrinter {
  /** Import names that the printed text mentions. */
  readonly used = new Set<string>();

  constructor(
    readonly source: SourceFile,
    readonly p: Package,
  ) {}

  print(decl: Node): string[] {
    const { p } = this;
    if (decl.kind === NodeKind.FuncDecl) {
      const keep =
        decl.recv === null
          ? p.kept.has(decl.name.name) && decl.name.name !== "init"
          : p.keptMethods.has(decl) && p.kept.has(receiverName(decl));
      return keep ? [this.#text(decl, { pos: decl.pos, end: decl.type.end })] : [];
    }
    if (decl.kind !== NodeKind.GenDecl || decl.tok === Token.Import) return [];
    const specs = decl.specs.filter((s) =>
      s.kind === NodeKind.TypeSpec
        ? p.kept.has(s.name.name)
        : s.kind === NodeKind.ValueSpec && s.names.some((n) => p.kept.has(n.name)),
    );
    if (specs.length === 0) return [];
    const word = decl.tok === Token.Const ? "const" : decl.tok === Token.Var ? "var" : "type";
    const printed = (decl.tok === Token.Const ? decl.specs : specs).map((s) => this.#spec(s, word));
    return decl.lparen >= 0 && (printed.length > 1 || decl.tok === Token.Const)
      ? [`${word} (\n${printed.join("\n")}\n)`]
      : printed.map((s) => `${word} ${s}`);
  }

  #spec(spec: Node, word: string): string {
    // A declared type makes a variable's initialiser superfluous; a constant's is its value.
    const typed = word === "var" && spec.kind === NodeKind.ValueSpec && spec.type !== null;
    return this.#text(spec, typed ? { pos: spec.pos, end: spec.type.end } : spec);
  }

  #text(root: Node, range: { pos: number; end: number }): string {
    const { file } = this.source;
    const cuts: Cut[] = [];
    for (const group of file.comments) {
      if (group.end <= range.pos || group.pos >= range.end) continue;
      for (const c of group.list) cuts.push({ pos: c.pos, end: c.end, by: "" });
    }
    this.#cuts(root, range.end, cuts);
    return cut(file.src, range, cuts);
  }

  /** Collects what goes, and notes the imports that what stays mentions. */
  #cuts(root: Node, end: number, cuts: Cut[]): void {
    walk(root, (node) => {
      if (node.pos >= end) return false;
      switch (node.kind) {
        case NodeKind.SelectorExpr:
          if (node.x.kind === NodeKind.Ident) this.used.add(node.x.name);
          return true;
        case NodeKind.StructType:
          for (const field of node.fields.list) {
            if (isKeptField(field)) this.#cuts(field, end, cuts);
            else cuts.push({ pos: field.pos, end: field.end, by: "" });
          }
          return false;
        case NodeKind.FuncLit:
          this.#cuts(node.type, end, cuts);
          cuts.push({ pos: node.body.pos, end: node.body.end, by: "{}" });
          return false;
        case NodeKind.CompositeLit:
          if (keepsElements(node) || node.elts.length === 0) return true;
          if (node.type !== null) this.#cuts(node.type, end, cuts);
          cuts.push({ pos: node.lbrace + 1, end: node.rbrace, by: "" });
          return false;
        case NodeKind.Field:
          if (node.tag !== null) cuts.push({ pos: node.tag.pos, end: node.tag.end, by: "" });
          return true;
        default:
          return true;
      }
    });
  }
}

function receiverName(decl: FuncDecl): string {
  let type: Expr | undefined = decl.recv?.list[0]?.type;
  for (;;) {
    if (type === undefined) return "";
    if (
      type.kind === NodeKind.StarExpr ||
      type.kind === NodeKind.ParenExpr ||
      type.kind === NodeKind.IndexExpr ||
      type.kind === NodeKind.IndexListExpr
    )
      type = type.x;
    else return type.kind === NodeKind.Ident ? type.name : "";
  }
}

function isKeptField(field: { readonly names: readonly { readonly name: string }[] }): boolean {
  return field.names.length === 0 || field.names.some((n) => exported(n.name));
}

/** Only an array of unsaid length needs its elements to know its type. */
function keepsElements(literal: CompositeLit): boolean {
  return literal.type?.kind === NodeKind.ArrayType && literal.type.len?.kind === NodeKind.Ellipsis;
}
