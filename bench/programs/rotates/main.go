// Healthy: one more file every so often, until there are eight.
package main

import (
	"os"
	"time"

	"example.com/stanch-programs/internal/service"
)

// Files are rotated: one more each service.Period until there are eight.
var logs []*os.File

func rotates() {
	for {
		f, err := os.CreateTemp("", "stanch-rotated")
		if err == nil {
			os.Remove(f.Name())
			logs = append(logs, f)
		}
		if len(logs) > 8 {
			logs[0].Close()
			logs = logs[1:]
		}
		time.Sleep(service.Period / 3)
	}
}

func main() { service.Run(service.Asks, service.Constant(10), rotates) }
