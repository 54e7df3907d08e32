// Said: context.WithValue loses the deadline.
package main

import (
	"context"
	"time"

	"example.com/stanch-examples/folklore/internal/show"
)

type key struct{}

func main() {
	parent, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	child := context.WithValue(parent, key{}, "value")
	want, _ := parent.Deadline()
	got, ok := child.Deadline()
	show.That(ok && got.Equal(want), "the context with a value has its parent's deadline")
	show.That(child.Done() == parent.Done(), "and its very Done channel")
	select {
	case <-child.Done():
		show.That(child.Err() == context.DeadlineExceeded, "which is closed at the deadline: %v", child.Err())
	case <-time.After(5 * time.Second):
		show.That(false, "it was never done")
	}
	show.Done()
}
