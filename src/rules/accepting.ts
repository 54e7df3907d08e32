/** The end of a server's loop: what it accepted last. */
import { EdgeKind } from "../go/cfg/blocks.ts";
import { everyExit } from "../go/flow/leak.ts";
import { mentions } from "../go/flow/mentions.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import { calleeOf } from "../go/types/callee.ts";

/**
 * Every way out is a case of a select, and on none has anybody asked whether there is a connection:
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
      decisions.some(({ kind }) => kind === EdgeKind.Comm) &&
      !decisions.some(({ cond }) => cond !== null && mentions(cond, new Set([error]))),
  );
}
