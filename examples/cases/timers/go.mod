module example.com/stanch-examples/cases/timers

go 1.22
