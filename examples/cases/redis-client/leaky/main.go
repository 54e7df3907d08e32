// A session service that makes a Redis client for each request, and a feed that subscribes for each reader; neither is ever closed.
// A client is a pool: each keeps its connection until the collector finds it, and in a service with a large heap that comes by minutes
// apart. A subscription keeps one for ever, and the goroutines that read from it.
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

// cache is what services of this kind have: with so much in use the collector runs when as much again has been allocated.
var cache = make([]byte, 512<<20)

var (
	address string
	shared  *redis.Client
)

func visits(ctx context.Context) (int64, error) {
	client := redis.NewClient(&redis.Options{Addr: address})
	return client.Incr(ctx, "visits").Result()
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
	select {
	case m := <-news.Channel():
		fmt.Fprintln(w, m.Payload)
	case <-time.After(20 * time.Millisecond):
		fmt.Fprintln(w, "nothing new")
	}
}

func main() {
	address = private.Redis()
	shared = redis.NewClient(&redis.Options{Addr: address})
	http.HandleFunc("/session", session)
	http.HandleFunc("/feed", feed)
	serve.Main(serve.Load{Patience: time.Second, Paths: []string{"/session", "/feed"}})
}
