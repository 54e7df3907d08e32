/** Connections by peer and state, descriptors by kind, and pools, over time. */
import type { JSX } from "preact";
import { count, signed } from "../../src/base/numbers.ts";
import type { SeriesReply, TargetReply } from "../../src/server/api.ts";
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
  return (
    <Signals
      t={t}
      turn={turn}
      query={query}
      only={["socket", "fd", "pool"]}
      beside={(reply) => <Peers reply={reply} />}
    />
  );
}

interface Cell {
  readonly now: number;
  readonly change: number;
}

const ROWS = 50;

/** Every peer with its states, how many there are and how that changed in the time that is shown. */
function Peers({ reply }: { readonly reply: SeriesReply }): JSX.Element | null {
  const states = new Set<string>();
  const peers = new Map<string, Map<string, Cell>>();
  for (const s of reply.series) {
    const m = s.kind === "socket" ? /^(.+?) (?:in )?([A-Z][A-Z_0-9]+)$/.exec(s.name) : null;
    if (m === null) continue;
    const known = s.values.filter((v): v is number => v !== null);
    const now = known.at(-1) ?? 0;
    const change = now - (known[0] ?? now);
    if (now === 0 && change === 0) continue;
    states.add(m[2]);
    const name = s.name.includes(" in ") ? `clients of ${m[1].startsWith(":") ? `port ${m[1].slice(1)}` : m[1]}` : m[1];
    peers.set(name, (peers.get(name) ?? new Map<string, Cell>()).set(m[2], { now, change }));
  }
  if (peers.size === 0) return null;
  const columns = [...states].sort();
  const sum = (cells: Map<string, Cell>): number => [...cells.values()].reduce((n, c) => n + c.now, 0);
  const rows = [...peers].sort(([, a], [, b]) => sum(b) - sum(a));
  return (
    <div class="scroll" tabIndex={0}>
      <table class="levels">
        <caption>Connections now, by peer and state, and their change in this time</caption>
        <thead>
          <tr>
            <th scope="col">Peer</th>
            {columns.map((c) => (
              <th scope="col" class="number" key={c}>
                {c}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS).map(([peer, cells]) => (
            <tr key={peer}>
              <th scope="row">{peer}</th>
              {columns.map((c) => {
                const cell = cells.get(c);
                return (
                  <td class="number" key={c}>
                    {cell === undefined ? <span class="dim">–</span> : count(cell.now)}
                    {cell !== undefined && cell.change !== 0 && (
                      <span class={cell.change > 0 ? "grew" : "shrank"}> {signed(cell.change, count)}</span>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS && <p class="dim">{rows.length - ROWS} more peers with fewer connections</p>}
    </div>
  );
}
