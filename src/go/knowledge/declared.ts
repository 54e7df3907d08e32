/** The tables of APIs together with what users declare of their own code in stanch.yaml. */
import { acquireOf } from "./acquire.ts";
import { takesArgument } from "./arguments.ts";
import { kinds, type ResourceKind } from "./kinds.ts";
import { neverReturns } from "./never-returns.ts";
import { type SharedClient, sharedClients } from "./shared-clients.ts";

/** Plain data: it crosses threads and is part of the cache's key. Functions by full name. */
export interface Declared {
  readonly acquires: readonly { readonly func: string; readonly result: number; readonly kind: ResourceKind }[];
  readonly shared: readonly SharedClient[];
  readonly takesArgument: readonly string[];
  readonly neverReturns: readonly string[];
  readonly handlers: readonly { readonly func: string; readonly runs: string }[];
  readonly handlerShapes: readonly { readonly params: readonly string[]; readonly runs: string }[];
}

export const nothingDeclared: Declared = {
  acquires: [],
  shared: [],
  takesArgument: [],
  neverReturns: [],
  handlers: [],
  handlerShapes: [],
};

/** What is known of functions by their full names. What users declare goes before the tables. */
export class Knowledge {
  private readonly own: ReadonlyMap<string, { readonly kind: ResourceKind; readonly result: number }>;
  private readonly shared: ReadonlyMap<string, SharedClient>;
  private readonly takes: ReadonlySet<string>;
  private readonly ends: ReadonlySet<string>;
  private readonly handlers: ReadonlyMap<string, string>;
  readonly handlerShapes: readonly { readonly params: readonly string[]; readonly runs: string }[];
  /** Methods by which any kind is released, and fields that lead to what is. */
  readonly releaseMethods: readonly string[];
  readonly releasedFields: readonly string[];
  /** Some declared resource is handed to a function to be released: its type need not have a release method. */
  readonly hasReleasingFunctions: boolean;

  constructor(declared: Declared = nothingDeclared) {
    this.own = new Map(declared.acquires.map((a) => [a.func, a]));
    this.shared = new Map(declared.shared.map((s) => [s.func, s]));
    this.takes = new Set(declared.takesArgument);
    this.ends = new Set(declared.neverReturns);
    this.handlers = new Map(declared.handlers.map((h) => [h.func, h.runs]));
    this.handlerShapes = declared.handlerShapes;
    const all = [...kinds.values(), ...declared.acquires.map((a) => a.kind)];
    this.releaseMethods = [...new Set(all.flatMap((k) => k.methods))];
    this.releasedFields = [...new Set(all.flatMap((k) => k.path.slice(0, 1)))];
    this.hasReleasingFunctions = declared.acquires.some((a) => (a.kind.functions ?? []).length > 0);
  }

  acquires(name: string): { readonly kind: ResourceKind; readonly result: number } | null {
    const own = this.own.get(name);
    if (own !== undefined) return own;
    if (this.shared.has(name)) return null; // made once and kept: nobody owes a release
    const row = acquireOf(name);
    const kind = row === undefined ? undefined : kinds.get(row.kind);
    return row === undefined || kind === undefined ? null : { kind, result: row.result };
  }

  sharedClient(name: string): SharedClient | null {
    return this.shared.get(name) ?? sharedClients.get(name) ?? null;
  }

  takesArgument(name: string): boolean {
    return this.takes.has(name) || takesArgument.has(name);
  }

  neverReturns(name: string): boolean {
    return this.ends.has(name) || neverReturns.has(name);
  }

  /** When a function declared as a handler runs: "for every job"; null for others. */
  handlerRuns(name: string): string | null {
    return this.handlers.get(name) ?? null;
  }
}
