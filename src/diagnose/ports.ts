/** Where servers of known kinds listen, unless they were told otherwise. */
export const databasePorts = [5432, 3306, 1433, 1521, 5433, 26257, 6432];
export const redisPorts = [6379, 6380, 16379, 26379];
/** What is behind them speaks a protocol of its own: connections there are not HTTP. */
export const backendPorts = [...databasePorts, ...redisPorts, 27017, 9092, 11211];
