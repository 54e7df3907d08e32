module stanch.dev/bench/oracle/parsebench

go 1.21
