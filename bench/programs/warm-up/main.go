// Healthy: a cache with a bound, which takes several service.Periods to fill.
package main

import (
	"bytes"
	"container/list"
	"math/rand"
	"net/http"
	"sync"

	"example.com/stanch-programs/internal/service"
)

// A cache with a bound, which takes several service.Periods to fill.
type cache struct {
	mu    sync.Mutex
	bound int
	order *list.List
	byKey map[int]*list.Element
}

type entry struct {
	key   int
	value []byte
}

func newCache(bound int) *cache {
	return &cache{bound: bound, order: list.New(), byKey: map[int]*list.Element{}}
}

func (c *cache) put(key int, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.order.MoveToFront(e)
		return
	}
	c.byKey[key] = c.order.PushFront(entry{key, value})
	if c.order.Len() > c.bound {
		last := c.order.Back()
		delete(c.byKey, last.Value.(entry).key)
		c.order.Remove(last)
	}
}

var lru = newCache(1500)

func caches(w http.ResponseWriter, r *http.Request) {
	lru.put(rand.Intn(100_000), bytes.Repeat([]byte("x"), 8<<10))
}

func main() { service.Run(caches, service.Constant(20)) }
