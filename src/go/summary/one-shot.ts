/**
 * What runs at most once in the life of the process: main and init, the functions that commands run, and what only these
 * call, outside of loops. What such code leaves open the end of the process closes, a moment later or at its end.
 */
import { type FuncLit, type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { commandParams } from "../knowledge/entry-points.ts";
import { calleeOf, CalleeKind, unparen } from "../types/callee.ts";
import { type Func, isExported, ObjKind } from "../types/object.ts";
import { objOf } from "../types/record.ts";
import { BasicKind, type Type, TypeKind } from "../types/type.ts";
import { isRepeated } from "./channels.ts";
import { typeName } from "./entry-points.ts";

/** Where a function is called or otherwise mentioned. */
interface Mentions {
  readonly calls: { readonly unit: FunctionUnit; readonly at: Node }[];
  /** Used as a value, or by a declaration of the package: its callers are not known. */
  asValue: boolean;
}

const memo = new WeakMap<readonly FunctionUnit[], OneShots>();

/** Computed once for a package, whichever rule asks first. */
export function oneShots(units: readonly FunctionUnit[]): OneShots {
  let found = memo.get(units);
  if (found === undefined) memo.set(units, (found = new OneShots(units)));
  return found;
}

export class OneShots {
  private readonly mentions = new Map<Func, Mentions>();
  /** Names of methods of the package's interfaces. */
  private readonly interfaceMethods = new Set<string>();
  private readonly answers = new Map<FunctionUnit, boolean>();

  constructor(units: readonly FunctionUnit[]) {
    for (const unit of units) this.collect(unit, unit.body);
    for (const file of new Set(units.map((u) => u.file)))
      for (const decl of file.file.decls) this.collect(null, decl.kind === NodeKind.FuncDecl ? decl.type : decl);
  }

  private of(f: Func): Mentions {
    let m = this.mentions.get(f);
    if (m === undefined) this.mentions.set(f, (m = { calls: [], asValue: false }));
    return m;
  }

  private collect(unit: FunctionUnit | null, root: Node): void {
    const called = new Set<Node>();
    walk(root, (n) => {
      if (n.kind === NodeKind.FuncLit) return false; // a unit of its own
      if (n.kind === NodeKind.CallExpr && unit !== null) {
        const { func, kind } = calleeOf(n);
        if (func !== null && kind === CalleeKind.Static) {
          const fun = unparen(n.fun);
          called.add(fun.kind === NodeKind.SelectorExpr ? fun.sel : fun);
          this.of(func.origin).calls.push({ unit, at: n });
        }
      }
      if (n.kind === NodeKind.InterfaceType)
        for (const m of n.methods.list) for (const name of m.names) this.interfaceMethods.add(name.name);
      const id = n.kind === NodeKind.SelectorExpr ? n.sel : n.kind === NodeKind.Ident ? n : null;
      const obj = id === null ? null : objOf(id);
      if (id !== null && obj?.kind === ObjKind.Func && !called.has(id)) this.of(obj.origin).asValue = true;
      return true;
    });
  }

  /** The node of `unit` is run at most once by a process. */
  runsOnce(unit: FunctionUnit, node: Node): boolean {
    return !isRepeated(unit, node) && this.isOnce(unit);
  }

  isOnce(unit: FunctionUnit): boolean {
    let answer = this.answers.get(unit);
    if (answer === undefined) {
      this.answers.set(unit, false); // recursion: more than once
      this.answers.set(unit, (answer = this.compute(unit)));
    }
    return answer;
  }

  private compute(unit: FunctionUnit): boolean {
    if (unit.node.kind === NodeKind.FuncLit) {
      // &cobra.Command{Run: func(cmd *cobra.Command, args []string) { … }}
      if (isCommandShape(unit)) return true;
      const start = unit.outer === null ? null : runOnTheSpot(unit.outer, unit.node);
      return unit.outer !== null && start !== null && this.runsOnce(unit.outer, start);
    }
    const f = unit.func;
    if (f === null) return false;
    const inMain = f.pkg?.name === "main";
    const isMethod = f.decl?.recv !== null;
    if (!isMethod && (f.name === "init" || (f.name === "main" && inMain))) return true;
    // A main function that another package's calls: `func main() { os.Exit(cmd.Main()) }`
    if (!isMethod && f.name === "Main") return true;
    if (isCommand(unit)) return true;
    // Exported methods may be called through an interface, exported functions by other packages.
    if (isExported(f.name) && (isMethod || !inMain)) return false;
    if (isMethod && this.interfaceMethods.has(f.name)) return false;
    const m = this.mentions.get(f);
    return m?.asValue === false && m.calls.length > 0 && m.calls.every((c) => this.runsOnce(c.unit, c.at));
  }
}

/** What a command of a program runs: `func(cmd *cobra.Command, args []string)`, `func (c *T) Run(args []string) int`. */
export function isCommand(unit: FunctionUnit): boolean {
  const f = unit.func;
  if (f === null) return isCommandShape(unit);
  const { params, results } = f.signature();
  if (isCommandShape(unit)) return true;
  // https://pkg.go.dev/github.com/alecthomas/kong#readme-attach-a-run-error-method-to-each-command
  // "bound" values are given to it as parameters
  if (
    f.name === "Run" &&
    (params.length === 0 || f.pkg?.name === "main") &&
    /^(?:CLI|cli)$|Cmd$|Command$/.test(f.recvNamed?.obj.name ?? "")
  )
    return true;
  // https://pkg.go.dev/github.com/hashicorp/cli#Command
  return (
    f.name === "Run" &&
    f.decl?.recv != null &&
    params.length === 1 &&
    results.length === 1 &&
    isStrings(params[0].type) &&
    isInt(results[0].type)
  );
}

export function isCommandShape(unit: FunctionUnit): boolean {
  if (unit.signature?.params.some((p) => commandParams.has(typeName(p.type)) || isCliContext(p.type)) === true)
    return true;
  // As it is written, where the package is not there.
  return unit.node.type.params.list.some((field) => {
    const t = unparen(field.type);
    const name = t.kind === NodeKind.StarExpr ? unparen(t.x) : t;
    if (name.kind !== NodeKind.SelectorExpr || name.x.kind !== NodeKind.Ident) return false;
    const pkg = objOf(name.x);
    const star = t.kind === NodeKind.StarExpr ? "*" : "";
    return pkg?.kind === ObjKind.PkgName && commandParams.has(`${star}${pkg.imported.path}.${name.sel.name}`);
  });
}

/** `*cli.Context` of a fork of urfave/cli: a pointer to the Context or Command of a package cli. */
function isCliContext(t: Type | null): boolean {
  if (t?.kind !== TypeKind.Pointer || t.elem.kind !== TypeKind.Named) return false;
  const { name, pkg } = t.elem.obj;
  return (name === "Context" || name === "Command") && /(?:^|\/)cli(?:\/v\d+)?$/.test(pkg?.path ?? "");
}

function isStrings(t: Type | null): boolean {
  return t?.kind === TypeKind.Slice && t.elem.kind === TypeKind.Basic && t.elem.basic === BasicKind.String;
}

function isInt(t: Type | null): boolean {
  return t?.kind === TypeKind.Basic && t.basic === BasicKind.Int;
}

/** The statement that runs a literal where it stands: `func() { … }()`, with go and defer too. Null for values. */
function runOnTheSpot(outer: FunctionUnit, lit: FuncLit): Node | null {
  let found: Node | null = null;
  walk(outer.body, (n) => {
    if (n.kind === NodeKind.CallExpr && unparen(n.fun) === lit) found = n;
    return found === null && (n.kind !== NodeKind.FuncLit || n === lit);
  });
  return found;
}
