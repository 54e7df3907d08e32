import { clientAcquires } from "./acquire-clients.ts";

/**
 * Calls that acquire a resource: the full name of the function, the result that holds it and its kind. Where the
 * last result is an error, the resource is nil with it.
 */
export interface Acquire {
  readonly func: string;
  /** Index among the results. */
  readonly result: number;
  readonly kind: string;
  /** Where the obligation is documented. */
  readonly link: string;
}

type Row = readonly [func: string, kind: string, result?: number];

const rows: Acquire[] = [];
function group(link: string, ...list: Row[]): void {
  for (const [func, kind, result = 0] of list) rows.push({ func, result, kind, link });
}

// "The client must close the response body when finished with it." Head is not here: its responses have http.NoBody.
group(
  "https://pkg.go.dev/net/http#Response",
  ["net/http.Get", "http-body"],
  ["net/http.Post", "http-body"],
  ["net/http.PostForm", "http-body"],
  ["(*net/http.Client).Do", "http-body"],
  ["(*net/http.Client).Get", "http-body"],
  ["(*net/http.Client).Post", "http-body"],
  ["(*net/http.Client).PostForm", "http-body"],
  ["(*net/http.Transport).RoundTrip", "http-body"],
  ["(net/http.RoundTripper).RoundTrip", "http-body"],
  ["golang.org/x/net/context/ctxhttp.Do", "http-body"],
  ["golang.org/x/net/context/ctxhttp.Get", "http-body"],
  ["golang.org/x/net/context/ctxhttp.Post", "http-body"],
  ["golang.org/x/net/context/ctxhttp.PostForm", "http-body"],
  ["(*github.com/hashicorp/go-retryablehttp.Client).Do", "http-body"],
  ["(*github.com/hashicorp/go-retryablehttp.Client).Get", "http-body"],
  ["(*github.com/hashicorp/go-retryablehttp.Client).Post", "http-body"],
);

// "The code should call cancel as soon as the operations running in this Context complete."
group(
  "https://pkg.go.dev/context",
  ["context.WithCancel", "cancel", 1],
  ["context.WithTimeout", "cancel", 1],
  ["context.WithDeadline", "cancel", 1],
  ["context.WithCancelCause", "cancel", 1],
  ["context.WithTimeoutCause", "cancel", 1],
  ["context.WithDeadlineCause", "cancel", 1],
  ["os/signal.NotifyContext", "cancel", 1],
  ["golang.org/x/net/context.WithCancel", "cancel", 1],
  ["golang.org/x/net/context.WithTimeout", "cancel", 1],
  ["golang.org/x/net/context.WithDeadline", "cancel", 1],
);

group(
  "https://pkg.go.dev/database/sql#Rows.Close",
  ["(*database/sql.DB).Query", "sql-rows"],
  ["(*database/sql.DB).QueryContext", "sql-rows"],
  ["(*database/sql.Tx).Query", "sql-rows"],
  ["(*database/sql.Tx).QueryContext", "sql-rows"],
  ["(*database/sql.Conn).QueryContext", "sql-rows"],
  ["(*database/sql.Stmt).Query", "sql-rows"],
  ["(*database/sql.Stmt).QueryContext", "sql-rows"],
  ["(*github.com/jmoiron/sqlx.DB).Queryx", "sql-rows"],
  ["(*github.com/jmoiron/sqlx.DB).QueryxContext", "sql-rows"],
  ["(*github.com/jmoiron/sqlx.DB).NamedQuery", "sql-rows"],
  ["(*github.com/jmoiron/sqlx.DB).NamedQueryContext", "sql-rows"],
  ["(*github.com/jmoiron/sqlx.Tx).Queryx", "sql-rows"],
  ["(*github.com/jmoiron/sqlx.Tx).QueryxContext", "sql-rows"],
  ["(*github.com/jmoiron/sqlx.Tx).NamedQuery", "sql-rows"],
);
group(
  "https://pkg.go.dev/database/sql#Stmt.Close",
  ["(*database/sql.DB).Prepare", "sql-stmt"],
  ["(*database/sql.DB).PrepareContext", "sql-stmt"],
  ["(*database/sql.Conn).PrepareContext", "sql-stmt"],
);
group("https://pkg.go.dev/database/sql#DB.Conn", ["(*database/sql.DB).Conn", "sql-conn"]);
group(
  "https://pkg.go.dev/database/sql#Tx",
  ["(*database/sql.DB).Begin", "sql-tx"],
  ["(*database/sql.DB).BeginTx", "sql-tx"],
  ["(*database/sql.Conn).BeginTx", "sql-tx"],
  ["(*github.com/jmoiron/sqlx.DB).Beginx", "sql-tx"],
  ["(*github.com/jmoiron/sqlx.DB).BeginTxx", "sql-tx"],
);
for (const v of ["v4", "v5"]) {
  group(
    `https://pkg.go.dev/github.com/jackc/pgx/${v}#Rows`,
    [`(*github.com/jackc/pgx/${v}.Conn).Query`, "pgx-rows"],
    [`(*github.com/jackc/pgx/${v}/pgxpool.Pool).Query`, "pgx-rows"],
    [`(*github.com/jackc/pgx/${v}/pgxpool.Conn).Query`, "pgx-rows"],
    [`(github.com/jackc/pgx/${v}.Tx).Query`, "pgx-rows"],
  );
  group(`https://pkg.go.dev/github.com/jackc/pgx/${v}/pgxpool#Pool.Acquire`, [
    `(*github.com/jackc/pgx/${v}/pgxpool.Pool).Acquire`,
    "pool-conn",
  ]);
  group(
    `https://pkg.go.dev/github.com/jackc/pgx/${v}#Tx`,
    [`(*github.com/jackc/pgx/${v}.Conn).Begin`, "sql-tx"],
    [`(*github.com/jackc/pgx/${v}.Conn).BeginTx`, "sql-tx"],
    [`(*github.com/jackc/pgx/${v}/pgxpool.Pool).Begin`, "sql-tx"],
    [`(*github.com/jackc/pgx/${v}/pgxpool.Pool).BeginTx`, "sql-tx"],
  );
}

