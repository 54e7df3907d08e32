// The worker sends its result on a channel without room; who asked has gone after its timeout.
package main

import (
	"fmt"
	"net/http"
	"time"

	"example.com/stanch-examples/internal/serve"
)

func slow() string {
	time.Sleep(40 * time.Millisecond)
	return "done"
}

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		result := make(chan string)
		go func() {
			result <- slow()
		}()
		select {
		case s := <-result:
			fmt.Fprintln(w, s)
		case <-time.After(10 * time.Millisecond):
			http.Error(w, "too slow", http.StatusGatewayTimeout)
		}
	})
}
