// The channel has room for the one result: the worker can always deliver it and end.
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
		result := make(chan string, 1)
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
