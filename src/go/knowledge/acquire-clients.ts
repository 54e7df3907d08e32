/**
 * Calls of third-party modules that acquire a resource. Names and signatures were read in the modules' own source, at the
 * versions in the comments; where a later major version moved the package, both paths are rows.
 */
import type { Acquire } from "./acquire.ts";

type Row = readonly [func: string, kind: string, result?: number];

const rows: Acquire[] = [];
function group(link: string, ...list: Row[]): void {
  for (const [func, kind, result = 0] of list) rows.push({ func, result, kind, link });
}

// Messaging.

// nats.go 1.46
const nats = "github.com/nats-io/nats.go";
group(`https://pkg.go.dev/${nats}#Conn.Close`, [`${nats}.Connect`, "client"]);
group(
  `https://pkg.go.dev/${nats}#Subscription.Unsubscribe`,
  [`(*${nats}.Conn).SubscribeSync`, "subscription"],
  [`(*${nats}.Conn).QueueSubscribeSync`, "subscription"],
);
// sarama 1.43: "You must call Close() on a client/producer/consumer to avoid leaks". A consumer from a client holds nothing: its Close leaves the client
// alone, and the partitions have their own (consumer.go, nopCloserClient; ownClient before 1.30).
for (const sarama of ["github.com/IBM/sarama", "github.com/Shopify/sarama"]) {
  group(
    `https://pkg.go.dev/${sarama}#Client`,
    ...[
      "NewClient",
      "NewAsyncProducer",
      "NewAsyncProducerFromClient",
      "NewSyncProducer",
      "NewSyncProducerFromClient",
      "NewConsumer",
      "NewConsumerGroup",
      "NewConsumerGroupFromClient",
      "NewClusterAdmin",
    ].map((f): Row => [`${sarama}.${f}`, "client"]),
    [`(${sarama}.Consumer).ConsumePartition`, "client"],
  );
}
// franz-go 1.18
group("https://pkg.go.dev/github.com/twmb/franz-go/pkg/kgo#Client.Close", [
  "github.com/twmb/franz-go/pkg/kgo.NewClient",
  "client",
]);
// kafka-go 0.4.47: "Programs should call Close when they are done with the reader".
const kafka = "github.com/segmentio/kafka-go";
group(
  `https://pkg.go.dev/${kafka}#Reader`,
  [`${kafka}.NewReader`, "client"],
  [`${kafka}.NewWriter`, "client"],
  ...["Dial", "DialContext", "DialLeader", "DialPartition"].map((f): Row => [`${kafka}.${f}`, "net-conn"]),
);
// amqp091-go 1.10
for (const amqp of ["github.com/rabbitmq/amqp091-go", "github.com/streadway/amqp"]) {
  group(
    `https://pkg.go.dev/${amqp}#Connection.Close`,
    ...["Dial", "DialConfig", "DialTLS"].map((f): Row => [`${amqp}.${f}`, "net-conn"]),
    [`(*${amqp}.Connection).Channel`, "amqp-channel"],
  );
}

// Coordination.

group(
  "https://pkg.go.dev/go.etcd.io/etcd/client/v3#Client.Close",
  ["go.etcd.io/etcd/client/v3.New", "client"],
  ["go.etcd.io/etcd/client/v3.NewFromURL", "client"],
);
for (const zk of ["github.com/go-zookeeper/zk", "github.com/samuel/go-zookeeper/zk"])
  group(`https://pkg.go.dev/${zk}#Conn.Close`, [`${zk}.Connect`, "client"], [`${zk}.ConnectWithDialer`, "client"]);

// Databases.

