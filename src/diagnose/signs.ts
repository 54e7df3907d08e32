/**
 * By what a rule's leak shows in a running process: the rows of the table of known stacks (signatures.ts), and the waits and signals of
 * what has no row. Read the other way round: which findings may explain a suspect. The likeliest rule first.
 */
import { databasePorts, redisPorts } from "./ports.ts";
import { signatures } from "./signatures.ts";
import type { Suspect } from "./suspect.ts";

const bySignature: Readonly<Record<string, readonly string[]>> = {
  "http-body-open": ["http-body-unclosed", "http-transport-per-call", "resource-unclosed"],
  "http-idle-connections": ["http-transport-per-call", "http-body-undrained"],
  "http-write-loop": ["http-transport-per-call", "http-body-unclosed", "http-body-undrained", "resource-unclosed"],
  "http-dial-waiting": ["http-body-unclosed", "http-request-no-deadline"],
  "http-awaiting-response": ["http-request-no-deadline", "context-not-propagated", "context-detached"],
  "http2-client-connections": ["http-transport-per-call", "http-body-unclosed"],
  "http-server-idle": ["http-server-no-timeout"],
  "http-handler-stuck": [
    "context-not-propagated",
    "http-request-no-deadline",
    "mutex-not-unlocked",
    "context-never-done",
    "context-detached",
    "goroutine-recv-blocked",
    "goroutine-send-blocked",
    "waitgroup-mismatch",
  ],
  "sql-pool-waiting": ["sql-rows-unclosed", "sql-tx-unfinished", "sql-conn-unreleased", "sql-stmt-unclosed"],
  "sql-tx-open": ["sql-tx-unfinished"],
  "sql-rows-open": ["sql-rows-unclosed", "sql-conn-unreleased"],
  "sql-open-many": ["sql-open-per-call", "resource-unclosed"],
  "pgx-pool-waiting": ["sql-conn-unreleased", "sql-rows-unclosed", "sql-tx-unfinished"],
  "grpc-client-connections": ["grpc-conn-per-call", "grpc-conn-unclosed", "grpc-keepalive-conflict"],
  "grpc-connections-replaced": ["grpc-keepalive-conflict"],
  "grpc-client-writers": ["grpc-conn-per-call", "grpc-conn-unclosed"],
  "grpc-client-conns": ["grpc-conn-unclosed", "grpc-conn-per-call"],
  "grpc-client-streams": ["grpc-stream-unfinished", "context-cancel-lost"],
  "redis-pool-waiting": ["redis-pubsub-unclosed", "resource-unclosed"],
  "redis-pubsub": ["redis-pubsub-unclosed"],
  "redis-clients": ["redis-client-per-call", "redis-client-unclosed"],
  "mongo-clients": ["client-per-call", "resource-unclosed"],
  "kafka-clients": ["client-per-call", "resource-unclosed"],
  "etcd-watches": ["context-cancel-lost", "client-per-call", "resource-unclosed"],
  "context-watchers": ["context-cancel-lost"],
  "exec-commands": ["resource-unclosed"],
};

const byWait: Readonly<Record<string, readonly string[]>> = {
  "chan send": ["goroutine-send-blocked"],
  "chan receive": [
    "goroutine-recv-blocked",
    "goroutine-range-unclosed",
    "context-never-done",
    "goroutine-send-blocked",
  ],
  select: ["goroutine-no-exit", "context-never-done", "goroutine-send-blocked", "ticker-unstopped", "time-tick-leak"],
  "chan send (nil chan)": ["goroutine-send-blocked"],
  "chan receive (nil chan)": ["context-never-done", "goroutine-recv-blocked"],
  sleep: ["goroutine-no-exit"],
  "sync.Mutex.Lock": ["mutex-not-unlocked"],
  "sync.RWMutex.Lock": ["mutex-not-unlocked"],
  "sync.RWMutex.RLock": ["mutex-not-unlocked"],
  semacquire: ["mutex-not-unlocked", "waitgroup-mismatch"],
  "sync.WaitGroup.Wait": ["waitgroup-mismatch"],
  "IO wait": ["resource-unclosed", "http-request-no-deadline", "context-not-propagated", "client-per-call"],
};

const byKind: Readonly<Record<Suspect["kind"], readonly string[]>> = {
  goroutine: [],
  heap: [
    "timer-after-in-loop",
    "time-tick-leak",
    "ticker-unstopped",
    "timer-unstopped",
    "defer-in-loop",
    "context-cancel-lost",
  ],
  fd: ["resource-unclosed", "defer-in-loop"],
  socket: [
    "http-body-unclosed",
    "http-transport-per-call",
    "redis-client-per-call",
    "grpc-conn-per-call",
    "sql-open-per-call",
    "redis-pubsub-unclosed",
    "grpc-conn-unclosed",
    "redis-client-unclosed",
    "resource-unclosed",
    "client-per-call",
  ],
  pool: ["sql-rows-unclosed", "sql-tx-unfinished", "sql-conn-unreleased"],
};

/** Of connections to a port that says what it is. */
const byPort: readonly (readonly [readonly number[], readonly string[]])[] = [
  [
    databasePorts,
    ["sql-rows-unclosed", "sql-tx-unfinished", "sql-conn-unreleased", "sql-open-per-call", "resource-unclosed"],
  ],
  [
    redisPorts,
    ["redis-client-per-call", "redis-pubsub-unclosed", "redis-client-unclosed", "client-per-call", "resource-unclosed"],
  ],
];

type Signs = Pick<Suspect, "kind" | "signature" | "wait" | "rule"> & Partial<Pick<Suspect, "connections">>;

/** Rules whose leak looks like this, the likeliest first; empty where nothing is known. */
export function rulesFor(s: Signs): readonly string[] {
  const own = s.rule === null ? [] : [s.rule];
  const known = s.signature === null ? undefined : bySignature[s.signature];
  // A socket's kind says little; what is known of it says all.
  const kind = s.kind === "socket" && known !== undefined ? [] : ofKind(s);
  return [...new Set([...own, ...(known ?? byWait[s.wait] ?? []), ...kind])];
}

const companions = new Set(signatures.flatMap((s) => (s.role === "companion" ? [s.id] : [])));

/** Its goroutines come beside others, and look the same whatever those leak by. */
export function isCompanion(s: Pick<Suspect, "signature">): boolean {
  return s.signature !== null && companions.has(s.signature);
}

/** Its connections go to a port that says what answers there, or come in from clients. */
export function hasOwnPort({ connections }: Pick<Suspect, "connections">): boolean {
  const [c] = connections;
  return c !== undefined && (c.direction !== "out" || byPort.some(([ports]) => ports.includes(c.port)));
}

function ofKind({ kind, connections }: Signs): readonly string[] {
  const c = connections?.[0];
  if (kind !== "socket" || c === undefined) return byKind[kind];
  // What clients opened is no client of ours.
  if (c.direction !== "out") return [];
  return byPort.find(([ports]) => ports.includes(c.port))?.[1] ?? byKind.socket;
}
