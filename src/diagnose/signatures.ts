/**
 * What known stacks mean. Data, not conditions: a row names frames, and says in words what a pile of such goroutines is, what to look at
 * next and which source rule finds the cause. First row that fits wins, so particular rows stand before general ones.
 *
 * Frames were read from real dumps of Go 1.18 to 1.27 and of the libraries' sources; names without a version element, as looseName gives.
 */
import { looseName } from "../profile/names.ts";
import type { GoroutineGroup } from "../profile/group.ts";

export interface Signature {
  readonly id: string;
  /** All of these function names (loose) are in the stack. */
  readonly frames?: readonly string[];
  /** One of these is in the stack. */
  readonly anyFrame?: readonly string[];
  /** One of these waits. */
  readonly waits?: readonly string[];
  /** The goroutine was started with one of these. */
  readonly entries?: readonly string[];
  /** Needs a frame of the program's own or of a dependency. */
  readonly own?: boolean;
  /**
   * `resident`: part of a healthy program as long as there are no more than `upTo`. `companion`: always comes with another group, which
   * is the one to look at. `pile`: a leak when it piles up.
   */
  readonly role: "resident" | "companion" | "pile";
  readonly upTo?: number;
  readonly title: string;
  readonly meaning: string;
  readonly next: readonly string[];
  readonly rule: string | null;
  /** Which connections belong to it. */
  readonly connections?: {
    readonly direction: "in" | "out";
    readonly ports?: readonly number[];
    readonly notPorts?: readonly number[];
  };
}

export const databasePorts = [5432, 3306, 1433, 1521, 5433, 26257, 6432];
export const redisPorts = [6379, 6380, 16379, 26379];
const backendPorts = [...databasePorts, ...redisPorts, 27017, 9092, 11211];

const resident = (id: string, frames: readonly string[], upTo = 4): Signature => ({
  id,
  anyFrame: frames,
  role: "resident",
  upTo,
  title: "background goroutines of the runtime or a library",
  meaning: "They live as long as the process; a few are normal.",
  next: [],
  rule: null,
});

const companion = (id: string, frames: readonly string[]): Signature => ({
  ...resident(id, frames),
  role: "companion",
  title: "watchers of connections, one beside each",
  meaning: "They come and go with the connection or request that they watch.",
});

