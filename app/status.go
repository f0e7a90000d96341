package app

import (
	"context"

	"github.com/secantdev/secant/api"
	"github.com/secantdev/secant/eventlog"
	"github.com/secantdev/secant/internal/disk"
)

// status is what GET /api/status shows.
func (s *server) status(ctx context.Context) api.Status {
	st := api.Status{
		Durability: durability, Problems: s.problems(ctx),
		Logs: []api.LogStatus{logStatus("raw", s.raw), logStatus("clean", s.clean)},
	}
	for _, p := range s.pipeline.Stats().Partitions {
		st.Pipeline.LagChunks += p.LagChunks
		st.Pipeline.LagSeconds = max(st.Pipeline.LagSeconds, p.LagAge.Seconds())
	}
	for _, log := range st.Logs {
		st.DataBytes += log.Bytes
	}
	st.DataBytes += s.dedupe.Stats().DiskBytes
	st.DiskFree, _, _ = disk.Space(s.dir.path) // 0 where the system does not tell
	return st
}

func logStatus(name string, log *eventlog.Log) api.LogStatus {
	stats := log.Stats()
	status := api.LogStatus{
		Name: name, Partitions: log.Partitions(), Bytes: stats.Bytes, Files: stats.Files,
		Appended: stats.Events, Syncs: stats.Commits, DamagedChunks: stats.Damaged, OldestAt: api.Stamp(stats.Oldest),
	}
	if stats.Healthy != nil {
		status.Error = stats.Healthy.Error()
	}
	return status
}
