// Leaks: files in a list that nobody looks at.
package main

import (
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"sync"

	"example.com/stanch-programs/internal/service"
)

// Reports that failed stay open, in case somebody asks; nobody does. (A forgotten *os.File would be closed by the collector.)
var (
	mu     sync.Mutex
	failed []*os.File
)

func report() error {
	f, err := os.CreateTemp("", "stanch-report") // LEAK reports
	if err != nil {
		return err
	}
	os.Remove(f.Name())
	if rand.Intn(12) == 0 {
		mu.Lock()
		failed = append(failed, f)
		mu.Unlock()
		return fmt.Errorf("nothing to report")
	}
	defer f.Close()
	_, err = f.WriteString("report\n")
	return err
}

func reports(w http.ResponseWriter, r *http.Request) {
	if err := report(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func main() { service.Run(reports, service.Ramp) }
