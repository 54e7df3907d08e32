/**
 * The state of typing one package: where we are (file, scope, function) while its declarations and bodies are visited.
 * The visiting itself is in decl.ts, typexpr.ts, expr.ts, call.ts and stmt.ts; each takes the checker first.
 */
import type { FuncLit } from "../syntax/ast-expr.ts";
import type { BlockStmt } from "../syntax/ast-stmt.ts";
import { resolveSignature } from "./decl.ts";
import { funcBody } from "./stmt.ts";
import { type Func, type Obj, ObjKind, type SignatureSource } from "./object.ts";
import type { FileScope, Package } from "./package.ts";
import { Scope } from "./scope.ts";
import type { Signature } from "./type.ts";
import { universe } from "./universe.ts";

interface Context {
  file: FileScope;
  scope: Scope | null;
  iota: bigint | null;
  sig: Signature | null;
}

interface DelayedBody {
  readonly context: Context;
  readonly sig: Signature;
  readonly body: BlockStmt;
}

export class Checker implements SignatureSource {
  private context: Context | null = null;
  /** Bodies of function literals in package-level initialisers. */
  private delayed: DelayedBody[] = [];
  /** Those of them that nobody has wanted yet: the package was read for its declarations. */
  private readonly left = new Map<BlockStmt, DelayedBody>();
  /** Bodies that are typed: doing it twice would give their variables a second identity. One parsed anew is another. */
  readonly typedBodies = new WeakSet<BlockStmt>();

  constructor(
    readonly pkg: Package,
    /** Bodies of function literals are wanted, and initialisers of variables whose type is declared. */
    public wantBodies: boolean,
  ) {}

  get file(): FileScope {
    if (this.context === null) throw new Error("no file: typing outside of `within`");
    return this.context.file;
  }
  get scope(): Scope | null {
    return this.context === null ? null : this.context.scope;
  }
  get iota(): bigint | null {
    return this.context === null ? null : this.context.iota;
  }
  /** The signature of the function whose body is being typed. */
  get sig(): Signature | null {
    return this.context === null ? null : this.context.sig;
  }

  /** Runs `visit` in another place: a declaration's own file and scope. */
  within<T>(file: FileScope, scope: Scope | null, iota: bigint | null, sig: Signature | null, visit: () => T): T {
    const saved = this.context;
    this.context = { file, scope, iota, sig };
    try {
      return visit();
    } finally {
      this.context = saved;
    }
  }

  openScope(isFunc = false): void {
    const at = this.context;
    if (at !== null) at.scope = new Scope(at.scope, isFunc);
  }

  closeScope(): void {
    const at = this.context;
    if (at !== null) at.scope = at.scope?.parent ?? null;
  }

  declare(name: string, obj: Obj): void {
    if (name === "_") return;
    this.context?.scope?.insert(name, obj);
  }

  /** The object that `name` means here; null where it is declared nowhere. */
  lookup(name: string): Obj | null {
    let crossed = false;
    for (let s = this.scope; s !== null; s = s.parent) {
      const obj = s.own(name);
      if (obj !== null) {
        if (crossed && obj.kind === ObjKind.Var) obj.captured = true;
        return obj;
      }
      if (s.isFunc) crossed = true;
    }
    return this.pkg.lookup(name) ?? this.context?.file.lookup(name) ?? universe.get(name) ?? null;
  }

  signatureOf(f: Func): Signature {
    return resolveSignature(this, f);
  }

  /**
   * Types a function literal's body: at once inside functions, where later declarations must not be seen; after the
   * variable has its type at package level, where the body may mention it.
   */
  literalBody(lit: FuncLit, sig: Signature): void {
    const at = this.context;
    if (at === null) return;
    if (at.scope === null) {
      const body = { context: { ...at }, sig, body: lit.body };
      if (this.wantBodies) this.delayed.push(body);
      else this.left.set(lit.body, body);
    } else if (this.wantBodies) this.within(at.file, at.scope, null, sig, () => funcBody(this, sig, lit.body));
  }

  /** Takes up what was left while nobody wanted bodies: all of it, or one literal's. */
  takeUp(only: BlockStmt | null = null): void {
    for (const [block, body] of this.left) {
      if (only !== null && block !== only) continue;
      this.left.delete(block);
      this.delayed.push(body);
    }
  }

  /** Types the bodies that were put off, and those that they put off in turn. */
  finishBodies(): void {
    while (this.delayed.length > 0) {
      const batch = this.delayed;
      this.delayed = [];
      for (const { context, sig, body } of batch) {
        this.within(context.file, context.scope, null, sig, () => funcBody(this, sig, body));
      }
    }
  }
}
