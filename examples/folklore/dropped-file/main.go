// Said: a file that is dropped without Close keeps its descriptor for ever.
package main

import (
	"os"
	"runtime"

	"example.com/stanch-examples/folklore/internal/show"
)

func main() {
	name := show.Self()
	for range 100 {
		if _, err := os.Open(name); err != nil {
			panic(err)
		}
	}
	held := show.Files(name)
	show.That(held == 100 || held < 0, "100 files that were opened and dropped hold %d descriptors", held)
	left := show.Settled(func() int64 { runtime.GC(); return show.Files(name) }, 0)
	show.That(left <= 0, "and %d when the collector came by: whenever that is", left)
	show.Done()
}
