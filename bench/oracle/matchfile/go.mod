module stanch/bench/oracle/matchfile

go 1.23
