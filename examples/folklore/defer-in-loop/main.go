// Said: defer in a loop leaks for ever.
package main

import (
	"os"

	"example.com/stanch-examples/folklore/internal/show"
)

func all(name string) int64 {
	for range 100 {
		f, err := os.Open(name)
		if err != nil {
			panic(err)
		}
		defer f.Close()
	}
	return show.Files(name)
}

func main() {
	name := show.Self()
	during := all(name)
	show.That(during == 100 || during < 0, "in the function, 100 turns hold %d files", during)
	after := show.Files(name)
	show.That(after <= 0, "when it returned, %d: until then, not for ever", after)
	show.Done()
}
