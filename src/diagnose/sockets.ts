/** Suspects among sockets and descriptors. Those that a goroutine suspect already accounts for are left to it. */
import type { Connections, Look } from "./evidence.ts";
import { scoreOf, withoutStack, type Suspect, type SuspectStatus } from "./suspect.ts";

/** A few half-closed connections are in passing on any busy server; this many at once are not. */
const CLOSE_WAIT_PILE = 5;
const GROWTH = 5;
/** To one peer. Pools of this size exist, so one look says only "possible". */
const ESTABLISHED_PILE = 200;
const TIME_WAIT_CHURN = 1000;
const SAME_FILE = 10;
/** Of the descriptors that were open before: the rest may have been closed for other reasons. */
const KEPT = 0.95;
/** Different files of one kind, with one look. */
const MANY_FILES = 200;

export function describePeer(c: Connections): string {
  const at = c.peer.includes(":") ? `[${c.peer}]` : c.peer;
  return c.direction === "out" ? `${at}:${c.port}` : c.direction === "in" ? `${at} → :${c.port}` : `:${c.port}`;
}

/** Equal for the same group of connections in two looks. */
export function connectionsKey(c: Connections): string {
  return `${c.transport} ${c.state} ${c.direction} ${c.peer} ${c.port}`;
}

export function socketSuspects(look: Look, earlier: Look | null, accounted: ReadonlySet<Connections>): Suspect[] {
  if (look.sockets === null) return [];
  const before =
    earlier?.sockets == null
      ? null
      : new Map([...earlier.sockets.groups, ...earlier.sockets.unowned].map((c) => [connectionsKey(c), c.count]));
  const out: Suspect[] = [];
  const push = (
    c: Connections,
    status: SuspectStatus,
    words: { title: string; meaning: string; next: string[]; rule: string | null },
  ): void => {
    const was = before === null ? null : (before.get(connectionsKey(c)) ?? 0);
    const evidence = [`${c.count} ${c.state} ${c.direction === "in" ? "from" : "to"} ${describePeer(c)}`];
    if (was !== null) evidence.push(`${was} before, ${c.count} now`);
    if (c.unread > 0) evidence.push(`${c.unread} hold bytes that the program has not read`);
    if (c.fds.length > 0) evidence.push(`descriptors ${c.fds.slice(0, 8).join(", ")}${c.count > 8 ? ", …" : ""}`);
    out.push({
      kind: "socket",
      status,
      signature: null,
      count: c.count,
      before: was,
      unit: "connections",
      ...withoutStack,
      connections: [c],
      evidence,
      score: scoreOf(status, c.count, was === null ? 0 : c.count - was) - 50,
      ...words,
    });
  };
  for (const c of look.sockets.groups) {
    const growth = before === null ? 0 : c.count - (before.get(connectionsKey(c)) ?? 0);
    if (c.state === "CLOSE_WAIT" && (c.count >= CLOSE_WAIT_PILE || growth >= 3)) {
      push(c, "likely", {
        title:
          c.direction === "in"
            ? "connections that the client closed and the server did not"
            : "connections that the peer closed and we did not",
        meaning:
          "CLOSE_WAIT: the other side has hung up and waits for our Close. The kernel waits with it, for ever: only the program can end this.",
        next: [
          c.direction === "in"
            ? "look for handlers that are stuck: they hold their connection open"
            : "look for response bodies, result sets or connections to this peer that some path does not close",
        ],
        rule: c.direction === "in" ? "resource-unclosed" : "http-body-unclosed",
      });
    } else if (c.state === "ESTABLISHED" && c.direction === "out" && c.transport === "tcp" && !accounted.has(c)) {
      const grew = growth >= GROWTH && growth >= 0.05 * (c.count - growth);
      if (grew || c.count >= ESTABLISHED_PILE)
        push(c, grew ? "likely" : "possible", {
          title: "connections to one peer that pile up",
          meaning:
            "More and more open connections to one peer mean that clients are made per call, or that what they return is not closed.",
          next: ["share one client for this peer", "with --trace 30s the stack that opens them is shown"],
          rule: "client-per-call",
        });
    }
  }
  for (const c of look.sockets.unowned)
    if (c.state === "TIME_WAIT" && c.direction === "out" && c.count >= TIME_WAIT_CHURN)
      push(c, "possible", {
        title: "connections that are made and dropped",
        meaning:
          "TIME_WAIT: closed in order, remembered for a minute. So many mean that connections are not used again: bodies closed before they are read to the end, or a client per call. Mostly normal, and not a leak; it costs ports and handshakes.",
        next: ["read bodies to the end before closing them; raise MaxIdleConnsPerHost (2 unless set)"],
        rule: "http-body-undrained",
      });
  return out;
}

