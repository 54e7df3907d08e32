/**
 * Who runs again and again: handlers of requests and messages, bodies of loops over messages and ticks, and the functions of the
 * package that are reached from those. Each answer comes with the chain that proves it.
 */
import type { FuncLit } from "../syntax/ast-expr.ts";
import { ChanDir } from "../syntax/ast-type.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { calledAgain, givenEach, runsAgain, runsOnce } from "../knowledge/entry-points.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import { type Func, ObjKind } from "../types/object.ts";
import { funcName, methodSignature } from "../types/print.ts";
import { objOf, typeOf } from "../types/record.ts";
import { BasicKind, type Signature, type Type, TypeKind } from "../types/type.ts";
import { under } from "../types/typeset.ts";
import { calledName, isContext } from "./contexts.ts";
import type { Summaries } from "./summaries.ts";

/** Why a place runs again and again, outermost first. */
export interface Evidence {
  readonly unit: FunctionUnit;
  /** The function's name, the call, the loop. */
  readonly at: Node;
  readonly message: string;
}

const memo = new WeakMap<readonly FunctionUnit[], EntryPoints>();

/** Computed once for a package, whichever rule asks first. */
export function entryPoints(units: readonly FunctionUnit[], summaries: Summaries): EntryPoints {
  let found = memo.get(units);
  if (found === undefined) memo.set(units, (found = new EntryPoints(units, summaries)));
  return found;
}

export class EntryPoints {
  private readonly why = new Map<FunctionUnit, readonly Evidence[]>();
  private readonly byFunc = new Map<Func, FunctionUnit>();
  private readonly byLiteral = new Map<FuncLit, FunctionUnit>();

  constructor(
    units: readonly FunctionUnit[],
    private readonly summaries: Summaries,
  ) {
    const work: FunctionUnit[] = [];
    for (const unit of units) {
      if (unit.func !== null) this.byFunc.set(unit.func, unit);
      else if (unit.node.kind === NodeKind.FuncLit) this.byLiteral.set(unit.node, unit);
      const runs = isHandler(unit, summaries);
      if (runs === null) continue;
      const at = unit.node.kind === NodeKind.FuncDecl ? unit.node.name : unit.node.type;
      this.why.set(unit, [{ unit, at, message: `${unit.outer === null ? unit.name : "this function"} runs ${runs}` }]);
      work.push(unit);
    }
    for (const unit of units) this.spreadPeriods(unit, work);
    for (let unit = work.shift(); unit !== undefined; unit = work.shift()) this.spread(unit, work);
  }

  /** `wait.Until(c.resync, period, stop)`, `cron.AddFunc("@daily", func() { … })`. */
  private spreadPeriods(unit: FunctionUnit, work: FunctionUnit[]): void {
    for (const call of unit.nodes(NodeKind.CallExpr)) {
      const { func } = calleeOf(call);
      const again = func === null || !againNames.has(func.name) ? undefined : runsAgain.get(funcName(func.origin));
      const given = again === undefined ? undefined : call.args[again.arg];
      if (again === undefined || given === undefined) continue;
      const e = unparen(given);
      const name = e.kind === NodeKind.SelectorExpr ? e.sel : e;
      const f = name.kind === NodeKind.Ident ? objOf(name) : null;
      const to =
        e.kind === NodeKind.FuncLit
          ? this.byLiteral.get(e)
          : f?.kind === ObjKind.Func
            ? this.byFunc.get(f.origin)
            : undefined;
      if (to === undefined || this.why.has(to)) continue;
      this.why.set(to, [{ unit, at: given, message: `this runs ${again.runs}` }]);
      work.push(to);
    }
  }

  /** Calls and literals of a function that runs again and again do so too. */
  private spread(unit: FunctionUnit, work: FunctionUnit[]): void {
    const why = this.why.get(unit) ?? [];
    const reach = (to: FunctionUnit | undefined, more: readonly Evidence[]): void => {
      if (to === undefined || this.why.has(to)) return;
      this.why.set(to, [...why, ...more]);
      work.push(to);
    };
    const once = new Set<Node>();
    walk(unit.body, (n) => {
      if (n.kind === NodeKind.FuncLit) {
        if (!once.has(n)) reach(this.byLiteral.get(n), []);
        return false;
      }
      if (n.kind !== NodeKind.CallExpr) return true;
      if (runsOnce.has(calledName(n, this.summaries))) for (const arg of n.args) once.add(unparen(arg));
      const { func, kind, name } = calleeOf(n);
      if (func !== null && kind === CalleeKind.Static)
        reach(this.byFunc.get(func), [{ unit, at: n, message: `calls ${name}` }]);
      return true;
    });
  }

  /** Cheap: false where no node of the unit can have evidence. */
  mayRepeat(unit: FunctionUnit): boolean {
    if (this.why.has(unit)) return true;
    return unit.nodes(NodeKind.RangeStmt).some((n) => under(typeOf(n.x)).kind === TypeKind.Chan);
  }

  /** Why the node runs again and again; null where nothing proves it. */
  evidence(unit: FunctionUnit, node: Node): readonly Evidence[] | null {
    const why = this.why.get(unit);
    if (why !== undefined) return why;
    const loop = messageLoop(unit, node);
    return loop === null ? null : [loop];
  }
}

