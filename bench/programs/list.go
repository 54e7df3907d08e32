package main

var programs = map[string]program{
	// Healthy.
	"steady":   {handle: asks, rate: constant(20)},
	"warm-up":  {handle: caches, rate: constant(20)},
	"ramp":     {handle: asks, rate: ramp},
	"growing":  {handle: asks, rate: growing},
	"sine":     {handle: sessions, rate: sine},
	"bursts":   {handle: pooled, rate: bursts},
	"steps":    {handle: dispatches, rate: constant(20), background: steps},
	"sawtooth": {handle: asks, rate: constant(10), background: sawtooth},
	"restarts": {handle: sessions, rate: constant(10), background: restarts},
	"gaps":     {handle: asks, rate: constant(20), background: gaps},
	"rotates":  {handle: asks, rate: constant(10), background: rotates},
	"crowds":   {handle: sessions, rate: growing},
	// Leaking.
	"hedged":      {handle: hedged, rate: sine},
	"subscribers": {handle: subscribers, rate: growing},
	"slow":        {handle: sessions, rate: bursts, background: slow},
	"bodies":      {handle: bodies, rate: constant(10)},
	"remembers":   {handle: remembers, rate: bursts},
	"appends":     {handle: appends, rate: constant(40), background: sawtooth},
	"reports":     {handle: reports, rate: ramp},
	"transports":  {handle: transports, rate: constant(1.5)},
	"detached":    {handle: detached, rate: sine, background: restarts},
	"locks":       {handle: locks, rate: constant(4), background: takesLock},
	"dials":       {handle: dials, rate: sine, background: gaps},
	"heartbeats":  {handle: heartbeats, rate: ramp},
}
