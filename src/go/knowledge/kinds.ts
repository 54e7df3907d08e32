/** Kinds of resources: what must be released, how, and what to call it. */
import type { ResourceSpec } from "../flow/resource.ts";

export interface ResourceKind extends ResourceSpec {
  readonly id: string;
  /** As it is named in messages: "response body". */
  readonly noun: string;
  /** The rule that reports it. */
  readonly rule: string;
  /** It ends with the context that the acquiring call is given first. */
  readonly endsWithContext?: boolean;
  /** It ends with the connection that it was made on: whoever owns that may leave it. */
  readonly endsWithParent?: boolean;
  /** How the release is written, with `{x}` for the acquired value: `{x}.Body.Close()`. */
  readonly releaseText: string;
}

/** What has deadlines, of whatever kind, takes them until it is closed: net/net.go, os/file.go, internal/poll/fd_poll_runtime.go (setDeadlineImpl). */
export const deadlines: readonly string[] = ["SetDeadline", "SetReadDeadline", "SetWriteDeadline"];

function kind(
  id: string,
  noun: string,
  rule: string,
  release: Partial<Omit<ResourceKind, "id" | "noun" | "rule" | "releaseText">>,
  releaseText: string,
): ResourceKind {
  const failing = [...deadlines, ...(release.failing ?? [])];
  return { id, noun, rule, path: [], methods: [], call: false, exhaustedBy: [], ...release, failing, releaseText };
}

const closer = (id: string, noun: string, rule = "resource-unclosed"): ResourceKind =>
  kind(id, noun, rule, { methods: ["Close"] }, "{x}.Close()");

