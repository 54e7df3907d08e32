/** Clients that are meant to be made once and shared: each holds a pool of connections and goroutines of its own. */
export interface SharedClient {
  readonly func: string;
  readonly rule: "grpc-conn-per-call" | "redis-client-per-call" | "sql-open-per-call" | "client-per-call";
  readonly noun: string;
  /** Methods that let go of what it holds. */
  readonly methods: readonly string[];
  /** Functions that do so when they are given it. */
  readonly functions?: readonly string[];
  /** Where it is said that it is to be shared. */
  readonly link: string;
}

const rows: SharedClient[] = [];
function group(
  rule: SharedClient["rule"],
  noun: string,
  link: string,
  methods: readonly string[],
  ...funcs: string[]
): void {
  for (const func of funcs) rows.push({ func, rule, noun, methods, link });
}

// "The returned DB is safe for concurrent use … the Open function should be called just once."
group(
  "sql-open-per-call",
  "database pool",
  "https://pkg.go.dev/database/sql#Open",
  ["Close"],
  "database/sql.Open",
  "database/sql.OpenDB",
);
group(
  "sql-open-per-call",
  "database pool",
  "https://pkg.go.dev/github.com/jmoiron/sqlx#Open",
  ["Close"],
  ...["Open", "Connect", "ConnectContext", "MustConnect", "MustOpen"].map((f) => `github.com/jmoiron/sqlx.${f}`),
);
for (const v of ["v4", "v5"])
  group(
    "sql-open-per-call",
    "database pool",
    `https://pkg.go.dev/github.com/jackc/pgx/${v}/pgxpool`,
    ["Close"],
    // Version 5 gave them other names.
    ...(v === "v4" ? ["Connect", "ConnectConfig"] : ["New", "NewWithConfig"]).map(
      (f) => `github.com/jackc/pgx/${v}/pgxpool.${f}`,
    ),
  );
// The *gorm.DB has no Close: the pool behind it comes from DB().
group(
  "sql-open-per-call",
  "database pool",
  "https://gorm.io/docs/connecting_to_the_database.html",
  ["DB"],
  "gorm.io/gorm.Open",
);

// "A ClientConn should be reused": https://grpc.io/docs/guides/performance/
group(
  "grpc-conn-per-call",
  "gRPC connection",
  "https://grpc.io/docs/guides/performance/",
  ["Close"],
  "google.golang.org/grpc.Dial",
  "google.golang.org/grpc.DialContext",
  "google.golang.org/grpc.NewClient",
);

// "Client is a Redis client representing a pool of zero or more underlying connections. It's safe for concurrent use."
for (const m of [
  "github.com/redis/go-redis/v9",
  "github.com/go-redis/redis/v8",
  "github.com/go-redis/redis/v7",
  "github.com/go-redis/redis",
])
  group(
    "redis-client-per-call",
    "Redis client",
    `https://pkg.go.dev/${m}#Client`,
    ["Close"],
    ...["NewClient", "NewClusterClient", "NewFailoverClient", "NewUniversalClient", "NewRing"].map((f) => `${m}.${f}`),
  );
group(
  "redis-client-per-call",
  "Redis client",
  "https://pkg.go.dev/github.com/redis/rueidis#NewClient",
  ["Close"],
  "github.com/redis/rueidis.NewClient",
);

group(
  "client-per-call",
  "MongoDB client",
  "https://pkg.go.dev/go.mongodb.org/mongo-driver/mongo#Client",
  ["Disconnect"],
  "go.mongodb.org/mongo-driver/mongo.Connect",
  "go.mongodb.org/mongo-driver/mongo.NewClient",
  "go.mongodb.org/mongo-driver/v2/mongo.Connect",
);
group(
  "client-per-call",
  "NATS connection",
  "https://pkg.go.dev/github.com/nats-io/nats.go#Connect",
  ["Close", "Drain"],
  "github.com/nats-io/nats.go.Connect",
);
for (const m of ["github.com/IBM/sarama", "github.com/Shopify/sarama"])
  group(
    "client-per-call",
    "Kafka client",
    `https://pkg.go.dev/${m}#AsyncProducer`,
    ["Close", "AsyncClose"],
    ...["NewClient", "NewAsyncProducer", "NewSyncProducer", "NewConsumer", "NewConsumerGroup"].map((f) => `${m}.${f}`),
  );
group(
  "client-per-call",
  "Kafka client",
  "https://pkg.go.dev/github.com/twmb/franz-go/pkg/kgo#NewClient",
  ["Close", "CloseAllowingRebalance"],
  "github.com/twmb/franz-go/pkg/kgo.NewClient",
);
group(
  "client-per-call",
  "etcd client",
  "https://pkg.go.dev/go.etcd.io/etcd/client/v3#New",
  ["Close"],
  "go.etcd.io/etcd/client/v3.New",
);
group(
  "client-per-call",
  "AMQP connection",
  "https://pkg.go.dev/github.com/rabbitmq/amqp091-go#Dial",
  ["Close"],
  ...["Dial", "DialConfig", "DialTLS"].map((f) => `github.com/rabbitmq/amqp091-go.${f}`),
);
// "New method creates a new Resty client", with a transport of its own; one that is given a transport shares it.
group(
  "client-per-call",
  "HTTP client",
  "https://pkg.go.dev/github.com/go-resty/resty/v2#New",
  ["SetTransport", "GetClient"],
  "github.com/go-resty/resty/v2.New",
);

export const sharedClients: ReadonlyMap<string, SharedClient> = new Map(rows.map((r) => [r.func, r]));
