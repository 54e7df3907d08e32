/**
 * Who runs again and again: handlers of requests and messages, bodies of loops over messages and ticks, and the functions of the
 * package that are reached from those. Each answer comes with the chain that proves it.
 */
import type { FuncLit } from "../syntax/ast-expr.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import type { FunctionUnit } from "../flow/unit.ts";
import { runsOnce } from "../knowledge/entry-points.ts";
import { CalleeKind, calleeOf, unparen } from "../types/callee.ts";
import { lookupFieldOrMethod } from "../types/lookup.ts";
import type { Func } from "../types/object.ts";
import { typeOf } from "../types/record.ts";
import { type Signature, type Type, TypeKind } from "../types/type.ts";
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
    for (let unit = work.shift(); unit !== undefined; unit = work.shift()) this.spread(unit, work);
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
  const said = unit.func === null ? null : summaries.knowledge.handlerRuns(summaries.nameOf(unit.func));
  if (said !== null) return said;
  const sig = unit.signature;
  if (sig === null) return null;
  const names = sig.params.map((p) => typeName(p.type));
  for (const shape of summaries.knowledge.handlerShapes) {
    if (names.length === shape.params.length && shape.params.every((p, i) => p === names[i])) return shape.runs;
  }
  return unit.func !== null && sig.recv !== null && isRpc(sig) ? "for every RPC" : null;
}

/** `func (s *T) Get(context.Context, *pb.GetRequest) (*pb.GetReply, error)` with generated messages. */
function isRpc(sig: Signature): boolean {
  const [ctx, request] = sig.params;
  const [reply, err] = sig.results;
  if (sig.params.length !== 2 || sig.results.length !== 2 || !isContext(ctx.type) || err.type === null) return false;
  // A client has the same methods; what embeds Unimplemented…Server is a server.
  const recv = sig.recv?.type ?? null;
  const u = recv === null ? null : under(recv.kind === TypeKind.Pointer ? recv.elem : recv);
  const serves =
    u?.kind === TypeKind.Struct &&
    u.fields.some((f) => f.embedded && /^(?:Unimplemented|Unsafe)\w+Server$/.test(f.name));
  return serves && isMessage(request.type) && isMessage(reply.type);
}

function isMessage(t: Type | null): boolean {
  return t !== null && t.kind === TypeKind.Pointer && lookupFieldOrMethod(t, "ProtoReflect", null) !== null;
}

/** `*net/http.Request`, `net/http.ResponseWriter`; "" for types without a name. */
export function typeName(t: Type | null): string {
  if (t === null) return "";
  const base = t.kind === TypeKind.Pointer ? t.elem : t;
  if (base.kind !== TypeKind.Named) return "";
  return `${t.kind === TypeKind.Pointer ? "*" : ""}${base.obj.pkg?.path ?? ""}.${base.obj.name}`;
}
