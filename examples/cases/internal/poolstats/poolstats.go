// Package poolstats publishes the numbers of a database/sql pool as client_golang's collector does, without needing it.
package poolstats

import (
	"database/sql"
	"fmt"
	"io"
)

// Writer writes them in Prometheus' text format.
func Writer(name string, db *sql.DB) func(io.Writer) {
	return func(w io.Writer) {
		s := db.Stats()
		for _, m := range []struct {
			name, kind string
			value      float64
		}{
			{"max_open_connections", "gauge", float64(s.MaxOpenConnections)},
			{"open_connections", "gauge", float64(s.OpenConnections)},
			{"in_use_connections", "gauge", float64(s.InUse)},
			{"idle_connections", "gauge", float64(s.Idle)},
			{"wait_count_total", "counter", float64(s.WaitCount)},
			{"wait_duration_seconds_total", "counter", s.WaitDuration.Seconds()},
		} {
			fmt.Fprintf(w, "# TYPE go_sql_%s %s\ngo_sql_%s{db_name=%q} %v\n", m.name, m.kind, m.name, name, m.value)
		}
	}
}