// "Find … the cursor must be closed": mongo-driver 1.17
for (const mongo of ["go.mongodb.org/mongo-driver/mongo", "go.mongodb.org/mongo-driver/v2/mongo"]) {
  group(
    `https://pkg.go.dev/${mongo}#Cursor`,
    [`(*${mongo}.Collection).Find`, "mongo-cursor"],
    [`(*${mongo}.Collection).Aggregate`, "mongo-cursor"],
    [`(*${mongo}.Database).Aggregate`, "mongo-cursor"],
    [`(*${mongo}.Database).ListCollections`, "mongo-cursor"],
    [`(*${mongo}.Collection).Watch`, "mongo-stream"],
    [`(*${mongo}.Database).Watch`, "mongo-stream"],
    [`(*${mongo}.Client).Watch`, "mongo-stream"],
    [`(*${mongo}.Client).StartSession`, "mongo-session"],
    [`${mongo}.Connect`, "mongo-client"],
  );
}
group("https://pkg.go.dev/gorm.io/gorm#DB.Rows", ["(*gorm.io/gorm.DB).Rows", "sql-rows"]);
// redigo 1.9: "The application must close the returned connection".
const redigo = "github.com/gomodule/redigo/redis";
group(
  `https://pkg.go.dev/${redigo}#Pool.Get`,
  [`(*${redigo}.Pool).Get`, "net-conn"],
  [`(*${redigo}.Pool).GetContext`, "net-conn"],
  ...["Dial", "DialContext", "DialURL", "DialURLContext", "DialTimeout"].map((f): Row => [
    `${redigo}.${f}`,
    "net-conn",
  ]),
);
group("https://pkg.go.dev/github.com/redis/rueidis#Client", ["github.com/redis/rueidis.NewClient", "redis-client"]);
for (const redis of [
  "github.com/redis/go-redis/v9",
  "github.com/go-redis/redis/v8",
  "github.com/go-redis/redis/v7",
  "github.com/go-redis/redis",
]) {
  group(
    `https://pkg.go.dev/${redis}#PubSub.Close`,
    ...["Client", "ClusterClient", "Ring"].flatMap((t) =>
      // Sharded channels came with v9.
      ["Subscribe", "PSubscribe", ...(redis.endsWith("/v9") ? ["SSubscribe"] : [])].map((f): Row => [
        `(*${redis}.${t}).${f}`,
        "redis-pubsub",
      ]),
    ),
    [`(${redis}.UniversalClient).Subscribe`, "redis-pubsub"],
    [`(${redis}.UniversalClient).PSubscribe`, "redis-pubsub"],
  );
}

// Embedded stores: iterators and snapshots pin tables, read transactions pin pages.

for (const v of ["", "/v2", "/v3", "/v4"]) {
  const badger = `github.com/dgraph-io/badger${v}`;
  group(
    `https://pkg.go.dev/${badger}#Txn.Discard`,
    [`${badger}.Open`, "database"],
    [`(*${badger}.DB).NewTransaction`, "badger-tx"],
    [`(*${badger}.Txn).NewIterator`, "iterator"],
  );
}
group(
  "https://pkg.go.dev/go.etcd.io/bbolt#Tx",
  ["go.etcd.io/bbolt.Open", "database"],
  ["(*go.etcd.io/bbolt.DB).Begin", "kv-tx"],
);
for (const pebble of ["github.com/cockroachdb/pebble", "github.com/cockroachdb/pebble/v2"]) {
  group(
    `https://pkg.go.dev/${pebble}#DB.NewIter`,
    [`${pebble}.Open`, "database"],
    // "The caller must call closer.Close when done with the value."
    [`(*${pebble}.DB).Get`, "closer", 1],
    [`(${pebble}.Reader).Get`, "closer", 1],
    [`(*${pebble}.DB).NewIter`, "iterator"],
    [`(*${pebble}.DB).NewIterWithContext`, "iterator"],
    [`(${pebble}.Reader).NewIter`, "iterator"],
    [`(*${pebble}.DB).NewSnapshot`, "snapshot"],
  );
}
const leveldb = "github.com/syndtr/goleveldb/leveldb";
group(
  `https://pkg.go.dev/${leveldb}#DB.NewIterator`,
  [`${leveldb}.OpenFile`, "database"],
  [`${leveldb}.RecoverFile`, "database"],
  [`(*${leveldb}.DB).NewIterator`, "ldb-iterator"],
  [`(*${leveldb}.DB).GetSnapshot`, "ldb-snapshot"],
);