const table = [
  kind(
    "http-body",
    "response body",
    "http-body-unclosed",
    // "The Response Body is closed after it is sent": https://pkg.go.dev/net/http#Response.Write
    { path: ["Body"], methods: ["Close"], functions: ["(*net/http.Response).Write"] },
    "{x}.Body.Close()",
  ),
  kind("cancel", "cancel function", "context-cancel-lost", { call: true }, "{x}()"),
  kind(
    "sql-rows",
    "rows",
    "sql-rows-unclosed",
    // "returns an error if the rows are closed", and no other: https://pkg.go.dev/database/sql#Rows.Columns, ColumnTypes
    { methods: ["Close"], exhaustedBy: ["Next", "NextResultSet"], failing: ["Columns", "ColumnTypes"] },
    "{x}.Close()",
  ),
  kind("pgx-rows", "rows", "sql-rows-unclosed", { methods: ["Close"], exhaustedBy: ["Next"] }, "{x}.Close()"),
  closer("sql-stmt", "prepared statement", "sql-stmt-unclosed"),
  closer("sql-conn", "connection", "sql-conn-unreleased"),
  kind("pool-conn", "pooled connection", "sql-conn-unreleased", { methods: ["Release", "Hijack"] }, "{x}.Release()"),
  kind("sql-tx", "transaction", "sql-tx-unfinished", { methods: ["Commit", "Rollback"] }, "{x}.Rollback()"),
  kind("timer", "timer", "timer-unstopped", { methods: ["Stop"] }, "{x}.Stop()"),
  kind("ticker", "ticker", "ticker-unstopped", { methods: ["Stop"] }, "{x}.Stop()"),
  closer("grpc-conn", "gRPC connection", "grpc-conn-unclosed"),
  kind("redis-client", "Redis client", "redis-client-unclosed", { methods: ["Close", "Shutdown"] }, "{x}.Close()"),
  closer("redis-pubsub", "Redis subscription", "redis-pubsub-unclosed"),
  kind(
    "client",
    "client",
    "resource-unclosed",
    { methods: ["Close", "AsyncClose", "Drain", "Disconnect", "CloseAllowingRebalance", "Shutdown"] },
    "{x}.Close()",
  ),
  kind(
    "subscription",
    "subscription",
    "resource-unclosed",
    { methods: ["Unsubscribe", "Drain", "AutoUnsubscribe"], endsWithParent: true },
    "{x}.Unsubscribe()",
  ),
  // What Consume returns comes as long as the channel is open.
  kind(
    "amqp-channel",
    "AMQP channel",
    "resource-unclosed",
    { methods: ["Close", "Consume", "ConsumeWithContext"], endsWithParent: true },
    "{x}.Close()",
  ),
  kind(
    "mongo-cursor",
    "cursor",
    "resource-unclosed",
    { methods: ["Close", "All"], exhaustedBy: ["Next"] },
    "{x}.Close(ctx)",
  ),
  kind("mongo-client", "client", "resource-unclosed", { methods: ["Disconnect"] }, "{x}.Disconnect(ctx)"),
  kind("mongo-stream", "change stream", "resource-unclosed", { methods: ["Close"] }, "{x}.Close(ctx)"),
  kind("mongo-session", "session", "resource-unclosed", { methods: ["EndSession"] }, "{x}.EndSession(ctx)"),
  kind("stream", "stream", "resource-unclosed", { methods: ["Close"], endsWithContext: true }, "{x}.Close()"),
  closer("database", "database"),
  kind("azure-client", "client", "resource-unclosed", { methods: ["Close"] }, "{x}.Close(ctx)"),
  kind("kv-tx", "transaction", "resource-unclosed", { methods: ["Commit", "Rollback"] }, "{x}.Rollback()"),
  kind(
    "badger-tx",
    "transaction",
    "resource-unclosed",
    { methods: ["Discard", "Commit", "CommitWith"] },
    "{x}.Discard()",
  ),
  kind("iterator", "iterator", "resource-unclosed", { methods: ["Close"] }, "{x}.Close()"),
  kind("ldb-iterator", "iterator", "resource-unclosed", { methods: ["Release"] }, "{x}.Release()"),
  kind("ldb-snapshot", "snapshot", "resource-unclosed", { methods: ["Release"] }, "{x}.Release()"),
  kind("snapshot", "snapshot", "resource-unclosed", { methods: ["Close"] }, "{x}.Close()"),
  kind("object-body", "object body", "resource-unclosed", { path: ["Body"], methods: ["Close"] }, "{x}.Body.Close()"),
  kind("watch", "watch", "resource-unclosed", { methods: ["Stop"] }, "{x}.Stop()"),
  closer("watcher", "watcher"),
  kind("websocket", "websocket connection", "resource-unclosed", { methods: ["Close", "CloseNow"] }, "{x}.Close()"),
  kind(
    "websocket-now",
    "websocket connection",
    "resource-unclosed",
    { methods: ["CloseNow", "Close"] },
    "{x}.CloseNow()",
  ),
  kind("ssh-session", "session", "resource-unclosed", { methods: ["Close"], endsWithParent: true }, "{x}.Close()"),
  closer("file", "file"),
  // What libraries call a file: no cleanup of the runtime closes it.
  closer("library-file", "file"),
  // Setting an option of a socket fails when that is closed already.
  kind(
    "net-conn",
    "network connection",
    "resource-unclosed",
    {
      methods: ["Close"],
      failing: ["SetKeepAlive", "SetKeepAlivePeriod", "SetNoDelay", "SetLinger"],
    },
    "{x}.Close()",
  ),
  closer("listener", "listener"),
  closer("reader", "reader"),
  // Who is given one as an io.Reader may close it all the same, as http.NewRequest has it closed.
  kind("given-reader", "reader", "resource-unclosed", { methods: ["Close"], mayBeTaken: true }, "{x}.Close()"),
  closer("writer", "writer"),
  closer("closer", "resource"),
  kind("span", "span", "resource-unclosed", { methods: ["End", "Finish"] }, "{x}.End()"),
  kind("otel-provider", "OpenTelemetry provider", "resource-unclosed", { methods: ["Shutdown"] }, "{x}.Shutdown(ctx)"),
  kind("session", "session", "resource-unclosed", { methods: ["EndSession", "Close"] }, "{x}.Close()"),
  kind("stopper", "resource", "resource-unclosed", { methods: ["Stop"] }, "{x}.Stop()"),
] as const;

export const kinds: ReadonlyMap<string, ResourceKind> = new Map(table.map((k) => [k.id, k]));
