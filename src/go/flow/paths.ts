/**
 * Path search: is there a feasible way from a node to the function's exit that passes none of certain nodes?
 *
 *     mu.Lock()            from
 *     if closed {
 *         return errClosed     ← the path found: its decisions are [closed]
 *     }
 *     mu.Unlock()          settles
 *
 * Conditions that occur more than once decide together: of `if a {…} if a {…}` both or neither are taken, as long as
 * nothing assigns to what they mention in between. The walk starts at the entry, so that what is decided before `from`
 * counts behind it.
 */
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { Token } from "../syntax/token.ts";
import { walk } from "../syntax/walk.ts";
import { type Block, type Cfg, type Edge, EdgeKind, evaluated } from "../cfg/blocks.ts";
import { unparen } from "../types/callee.ts";
import { constOf } from "../types/record.ts";
import type { Var } from "../types/object.ts";
import { Fact, factOf, testOf, variable, zeroOf } from "./facts.ts";
import { isTickerChannel } from "./tickers.ts";

export interface PathQuery {
  /** Where the search begins: a node of a block; null for the entry. */
  readonly from: Node | null;
  /** Nodes at which a path is settled: nothing is owed behind them. Asked of nodes after `from` only. */
  settles(node: Node): boolean;
  /** Edges that settle, e.g. the case of a select. */
  settlesEdge?(edge: Edge): boolean;
  /** Where a path that is not settled must arrive to be found; by default the exit. Asked of nodes after `from`. */
  readonly target?: (node: Node) => boolean;
  /** Facts at the entry. */
  readonly facts?: ReadonlyMap<Var, Fact>;
  /** The function's results: those with names begin as nil, false. */
  readonly results?: readonly Var[];
}

export interface FoundPath {
  /** The return statement (or target) at its end; null where it runs off the end of the function. */
  readonly at: Node | null;
  /** Decisions since `from`, in order. */
  readonly decisions: readonly Edge[];
}

interface Visit {
  readonly block: Block;
  readonly begun: boolean;
  /** Condition key → its value on this path. */
  readonly facts: ReadonlyMap<string, boolean>;
  readonly parent: Visit | null;
  readonly edge: Edge | null;
}

/** Past this a function is a state machine, and nothing is claimed. */
const MaxStates = 4000;

/** The shortest unsettled path, or null where there is none (or too many to look at). `src`: the file's bytes. */
export function unsettledPath(cfg: Cfg, src: Uint8Array, query: PathQuery): FoundPath | null {
  // What literals assign, they do at any time.
  const results = (query.results ?? []).filter((v) => v.name !== "" && v.name !== "_" && !v.captured);
  const conditions = conditionsOf(cfg, src, results);
  const initial = new Map<string, boolean>();
  for (const v of results) if (zeroOf(v) !== null) initial.set(keyOf(v), true);
  for (const [v, fact] of query.facts ?? []) {
    initial.set(`v${v.pos}:${v.name}`, fact === Fact.Nil || fact === Fact.False);
  }
  const begun = query.from === null;
  const queue: Visit[] = [{ block: cfg.entry, begun, facts: initial, parent: null, edge: null }];
  const seen = new Set<string>();
  for (let head = 0; head < queue.length; head++) {
    if (queue.length > MaxStates) return null;
    const visit = queue[head];
    let { begun, facts } = visit;
    let settled = false;
    let last: Node | null = null;
    for (const node of visit.block.nodes) {
      last = node;
      if (begun && node !== query.from && query.settles(node)) {
        settled = true;
        break;
      }
      if (begun && query.target?.(node) === true) return { at: node, decisions: decisionsOf(visit) };
      if (node === query.from) begun = true;
      facts = conditions.after(node, facts);
    }
    if (settled) continue;
    for (const edge of visit.block.succs) {
      if (edge.kind === EdgeKind.Panic || edge.kind === EdgeKind.Stop || edge.kind === EdgeKind.Recover) continue;
      if (begun && query.settlesEdge?.(edge) === true) continue;
      if (edge.kind === EdgeKind.Done && edge.subject?.kind === NodeKind.RangeStmt && isTickerChannel(edge.subject.x))
        continue;
      const next = conditions.along(edge, facts);
      if (next === null) continue;
      const to: Visit = { block: edge.to, begun, facts: next, parent: visit, edge };
      if (edge.to === cfg.exit) {
        if (begun && query.target === undefined) {
          return { at: last?.kind === NodeKind.ReturnStmt ? last : null, decisions: decisionsOf(to) };
        }
        continue;
      }
      const key = `${edge.to.id}/${begun ? 1 : 0}/${[...next]
        .map(([k, v]) => `${k}=${v ? 1 : 0}`)
        .sort()
        .join()}`;
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push(to);
    }
  }
  return null;
}