// Objects and bodies.

// "Body: … must be closed by the caller": aws-sdk-go 1.55, aws-sdk-go-v2/service/s3 1.66
group(
  "https://pkg.go.dev/github.com/aws/aws-sdk-go-v2/service/s3#GetObjectOutput",
  ["(*github.com/aws/aws-sdk-go-v2/service/s3.Client).GetObject", "object-body"],
  ["(*github.com/aws/aws-sdk-go/service/s3.S3).GetObject", "object-body"],
  ["(*github.com/aws/aws-sdk-go/service/s3.S3).GetObjectWithContext", "object-body"],
  ["(github.com/aws/aws-sdk-go/service/s3/s3iface.S3API).GetObject", "object-body"],
  ["(github.com/aws/aws-sdk-go/service/s3/s3iface.S3API).GetObjectWithContext", "object-body"],
);
// "The caller must call Close on the returned Reader when done": storage 1.56. Writers may be abandoned by their context.
group(
  "https://pkg.go.dev/cloud.google.com/go/storage#ObjectHandle.NewReader",
  ["(*cloud.google.com/go/storage.ObjectHandle).NewReader", "reader"],
  ["(*cloud.google.com/go/storage.ObjectHandle).NewRangeReader", "reader"],
  ...["storage", "pubsub", "bigquery", "firestore", "spanner", "datastore"].map((p): Row => [
    `cloud.google.com/go/${p}.NewClient`,
    "client",
  ]),
);
group("https://pkg.go.dev/github.com/minio/minio-go/v7#Client.GetObject", [
  "(*github.com/minio/minio-go/v7.Client).GetObject",
  "reader",
]);
// docker 28: "It's up to the caller to close the io.ReadCloser."
for (const docker of ["github.com/docker/docker/client"]) {
  group(
    `https://pkg.go.dev/${docker}#Client.ContainerLogs`,
    ...[
      "ContainerLogs",
      "CopyFromContainer",
      "ContainerExport",
      "ImagePull",
      "ImagePush",
      "ImageSave",
      "ImageImport",
    ].map((f): Row => [`(*${docker}.Client).${f}`, "stream"]),
    ...["ContainerLogs", "CopyFromContainer", "ContainerExport"].map((f): Row => [
      `(${docker}.ContainerAPIClient).${f}`,
      "stream",
    ]),
    ...["ImagePull", "ImagePush", "ImageSave", "ImageImport"].map((f): Row => [
      `(${docker}.ImageAPIClient).${f}`,
      "stream",
    ]),
  );
}
// elasticsearch and opensearch: "It's important to close the response body": esapi.Response
for (const es of [
  "github.com/elastic/go-elasticsearch/v7/esapi",
  "github.com/elastic/go-elasticsearch/v8/esapi",
  "github.com/opensearch-project/opensearch-go/opensearchapi",
  "github.com/opensearch-project/opensearch-go/v2/opensearchapi",
]) {
  group(
    `https://pkg.go.dev/${es}#Response`,
    ...[
      "Search",
      "Index",
      "Get",
      "Create",
      "Update",
      "Delete",
      "Bulk",
      "Info",
      "Ping",
      "Count",
      "Msearch",
      "Scroll",
      "ClearScroll",
      "DeleteByQuery",
      "IndicesCreate",
      "IndicesDelete",
      "IndicesExists",
    ].map((f): Row => [`(${es}.${f}Request).Do`, "http-body"]),
  );
}

