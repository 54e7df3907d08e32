/**
 * What shows that a place runs again and again for as long as its process lives: a handler of requests or messages, or a loop without end, that
 * comes to it. Where nothing in the package does, the functions by which others come to it.
 *
 *     func (s *Server) accept() {          func (s *Server) greet(conn net.Conn) error {
 *         for {                                f, err := os.Open(s.banner)     ← once for every connection
 *             conn, err := s.l.Accept()
 *             …
 *             go s.greet(conn)
 */
import type { FunctionUnit } from "../flow/unit.ts";
import { ofPart, ofStart } from "../knowledge/start-names.ts";
import type { ForStmt, RangeStmt } from "../syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { calleeOf, unparen } from "../types/callee.ts";
import type { Func } from "../types/object.ts";
import { loopsAround } from "./channels.ts";
import { entryPoints } from "./entry-points.ts";
import { isNamedInGenerated } from "./generated.ts";
import { isCalledByLibrary, isHandedToLibrary } from "./library-calls.ts";
import { isOfCommands, type OneShots, oneShots } from "./one-shot.ts";
import { leavesByItself } from "./staying.ts";
import type { Summaries } from "./summaries.ts";

export interface Place {
  readonly unit: FunctionUnit;
  readonly at: Node;
}

/** By which functions that others may call a place is reached, none of them known to run again and again; null where it is shown here. */
export type Repeats = ReadonlySet<Func> | null;

/** `units`: all of the package of the places. */
export function repeatsOf(units: readonly FunctionUnit[], summaries: Summaries, places: readonly Place[]): Repeats {
  return followed(units, summaries, places, true);
}

/** The same as far as the next functions that others may call: how these are reached is told of them. */
export function nextRepeatsOf(units: readonly FunctionUnit[], summaries: Summaries, places: readonly Place[]): Repeats {
  return followed(units, summaries, places, false);
}

function followed(
  units: readonly FunctionUnit[],
  summaries: Summaries,
  places: readonly Place[],
  beyond: boolean,
): Repeats {
  const shots = oneShots(units, summaries);
  // A command's own loops and callbacks end with it. What handlers come to, in one that serves, does not.
  const ofCommands = units.length > 0 && isOfCommands(units[0].file.pkg);
  const points = entryPoints(units, summaries);
  const entries = new Set<Func>();
  const seen = new Set<FunctionUnit>();
  const work = [...places];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { unit, at } = next;
    if (points.evidence(unit, at) !== null) return null;
    if (loopsAround(unit, at).some((loop) => isEndless(loop) && (!ofCommands || !isOver(loop.body)))) return null;
    if (seen.has(unit)) continue;
    seen.add(unit);
    if (!ofCommands && isHandedToLibrary(unit)) return null;
    if (unit.outer !== null) work.push({ unit: unit.outer, at: unit.node });
    if (unit.func === null) continue;
    // Nobody looks into generated files: what they do with it is not known.
    if (unit.func.decl?.recv === null && isNamedInGenerated(unit.file.pkg, unit.func.name)) return null;
    if (!ofCommands && (isCalledByLibrary(unit.func) || isHandedOn(unit.func, shots))) return null;
    if (shots.isOpen(unit.func) && !ofPart.test(unit.func.name)) {
      entries.add(unit.func);
      if (!beyond) continue;
    }
    work.push(...(shots.mentioned.get(unit.func)?.calls ?? []), ...(shots.handedOn.run.get(unit.func) ?? []));
  }
  return entries;
}

/** Whoever has the function as a value may call it as often as they like: `a.flush(output, output.Write)`. */
export function isHandedOn(f: Func, { handedOn }: OneShots): boolean {
  return handedOn.functions.has(f) && !ofStart.test(f.name);
}

/** A command's loop that waits for nobody, and has a way out: it tries until it works, or goes through what there is. */
function isOver(body: Node): boolean {
  let accepts = false;
  walk(body, (n) => {
    accepts ||= n.kind === NodeKind.CallExpr && calleeOf(n).name.startsWith("Accept");
    return !accepts && n.kind !== NodeKind.FuncLit;
  });
  return !accepts && leavesByItself(body);
}

/** It goes on until somebody wants no more: `for {`, `for ctx.Err() == nil {`. Not one that goes through what there is: an archive's entries. */
function isEndless(loop: ForStmt | RangeStmt): boolean {
  if (loop.kind !== NodeKind.ForStmt || loop.init !== null || loop.post !== null) return false;
  if (loop.cond === null) return !goesThrough(loop);
  const e = unparen(loop.cond);
  const asked = e.kind === NodeKind.BinaryExpr ? unparen(e.x) : e;
  return asked.kind === NodeKind.CallExpr && calleeOf(asked).name === "Err";
}

/** `for { header, err := tr.Next(); if err == io.EOF { break } … }`: https://pkg.go.dev/archive/tar#Reader.Next */
function goesThrough({ body }: ForStmt): boolean {
  let takes = false;
  let ends = false;
  walk(body, (n) => {
    if (n.kind === NodeKind.CallExpr && n.args.length === 0) takes ||= calleeOf(n).name === "Next";
    if (n.kind === NodeKind.SelectorExpr) ends ||= n.sel.name === "EOF";
    return !(takes && ends) && n.kind !== NodeKind.FuncLit;
  });
  return takes && ends;
}
