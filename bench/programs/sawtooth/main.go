// Healthy: forty megabytes come and go.
package main

import "example.com/stanch-programs/internal/service"

func main() { service.Run(service.Asks, service.Constant(10), service.Sawtooth) }
