module example.com/stanch-programs

go 1.24
