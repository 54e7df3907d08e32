// Healthy: load that rises and then stays.
package main

import "example.com/stanch-programs/internal/service"

func main() { service.Run(service.Asks, service.Ramp) }
