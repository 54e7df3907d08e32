module example.com/stanch-examples/folklore

go 1.24
