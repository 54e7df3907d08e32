// Healthy: the process begins again and again.
package main

import "example.com/stanch-programs/internal/service"

func main() { service.Run(service.Sessions, service.Constant(10), service.Restarts) }