group(
  "https://pkg.go.dev/os#File.Close",
  ["os.Open", "file"],
  ["os.Create", "file"],
  ["os.OpenFile", "file"],
  ["os.CreateTemp", "file"],
  ["io/ioutil.TempFile", "file"],
  ["(*os.Root).Open", "file"],
  ["(*os.Root).Create", "file"],
  ["(*os.Root).OpenFile", "file"],
  ["os.OpenRoot", "closer"],
);
group(
  "https://pkg.go.dev/net#Conn",
  ["net.Dial", "net-conn"],
  ["net.DialTimeout", "net-conn"],
  ["net.DialTCP", "net-conn"],
  ["net.DialUDP", "net-conn"],
  ["net.DialUnix", "net-conn"],
  ["(*net.Dialer).Dial", "net-conn"],
  ["(*net.Dialer).DialContext", "net-conn"],
  ["net.ListenUDP", "net-conn"],
  ["net.ListenPacket", "net-conn"],
  ["net.Listen", "listener"],
  ["net.ListenTCP", "listener"],
  ["net.ListenUnix", "listener"],
  ["crypto/tls.Dial", "net-conn"],
  ["crypto/tls.DialWithDialer", "net-conn"],
  ["crypto/tls.Listen", "listener"],
  ["(net.Listener).Accept", "net-conn"],
  ["(*net.TCPListener).Accept", "net-conn"],
  ["(*net.TCPListener).AcceptTCP", "net-conn"],
  ["(*net.UnixListener).Accept", "net-conn"],
  ["(*net.UnixListener).AcceptUnix", "net-conn"],
);
// "It becomes the caller's responsibility to manage and close the connection."
group(
  "https://pkg.go.dev/net/http#Hijacker",
  ["(net/http.Hijacker).Hijack", "net-conn"],
  ["(*net/http.ResponseController).Hijack", "net-conn"],
);
// zip readers opened by name hold a file; gzip and zlib readers hold nothing that the collector does not free.
group("https://pkg.go.dev/archive/zip#OpenReader", ["archive/zip.OpenReader", "reader"]);

group(
  "https://pkg.go.dev/google.golang.org/grpc#ClientConn.Close",
  ["google.golang.org/grpc.Dial", "grpc-conn"],
  ["google.golang.org/grpc.DialContext", "grpc-conn"],
  ["google.golang.org/grpc.NewClient", "grpc-conn"],
);

for (const module of [
  "github.com/redis/go-redis/v9",
  "github.com/go-redis/redis/v8",
  "github.com/go-redis/redis/v7",
  "github.com/go-redis/redis",
]) {
  group(
    `https://pkg.go.dev/${module}#Client.Close`,
    [`${module}.NewClient`, "redis-client"],
    [`${module}.NewClusterClient`, "redis-client"],
    [`${module}.NewFailoverClient`, "redis-client"],
    [`${module}.NewRing`, "redis-client"],
  );
}

export const acquires: ReadonlyMap<string, Acquire> = new Map(
  [...rows, ...clientAcquires].map((row) => [row.func, row]),
);

/**
 * The generated clients of Google Cloud, some hundreds: "Close closes the connection to the API service. The user should invoke this when the client is no
 * longer required." (cloud.google.com/go/iam v1.5, credentials/apiv1/iam_credentials_client.go.) Those over REST have no connection of their own.
 */
const generated = /^cloud\.google\.com\/go\/[\w/-]+\/apiv\d\w*\.New(?!\w*REST)\w*Client$/;

/** The row of a function by its full name. */
export function acquireOf(name: string): Acquire | undefined {
  const row = acquires.get(name);
  if (row !== undefined || !name.startsWith("cloud.google.com/") || !generated.test(name)) return row;
  return {
    func: name,
    result: 0,
    kind: "client",
    link: "https://pkg.go.dev/cloud.google.com/go/iam/credentials/apiv1",
  };
}
