// Said: sql.Open opens a connection, and so it tells whether the database is there.
package main

import (
	"database/sql"

	"example.com/stanch-examples/folklore/internal/fakedb"
	"example.com/stanch-examples/folklore/internal/show"
)

func main() {
	db, err := sql.Open("fake", "")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	opened := fakedb.Opened.Load()
	show.That(opened == 0, "sql.Open opened %d connections", opened)
	if err := db.Ping(); err != nil {
		panic(err)
	}
	opened = fakedb.Opened.Load()
	show.That(opened == 1, "the first use opened %d", opened)
	show.Done()
}
