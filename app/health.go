package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// livez answers as long as the process serves.
func (s *server) livez(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// readyz answers 200 when events are taken and go on, else 503 with the reasons.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	reasons := s.problems(ctx)
	status := http.StatusOK
	if len(reasons) > 0 {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"ready": len(reasons) == 0, "durability": durability, "reasons": reasons})
}

// durability is the promise in force. There is one only.
const durability = "full: answered after fdatasync"

// problems lists why the server is not ready; empty when it is.
func (s *server) problems(ctx context.Context) []string {
	reasons := []string{}
	for _, check := range []struct {
		name   string
		health func() error
	}{
		{"raw log", s.raw.Health},
		{"clean log", s.clean.Health},
		{"dedupe index", s.dedupe.Health},
		{"pipeline", s.pipeline.Health},
		{"live", s.hub.Health},
		{"store", func() error { return s.store.Ping(ctx) }},
	} {
		if err := check.health(); err != nil {
			reasons = append(reasons, fmt.Sprintf("%s: %s", check.name, err))
		}
	}
	return reasons
}
