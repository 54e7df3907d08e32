module stanch/bench/oracle/stdlib

go 1.23