// "When you are done with the Client, … Close": azservicebus 1.11, azeventhubs 1.4. Download streams are response bodies: azblob 1.8
const azure = "github.com/Azure/azure-sdk-for-go/sdk";
group(
  `https://pkg.go.dev/${azure}/storage/azblob/blob#DownloadStreamResponse`,
  [`(*${azure}/storage/azblob.Client).DownloadStream`, "object-body"],
  ...["blob", "blockblob", "appendblob", "pageblob"].map((p): Row => [
    `(*${azure}/storage/azblob/${p}.Client).DownloadStream`,
    "object-body",
  ]),
);
const bus = `${azure}/messaging/azservicebus`;
group(
  `https://pkg.go.dev/${bus}#Client.Close`,
  [`${bus}.NewClient`, "azure-client"],
  [`${bus}.NewClientFromConnectionString`, "azure-client"],
  ...[
    "NewReceiverForQueue",
    "NewReceiverForSubscription",
    "NewSender",
    "AcceptSessionForQueue",
    "AcceptSessionForSubscription",
    "AcceptNextSessionForQueue",
    "AcceptNextSessionForSubscription",
  ].map((f): Row => [`(*${bus}.Client).${f}`, "azure-client"]),
);
const hubs = `${azure}/messaging/azeventhubs`;
group(
  `https://pkg.go.dev/${hubs}#ConsumerClient.Close`,
  ...["Consumer", "Producer"].flatMap((c): Row[] => [
    [`${hubs}.New${c}Client`, "azure-client"],
    [`${hubs}.New${c}ClientFromConnectionString`, "azure-client"],
  ]),
  [`(*${hubs}.ConsumerClient).NewPartitionClient`, "azure-client"],
);
// "Close … must be called": bun 1.3 and ent 0.14 give database/sql's own, or wrap it.
const bun = "github.com/uptrace/bun";
group(
  `https://pkg.go.dev/${bun}#DB`,
  [`(*${bun}.DB).Query`, "sql-rows"],
  [`(*${bun}.DB).QueryContext`, "sql-rows"],
  [`(*${bun}.SelectQuery).Rows`, "sql-rows"],
  [`(*${bun}.DB).Conn`, "sql-conn"],
  [`(*${bun}.DB).Prepare`, "sql-stmt"],
  [`(*${bun}.DB).PrepareContext`, "sql-stmt"],
  [`(*${bun}.DB).Begin`, "sql-tx"],
  [`(*${bun}.DB).BeginTx`, "sql-tx"],
);
group(
  "https://pkg.go.dev/entgo.io/ent/dialect#Driver",
  ["(entgo.io/ent/dialect.Driver).Tx", "sql-tx"],
  ["(*entgo.io/ent/dialect/sql.Driver).Tx", "sql-tx"],
  ["(*entgo.io/ent/dialect/sql.Driver).BeginTx", "sql-tx"],
);
// "Callers are responsible for closing the response body": vault/api 1.21
group(
  "https://pkg.go.dev/github.com/hashicorp/vault/api#Client.RawRequest",
  ["(*github.com/hashicorp/vault/api.Client).RawRequest", "http-body"],
  ["(*github.com/hashicorp/vault/api.Client).RawRequestWithContext", "http-body"],
);
// connect 1.21
group("https://pkg.go.dev/connectrpc.com/connect#ServerStreamForClient.Close", [
  "(*connectrpc.com/connect.Client).CallServerStream",
  "stream",
]);

// Kubernetes watches: "Stop … releases any resources used by the watch": client-go 0.31
const core = "k8s.io/client-go/kubernetes/typed/core/v1";
group(
  "https://pkg.go.dev/k8s.io/apimachinery/pkg/watch#Interface",
  ...[
    "Pod",
    "Node",
    "Event",
    "Service",
    "Namespace",
    "Secret",
    "ConfigMap",
    "Endpoints",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ServiceAccount",
  ].map((t): Row => [`(${core}.${t}Interface).Watch`, "watch"]),
  ["(k8s.io/client-go/dynamic.ResourceInterface).Watch", "watch"],
);

