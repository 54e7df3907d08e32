/** Connections by peer and state, descriptors by kind, and pools, over time. */
import type { JSX } from "preact";
import type { TargetReply } from "../../src/server/api.ts";
import { Notice } from "../parts/notice.tsx";
import { Signals } from "./signals.tsx";

export function Sockets({
  t,
  turn,
  query,
}: {
  readonly t: TargetReply;
  readonly turn: number;
  readonly query: URLSearchParams;
}): JSX.Element {
  const seen =
    t.row.levels.some((l) => l.kind === "fd" || l.kind === "socket") ||
    t.verdicts.some((v) => v.kind === "fd" || v.kind === "socket" || v.kind === "pool");
  if (!seen)
    return (
      <Notice title="Not seen from here">
        <p>
          Descriptors and sockets are read from <code>/proc</code> on the target's own host: run{" "}
          <code>stanch serve</code> there, as its user or as root. Pools come from its <code>/metrics</code>.
        </p>
      </Notice>
    );
  return <Signals t={t} turn={turn} query={query} only={["socket", "fd", "pool"]} />;
}
