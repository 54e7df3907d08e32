// An order service whose query gives its connection back on every path but one: the return for an order that cannot be read. Such
// orders come now and then; each takes one connection of the pool, and when the last is gone every request waits for ever.
package main

import (
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/http"

	_ "github.com/jackc/pgx/v5/stdlib"

	"example.com/stanch-examples/cases/internal/poolstats"
	"example.com/stanch-examples/cases/internal/private"
	"example.com/stanch-examples/internal/serve"
)

var db *sql.DB

func total(customer string) (int, error) {
	rows, err := db.Query("select g, case when $1 = '12' then null else g end from generate_series(1, 20) g", customer)
	if err != nil {
		return 0, err
	}
	sum := 0
	for rows.Next() {
		var id int
		var amount sql.NullInt64
		if err := rows.Scan(&id, &amount); err != nil {
			return 0, err
		}
		if !amount.Valid {
			return 0, errors.New("an order has no amount")
		}
		sum += int(amount.Int64)
	}
	rows.Close()
	return sum, rows.Err()
}

func main() {
	var err error
	if db, err = sql.Open("pgx", private.Postgres()); err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(10)
	serve.Publish(poolstats.Writer("orders", db))
	http.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		sum, err := total(r.FormValue("customer"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, sum)
	})
	var paths []string
	for n := range 20 {
		paths = append(paths, fmt.Sprint("/work?customer=", n))
	}
	serve.Main(serve.Load{Paths: paths})
}
