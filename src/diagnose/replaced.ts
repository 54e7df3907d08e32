/**
 * gRPC connections that are ended and dialled again. Their number stays what it is, and so nothing grows: only that they are other ones
 * shows it. A channel's connection lives for hours; a server ends it after some minutes where it says MaxConnectionAge, and after a few
 * pings where the client pings more often than it permits (GOAWAY ENHANCE_YOUR_CALM, too_many_pings).
 */
import type { Look } from "./evidence.ts";
import { signatureOf } from "./signatures.ts";
import { connectionsKey, describePeer } from "./sockets.ts";
import { scoreOf, withoutStack, type Suspect } from "./suspect.ts";

/** Connections that went and as many that came in their place. */
const LEAST = 3;
/** Longer lives than this are a server's MaxConnectionAge, or a deploy of the peer. */
const SHORT_SECONDS = 5 * 60;

export function replacedConnections(look: Look, earlier: Look | null): Suspect[] {
  if (look.sockets === null || earlier?.sockets == null || look.goroutines === null) return [];
  const seconds = (look.takenMs - earlier.takenMs) / 1000;
  if (!(seconds > 0)) return [];
  // Which connection is whose goroutine nobody knows: those of one peer may all be gRPC's where there are as many readers.
  const readers = look.goroutines.groups
    .filter((g) => signatureOf(g)?.id === "grpc-client-connections")
    .reduce((n, g) => n + g.count, 0);
  const then = new Map(earlier.sockets.groups.map((c) => [connectionsKey(c), c]));
  const out: Suspect[] = [];
  for (const c of look.sockets.groups) {
    const was = then.get(connectionsKey(c));
    if (was?.localPorts === undefined || c.localPorts === undefined) continue;
    if (c.state !== "ESTABLISHED" || c.direction !== "out" || readers < 0.85 * c.count) continue;
    // Of more than a thousand only some are known, and these two looks may know different ones.
    if (c.count > c.localPorts.length || was.count > was.localPorts.length) continue;
    const ports = new Set(c.localPorts);
    const gone = was.localPorts.filter((p) => !ports.has(p)).length;
    const come = c.localPorts.length - (was.localPorts.length - gone);
    const replaced = Math.min(gone, come);
    const life = (seconds * was.count) / Math.max(1, gone);
    if (replaced < LEAST || life > SHORT_SECONDS) continue;
    out.push({
      kind: "socket",
      status: "possible",
      signature: "grpc-connections-replaced",
      title: "gRPC connections that are ended and dialled again",
      count: c.count,
      before: was.count,
      unit: "connections",
      ...withoutStack,
      connections: [c],
      evidence: [
        `${gone} of the ${was.count} connections to ${describePeer(c)} are gone after ${Math.round(seconds)} s and ${come} new ones are there: each lives about ${Math.round(life)} s`,
      ],
      meaning:
        "The connection of a channel lives as long as the channel. A server ends it early where the client pings more often than the server's policy permits (GOAWAY, too_many_pings), or where its MaxConnectionAge is short; calls that are under way then fail.",
      next: [
        'look for "too_many_pings" or ENHANCE_YOUR_CALM in the logs of the client',
        "make the client's keepalive Time at least the MinTime of the server's EnforcementPolicy, and PermitWithoutStream the same on both sides",
      ],
      rule: "grpc-keepalive-conflict",
      score: scoreOf("possible", c.count, replaced) - 50,
    });
  }
  return out;
}
