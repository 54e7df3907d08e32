// Healthy: sessions under a load in waves.
package main

import "example.com/stanch-programs/internal/service"

func main() { service.Run(service.Sessions, service.Sine) }
