/** Kinds of resources: what must be released, how, and what to call it. */
import type { ResourceSpec } from "../flow/resource.ts";

export interface ResourceKind extends ResourceSpec {
  readonly id: string;
  /** As it is named in messages: "response body". */
  readonly noun: string;
  /** The rule that reports it. */
  readonly rule: string;
  /** How the release is written, with `{x}` for the acquired value: `{x}.Body.Close()`. */
  readonly releaseText: string;
}

function kind(
  id: string,
  noun: string,
  rule: string,
  release: Partial<ResourceSpec>,
  releaseText: string,
): ResourceKind {
  return { id, noun, rule, path: [], methods: [], call: false, exhaustedBy: [], ...release, releaseText };
}

const closer = (id: string, noun: string, rule = "resource-unclosed"): ResourceKind =>
  kind(id, noun, rule, { methods: ["Close"] }, "{x}.Close()");

const table = [
  kind("http-body", "response body", "http-body-unclosed", { path: ["Body"], methods: ["Close"] }, "{x}.Body.Close()"),
  kind("cancel", "cancel function", "context-cancel-lost", { call: true }, "{x}()"),
  kind(
    "sql-rows",
    "rows",
    "sql-rows-unclosed",
    { methods: ["Close"], exhaustedBy: ["Next", "NextResultSet"] },
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
  closer("file", "file"),
  closer("net-conn", "network connection"),
  closer("listener", "listener"),
  closer("reader", "reader"),
  closer("writer", "writer"),
  closer("closer", "resource"),
  kind("span", "span", "resource-unclosed", { methods: ["End", "Finish"] }, "{x}.End()"),
  kind("session", "session", "resource-unclosed", { methods: ["EndSession", "Close"] }, "{x}.Close()"),
  kind("stopper", "resource", "resource-unclosed", { methods: ["Stop"] }, "{x}.Stop()"),
] as const;

export const kinds: ReadonlyMap<string, ResourceKind> = new Map(table.map((k) => [k.id, k]));