// Connections that are not plain sockets.

group(
  "https://pkg.go.dev/github.com/gorilla/websocket#Conn.Close",
  ["(*github.com/gorilla/websocket.Upgrader).Upgrade", "websocket"],
  ["(*github.com/gorilla/websocket.Dialer).Dial", "websocket"],
  ["(*github.com/gorilla/websocket.Dialer).DialContext", "websocket"],
);
for (const ws of ["github.com/coder/websocket", "nhooyr.io/websocket"])
  group(`https://pkg.go.dev/${ws}#Dial`, [`${ws}.Dial`, "websocket-now"], [`${ws}.Accept`, "websocket-now"]);
group(
  "https://pkg.go.dev/golang.org/x/net/websocket#Dial",
  ["golang.org/x/net/websocket.Dial", "websocket"],
  ["golang.org/x/net/websocket.DialConfig", "websocket"],
);
group(
  "https://pkg.go.dev/golang.org/x/crypto/ssh#Client",
  ["golang.org/x/crypto/ssh.Dial", "client"],
  ["(*golang.org/x/crypto/ssh.Client).NewSession", "ssh-session"],
);
group(
  "https://pkg.go.dev/github.com/pkg/sftp#Client",
  ["github.com/pkg/sftp.NewClient", "client"],
  ...["Open", "Create", "OpenFile"].map((f): Row => [`(*github.com/pkg/sftp.Client).${f}`, "library-file"]),
);
group(
  "https://pkg.go.dev/github.com/go-ldap/ldap/v3#Conn.Close",
  ...["Dial", "DialTLS", "DialURL"].map((f): Row => [`github.com/go-ldap/ldap/v3.${f}`, "net-conn"]),
);

// Others.

// "Start creates a span … The span must be ended": otel/trace 1.38
group("https://pkg.go.dev/go.opentelemetry.io/otel/trace#Tracer", [
  "(go.opentelemetry.io/otel/trace.Tracer).Start",
  "span",
  1,
]);
// "Shutdown shuts down TracerProvider. All registered span processors are shut down": otel/sdk 1.47, sdk/log 0.22
for (const [path, name] of [
  ["trace", "TracerProvider"],
  ["metric", "MeterProvider"],
  ["log", "LoggerProvider"],
])
  group(`https://pkg.go.dev/go.opentelemetry.io/otel/sdk/${path}#${name}.Shutdown`, [
    `go.opentelemetry.io/otel/sdk/${path}.New${name}`,
    "otel-provider",
  ]);
// consul/api 1.34: "The caller is responsible for closing the stream"; a stream of metrics is the body of its response.
const consul = "github.com/hashicorp/consul/api";
group(
  `https://pkg.go.dev/${consul}#Snapshot.Save`,
  [`(*${consul}.Snapshot).Save`, "reader"],
  [`(*${consul}.Agent).MetricsStream`, "reader"],
);
// filepath-securejoin 0.6: handles of directories and files inside of a root
const pathrs = "github.com/cyphar/filepath-securejoin/pathrs-lite";
group(
  `https://pkg.go.dev/${pathrs}#MkdirAllHandle`,
  ...["MkdirAllHandle", "OpenInRoot", "OpenatInRoot", "Reopen"].map((f): Row => [`${pathrs}.${f}`, "file"]),
);
group(
  "https://pkg.go.dev/github.com/fsnotify/fsnotify#NewWatcher",
  ["github.com/fsnotify/fsnotify.NewWatcher", "watcher"],
  ["github.com/fsnotify/fsnotify.NewBufferedWatcher", "watcher"],
);
// "Close closes and cleanup the open temporary file for the spreadsheet": excelize 2.9
group("https://pkg.go.dev/github.com/xuri/excelize/v2#File.Close", [
  "github.com/xuri/excelize/v2.OpenFile",
  "library-file",
]);

export const clientAcquires: readonly Acquire[] = rows;
