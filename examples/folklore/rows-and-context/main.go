// Said: rows that are not closed keep their connection for ever.
package main

import (
	"context"
	"database/sql"

	_ "example.com/stanch-examples/folklore/internal/fakedb"
	"example.com/stanch-examples/folklore/internal/show"
)

func main() {
	db, err := sql.Open("fake", "")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	inUse := func() int64 { return int64(db.Stats().InUse) }

	rows, err := db.Query("q")
	if err != nil {
		panic(err)
	}
	for rows.Next() {
	}
	show.That(inUse() == 0, "rows that were read to the end and not closed hold %d connections", inUse())

	ctx, cancel := context.WithCancel(context.Background())
	if _, err = db.QueryContext(ctx, "q"); err != nil {
		panic(err)
	}
	show.That(inUse() == 1, "rows of a context that are neither read nor closed hold %d", inUse())
	cancel()
	held := show.Settled(inUse, 0)
	show.That(held == 0, "and %d when the context has ended", held)

	if _, err = db.Query("q"); err != nil {
		panic(err)
	}
	held = show.Settled(inUse, 0)
	show.That(held == 1, "without a context they hold %d, for ever", held)
	show.Done()
}
