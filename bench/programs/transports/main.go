// Leaks: a transport for each call.
package main

import (
	"io"
	"net/http"

	"example.com/stanch-programs/internal/service"
)

// A client with its own transport for each call.
func transports(w http.ResponseWriter, r *http.Request) {
	client := &http.Client{Transport: &http.Transport{}} // LEAK transports
	resp, err := client.Get(service.Slow())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

func main() { service.Run(transports, service.Constant(1.5)) }
