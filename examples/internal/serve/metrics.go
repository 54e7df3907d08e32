package serve

import (
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
)

// requests is what was asked of the service: what growth is compared with.
var requests atomic.Int64

func counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" && !strings.HasPrefix(r.URL.Path, "/debug/") {
			requests.Add(1)
		}
		next.ServeHTTP(w, r)
	})
}

var published []func(io.Writer)

// Publish has write add to what /metrics answers, in Prometheus' text format.
func Publish(write func(io.Writer)) {
	published = append(published, write)
}

func init() {
	http.HandleFunc("/metrics", func(w http.ResponseWriter, r *http.Request) {
		var gc debug.GCStats
		debug.ReadGCStats(&gc)
		fmt.Fprintf(w, "# TYPE http_requests_total counter\nhttp_requests_total %d\n", requests.Load())
		fmt.Fprintf(w, "# TYPE go_gc_duration_seconds summary\ngo_gc_duration_seconds_count %d\n", gc.NumGC)
		for _, write := range published {
			write(w)
		}
	})
}
