/** A verdict of `watch` as a suspect, so that it can be joined to findings as those of `diagnose` are. */
import { isOwn, type GoroutineGroup } from "../profile/group.ts";
import type { Frame } from "../profile/columns.ts";
import type { Verdict } from "../watch/verdict.ts";
import type { Connections } from "./evidence.ts";
import { signatureOf } from "./signatures.ts";
import { scoreOf, type Suspect } from "./suspect.ts";
import { meaningOfWait } from "./waits.ts";

const units = {
  goroutine: "goroutines",
  heap: "bytes",
  fd: "descriptors",
  socket: "connections",
  pool: "connections",
} as const;

export function suspectOf(v: Verdict): Suspect {
  const stack: Frame[] = v.stack.map((f) => ({ func: f.function, file: f.file, line: f.line }));
  // A goroutine signal is named by its group's loose key: wait, site, entry.
  const wait = v.kind === "goroutine" && v.signal.name.includes("|") ? v.signal.name.split("|")[0] : "";
  const signature = v.kind === "goroutine" && stack.length > 0 ? signatureOf(groupOf(stack, wait, v.value)) : null;
  const words = signature ?? (v.kind === "goroutine" ? meaningOfWait(wait) : null);
  const status = v.status === "leak" ? "leak" : "possible";
  return {
    kind: v.kind,
    status,
    signature: signature?.id ?? null,
    title: words?.title ?? v.signal.label,
    count: v.value,
    before: v.from,
    unit: units[v.kind],
    wait,
    minutes: null,
    location: v.location,
    stack,
    createdBy: null,
    openedBy: null,
    connections: v.kind === "socket" ? connectionsOf(v) : [],
    labels: [],
    evidence: v.evidence,
    meaning: words?.meaning ?? "",
    next: words?.next ?? [],
    rule: words?.rule ?? null,
    score: scoreOf(status, v.value, v.value - v.from),
  };
}

/** A socket signal is named by its peer and state, `10.0.0.7:5432 ESTABLISHED`, or by the port of ours, `:8080 in CLOSE_WAIT`. */
function connectionsOf(v: Verdict): Connections[] {
  const m = /^(.*):(\d+) (in )?([A-Z_0-9]+)$/.exec(v.signal.name);
  if (m === null) return [];
  const [, peer, port, inbound, state] = m;
  const direction = inbound === undefined ? "out" : "in";
  return [{ transport: "tcp", state, direction, peer, port: Number(port), count: v.value, unread: 0, fds: [] }];
}

function groupOf(stack: readonly Frame[], wait: string, count: number): GoroutineGroup {
  const [site] = stack;
  return {
    wait,
    count,
    site,
    entry: stack[stack.length - 1],
    creator: null,
    own: stack.find((f) => isOwn(f.func)) ?? null,
    stack,
    distinctStacks: 1,
    minutes: null,
    leaked: 0,
    labels: [],
    key: "",
    looseKey: "",
  };
}
