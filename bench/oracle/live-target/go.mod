module stanch.bench/oracle/live-target

go 1.24