/** Choices since the search began. Within a block the start does not show: its edges come after it. */
function decisionsOf(end: Visit): Edge[] {
  const out: Edge[] = [];
  for (let v: Visit | null = end; v !== null && v.edge !== null; v = v.parent) {
    if (v.begun && isChoice(v.edge)) out.push(v.edge);
    if (v.parent !== null && !v.parent.begun && !v.begun) break;
  }
  return out.reverse();
}

function isChoice(edge: Edge): boolean {
  return (
    edge.cond !== null || edge.kind === EdgeKind.Comm || edge.kind === EdgeKind.Element || edge.kind === EdgeKind.Done
  );
}

interface Condition {
  readonly key: string;
  /** The condition holds when the fact of `key` has this value. */
  readonly value: boolean;
}

/** Conditions that are tested more than once, and what assignments do to them. */
class Conditions {
  constructor(
    private readonly byExpr: ReadonlyMap<Expr, Condition>,
    /** What each key mentions: names, and variables by key. */
    private readonly mentions: ReadonlyMap<string, ReadonlySet<string>>,
    /** Variables that begin as 0 and then are only counted up and down. */
    private readonly counters: ReadonlySet<Var>,
  ) {}

  along(edge: Edge, facts: ReadonlyMap<string, boolean>): ReadonlyMap<string, boolean> | null {
    if (edge.cond === null || (edge.kind !== EdgeKind.True && edge.kind !== EdgeKind.False)) return facts;
    const condition = this.byExpr.get(edge.cond);
    if (condition === undefined) return facts;
    const value = (edge.kind === EdgeKind.True) === condition.value;
    const known = facts.get(condition.key);
    if (known !== undefined) return known === value ? facts : null;
    return new Map(facts).set(condition.key, value);
  }

  after(node: Node, facts: ReadonlyMap<string, boolean>): ReadonlyMap<string, boolean> {
    if (this.mentions.size === 0) return facts;
    let out = facts;
    const assign = (place: Expr, value: Expr | null, known: Fact | null = null): void => {
      const name = assignedName(place);
      if (name === null) return;
      for (const [key, names] of this.mentions) {
        if (!names.has(name)) continue;
        const v = variable(place);
        // Another variable of the same name: `if err := f(); err != nil` says nothing of the err outside.
        if (v !== null && isVariableKey(key) && key !== keyOf(v)) continue;
        const next = new Map(out);
        next.delete(key);
        const fact = v === null || key !== keyOf(v) ? null : value === null ? known : factOf(value);
        if (fact !== null) next.set(key, fact === Fact.Nil || fact === Fact.False);
        out = next;
      }
    };
    if (node.kind === NodeKind.AssignStmt) {
      const paired = node.lhs.length === node.rhs.length && (node.tok === Token.Assign || node.tok === Token.Define);
      node.lhs.forEach((e, i) => assign(e, paired ? node.rhs[i] : null));
    } else if (node.kind === NodeKind.RangeStmt) {
      for (const e of [node.key, node.value]) if (e !== null) assign(e, null);
    } else if (node.kind === NodeKind.IncDecStmt) {
      assign(node.x, null);
      // What is counted up from nothing is not nothing any more.
      const v = node.tok === Token.Inc ? variable(node.x) : null;
      const key = v === null ? "" : `${v.name}==0`;
      if (v !== null && this.counters.has(v) && this.mentions.has(key)) out = new Map(out).set(key, false);
    } else if (node.kind === NodeKind.DeclStmt && node.decl.kind === NodeKind.GenDecl) {
      for (const spec of node.decl.specs) {
        if (spec.kind !== NodeKind.ValueSpec) continue;
        spec.names.forEach((id, i) => {
          const v = spec.values.length === 0 ? variable(id) : null;
          // What literals assign, they do at any time.
          assign(id, spec.values[i] ?? null, v === null || v.captured ? null : zeroOf(v));
        });
      }
    }
    // A deferred call has the address, and writes to it at the exit.
    if (node.kind === NodeKind.DeferStmt) return out;
    evaluated(node, (n) => {
      if (n.kind === NodeKind.UnaryExpr && n.op === Token.And) assign(n.x, null);
    });
    return out;
  }
}

const memo = new WeakMap<Cfg, Conditions>();
const memoWithResults = new WeakMap<Cfg, Conditions>();

function conditionsOf(cfg: Cfg, src: Uint8Array, results: readonly Var[]): Conditions {
  const known = results.length > 0 ? memoWithResults : memo;
  let found = known.get(cfg);
  if (found === undefined) known.set(cfg, (found = compute(cfg, src, results)));
  return found;
}

