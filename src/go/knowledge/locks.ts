/** Locks of package sync, and what lets them go: https://pkg.go.dev/sync#Mutex, #RWMutex */
export const unlockOf: ReadonlyMap<string, string> = new Map([
  ["(*sync.Mutex).Lock", "Unlock"],
  ["(*sync.RWMutex).Lock", "Unlock"],
  ["(*sync.RWMutex).RLock", "RUnlock"],
]);
