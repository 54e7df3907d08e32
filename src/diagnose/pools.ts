/** Suspects in the numbers that connection pools publish. */
import { readPools } from "../series/pools.ts";
import type { Look } from "./evidence.ts";
import { scoreOf, withoutStack, type Suspect } from "./suspect.ts";

export function poolSuspects(look: Look, earlier: Look | null): Suspect[] {
  const before = earlier === null ? [] : readPools(earlier.metrics);
  const out: Suspect[] = [];
  for (const p of readPools(look.metrics)) {
    // max 0: unlimited.
    if (p.max <= 0 || p.inUse < p.max) continue;
    const old = before.find((b) => b.name === p.name);
    const newWaits = old === undefined || old.waits === null || p.waits === null ? 0 : p.waits - old.waits;
    const stuck = p.waiting > 0 || newWaits > 0 || (old !== undefined && old.inUse >= old.max);
    const status = stuck ? "likely" : "possible";
    const evidence = [`${p.inUse} of ${p.max} connections are borrowed`];
    if (p.waiting > 0) evidence.push(`${p.waiting} callers wait`);
    if (newWaits > 0) evidence.push(`${newWaits} more callers had to wait since the earlier look`);
    else if (p.waits !== null && p.waits > 0) evidence.push(`${p.waits} callers had to wait since the start`);
    out.push({
      kind: "pool",
      status,
      signature: null,
      title: `connection pool ${p.name === "" ? "" : `${JSON.stringify(p.name)} `}is used up`,
      subject: `${p.name === "" ? "pool" : p.name} in use`,
      count: p.inUse,
      before: old?.inUse ?? null,
      unit: "connections",
      ...withoutStack,
      evidence,
      meaning:
        "Every connection is borrowed. Under a peak that passes; if it stays while throughput falls, borrowers do not give them back.",
      next: [
        "look for Rows, Tx and Conn that some path does not close",
        "`stanch diagnose --trace 30s` shows which stack holds a connection longest",
      ],
      rule: "sql-rows-unclosed",
      score: scoreOf(status, p.inUse, newWaits),
    });
  }
  return out;
}
