module stanch.example/oracle/types

go 1.24