export function descriptorSuspects(look: Look, earlier: Look | null): Suspect[] {
  const { fds } = look;
  if (fds === null) return [];
  const out: Suspect[] = [];
  const push = (
    s: Pick<Suspect, "status" | "title" | "subject" | "count" | "before" | "evidence" | "meaning" | "next" | "rule">,
  ): void => {
    out.push({
      kind: "fd",
      signature: null,
      unit: "descriptors",
      ...withoutStack,
      score: scoreOf(s.status, s.count, s.before === null ? 0 : s.count - s.before) - 60,
      ...s,
    });
  };
  const max = look.process?.maxFds ?? 0;
  if (max > 0 && Number.isFinite(max) && fds.total >= 0.8 * max)
    push({
      status: "likely",
      title: "descriptors near their limit",
      subject: "total",
      count: fds.total,
      before: earlier?.fds?.total ?? null,
      evidence: [
        `${fds.total} of ${max} open (${Math.round((100 * fds.total) / max)} %): ${fds.byKind.map((k) => `${k.count} ${k.kind}`).join(", ")}`,
      ],
      meaning: 'At the limit every open, accept and dial fails with "too many open files".',
      next: ["the suspects above say which kind grows; raising the limit only moves the day"],
      rule: "resource-unclosed",
    });
  const filesBefore = earlier?.fds == null ? null : new Map(earlier.fds.repeated.map((f) => [f.target, f.count]));
  for (const f of fds.repeated) {
    const was = filesBefore === null ? null : (filesBefore.get(f.target) ?? 1);
    const grew = was !== null && f.count - was >= 3;
    if (f.target.startsWith("/dev/") || f.target.startsWith("anon_inode:")) continue;
    if (f.count < SAME_FILE && !grew) continue;
    push({
      status: grew ? "likely" : "possible",
      title: "one file opened again and again",
      subject: f.target,
      count: f.count,
      before: was,
      evidence: [`${f.target} is open ${f.count} times`, ...(was === null ? [] : [`${was} before, ${f.count} now`])],
      meaning: "Each open took a descriptor that was not given back.",
      next: [
        "find where this file is opened and close it on every path",
        "with --trace 30s the stack that opens it is shown",
      ],
      rule: "resource-unclosed",
    });
    if (out.length >= 8) break;
  }
  const told = new Set(out.map((s) => s.subject));
  const likeBefore = earlier?.fds == null ? null : new Map(earlier.fds.files.map((f) => [f.name, f]));
  for (const f of fds.files) {
    if (told.has(f.name)) continue;
    const then = likeBefore?.get(f.name);
    const was = likeBefore === null ? null : (then?.count ?? 0);
    const now = new Set(f.fds);
    const kept = then === undefined ? 0 : then.fds.filter((fd) => now.has(fd)).length;
    const growth = was === null ? 0 : f.count - was;
    // In flight they come and go as chance has it. Of what was open before and is open still nothing comes and goes.
    const still = was !== null && was >= GROWTH && kept >= KEPT * was;
    const grew = was !== null && growth >= (still ? GROWTH : GROWTH + 3 * Math.sqrt(was + 1));
    // A deleted file that is kept open is of no use to anybody else; a database has its many files open for good.
    if (!grew && f.count < (f.kind === "deleted" ? SAME_FILE : MANY_FILES)) continue;
    push({
      status: grew ? "likely" : "possible",
      title: f.kind === "deleted" ? "deleted files that are still open" : "files of one kind that pile up",
      subject: f.name,
      count: f.count,
      before: was,
      evidence: [
        `${f.count} of ${f.name} are open${f.kind === "deleted" ? ", and deleted: their room on the disk comes back when they are closed" : ""}`,
        ...(was === null ? [] : [`${was} before, ${f.count} now`]),
        ...(still && grew ? [`${kept === was ? "all" : kept} of the ${was} that were open before are open still`] : []),
      ],
      meaning: "Each open took a descriptor that was not given back.",
      next: [
        "find where these are opened and close them on every path",
        "with --trace 30s the stack that opens them is shown",
      ],
      rule: "resource-unclosed",
    });
    if (out.length >= 8) break;
  }
  if (earlier?.fds != null)
    for (const kind of fds.byKind) {
      // Told above, with names.
      if (kind.kind === "socket" || kind.kind === "file" || kind.kind === "deleted") continue;
      const was = earlier.fds.byKind.find((k) => k.kind === kind.kind)?.count ?? 0;
      if (kind.count - was < 10 || kind.count < was * 1.2) continue;
      push({
        status: "likely",
        title: `${kind.kind} descriptors that pile up`,
        subject: kind.kind,
        count: kind.count,
        before: was,
        evidence: [`${was} before, ${kind.count} now`],
        meaning:
          kind.kind === "pipe"
            ? "Pipes of child processes or os.Pipe whose ends are not closed."
            : "Descriptors that are opened and not closed.",
        next: ["with --trace 30s the stack that opens them is shown"],
        rule: "resource-unclosed",
      });
    }
  return out;
}