function compute(cfg: Cfg, src: Uint8Array, results: readonly Var[]): Conditions {
  const byExpr = new Map<Expr, Condition>();
  const count = new Map<string, number>();
  const mentions = new Map<string, Set<string>>();
  for (const block of cfg.blocks) {
    for (const { kind, cond } of block.succs) {
      if (kind !== EdgeKind.True || cond === null) continue;
      const condition = conditionOf(cond, src);
      if (condition === null) continue;
      byExpr.set(cond, condition);
      count.set(condition.key, (count.get(condition.key) ?? 0) + 1);
      const names = mentions.get(condition.key) ?? new Set();
      mentions.set(condition.key, names);
      walk(cond, (n) => void (n.kind === NodeKind.Ident && names.add(n.name)));
    }
  }
  // A constant assigned here and one test elsewhere are as good as two tests: `got = true` … `if !got`.
  for (const block of cfg.blocks) {
    for (const n of block.nodes) {
      if (n.kind !== NodeKind.AssignStmt || n.tok !== Token.Assign || n.lhs.length !== n.rhs.length) continue;
      n.lhs.forEach((e, i) => {
        const v = variable(e);
        const key = v === null ? "" : keyOf(v);
        if (count.has(key) && factOf(n.rhs[i]) !== null) count.set(key, (count.get(key) ?? 0) + 1);
      });
    }
  }
  // So is what a result begins with, and `var err error`.
  for (const v of [...results, ...declaredIn(cfg)]) {
    const n = zeroOf(v) === null ? undefined : count.get(keyOf(v));
    if (n !== undefined) count.set(keyOf(v), n + 1);
  }
  const counters = countersOf(cfg);
  for (const v of counters) count.set(`${v.name}==0`, (count.get(`${v.name}==0`) ?? 0) + 1);
  for (const [key, n] of count) if (n < 2) mentions.delete(key);
  for (const [e, { key }] of byExpr) if (!mentions.has(key)) byExpr.delete(e);
  return new Conditions(byExpr, mentions, counters);
}

/** Variables that are declared without a value. */
function declaredIn(cfg: Cfg): Var[] {
  const out: Var[] = [];
  for (const block of cfg.blocks)
    for (const n of block.nodes) {
      if (n.kind !== NodeKind.DeclStmt || n.decl.kind !== NodeKind.GenDecl) continue;
      for (const spec of n.decl.specs)
        if (spec.kind === NodeKind.ValueSpec && spec.values.length === 0)
          for (const id of spec.names) {
            const v = variable(id);
            if (v !== null) out.push(v);
          }
    }
  return out;
}

/** Variables that the function sets to 0 and counts up, and does nothing else with but count them down. */
function countersOf(cfg: Cfg): Set<Var> {
  const zeroed = new Set<Var>(declaredIn(cfg));
  const counted = new Set<Var>();
  const other = new Set<Var>();
  for (const block of cfg.blocks)
    for (const n of block.nodes) {
      if (n.kind === NodeKind.IncDecStmt) {
        const v = n.tok === Token.Inc ? variable(n.x) : null;
        if (v !== null) counted.add(v);
      } else if (n.kind === NodeKind.AssignStmt)
        n.lhs.forEach((place, i) => {
          const v = variable(place);
          if (v === null) return;
          const isZero = n.tok === Token.Define && n.lhs.length === n.rhs.length && constOf(n.rhs[i]) === 0n;
          (isZero ? zeroed : other).add(v);
        });
    }
  return new Set([...counted].filter((v) => zeroed.has(v) && !other.has(v) && !v.captured));
}

const keyOf = (v: Var): string => `v${v.pos}:${v.name}`;
const isVariableKey = (key: string): boolean => /^v\d+:/.test(key);
const decoder = new TextDecoder();

function conditionOf(cond: Expr, src: Uint8Array): Condition | null {
  const test = testOf(cond);
  if (test !== null) {
    return { key: keyOf(test.subject), value: test.whenTrue === Fact.Nil || test.whenTrue === Fact.False };
  }
  let pure = true;
  walk(cond, (n) => {
    if (n.kind === NodeKind.FuncLit || (n.kind === NodeKind.UnaryExpr && n.op === Token.Arrow)) pure = false;
    // len(x) is as good as x; other calls may answer differently each time.
    if (n.kind === NodeKind.CallExpr && !(n.fun.kind === NodeKind.Ident && n.fun.name === "len")) pure = false;
    return pure;
  });
  if (!pure) return null;
  const e = unparen(cond);
  const text = (n: Node): string => decoder.decode(src.subarray(n.pos, n.end)).replace(/\s+/g, "");
  if (e.kind === NodeKind.BinaryExpr && (e.op === Token.Eql || e.op === Token.Neq)) {
    return { key: `${text(e.x)}==${text(e.y)}`, value: e.op === Token.Eql };
  }
  return { key: text(e), value: true };
}

/** The name whose value changes: `x` of x, *x and x[i], `f` of x.f. */
function assignedName(place: Expr): string | null {
  let e = unparen(place);
  for (;;) {
    if (e.kind === NodeKind.IndexExpr || e.kind === NodeKind.StarExpr || e.kind === NodeKind.ParenExpr) e = e.x;
    else break;
  }
  if (e.kind === NodeKind.SelectorExpr) return e.sel.name;
  return e.kind === NodeKind.Ident ? e.name : null;
}
