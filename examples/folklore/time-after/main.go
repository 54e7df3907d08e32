// Said: time.After in a loop always leaks.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"example.com/stanch-examples/folklore/internal/show"
)

const turns = 100_000

// kept is how many bytes stay after so many turns of a loop that arms time.After.
func kept() int64 {
	before := show.Heap()
	jobs := make(chan int, 1)
	for i := range turns {
		jobs <- i
		select {
		case <-jobs:
		case <-time.After(time.Hour):
		}
	}
	return show.Heap() - before
}

func main() {
	if len(os.Args) > 1 {
		fmt.Print(kept())
		return
	}
	now := kept()
	show.That(now < turns, "%d turns with time.After(an hour) keep %d bytes, with a go line of 1.23 or later", turns, max(0, now))
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	old := exec.Command(self, "kept")
	old.Env = append(os.Environ(), "GODEBUG=asynctimerchan=1")
	out, err := old.Output()
	if err != nil {
		panic(err)
	}
	then, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		panic(err)
	}
	show.That(then > 100*turns, "the same under the old semantics (GODEBUG asynctimerchan=1) keep %d bytes", then)
	show.Done()
}