/** `for msg := range messages`, `for range ticker.C`: a turn for everything that comes. */
function messageLoop(unit: FunctionUnit, node: Node): Evidence | null {
  let found: Evidence | null = null;
  walk(unit.body, (n) => {
    if (n.pos > node.pos || n.end < node.end) return false;
    if (n.kind === NodeKind.RangeStmt && node.pos >= n.body.pos && under(typeOf(n.x)).kind === TypeKind.Chan) {
      found = { unit, at: n.x, message: "this loop has a turn for everything that the channel brings" };
    }
    return n === unit.body || n.kind !== NodeKind.FuncLit;
  });
  return found;
}

/** What runs the function again and again, from its name where that is declared, else from its signature. */
function isHandler(unit: FunctionUnit, summaries: Summaries): string | null {
  const { func, signature: sig } = unit;
  const said = func === null ? null : summaries.knowledge.handlerRuns(summaries.nameOf(func));
  if (said !== null) return said;
  if (sig === null) return null;
  const names = sig.params.map((p) => typeName(p.type));
  for (const shape of summaries.knowledge.handlerShapes) {
    if (names.length === shape.params.length && shape.params.every((p, i) => p === names[i])) return shape.runs;
  }
  for (const name of names) {
    const runs = givenEach.get(name);
    if (runs !== undefined) return runs;
  }
  if (servesConnection(unit, names) || dials(unit)) return "for every connection";
  if (answersRequest(unit, names)) return "for every HTTP request";
  if (sig.params.some(({ type }) => isServerStream(type))) return "for every RPC";
  if (func === null || sig.recv === null) return null;
  if (isRpc(sig)) return "for every RPC";
  return againMethods.has(func.name) ? (calledAgain.get(methodSignature(func)) ?? null) : null;
}

/** Names of what the tables have, which are asked for before longer ones are put together. */
const againNames: ReadonlySet<string> = new Set(
  [...runsAgain.keys()].map((name) => name.slice(name.lastIndexOf(".") + 1)),
);
const againMethods: ReadonlySet<string> = new Set([...calledAgain.keys()].map((m) => m.slice(0, m.indexOf("("))));

/**
 * Whatever else it is given beside the two: `func (h *Handler) serve(w http.ResponseWriter, r *http.Request, user *User) error`. A literal need
 * have no more than the request, as what middleware and proxies call; but one that answers with a response is a client's.
 */
function answersRequest(unit: FunctionUnit, names: readonly string[]): boolean {
  if (!names.includes("*net/http.Request")) return false;
  if (names.includes("net/http.ResponseWriter")) return true;
  const results = unit.signature?.results ?? [];
  return unit.func === null && results.every(({ type }) => typeName(type) !== "*net/http.Response");
}

/** `func (p *Proxy) HandleConnection(ctx context.Context, conn net.Conn) error`, `func serveConn(c *net.TCPConn)`. */
function servesConnection({ func }: FunctionUnit, names: readonly string[]): boolean {
  return (
    func !== null &&
    /^(?:[hH]andle|[sS]erve|[pP]roxy|[fF]orward|[pP]rocess)/.test(func.name) &&
    names.some((name) => /^(?:net\.Conn|\*net\.(?:TCP|Unix)Conn|\*crypto\/tls\.Conn)$/.test(name))
  );
}

/** `transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {`: https://pkg.go.dev/net/http#Transport */
function dials({ func, signature }: FunctionUnit): boolean {
  if (func !== null || signature?.results.length !== 2 || typeName(signature.results[0].type) !== "net.Conn")
    return false;
  const addresses = signature.params.filter(({ type }) => !isContext(type));
  return (
    addresses.length === 2 &&
    addresses.every(({ type }) => type?.kind === TypeKind.Basic && type.basic === BasicKind.String)
  );
}

/** `stream pb.Events_WatchServer`: https://pkg.go.dev/google.golang.org/grpc#ServerStream with what the generated type adds. */
function isServerStream(t: Type | null): boolean {
  if (t?.kind !== TypeKind.Named || !t.obj.name.endsWith("Server") || under(t).kind !== TypeKind.Interface)
    return false;
  return lookupFieldOrMethod(t, "SendHeader", null) !== null && lookupFieldOrMethod(t, "SetTrailer", null) !== null;
}

/**
 * `func (s *T) Get(context.Context, *pb.GetRequest) (*pb.GetReply, error)` with generated messages. A generated client's methods are given options,
 * too; one that wraps it is named for what it is.
 */
function isRpc(sig: Signature): boolean {
  const [ctx, request] = sig.params;
  const [reply, err] = sig.results;
  if (sig.params.length !== 2 || sig.results.length !== 2 || !isContext(ctx.type) || err.type === null) return false;
  return isMessage(request.type) && isMessage(reply.type) && !/[cC]lient$/.test(typeName(sig.recv?.type ?? null));
}

function isMessage(t: Type | null): boolean {
  if (t?.kind !== TypeKind.Pointer) return false;
  // https://pkg.go.dev/google.golang.org/protobuf/reflect/protoreflect#ProtoMessage, and generators before that
  return ["ProtoReflect", "ProtoMessage"].some((method) => lookupFieldOrMethod(t, method, null) !== null);
}

/** `*net/http.Request`, `net/http.ResponseWriter`, of a channel to be sent to `chan<- a/b.T`; "" for types without a name. */
export function typeName(t: Type | null): string {
  if (t === null) return "";
  if (t.kind === TypeKind.Chan && t.dir === ChanDir.Send) return `chan<- ${typeName(t.elem)}`;
  const base = t.kind === TypeKind.Pointer ? t.elem : t;
  if (base.kind !== TypeKind.Named) return "";
  return `${t.kind === TypeKind.Pointer ? "*" : ""}${base.obj.pkg?.path ?? ""}.${base.obj.name}`;
}
