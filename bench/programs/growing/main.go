// Healthy: load that grows all the time.
package main

import "example.com/stanch-programs/internal/service"

func main() { service.Run(service.Asks, service.Growing) }
