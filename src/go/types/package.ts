/**
 * Packages as the type layer sees them: a program of packages, each parsed and collected on first use, each with its
 * file scopes. Collecting makes objects and types nothing.
 */
import type { GoPackage, PackageSource } from "../load/package.ts";
import type { FuncDecl, ImportSpec, ValueSpec } from "../syntax/ast-decl.ts";
import { type Expr, type File, type GoVersion, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { Checker } from "./checker.ts";
import { parseString } from "./constant.ts";
import { Const, type DeclSite, Func, type Obj, PkgName, TypeName, Var } from "./object.ts";
import type { Named } from "./type.ts";
import { unsafeScope } from "./universe.ts";

export type ParseFile = (path: string, src: Uint8Array, options: { skipBodies: boolean }) => File;

export interface ProgramOptions {
  /** Packages whose function bodies will be typed; the others are parsed without bodies. Default: none. */
  readonly withBodies?: (pkg: GoPackage) => boolean;
  /** Told of files that cannot be read; typing goes on without them. */
  readonly onProblem?: (file: string, message: string) => void;
}

/** All packages of one analysis. Memory grows with what is asked; drop the program to free it. */
export class Program {
  private readonly packages = new Map<GoPackage, Package>();
  /** Bytes of source by package, and of all. */
  private readonly sizes = new Map<GoPackage, number>();
  private size = 0;
  private readonly missing = new Map<string, Package>();
  readonly unsafe: Package;

  constructor(
    private readonly source: PackageSource,
    private readonly parse: ParseFile,
    private readonly options: ProgramOptions = {},
  ) {
    this.unsafe = new Package(this, "unsafe", null);
    this.unsafe.adopt("unsafe", unsafeScope);
  }

  package(from: GoPackage): Package {
    let pkg = this.packages.get(from);
    if (pkg === undefined) this.packages.set(from, (pkg = new Package(this, from.path, from)));
    return pkg;
  }

  /** Drops a package; whoever has it keeps it. */
  forget(from: GoPackage): void {
    this.packages.delete(from);
    this.size -= this.sizes.get(from) ?? 0;
    this.sizes.delete(from);
  }

  /** Bytes of source of all packages that are held. */
  get bytes(): number {
    return this.size;
  }

  /** What has been asked for so far. */
  get loaded(): Iterable<GoPackage> {
    return this.packages.keys();
  }

  /** The package that an import of `path` means in `from`; a package of unknown names where it cannot be found. */
  import(path: string, from: Package): Package {
    if (path === "unsafe") return this.unsafe;
    const found = path === "C" || from.source === null ? null : this.source.resolve(path, from.source);
    if (found !== null) return this.package(found);
    let pkg = this.missing.get(path);
    if (pkg === undefined) {
      pkg = new Package(this, path, null);
      pkg.adopt(guessName(path), new Map());
      pkg.missing = true;
      this.missing.set(path, pkg);
    }
    return pkg;
  }

  /** Whether function bodies of `pkg` are parsed and typed. */
  wantsBodies(pkg: GoPackage): boolean {
    return this.options.withBodies?.(pkg) ?? false;
  }

  /** Reads and parses the files of a package; unreadable ones are reported and left out. */
  parseFiles(pkg: GoPackage): File[] {
    const skipBodies = !this.wantsBodies(pkg);
    const files: File[] = [];
    for (const path of pkg.files) {
      let src: Uint8Array;
      try {
        src = this.source.read(path);
      } catch (e) {
        this.options.onProblem?.(path, e instanceof Error ? e.message : String(e));
        continue;
      }
      files.push(this.parse(path, src, { skipBodies }));
    }
    const bytes = files.reduce((sum, f) => sum + f.src.length, 0);
    this.size += bytes - (this.sizes.get(pkg) ?? 0);
    this.sizes.set(pkg, bytes);
    return files;
  }
}

/** A package's likely name: the last element of its path without version and decoration. */
function guessName(path: string): string {
  const parts = path.split("/");
  let last = parts.pop() ?? path;
  if (/^v\d+$/.test(last) && parts.length > 0) last = parts.pop() ?? last;
  return last.replace(/\.v\d+$/, "");
}

const defaultVersion: GoVersion = { major: 1, minor: 27 };

export class Package {
  readonly checker: Checker;
  /** Its source cannot be found: every name in it is unknown. */
  missing = false;
  private collected = false;
  private packageName = "";
  private members: Map<string, Obj> = new Map();
  private scopes: FileScope[] = [];
  /** Methods by the name of their receiver's base type. */
  private methods = new Map<string, Func[]>();
  /** Package-level variables and constants in source order, blank ones included. */
  private values: (Var | Const)[] = [];

  constructor(
    readonly program: Program,
    readonly path: string,
    readonly source: GoPackage | null,
  ) {
    this.checker = new Checker(this, source !== null && program.wantsBodies(source));
  }

  /** For packages without files: unsafe and missing ones. */
  adopt(name: string, members: ReadonlyMap<string, Obj>): void {
    this.packageName = name;
    this.members = new Map(members);
    this.collected = true;
  }

  get name(): string {
    this.collect();
    return this.packageName;
  }

  /** Package-level objects by name (no blank ones, no `init`). */
  get scope(): ReadonlyMap<string, Obj> {
    this.collect();
    return this.members;
  }

  get files(): readonly FileScope[] {
    this.collect();
    return this.scopes;
  }

  /** Package-level variables and constants in source order, blank ones included. */
  get packageValues(): readonly (Var | Const)[] {
    this.collect();
    return this.values;
  }

  /** The language version of the module; a file may raise or lower its own (`FileScope.version`). */
  get goVersion(): GoVersion {
    return this.source?.module?.goVersion ?? defaultVersion;
  }

  lookup(name: string): Obj | null {
    if (!this.collected) this.collect();
    return this.members.get(name) ?? null;
  }

  /** Fills the method table of a type declared in this package. */
  declareMethods(t: Named): void {
    this.collect();
    const table = t.methods;
    if (table === null || t.obj.scope !== null) return; // local types have no methods
    for (const m of this.methods.get(t.obj.name) ?? []) {
      m.recvNamed = t;
      if (!table.has(m.name)) table.set(m.name, m);
    }
  }

  private collect(): void {
    if (this.collected) return;
    this.collected = true;
    if (this.source === null) return;
    const files = this.program.parseFiles(this.source);
    this.packageName = files[0]?.name.name ?? guessName(this.path);
    for (const file of files) {
      const scope = new FileScope(this, file);
      this.scopes.push(scope);
      this.collectFile(scope);
    }
    this.mergeAliasReceivers();
  }

  private collectFile(scope: FileScope): void {
    for (const decl of scope.file.decls) {
      if (decl.kind === NodeKind.FuncDecl) this.collectFunc(scope, decl);
      else if (decl.kind === NodeKind.GenDecl) {
        let typ: Expr | null = null;
        let values: readonly Expr[] = [];
        for (const spec of decl.specs) {
          if (spec.kind === NodeKind.ValueSpec) {
            if (decl.tok === Token.Const) {
              if (spec.type !== null || spec.values.length > 0) [typ, values] = [spec.type, spec.values];
              this.collectValues(scope, spec, typ, values, true);
            } else {
              this.collectValues(scope, spec, spec.type, spec.values, false);
            }
          } else if (spec.kind === NodeKind.TypeSpec) {
            const site: DeclSite = { file: scope, spec, typ: spec.type, values: [], index: 0, iota: 0 };
            const obj = new TypeName(spec.name.name, this, spec.name.pos, site, null);
            spec.name.obj = obj;
            this.insert(obj);
          }
        }
      }
    }
  }

  private collectValues(
    scope: FileScope,
    spec: ValueSpec,
    typ: Expr | null,
    values: readonly Expr[],
    constant: boolean,
  ): void {
    for (let index = 0; index < spec.names.length; index++) {
      const id = spec.names[index];
      const site: DeclSite = { file: scope, spec, typ, values, index, iota: spec.iota };
      const obj = constant ? new Const(id.name, this, id.pos, site) : new Var(id.name, this, id.pos, null, site);
      id.obj = obj;
      this.values.push(obj);
      this.insert(obj);
    }
  }

  private collectFunc(scope: FileScope, decl: FuncDecl): void {
    const obj = new Func(decl.name.name, this, decl.name.pos, scope);
    obj.decl = decl;
    obj.source = this.checker;
    decl.name.obj = obj;
    if (decl.recv === null) {
      if (obj.name !== "init" && obj.name !== "main") this.insert(obj);
      else if (obj.name === "main") this.members.set("main", obj);
      return;
    }
    const base = receiverBase(decl);
    if (base === null) return;
    obj.ptrRecv = base.pointer;
    const list = this.methods.get(base.name);
    if (list === undefined) this.methods.set(base.name, [obj]);
    else list.push(obj);
  }

  /** `type A = B; func (A) m()` declares a method of B. */
  private mergeAliasReceivers(): void {
    for (const [name, list] of this.methods) {
      let target = name;
      for (let hops = 0; hops < 10; hops++) {
        const obj = this.members.get(target);
        const spec = obj instanceof TypeName ? obj.site?.spec : undefined;
        if (spec?.kind !== NodeKind.TypeSpec || spec.assign < 0) break;
        const rhs = spec.type.kind === NodeKind.StarExpr ? spec.type.x : spec.type;
        if (rhs.kind !== NodeKind.Ident) break;
        target = rhs.name;
      }
      if (target === name) continue;
      this.methods.set(target, [...(this.methods.get(target) ?? []), ...list]);
    }
  }

  private insert(obj: Obj): void {
    if (obj.name !== "_" && !this.members.has(obj.name)) this.members.set(obj.name, obj);
  }
}

/** The receiver's base type name: `(l *List[T])` → List, by pointer. */
export function receiverBase(decl: FuncDecl): { name: string; pointer: boolean; args: readonly Expr[] } | null {
  let e: Expr | undefined = decl.recv?.list[0]?.type;
  let pointer = false;
  let args: readonly Expr[] = [];
  while (e !== undefined) {
    if (e.kind === NodeKind.ParenExpr) e = e.x;
    else if (e.kind === NodeKind.StarExpr) {
      pointer = true;
      e = e.x;
    } else if (e.kind === NodeKind.IndexExpr) {
      args = [e.index];
      e = e.x;
    } else if (e.kind === NodeKind.IndexListExpr) {
      args = e.indices;
      e = e.x;
    } else return e.kind === NodeKind.Ident ? { name: e.name, pointer, args } : null;
  }
  return null;
}

/**
 * The names that one file imports. An import without a name of its own is loaded only when a name that might be its
 * package's is looked up, the likeliest first.
 */
export class FileScope {
  private readonly named = new Map<string, PkgName>();
  private pending: ImportSpec[] = [];
  private dots: Package[] | null = null;
  private readonly dotSpecs: ImportSpec[] = [];

  constructor(
    readonly pkg: Package,
    readonly file: File,
  ) {
    for (const spec of file.imports) {
      const name = spec.name?.name;
      if (name === "_") continue;
      if (name === ".") this.dotSpecs.push(spec);
      else if (name !== undefined) this.declare(name, spec);
      else this.pending.push(spec);
    }
  }

  get version(): GoVersion {
    return this.file.goVersion ?? this.pkg.goVersion;
  }

  /** The package imported by `spec`. */
  imported(spec: ImportSpec): Package {
    return this.pkg.program.import(parseString(spec.path.value) ?? "", this.pkg);
  }

  lookup(name: string): Obj | null {
    const known = this.named.get(name);
    if (known !== undefined) return known;
    if (this.pending.length > 0) {
      const found = this.lookupPending(name);
      if (found !== null) return found;
    }
    if (this.dotSpecs.length > 0) {
      this.dots ??= this.dotSpecs.map((spec) => this.imported(spec));
      for (const pkg of this.dots) {
        const obj = pkg.lookup(name);
        if (obj !== null) return obj;
      }
    }
    return null;
  }

  /** A dot import of a package that is missing: any name may come from it. */
  get hasMissingDot(): boolean {
    if (this.dotSpecs.length === 0) return false;
    this.dots ??= this.dotSpecs.map((spec) => this.imported(spec));
    return this.dots.some((p) => p.missing);
  }

  private lookupPending(name: string): PkgName | null {
    const likely = (spec: ImportSpec): boolean => guessName(spec.path.value.slice(1, -1)) === name;
    const first = this.pending.findIndex(likely);
    if (first >= 0) {
      const [spec] = this.pending.splice(first, 1);
      const obj = this.declareLoaded(spec);
      if (obj.name === name) return obj;
    }
    // Rarer: the package's name is not the end of its path. Load what could be meant, one by one.
    while (this.pending.length > 0) {
      const spec = this.pending.shift();
      if (spec === undefined) break;
      const obj = this.declareLoaded(spec);
      if (obj.name === name) return obj;
    }
    return null;
  }

  /** A missing package whose path ends like the name: "github.com/x/go-redis" for `redis` in `redis.NewClient`. */
  lookupMissing(name: string): PkgName | null {
    for (const obj of this.named.values()) {
      if (obj.imported.missing && obj.name.endsWith(name)) {
        this.named.set(name, obj);
        return obj;
      }
    }
    return null;
  }

  private declareLoaded(spec: ImportSpec): PkgName {
    return this.declare(this.imported(spec).name, spec);
  }

  private declare(name: string, spec: ImportSpec): PkgName {
    const obj = new PkgName(name, this.pkg, spec.name?.pos ?? spec.path.pos, this.imported(spec));
    spec.obj = obj;
    if (spec.name !== null) spec.name.obj = obj;
    if (!this.named.has(name)) this.named.set(name, obj);
    return obj;
  }
}
