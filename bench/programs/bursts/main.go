// Healthy: bursts of sixteen times the load; buffers are handed back.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"

	"example.com/stanch-programs/internal/service"
)

// Buffers are handed back; how many there are depends on the largest crowd so far.
var buffers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 64<<10)) }}

func pooled(w http.ResponseWriter, r *http.Request) {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	fmt.Fprintln(b, "answer")
	io.Copy(w, b)
	buffers.Put(b)
	service.Asks(w, r)
}

func main() { service.Run(pooled, service.Bursts) }
