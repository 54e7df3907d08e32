// Healthy: pprof does not answer for a sixth of the time.
package main

import "example.com/stanch-programs/internal/service"

func main() { service.Run(service.Asks, service.Constant(20), service.Gaps) }
