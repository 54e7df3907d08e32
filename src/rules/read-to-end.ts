/**
 * Bodies that have been read to their end before they are left open. The transport takes the connection back when a read comes to the
 * end, and gives it up when one fails (bodyEOFSignal and transportResponseBody in net/http): nothing is held any more.
 */
import { nonNilBehind } from "../go/flow/facts.ts";
import { unsettledPath } from "../go/flow/paths.ts";
import { everyExit } from "../go/flow/leak.ts";
import { readsBody } from "../go/summary/body-reads.ts";
import type { FoundLeak } from "../go/summary/leaks.ts";
import type { Summaries } from "../go/summary/summaries.ts";
import type { Node } from "../go/syntax/ast.ts";

/** Why nothing is held: each way that leaves the body open has read it to its end, or has failed to. Null where one has not. */
export function whyRead(found: FoundLeak, summaries: Summaries): string | null {
  return isReadToItsEnd(found, summaries)
    ? "the body was read to its end, or the reading failed, and its connection is free by then"
    : null;
}

function isReadToItsEnd({ unit, site, leak }: FoundLeak, summaries: Summaries): boolean {
  const root = site.origin?.root ?? null;
  if (root === null) return false;
  const error = site.origin?.error ?? null;
  const reads = (n: Node): boolean => readsBody(n, root, summaries);
  return everyExit(leak).every(
    ({ at, decisions: [first] }) =>
      unsettledPath(unit.cfg, unit.file.file.src, {
        from: site.node,
        settles: reads,
        // The other branch of `if err == nil`: there is no body.
        settlesEdge: (e) => error !== null && e.cond === first?.cond && e !== first && nonNilBehind(e) === error,
        // At the closing brace: whichever exit it is.
        ...(at === null ? {} : { target: (n) => n === at || (n.pos <= at.pos && n.end >= at.end) }),
        results: unit.signature?.results ?? [],
      }) === null,
  );
}
