/**
 * Who holds the connections that pile up: a goroutine that waits for the network holds one, and where one group of them grows in step with
 * the connections it is these. Of several such groups nobody knows which.
 */
import type { Column } from "../../series/blocks.ts";

/** What grew, and by how much. */
export interface Grown {
  readonly column: Column;
  readonly by: number;
}

/** Growth of the two may differ by so much: they are counted a moment apart. */
const STEP = 0.1;

/** A sentence; null where it is not known. It is no line of the connections: who waits need not be who opened. */
export function holderOf(connections: Grown, goroutines: readonly Grown[]): string | null {
  const { kind, name } = connections.column.signal;
  // What was accepted has goroutines too, but who opened it is the peer.
  if (!(kind === "socket" ? !/^:\d+ in /.test(name) : kind === "fd" && name === "socket")) return null;
  const fitting = goroutines.filter(
    ({ column: { signal }, by }) =>
      signal.location !== null &&
      signal.name.startsWith("IO wait|") &&
      Math.abs(by - connections.by) <= STEP * connections.by,
  );
  if (fitting.length !== 1) return null;
  const [{ column, by }] = fitting;
  return `${Math.round(by)} more goroutines are in ${column.signal.label}: one for each of them.`;
}
