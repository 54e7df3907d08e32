/** Types that are read with `for x.Next()` and tell of failure through `x.Err()` alone; with the link where they say so. */
export const rowsTypes: ReadonlyMap<string, string> = new Map([
  // "Err returns the error, if any, that was encountered during iteration."
  ["database/sql.Rows", "https://pkg.go.dev/database/sql#Rows.Err"],
  ["github.com/jmoiron/sqlx.Rows", "https://pkg.go.dev/github.com/jmoiron/sqlx#Rows"],
  ["github.com/jackc/pgx/v4.Rows", "https://pkg.go.dev/github.com/jackc/pgx/v4#Rows"],
  ["github.com/jackc/pgx/v5.Rows", "https://pkg.go.dev/github.com/jackc/pgx/v5#Rows"],
  [
    "github.com/ClickHouse/clickhouse-go/v2/lib/driver.Rows",
    "https://pkg.go.dev/github.com/ClickHouse/clickhouse-go/v2/lib/driver#Rows",
  ],
]);
