package api

import "time"

// PingEvery makes streams ping more often, before the first is open.
func (a *API) PingEvery(d time.Duration) { a.streams.ping = d }
