/** The end of a server's loop: what it accepted last. */
import { type Edge, EdgeKind } from "../go/cfg/blocks.ts";
import { everyExit } from "../go/flow/leak.ts";
import { mentions } from "../go/flow/mentions.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import { NodeKind } from "../go/syntax/ast.ts";
import { walk } from "../go/syntax/walk.ts";
import { calleeOf } from "../go/types/callee.ts";

/**
 * Every way out is a case of a select, and on none has anybody asked whether there is a connection; or it asks a flag whether the server stops:
 *
 *     conn, err := l.Accept()
 *     select {
 *     case <-s.done:        closed together with l, which is why Accept came back
 *         return
 *     default:
 *     }
 */
export function endsAccepting({ site, leak }: FoundLeak): boolean {
  const error = site.origin?.error ?? null;
  if (error === null || !calleeOf(site.call).name.startsWith("Accept")) return false;
  return everyExit(leak).every(
    ({ decisions }) =>
      decisions.some(asksForEnd) ||
      (decisions.some(({ kind }) => kind === EdgeKind.Comm) &&
        !decisions.some(({ cond }) => cond !== null && mentions(cond, new Set([error])))),
  );
}

/** `if atomic.LoadUint32(&s.end) == 1 {`, `if s.closed {` */
function asksForEnd({ cond }: Edge): boolean {
  let asks = false;
  if (cond !== null)
    walk(cond, (n) => {
      asks ||= n.kind === NodeKind.Ident && ending.test(n.name);
      return !asks;
    });
  return asks;
}

const ending =
  /^(?:(?:is|in)_?)?(?:end(?:ed|ing)?|clos(?:ed|ing)|stop(?:ped|ping)?|done|shut(?:ting)?_?down|quit(?:ting)?|exit(?:ed|ing)?)$/i;
