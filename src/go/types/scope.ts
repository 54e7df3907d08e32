/**
 * Lexical scopes inside functions. Package and file scopes are plain maps (`package.ts`): the order of declarations
 * does not matter there, whereas here a name means what was declared before it.
 */
import type { Obj } from "./object.ts";

export class Scope {
  /** Names in order of declaration; most scopes hold fewer than four, where a scan beats hashing. */
  private names: string[] | null = null;
  private objs: Obj[] = [];
  private table: Map<string, Obj> | null = null;

  constructor(
    readonly parent: Scope | null,
    /** A function's outermost scope: a look-up that passes it captures. */
    readonly isFunc: boolean,
  ) {}

  insert(name: string, obj: Obj): void {
    if (this.table !== null) {
      this.table.set(name, obj);
      return;
    }
    if (this.names === null) this.names = [];
    this.names.push(name);
    this.objs.push(obj);
    if (this.names.length > 8) {
      this.table = new Map();
      for (let i = 0; i < this.names.length; i++) this.table.set(this.names[i], this.objs[i]);
      this.names = null;
      this.objs = [];
    }
  }

  /** The object declared in this very scope. */
  own(name: string): Obj | null {
    if (this.table !== null) return this.table.get(name) ?? null;
    const names = this.names;
    if (names === null) return null;
    for (let i = names.length - 1; i >= 0; i--) if (names[i] === name) return this.objs[i];
    return null;
  }
}
