// Healthy: sessions under a load that grows all the time.
package main

import "example.com/stanch-programs/internal/service"

func main() { service.Run(service.Sessions, service.Growing) }
