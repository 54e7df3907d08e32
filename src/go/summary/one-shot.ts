/**
 * What runs at most once in the life of the process: main and init, the functions that commands run, and what only these
 * call, outside of loops. What such code leaves open the end of the process closes, a moment later or at its end.
 */
import type { CallExpr, FuncLit, Ident } from "../syntax/ast-expr.ts";
import type { ForStmt, RangeStmt } from "../syntax/ast-stmt.ts";
import type { InterfaceType } from "../syntax/ast-type.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { variable } from "../flow/facts.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import {
  commandParams,
  passesErrorOn,
  runsAtMostAFewTimes,
  runsAtStart,
  startParams,
} from "../knowledge/entry-points.ts";
import { makes } from "../knowledge/start-names.ts";
import { calleeOf, CalleeKind, unparen } from "../types/callee.ts";
import { type Func, isExported, ObjKind } from "../types/object.ts";
import type { Package } from "../types/package.ts";
import { funcName } from "../types/print.ts";
import { identical } from "../types/identical.ts";
import { objOf, typeOf } from "../types/record.ts";
import { BasicKind, type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { errorType } from "../types/universe.ts";
import { isRepeated, loopsAround } from "./channels.ts";
import { typeName } from "./entry-points.ts";
import { isNamedInGenerated } from "./generated.ts";
import { type HandedOn, handedOnIn } from "./handed-on.ts";
import { staysAny } from "./staying.ts";
import { defineQuestion } from "./question.ts";
import type { Summaries } from "./summaries.ts";

/** How often something is run in the life of a process: `Finitely` is so often as what a command or the start of a program was given. */
export enum Often {
  Once,
  Finitely,
}

/** Where a function is called or otherwise mentioned. */
export interface Mentions {
  readonly calls: { readonly unit: FunctionUnit; readonly at: Node }[];
  /** Used as a value, or by a declaration of the package: its callers are not known. */
  asValue: boolean;
  /** Used as what a command runs. */
  asCommand: boolean;
}

/** What runs a function. */
interface Callers {
  /** The function itself, where others may call it that are not seen. */
  readonly entry: Func | null;
  readonly calls: Mentions["calls"];
  /** Each of the calls runs it for every one of the things there are, and no longer. */
  readonly each?: boolean;
}

const memo = new WeakMap<readonly FunctionUnit[], OneShots>();

/** Computed once for a package, whichever rule asks first. */
export function oneShots(units: readonly FunctionUnit[], summaries: Summaries): OneShots {
  let found = memo.get(units);
  if (found === undefined) memo.set(units, (found = new OneShots(units, summaries)));
  return found;
}

export class OneShots {
  private readonly mentions = new Map<Func, Mentions>();
  /** Expressions whose values commands run, and what these consist of. */
  private readonly run = new Set<Node>();
  /** Names of methods of the package's interfaces. */
  private readonly interfaceMethods = new Set<string>();
  /** Their declarations, which use nothing. */
  private readonly declared = new Set<Ident>();
  private readonly answers = new Map<FunctionUnit, Callers | null>();
  private kept: boolean | null = null;
  private program: boolean | null = null;
  private given: HandedOn | null = null;
  /** Those of the package itself, not of its tests. */
  private readonly used: readonly FunctionUnit[];

  constructor(
    private readonly units: readonly FunctionUnit[],
    private readonly summaries: Summaries,
  ) {
    // That a test calls it, and how often, says nothing of the process that leaks.
    this.used = units.filter((u) => !u.file.file.path.endsWith("_test.go"));
    for (const unit of this.used) this.collect(unit);
    for (const file of new Set(this.used.map((u) => u.file)))
      for (const decl of file.file.decls) this.collectDecl(decl.kind === NodeKind.FuncDecl ? decl.type : decl);
  }

  private of(f: Func): Mentions {
    let m = this.mentions.get(f);
    if (m === undefined) this.mentions.set(f, (m = { calls: [], asValue: false, asCommand: false }));
    return m;
  }

  private collect(unit: FunctionUnit): void {
    const called = new Set<Ident>();
    for (const call of unit.nodes(NodeKind.CallExpr)) {
      const { func, kind } = calleeOf(call);
      if (func === null || (kind !== CalleeKind.Static && kind !== CalleeKind.Interface)) continue;
      const fun = unparen(call.fun);
      const name = fun.kind === NodeKind.SelectorExpr ? fun.sel : fun;
      if (name.kind === NodeKind.Ident) called.add(name);
      this.of(func.origin).calls.push({ unit, at: call });
    }
    for (const n of unit.nodes(NodeKind.CallExpr)) addRun(this.run, n);
    for (const n of unit.nodes(NodeKind.CompositeLit)) addRun(this.run, n);
    for (const n of unit.nodes(NodeKind.AssignStmt)) addRun(this.run, n);
    for (const t of unit.nodes(NodeKind.InterfaceType)) this.declare(t);
    for (const id of unit.nodes(NodeKind.Ident)) if (!called.has(id)) this.mention(id);
  }

  /** A declaration outside of functions: whoever it hands one to may call it. */
  private collectDecl(root: Node): void {
    walk(root, (n) => {
      if (n.kind === NodeKind.FuncLit) return false; // a unit of its own
      addRun(this.run, n);
      if (n.kind === NodeKind.InterfaceType) this.declare(n);
      if (n.kind === NodeKind.Ident) this.mention(n);
      return true;
    });
  }

  private declare(t: InterfaceType): void {
    for (const { names } of t.methods.list)
      for (const name of names) {
        this.interfaceMethods.add(name.name);
        this.declared.add(name);
      }
  }

  private mention(id: Ident): void {
    const obj = this.declared.has(id) ? null : objOf(id);
    if (obj?.kind === ObjKind.Func) this.of(obj.origin)[this.run.has(id) ? "asCommand" : "asValue"] = true;
  }

  /** Every call in this package of a function that is not used in any other way; null where its callers are not all known. */
  callsOf(f: Func): Mentions["calls"] | null {
    const m = this.mentions.get(f);
    return m === undefined || m.asValue || m.asCommand || m.calls.length === 0 ? null : m.calls;
  }

  /** Something in this package calls the function, or uses it as a value. */
  isMentioned(f: Func): boolean {
    const m = this.mentions.get(f);
    return m !== undefined && (m.asValue || m.asCommand || m.calls.length > 0);
  }

  /** What a command runs, by its shape; not what has that shape and is called: `func show(ctx *cli.Context, name string)`. */
  isCommand(unit: FunctionUnit): boolean {
    if (!isCommand(unit)) return false;
    const m = unit.func === null ? undefined : this.mentions.get(unit.func);
    return m === undefined || m.asValue || m.asCommand || m.calls.length === 0;
  }

  /** What somebody else gets to call. */
  get handedOn(): HandedOn {
    return (this.given ??= handedOnIn(this.used, this.run));
  }

  /** A method that may be called through an interface of the package. */
  isInterfaceMethod(f: Func): boolean {
    return f.decl?.recv != null && this.interfaceMethods.has(f.name);
  }

  /** The package is a program, and nothing in it stays. */
  get isTool(): boolean {
    return this.isProgram && !this.keepsProcess;
  }

  /** Something in the package may keep its process: a server, a loop without end, somebody who waits to be told to stop. */
  get keepsProcess(): boolean {
    return (this.kept ??= staysAny(this.units, this.summaries));
  }

  private get isProgram(): boolean {
    return (this.program ??= isProgram(this.units));
  }

  /** Every function that the package mentions, its own and others', methods of interfaces among them. */
  get mentioned(): ReadonlyMap<Func, Mentions> {
    return this.mentions;
  }

  /** The node of `unit` is run at most once by a process. */
  runsOnce(unit: FunctionUnit, node: Node): boolean {
    return this.entriesTo(unit, node, Often.Once)?.size === 0;
  }

  /**
   * The functions of the package that others may call, and by which alone the node of `unit` is reached, so often each time: none where it is
   * only reached from where a process or a command begins. Null: more often, or nobody knows how often.
   */
  entriesTo(unit: FunctionUnit, node: Node, often: Often): ReadonlySet<Func> | null {
    return this.entriesOf({ calls: [{ unit, at: node }] }, often)?.functions ?? null;
  }

  /** The same of several places. `begins`: some of them are reached from where a process or a command begins. */
  entriesOf(
    { calls }: Pick<Mentions, "calls">,
    often: Often,
  ): { readonly functions: ReadonlySet<Func>; readonly begins: boolean } | null {
    if (this.isTool) return { functions: nobody, begins: true };
    const functions = new Set<Func>();
    let begins = false;
    const seen = new Set<FunctionUnit>();
    const above = new Set<FunctionUnit>();
    const visit = ({ unit, at }: Mentions["calls"][number]): boolean => {
      const repeats = often === Often.Once ? isRepeated(unit, at) : loopsAround(unit, at).some((l) => !isFinite(l));
      if (repeats) return false;
      // A function that calls itself does so a finite number of times, and more than once.
      if (seen.has(unit)) return often === Often.Finitely || !above.has(unit);
      seen.add(unit);
      const callers = this.callersOf(unit);
      if (callers === null) return false;
      if (callers.each === true && often === Often.Once) return false;
      if (callers.entry !== null) functions.add(callers.entry);
      else if (callers.calls.length === 0) begins = true;
      above.add(unit);
      const known = callers.calls.every(visit);
      above.delete(unit);
      return known;
    };
    return calls.every(visit) ? { functions, begins } : null;
  }

  /** Who calls a function: others by its name, and code of the package; neither where a process or a command begins with it. Null: nobody knows. */
  private callersOf(unit: FunctionUnit): Callers | null {
    let answer = this.answers.get(unit);
    if (answer === undefined) this.answers.set(unit, (answer = this.findCallers(unit)));
    return answer;
  }

  private findCallers(unit: FunctionUnit): Callers | null {
    const begins = { entry: null, calls: [] };
    if (takes(unit, startParams)) return begins;
    if (unit.node.kind === NodeKind.FuncLit) {
      // &cobra.Command{Run: func(cmd *cobra.Command, args []string) { … }}
      if (isCommandShape(unit) || this.run.has(unit.node)) return begins;
      const at = unit.outer === null ? null : runOnTheSpot(unit.outer, unit.node, this.summaries);
      if (at?.kind === NodeKind.CallExpr && runsOnceInAll(at)) return begins;
      if (unit.outer === null) return null;
      if (at !== null) return { entry: null, calls: [{ unit: unit.outer, at }] };
      const walker = walkerOf(unit.outer, unit.node);
      return walker === null ? null : { entry: null, calls: [{ unit: unit.outer, at: walker }], each: true };
    }
    const f = unit.func;
    if (f === null) return null;
    const isMethod = f.decl?.recv !== null;
    if (isMainFunc(f) || (!isMethod && f.name === "init")) return begins;
    // A main function that another package's calls: `func main() { os.Exit(cmd.Main()) }`
    if (!isMethod && f.name === "Main") return begins;
    if (this.isCommand(unit)) return begins;
    const m = this.mentions.get(f);
    if (!isMethod && isNamedInGenerated(unit.file.pkg, f.name)) return null;
    if (m?.asValue === true) {
      if (!isConstructor(f)) return null;
      return { entry: this.isOpen(f) ? f : null, calls: this.isOpen(f) ? [] : m.calls, each: true };
    }
    if (this.isOpen(f)) return { entry: f, calls: [] };
    return m === undefined || (!m.asCommand && m.calls.length === 0) ? null : { entry: null, calls: m.calls };
  }

  /**
   * Not every call of the function is one that this package makes of it by name: a method that is called through an interface perhaps, an exported
   * function of what can be imported; not those of a program's commands.
   */
  isOpen(f: Func): boolean {
    if (this.isInterfaceMethod(f)) return true;
    const isMethod = f.decl?.recv !== null;
    return isExported(f.name) && (isMethod || f.pkg?.name !== "main") && (f.pkg === null || !isOfCommands(f.pkg));
  }
}

const nobody: ReadonlySet<Func> = new Set();

/** Package main, one whose main function a program of many names runs, or one that lies with a program or its commands. */
function isProgram(units: readonly FunctionUnit[]): boolean {
  const pkg = units[0]?.file.pkg;
  if (pkg === undefined) return false;
  return pkg.name === "main" || isOfCommands(pkg) || units.some(({ func }) => func !== null && isMainFunc(func));
}

/**
 * A function, not a method, that by its name makes something and may fail: `drivers.Register("nats", New)`. Whoever is handed one calls it for as many
 * things as there are to be made, most often while the program starts.
 */
export function isConstructor(f: Func): boolean {
  const last = f.signature().results.at(-1)?.type ?? null;
  return f.decl?.recv === null && makes.test(f.name) && isError(last);
}

/** A loop that is over when it has been through what there is: over a slice, up to a number. */
function isFinite(loop: ForStmt | RangeStmt): boolean {
  if (loop.kind === NodeKind.RangeStmt) return held.has(under(typeOf(loop.x)).kind);
  const { init, cond, post } = loop;
  return init !== null && post !== null && cond !== null && unparen(cond).kind === NodeKind.BinaryExpr;
}

const held: ReadonlySet<TypeKind> = new Set([
  TypeKind.Slice,
  TypeKind.Array,
  TypeKind.Pointer,
  TypeKind.Map,
  TypeKind.Basic,
]);

/** The shape of what a command of a program runs: `func(cmd *cobra.Command, args []string)`, `func (c *T) Run(args []string) int`. */
function isCommand(unit: FunctionUnit): boolean {
  const f = unit.func;
  if (f === null) return isCommandShape(unit);
  const { params, results } = f.signature();
  if (isCommandShape(unit)) return true;
  // commands := map[string]func(args []string) error{"fetch": fetch}
  if (f.pkg?.name === "main" && f.decl?.recv === null && f.name !== "main" && isStrings(params[0]?.type ?? null))
    if (params.length === 1 && results.every(({ type }) => isInt(type) || isError(type))) return true;
  // https://pkg.go.dev/github.com/alecthomas/kong#readme-attach-a-run-error-method-to-each-command
  // "bound" values are given to it as parameters
  if (
    f.name === "Run" &&
    (params.length === 0 || f.pkg?.name === "main") &&
    /^(?:CLI|cli)$|Cmd$|Command$/.test(f.recvNamed?.obj.name ?? "")
  )
    return true;
  // Of a program's own commands: func (cmd CheckCmd) Exec(ctx context.Context, name string, args []string, env *Env) int
  if (
    /^(?:Run|Exec|Execute)$/.test(f.name) &&
    f.pkg !== null &&
    isOfCommands(f.pkg) &&
    params.some(({ type }) => isStrings(type)) &&
    results.length === 1 &&
    (isInt(results[0].type) || isError(results[0].type))
  )
    return true;
  // https://pkg.go.dev/github.com/google/subcommands#Command
  if (
    f.name === "Execute" &&
    results.length === 1 &&
    typeName(results[0].type) === "github.com/google/subcommands.ExitStatus"
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
  return takes(unit, commandParams) || unit.signature?.params.some((p) => isCliContext(p.type)) === true;
}

/** One of its parameters is of one of the types. */
function takes(unit: FunctionUnit, types: ReadonlySet<string>): boolean {
  if (unit.signature?.params.some((p) => types.has(typeName(p.type))) === true) return true;
  // As it is written, where the package is not there.
  return unit.node.type.params.list.some((field) => {
    const t = unparen(field.type);
    const name = t.kind === NodeKind.StarExpr ? unparen(t.x) : t;
    if (name.kind !== NodeKind.SelectorExpr || name.x.kind !== NodeKind.Ident) return false;
    const pkg = objOf(name.x);
    const star = t.kind === NodeKind.StarExpr ? "*" : "";
    return pkg?.kind === ObjKind.PkgName && types.has(`${star}${pkg.imported.path}.${name.sel.name}`);
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

function isError(t: Type | null): boolean {
  return t !== null && identical(t, errorType);
}

function isInt(t: Type | null): boolean {
  return t?.kind === TypeKind.Basic && t.basic === BasicKind.Int;
}

/** `Command{Func: serve}`, `cmd.RunE = wrap(serve)`: the values of those fields of a command that it runs. */
function runByCommand(n: Node): Expr[] {
  // cmd.Action(fetch): https://pkg.go.dev/github.com/alecthomas/kingpin/v2#CmdClause.Action
  if (n.kind === NodeKind.CallExpr) {
    const { func, name } = calleeOf(n);
    return /^(?:Pre)?Action$/.test(name) && /^(?:CmdClause|Application)$/.test(func?.recvNamed?.obj.name ?? "")
      ? [...n.args]
      : [];
  }
  if (n.kind === NodeKind.CompositeLit && isCommandType(typeOf(n)))
    return n.elts.flatMap((e) =>
      e.kind === NodeKind.KeyValueExpr && e.key.kind === NodeKind.Ident && runFields.test(e.key.name) ? [e.value] : [],
    );
  if (n.kind !== NodeKind.AssignStmt || n.lhs.length !== n.rhs.length) return [];
  return n.lhs.flatMap((place, i) =>
    place.kind === NodeKind.SelectorExpr && runFields.test(place.sel.name) && isCommandType(typeOf(place.x))
      ? [n.rhs[i]]
      : [],
  );
}

/** Adds all of what a command runs by `n`, literals' bodies excepted. */
function addRun(run: Set<Node>, n: Node): void {
  for (const e of [...runByCommand(n), ...runByOnce(n), ...runAtStart(n)])
    walk(e, (x) => {
      run.add(x);
      return x.kind !== NodeKind.FuncLit;
    });
}

const runFields = /^(?:Persistent)?(?:Pre|Post)?[Rr]unE?$|^(?:[Aa]ction|Command|Func|Exec|Execute|Before|After)$/;

/** A type named Command or App, of whatever library or of the program itself. Not os/exec.Cmd: that has none of the fields. */
function isCommandType(t: Type): boolean {
  const base = t.kind === TypeKind.Pointer ? t.elem : t;
  return base.kind === TypeKind.Named && /(?:[Cc]ommand|[Cc]md)$|^App$/.test(base.obj.name);
}

/** What runs a literal where it stands: `func() { … }()`, with go and defer too; `once.Do(func() { … })`. Null for values. */
function runOnTheSpot(outer: FunctionUnit, lit: FuncLit, summaries: Summaries): Node | null {
  let found: Node | null = null;
  walk(outer.body, (n) => {
    if (n.kind === NodeKind.CallExpr && (unparen(n.fun) === lit || runsArgument(n, lit, summaries))) found = n;
    return found === null && (n.kind !== NodeKind.FuncLit || n === lit);
  });
  return found;
}

/** `setup.Do(…)` of a variable of the package: once in the life of the process, however often the call is made. */
function runsOnceInAll(call: CallExpr): boolean {
  const { func } = calleeOf(call);
  if (func === null || funcName(func.origin) !== "(*sync.Once).Do") return false;
  const fun = unparen(call.fun);
  return fun.kind === NodeKind.SelectorExpr && variable(fun.x)?.isPackageLevel === true;
}

/** `setup.Do(load)`: the function that it runs. */
function runByOnce(n: Node): Expr[] {
  return n.kind === NodeKind.CallExpr && runsOnceInAll(n)
    ? n.args.filter((e) => unparen(e).kind !== NodeKind.FuncLit)
    : [];
}

/** `fx.Provide(NewStore)`, `modules.RegisterModule(Store, t.initStore)`: what is made while the program is put together. */
function runAtStart(n: Node): readonly Expr[] {
  if (n.kind !== NodeKind.CallExpr) return [];
  const { func } = calleeOf(n);
  return func !== null &&
    /^(?:RegisterModule|Provide|Invoke)$/.test(func.name) &&
    runsAtStart.has(funcName(func.origin))
    ? n.args
    : [];
}

/** `filepath.WalkDir(root, func(…) error { … })`: the call that runs the literal for each file, on the spot. */
function walkerOf(outer: FunctionUnit, lit: FuncLit): CallExpr | null {
  const call = handedTo(outer, lit);
  const { func } = call === null ? { func: null } : calleeOf(call);
  return func !== null && passesErrorOn.has(funcName(func.origin)) ? call : null;
}

/** The call that a literal is an argument of; null where it stands elsewhere. */
export function handedTo(outer: FunctionUnit, lit: Node): CallExpr | null {
  return outer.nodes(NodeKind.CallExpr).find((c) => c.args.some((arg) => unparen(arg) === lit)) ?? null;
}

function runsArgument(call: CallExpr, lit: FuncLit, summaries: Summaries): boolean {
  const index = call.args.findIndex((arg) => unparen(arg) === lit);
  return index >= 0 && runsOnTheSpot(call, index, summaries, 0);
}

/** How many functions a callback is handed on through. */
const MaxHandedOn = 3;

/** `func withProgress(label string, run func() error) error { …; return run() }`: it calls what it is given, not in a loop, and does nothing else with it. */
function runsOnTheSpot(call: CallExpr, index: number, summaries: Summaries, depth: number): boolean {
  const { func, kind } = calleeOf(call);
  if (func === null) return false;
  if (runsAtMostAFewTimes.has(funcName(func.origin))) return true;
  if (kind !== CalleeKind.Static || func.pkg?.source?.standard === true || depth >= MaxHandedOn) return false;
  return summaries.says(runsGiven, func.origin, index, depth);
}

const runsGiven = defineQuestion({
  id: "runs what it is given",
  meanwhile: false,
  answer(f, [index, depth]: readonly [index: number, depth: number], summaries) {
    const unit = summaries.unitOf(f);
    const param = unit?.signature?.params[index];
    if (unit === null || param === undefined) return false;
    const known = new Set<Node>();
    for (const c of unit.nodes(NodeKind.CallExpr)) {
      const i = c.args.findIndex((arg) => variable(arg) === param);
      const runs = variable(c.fun) === param || (i >= 0 && runsOnTheSpot(c, i, summaries, depth + 1));
      if (runs && !isRepeated(unit, c)) known.add(unparen(i >= 0 ? c.args[i] : c.fun));
    }
    let others = false;
    walk(unit.body, (n) => {
      others ||= n.kind === NodeKind.Ident && variable(n) === param && !known.has(n);
      return !others;
    });
    return known.size > 0 && !others;
  },
});

/** `func main()`, of package main or of one that a program of many names runs. */
function isMainFunc(f: Func): boolean {
  return f.name === "main" && f.decl?.recv === null && f.signature().params.length === 0;
}

/**
 * Folders of programs and of what their commands run (https://go.dev/doc/modules/layout#server-project), and of programs that by their name
 * are for the command line: etcdctl, nats-cli.
 */
const ofCommands = /(?:^|\/)(?:cmds?|commands?|(?:[a-z]\w*-)?cli|(?!sysctl|ioctl)[a-z]\w*ctl)(?=\/|$)/;

/** Of these folders, those of what stays: command/agent, cmd/api-server. */
const ofServices = /(?:^|[/_-])\w*(?:agents?|servers?|daemons?|serve|proxy|proxies)(?:shared)?(?=[/_-]|$)/;

export function isOfCommands({ path, source }: Package): boolean {
  const inModule = path.slice(source?.module?.path.length ?? 0);
  return ofCommands.test(inModule) && !ofServices.test(inModule);
}