export const signatures: readonly Signature[] = [
  // ---- net/http client ----
  {
    id: "http-body-open",
    frames: ["net/http.(*persistConn).readLoop"],
    waits: ["select"],
    role: "pile",
    title: "HTTP responses whose bodies are still open",
    meaning:
      "Each of these connections has received a response and waits for its body to be read to the end or closed. Nobody does: the connection, its two goroutines and a descriptor stay until the process ends.",
    next: [
      "find the calls to the peer below and close resp.Body on every path, the ones for errors and for status codes other than 200 too",
      "read the body to the end (io.Copy(io.Discard, …)) before closing it where the connection should be used again",
    ],
    rule: "http-body-unclosed",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "http-idle-connections",
    frames: ["net/http.(*persistConn).readLoop"],
    role: "pile",
    title: "idle HTTP client connections",
    meaning:
      "Kept-alive connections that wait for their next request. One shared client keeps two per host by default; far more to one peer mean that a Transport is made per call and dropped with its connections (a literal http.Transport has no limit and no idle timeout).",
    next: [
      "make one http.Client with one Transport and share it; set MaxIdleConnsPerHost to what the load needs and IdleConnTimeout to about 90 s",
      "an &http.Client{} without a Transport of its own is not the cause: it shares http.DefaultTransport",
    ],
    rule: "http-transport-per-call",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "http-write-loop",
    frames: ["net/http.(*persistConn).writeLoop"],
    role: "companion",
    title: "writing halves of HTTP client connections",
    meaning: "One per connection, beside its readLoop.",
    next: [],
    rule: null,
  },
  {
    id: "http-dial-waiting",
    anyFrame: ["net/http.(*Transport).getConn", "net/http.(*Transport).queueForDial"],
    waits: ["select"],
    role: "pile",
    title: "HTTP requests waiting for a connection",
    meaning:
      "MaxConnsPerHost is reached, or dialling hangs: every connection to the host is taken and none comes back.",
    next: [
      "look at the connections to the peer: if they are all held by open bodies, those are the leak",
      "give requests a deadline",
    ],
    rule: "http-request-no-deadline",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "http-awaiting-response",
    anyFrame: [
      "net/http.(*persistConn).roundTrip",
      "net/http.(*http2ClientConn).roundTrip",
      "net/http.(*http2ClientConn).RoundTrip",
    ],
    waits: ["select"],
    role: "pile",
    title: "HTTP requests waiting for a response",
    meaning: "The peer has not answered. Without a client Timeout or a context deadline they wait as long as it likes.",
    next: ["set a Timeout on the client or a deadline on the context", "look at the peer: it may be what is stuck"],
    rule: "http-request-no-deadline",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "http2-client-connections",
    anyFrame: [
      "net/http.(*http2clientConnReadLoop).run",
      "golang.org/x/net/http2.(*clientConnReadLoop).run",
      "net/http.(*http2ClientConn).readLoop",
      "golang.org/x/net/http2.(*ClientConn).readLoop",
    ],
    role: "pile",
    title: "HTTP/2 client connections",
    meaning: "One per connection; a shared client needs one per host. More mean a Transport per call.",
    next: ["share one client"],
    rule: "http-transport-per-call",
    connections: { direction: "out", notPorts: backendPorts },
  },
  // ---- net/http server ----
  {
    id: "http-background-read",
    anyFrame: ["net/http.(*connReader).backgroundRead"],
    role: "companion",
    title: "watchers of running HTTP requests",
    meaning: "One per request whose handler is running.",
    next: [],
    rule: null,
  },
  {
    id: "http-server-idle",
    entries: ["net/http.(*conn).serve"],
    waits: ["IO wait"],
    role: "resident",
    upTo: 2000,
    title: "client connections to this server",
    meaning:
      "Connections that clients keep open between requests. Their number is the clients' doing, unless the server sets no IdleTimeout.",
    next: ["set IdleTimeout and ReadHeaderTimeout on the http.Server"],
    rule: "http-server-no-timeout",
    connections: { direction: "in" },
  },
  resident(
    "net-listener",
    [
      "net.(*netFD).accept",
      "net.(*TCPListener).Accept",
      "net/http.(*Server).Serve",
      "google.golang.org/grpc.(*Server).Serve",
    ],
    16,
  ),
  // ---- database/sql and drivers ----
  {
    id: "sql-pool-waiting",
    anyFrame: ["database/sql.(*DB).conn"],
    role: "pile",
    title: "callers waiting for a database connection",
    meaning:
      "The pool is at its maximum and every connection is borrowed. Somebody borrowed them and does not give them back; whoever waits here is a victim, not the cause.",
    next: [
      "look for the borrowers: Rows not closed, Tx neither committed nor rolled back, Conn not closed (goroutines in awaitDone, below, count them)",
      "`stanch diagnose --trace 30s` shows which stack borrowed a connection and holds it longest",
    ],
    rule: "sql-rows-unclosed",
    connections: { direction: "out", ports: databasePorts },
  },
  {
    id: "sql-tx-open",
    anyFrame: ["database/sql.(*Tx).awaitDone"],
    role: "pile",
    title: "database transactions that are still open",
    meaning:
      "One goroutine per transaction that was begun with a cancellable context and neither committed nor rolled back.",
    next: [
      "defer tx.Rollback() right after BeginTx: after a Commit it does nothing",
      "look for early returns between BeginTx and Commit",
    ],
    rule: "sql-tx-unfinished",
    connections: { direction: "out", ports: databasePorts },
  },
  {
    id: "sql-rows-open",
    anyFrame: ["database/sql.(*Rows).awaitDone"],
    role: "pile",
    title: "database result sets that are still open",
    meaning:
      "One goroutine per Rows that was made with a cancellable context and neither closed nor read to the end. Each holds a connection of the pool.",
    next: ["defer rows.Close() right after the error check of Query", "look for returns inside the rows.Next() loop"],
    rule: "sql-rows-unclosed",
    connections: { direction: "out", ports: databasePorts },
  },
  {
    id: "sql-open-many",
    anyFrame: ["database/sql.(*DB).connectionOpener"],
    role: "resident",
    upTo: 8,
    title: "database/sql pools",
    meaning:
      "One per sql.DB. A program needs one for each database: many mean that sql.Open is called per request, each with connections of its own.",
    next: ["open the pool once and share it"],
    rule: "sql-open-per-call",
    connections: { direction: "out", ports: databasePorts },
  },
  {
    id: "pgx-pool-waiting",
    anyFrame: [
      "github.com/jackc/puddle.(*Pool).acquire",
      "github.com/jackc/puddle.(*Pool).Acquire",
      "github.com/jackc/pgx/pgxpool.(*Pool).Acquire",
    ],
    role: "pile",
    title: "callers waiting for a pgx connection",
    meaning: "The pgxpool is at its maximum and nothing is given back.",
    next: ["release every acquired connection; close Rows on every path"],
    rule: "sql-conn-unreleased",
    connections: { direction: "out", ports: databasePorts },
  },
  companion("sql-driver-watcher", [
    "github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher.func",
    "github.com/lib/pq.(*conn).watchCancel.func",
    "github.com/jackc/pgx/pgxpool.(*Pool).backgroundHealthCheck",
  ]),
  // ---- gRPC ----
  {
    id: "grpc-client-connections",
    anyFrame: ["google.golang.org/grpc/internal/transport.(*http2Client).reader"],
    role: "resident",
    upTo: 16,
    title: "gRPC client connections",
    meaning:
      "One per connection of a ClientConn. One shared ClientConn per server is enough: more mean grpc.NewClient per call without Close.",
    next: [
      "share one ClientConn, or close each",
      "set an idle timeout on the client and MaxConnectionAge on the server",
    ],
    rule: "grpc-conn-per-call",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "grpc-client-writers",
    anyFrame: [
      "google.golang.org/grpc/internal/transport.(*loopyWriter).run",
      "google.golang.org/grpc/internal/transport.(*controlBuffer).get",
      "google.golang.org/grpc/internal/transport.(*http2Client).keepalive",
      "google.golang.org/grpc/internal/transport.(*http2Server).keepalive",
    ],
    role: "companion",
    title: "writers of gRPC connections",
    meaning: "One per connection.",
    next: [],
    rule: null,
  },
  {
    id: "grpc-client-conns",
    anyFrame: [
      "google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run",
      "google.golang.org/grpc.(*ccBalancerWrapper).watcher",
      "google.golang.org/grpc.(*ccResolverWrapper).watcher",
    ],
    role: "resident",
    upTo: 32,
    title: "gRPC clients (ClientConn)",
    meaning: "A few per ClientConn; many mean that clients are made per call and never closed.",
    next: ["share one ClientConn, or close each"],
    rule: "grpc-conn-unclosed",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "grpc-client-streams",
    anyFrame: ["google.golang.org/grpc.newClientStreamWithParams.func", "google.golang.org/grpc.newClientStream.func"],
    role: "pile",
    title: "gRPC client streams that are still open",
    meaning: "One per stream that was neither read to its end nor cancelled.",
    next: ["read until io.EOF or an error, or cancel the stream's context"],
    rule: "grpc-stream-unfinished",
    connections: { direction: "out", notPorts: backendPorts },
  },
  {
    id: "grpc-server-connections",
    anyFrame: ["google.golang.org/grpc/internal/transport.(*http2Server).HandleStreams"],
    role: "resident",
    upTo: 2000,
    title: "gRPC connections from clients",
    meaning:
      "Connections that clients hold to this server. Many from one client mean that it makes a channel per call.",
    next: ["set keepalive.ServerParameters{MaxConnectionIdle, MaxConnectionAge} on the server"],
    rule: null,
    connections: { direction: "in" },
  },
  // ---- Redis and other clients ----
  {
    id: "redis-pool-waiting",
    anyFrame: [
      "github.com/redis/go-redis/internal/pool.(*ConnPool).waitTurn",
      "github.com/go-redis/redis/internal/pool.(*ConnPool).waitTurn",
      "github.com/gomodule/redigo/redis.(*Pool).waitVacantConn",
    ],
    role: "pile",
    title: "callers waiting for a Redis connection",
    meaning: "The pool is at its maximum and nothing is given back.",
    next: ["close Conn and PubSub objects; redigo connections from Pool.Get must be closed"],
    rule: "redis-client-unclosed",
    connections: { direction: "out", ports: redisPorts },
  },
  {
    id: "redis-pubsub",
    anyFrame: [
      "github.com/redis/go-redis.(*channel).initMsgChan.func",
      "github.com/go-redis/redis.(*channel).initMsgChan.func",
      "github.com/redis/go-redis.(*channel).initHealthCheck.func",
      "github.com/go-redis/redis.(*channel).initHealthCheck.func",
      "github.com/redis/go-redis.(*PubSub).ReceiveTimeout",
    ],
    role: "pile",
    title: "Redis subscriptions",
    meaning: "One connection and a few goroutines per PubSub until it is closed.",
    next: ["defer pubsub.Close() where Subscribe is called"],
    rule: "redis-pubsub-unclosed",
    connections: { direction: "out", ports: redisPorts },
  },
  {
    id: "redis-clients",
    anyFrame: ["github.com/go-redis/redis/internal/pool.(*ConnPool).reaper"],
    role: "resident",
    upTo: 8,
    title: "Redis clients",
    meaning: "One per client; many mean redis.NewClient per call.",
    next: ["make one client and share it"],
    rule: "redis-client-per-call",
    connections: { direction: "out", ports: redisPorts },
  },
  {
    id: "mongo-clients",
    anyFrame: [
      "go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*Server).update",
      "go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*rttMonitor).start",
    ],
    role: "resident",
    upTo: 24,
    title: "MongoDB clients",
    meaning: "A few per client and server; many mean mongo.Connect per call without Disconnect.",
    next: ["make one client and share it"],
    rule: "client-per-call",
    connections: { direction: "out", ports: [27017] },
  },
  {
    id: "kafka-clients",
    anyFrame: [
      "github.com/IBM/sarama.(*Broker).responseReceiver",
      "github.com/Shopify/sarama.(*Broker).responseReceiver",
      "github.com/segmentio/kafka-go.(*connPool).discover",
    ],
    role: "resident",
    upTo: 64,
    title: "Kafka clients",
    meaning: "One per broker connection; many mean a client per call.",
    next: ["make one client and share it; close producers and consumers"],
    rule: "client-per-call",
    connections: { direction: "out", ports: [9092, 9093] },
  },
  {
    id: "etcd-watches",
    anyFrame: [
      "go.etcd.io/etcd/client/v3.(*watchGrpcStream).run",
      "go.etcd.io/etcd/client.(*watchGrpcStream).run",
      "go.etcd.io/etcd/clientv3.(*watchGrpcStream).run",
    ],
    role: "resident",
    upTo: 16,
    title: "etcd watches",
    meaning: "One per watch stream; it ends with the watch's context.",
    next: ["cancel the context that each Watch was given"],
    rule: "context-cancel-lost",
    connections: { direction: "out", ports: [2379] },
  },
  // ---- contexts, commands, pools of the runtime ----
  {
    id: "context-watchers",
    anyFrame: ["context.(*cancelCtx).propagateCancel.func", "context.propagateCancel.func"],
    role: "pile",
    title: "contexts that nobody cancels",
    meaning:
      "A context derived from a parent of a foreign type costs a goroutine until it is cancelled: here is one per lost cancel.",
    next: ["call the CancelFunc on every path (defer cancel())"],
    rule: "context-cancel-lost",
  },
  {
    id: "exec-commands",
    anyFrame: [
      "os/exec.(*Cmd).Start.func",
      "os/exec.(*Cmd).watchCtx.func",
      "os/exec.(*Cmd).Wait",
      "os/exec.(*Cmd).awaitGoroutines",
    ],
    role: "pile",
    title: "child processes that are still waited for",
    meaning: "Commands that do not end, or whose output pipe a grandchild keeps open.",
    next: ["use exec.CommandContext with a deadline and set WaitDelay"],
    rule: "resource-unclosed",
  },
  // After all that handlers may be waiting for by name.
  {
    id: "http-handler-stuck",
    entries: ["net/http.(*conn).serve"],
    waits: [
      "chan receive",
      "chan send",
      "chan receive (nil chan)",
      "chan send (nil chan)",
      "select",
      "select (no cases)",
      "sync.Mutex.Lock",
      "sync.RWMutex.Lock",
      "sync.RWMutex.RLock",
      "sync.WaitGroup.Wait",
      "sync.Cond.Wait",
      "semacquire",
    ],
    own: true,
    role: "pile",
    title: "HTTP handlers that do not return",
    meaning:
      "Requests whose handler waits at the line below. Each holds its connection, its request and whatever the handler has opened.",
    next: ["see who is to wake this line up, and whether it can give up before", "wait on r.Context().Done() as well"],
    rule: "goroutine-recv-blocked",
    connections: { direction: "in" },
  },
  resident("signal-watcher", ["os/signal.signal_recv", "os/signal.loop", "os/signal.NotifyContext.func"], 8),
  resident(
    "runtime-own",
    [
      "runtime.bgsweep",
      "runtime.bgscavenge",
      "runtime.forcegchelper",
      "runtime.runfinq",
      "runtime.runFinalizers",
      "runtime.runCleanups",
      "runtime.gcBgMarkWorker",
      "runtime.ensureSigM.func",
      "runtime.ReadTrace",
      "runtime.(*cleanupQueue).dequeue",
    ],
    512,
  ),
  resident(
    "library-loops",
    [
      "go.opencensus.io/stats/view.(*worker).start",
      "github.com/golang/glog.(*fileSink).flushDaemon",
      "github.com/golang/glog.(*loggingT).flushDaemon",
      "k8s.io/klog.(*flushDaemon).run.func",
      "github.com/patrickmn/go-cache.(*janitor).Run",
      "gopkg.in/natefinch/lumberjack.(*Logger).millRun",
      "github.com/rcrowley/go-metrics.(*meterArbiter).tick",
    ],
    8,
  ),
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

/** What a pile means where only the wait is known. */
export interface WaitMeaning {
  readonly title: string;
  readonly meaning: string;
  readonly next: readonly string[];
  readonly rule: string | null;
}

export function meaningOfWait(wait: string): WaitMeaning {
  switch (wait) {
    case "chan send":
      return {
        title: "goroutines that cannot deliver their result",
        meaning:
          "They send on a channel that nobody receives from any more: the receiver took another result, ran into its timeout or returned early.",
        next: ["give the channel room for every send, or select on ctx.Done() beside the send"],
        rule: "goroutine-send-blocked",
      };
    case "chan receive":
      return {
        title: "goroutines waiting to receive",
        meaning:
          "They wait for a value or a close that has not come. Workers of a pool wait like this too: only growth tells them apart.",
        next: [
          "see who sends or closes, and whether that happens on every path",
          "a range over a channel ends only when somebody closes it",
        ],
        rule: "goroutine-recv-blocked",
      };
    case "chan receive (nil chan)":
    case "chan send (nil chan)":
      return {
        title: "goroutines waiting on a nil channel",
        meaning: "Nothing can ever be sent on or received from a nil channel: they stay for ever.",
        next: ["find where the channel should have been made"],
        rule: "goroutine-recv-blocked",
      };
    case "select":
      return {
        title: "goroutines waiting in a select",
        meaning:
          "None of the cases has happened. If one of them is ctx.Done(), that context is not cancelled: it may be context.Background() or its cancel was lost.",
        next: ["see whether the context that arrives here can ever end", "see who feeds the other cases"],
        rule: "context-never-done",
      };
    case "select (no cases)":
      return {
        title: "goroutines parked for ever",
        meaning:
          "select {} never ends. In main it is a way to wait; in a goroutine it keeps everything that the goroutine refers to.",
        next: ["end the goroutine by a context or a done channel"],
        rule: "goroutine-no-exit",
      };
    case "sync.Mutex.Lock":
    case "sync.RWMutex.Lock":
    case "sync.RWMutex.RLock":
      return {
        title: "goroutines waiting for a lock",
        meaning:
          "Somebody holds the lock and does not let go: a path without Unlock, a deadlock, or a holder that is stuck itself.",
        next: ["find the holder: a goroutine past this Lock that waits elsewhere", "defer Unlock"],
        rule: "mutex-not-unlocked",
      };
    case "sync.WaitGroup.Wait":
      return {
        title: "goroutines waiting for a WaitGroup",
        meaning: "Done has been called less often than Add: a worker is stuck, panicked, or returned before its Done.",
        next: ["defer wg.Done() as the worker's first line; Add before go"],
        rule: "waitgroup-mismatch",
      };
    case "sync.Cond.Wait":
    case "semacquire":
      return {
        title: "goroutines waiting to be signalled",
        meaning: "They wait for a Signal, Broadcast or semaphore that has not come.",
        next: ["see who signals, and whether it can return before it does"],
        rule: "goroutine-recv-blocked",
      };
    case "IO wait":
      return {
        title: "goroutines waiting for the network",
        meaning:
          "They read from or write to connections whose other side is silent. Without a deadline that lasts as long as the connection.",
        next: ["set a read deadline", "close the connection when its owner is done"],
        rule: "resource-unclosed",
      };
    case "sleep":
      return {
        title: "sleeping goroutines",
        meaning: "They sleep in a loop, or for long, and cannot be told to stop.",
        next: ["select on a timer and ctx.Done() instead of time.Sleep"],
        rule: "goroutine-no-exit",
      };
    default:
      return {
        title: "goroutines at one line",
        meaning: "A pile at one place.",
        next: ["look at the line below and at what it waits for"],
        rule: null,
      };
  }
}
