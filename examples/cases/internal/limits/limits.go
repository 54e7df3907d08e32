// Package limits gives an example the limit of a small container, so that what leaks runs out while one watches.
package limits

import (
	"log"
	"syscall"

	"example.com/stanch-examples/internal/serve"
)

// Descriptors is how many descriptors this process may have open until it ends.
func Descriptors(n uint64) {
	if serve.Helper() {
		return
	}
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		log.Fatal(err)
	}
	set(syscall.Rlimit{Cur: n, Max: before.Max})
	serve.AtEnd(func() { set(before) }) // ending takes descriptors too
}

func set(limit syscall.Rlimit) {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		log.Print("limits: ", err)
	}
}
