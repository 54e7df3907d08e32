// The session service, mended: one client for all requests, and a subscription is closed when its reader leaves.
package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/stanch-examples/cases/internal/private"
	"example.com/stanch-examples/internal/serve"
)

var cache = make([]byte, 512<<20)

var shared *redis.Client

func visits(ctx context.Context) (int64, error) {
	return shared.Incr(ctx, "visits").Result()
}

func session(w http.ResponseWriter, r *http.Request) {
	cache[len(r.URL.Path)]++
	n, err := visits(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprintln(w, n)
}

func feed(w http.ResponseWriter, r *http.Request) {
	news := shared.Subscribe(r.Context(), "news")
	defer news.Close()
	select {
	case m := <-news.Channel():
		fmt.Fprintln(w, m.Payload)
	case <-time.After(20 * time.Millisecond):
		fmt.Fprintln(w, "nothing new")
	}
}

func main() {
	shared = redis.NewClient(&redis.Options{Addr: private.Redis()})
	http.HandleFunc("/session", session)
	http.HandleFunc("/feed", feed)
	serve.Main(serve.Load{Patience: time.Second, Paths: []string{"/session", "/feed"}})
}
