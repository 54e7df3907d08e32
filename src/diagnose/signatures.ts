/**
 * What known stacks mean. Data, not conditions: a row names frames, and says in words what a pile of such goroutines is, what to look at
 * next and which source rule finds the cause. First row that fits wins, so particular rows stand before general ones.
 *
 * Frames were read from real dumps of Go 1.18 to 1.27 and of the libraries' sources; names without a version element, as looseName gives.
 */
import { looseName } from "../profile/names.ts";
import type { GoroutineGroup } from "../profile/group.ts";
import { clients } from "./signatures/clients.ts";
import { grpc } from "./signatures/grpc.ts";
import { httpClients, httpHandlers, httpServers } from "./signatures/http.ts";
import { background, contextsAndCommands } from "./signatures/runtime.ts";
import type { Signature } from "./signatures/signature.ts";
import { databases } from "./signatures/sql.ts";

export const signatures: readonly Signature[] = [
  ...httpClients,
  ...httpServers,
  ...databases,
  ...grpc,
  ...clients,
  ...contextsAndCommands,
  ...httpHandlers,
  ...background,
];

/** By function name, so that a group is tested against the rows that name one of its frames and not against all. */
const byFrame = new Map<string, Signature[]>();
for (const s of signatures)
  for (const f of [...(s.frames ?? []), ...(s.anyFrame ?? []), ...(s.entries ?? [])]) {
    const list = byFrame.get(f);
    if (list === undefined) byFrame.set(f, [s]);
    else list.push(s);
  }
const rank = new Map(signatures.map((s, i) => [s, i]));

export function signatureOf(group: GoroutineGroup): Signature | null {
  const names = new Set(group.stack.map((f) => looseName(f.func)));
  let best: Signature | null = null;
  for (const name of names)
    for (const s of byFrame.get(name) ?? [])
      if ((best === null || (rank.get(s) ?? 0) < (rank.get(best) ?? 0)) && fits(s, group, names)) best = s;
  return best;
}

function fits(s: Signature, group: GoroutineGroup, names: ReadonlySet<string>): boolean {
  if (s.frames !== undefined && !s.frames.every((f) => names.has(f))) return false;
  if (s.anyFrame !== undefined && !s.anyFrame.some((f) => names.has(f))) return false;
  if (s.entries !== undefined && !s.entries.includes(looseName(group.entry.func))) return false;
  if (s.waits !== undefined && group.wait !== "" && !s.waits.includes(group.wait)) return false;
  return s.own !== true || group.own !== null;
}
