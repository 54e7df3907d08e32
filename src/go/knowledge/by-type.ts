/** Which kind of resource a value of a type is, whoever made it. */
import { type ResourceKind, kinds } from "./kinds.ts";

const ids: ReadonlyMap<string, string> = new Map([
  ["*net/http.Response", "http-body"],
  ["*database/sql.Rows", "sql-rows"],
  ["*github.com/jmoiron/sqlx.Rows", "sql-rows"],
  ["github.com/jackc/pgx/v4.Rows", "pgx-rows"],
  ["github.com/jackc/pgx/v5.Rows", "pgx-rows"],
  ["*database/sql.Stmt", "sql-stmt"],
  ["*database/sql.Tx", "sql-tx"],
  ["*database/sql.Conn", "sql-conn"],
  ["net.Conn", "net-conn"],
  ["*net.TCPConn", "net-conn"],
  ["*net.UnixConn", "net-conn"],
  ["*net.UDPConn", "net-conn"],
  ["*crypto/tls.Conn", "net-conn"],
  ["net.Listener", "listener"],
  ["*os.File", "file"],
  ["io.ReadCloser", "reader"],
  ["io.WriteCloser", "writer"],
  ["io.ReadWriteCloser", "closer"],
  ["io.ReadSeekCloser", "reader"],
  ["*google.golang.org/grpc.ClientConn", "grpc-conn"],
]);

/** By the type's full name, with a `*` for a pointer; null where the type alone says nothing. */
export function kindOfType(name: string): ResourceKind | null {
  return kinds.get(ids.get(name) ?? "") ?? null;
}
