package app

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/secantdev/secant/eventlog"
)

// metrics answers in Prometheus' format. The numbers are read from the engines
// when asked for: keeping them costs nothing in between.
func (s *server) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), engineMetrics{s})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// engineMetrics collects what the engines say of themselves.
type engineMetrics struct{ s *server }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("secant_"+name, help, labels, nil)
}

// The names are part of what operators build on: they do not change.
var (
	descBuild  = desc("build_info", "Always 1; the version is a label.", "version")
	descReady  = desc("ready", "1 when /readyz answers 200.")
	descEvents = desc("events_total", "Events since start, by what became of them: accepted, blocked, refused.", "outcome")

	descLogBytes   = desc("log_bytes", "Size of an event log.", "log")
	descLogFiles   = desc("log_files", "Files of an event log.", "log")
	descLogEvents  = desc("log_events_total", "Events appended since start.", "log")
	descLogCommits = desc("log_commits_total", "Successful commits since start, each one sync.", "log")
	descLogFails   = desc("log_failures_total", "Commits that failed since start; their events were answered 503.", "log")
	descLogSync    = desc("log_sync_seconds_total", "Time spent syncing since start.", "log")
	descLogDamage  = desc("log_damaged_total", "Damaged places found since start, each named in the server's log.", "log")
	descLogUnread  = desc("log_unread_files_total", "Files removed for --retain-bytes before they were read.", "log")

	descLagChunks = desc("pipeline_lag_chunks", "Chunks of the raw log that wait for the pipeline.", "partition")
	descLagAge    = desc("pipeline_lag_seconds", "Time since the pipeline had nothing to do.", "partition")
	descLagEvents = desc("pipeline_lag_events", "Events that wait for the pipeline, about.", "partition")

	descDuplicates  = desc("duplicates_total", "Repeated messageIds found since start.")
	descDedupeBytes = desc("dedupe_bytes", "Size of the dedupe index.")

	descDelivered = desc("deliveries_total", "Events by what became of them at a destination since start.", "destination", "outcome")
	descParked    = desc("deliveries_parked", "Deliveries that wait for their next attempt.", "destination")
	descBacklog   = desc("delivery_backlog_seconds", "Age of the oldest event that a destination has not taken from the log.", "destination")
	descState     = desc("destination_state", "1 for the state a destination is in.", "destination", "state")
	descForgotten = desc("dead_letters_forgotten_total", "Dead letters that were too old or too many since start, forgotten by the upkeep.", "destination")
	descLost      = desc("delivery_lost_chunks_total", "Chunks that retention or damage took before they were delivered.", "destination")
)

// Describe sends nothing: the destinations, and so the series, come and go.
func (m engineMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect reads the engines.
func (m engineMetrics) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge(descBuild, 1, m.s.Version)
	ready := 0.0
	if m.s.raw.Health() == nil && m.s.clean.Health() == nil && m.s.pipeline.Health() == nil && m.s.dedupe.Health() == nil {
		ready = 1
	}
	gauge(descReady, ready)

	hub := m.s.hub.Stats()
	counter(descEvents, float64(hub.Accepted), "accepted")
	counter(descEvents, float64(hub.Blocked), "blocked")
	counter(descEvents, float64(hub.Refused), "refused")

	for name, log := range map[string]*eventlog.Log{"raw": m.s.raw, "clean": m.s.clean} {
		stats := log.Stats()
		gauge(descLogBytes, float64(stats.Bytes), name)
		gauge(descLogFiles, float64(stats.Files), name)
		counter(descLogEvents, float64(stats.Events), name)
		counter(descLogCommits, float64(stats.Commits), name)
		counter(descLogFails, float64(stats.Failures), name)
		counter(descLogSync, stats.SyncTime.Seconds(), name)
		counter(descLogDamage, float64(stats.Damaged), name)
		counter(descLogUnread, float64(stats.Unread), name)
	}
	for _, p := range m.s.pipeline.Stats().Partitions {
		partition := strconv.Itoa(p.Partition)
		gauge(descLagChunks, float64(p.LagChunks), partition)
		gauge(descLagAge, p.LagAge.Seconds(), partition)
		gauge(descLagEvents, float64(p.LagEvents), partition)
	}
	index := m.s.dedupe.Stats()
	counter(descDuplicates, float64(index.Duplicates))
	gauge(descDedupeBytes, float64(index.DiskBytes))

	forgotten := m.s.store.ForgottenDeadLetters()
	for _, st := range m.s.deliver.Statuses() {
		id := st.Destination
		counter(descForgotten, float64(forgotten[id]), id)
		counter(descDelivered, float64(st.Delivered), id, "delivered")
		counter(descDelivered, float64(st.Retried), id, "retried")
		counter(descDelivered, float64(st.Failed), id, "failed")
		counter(descDelivered, float64(st.Filtered), id, "filtered")
		gauge(descParked, float64(st.Retrying), id)
		gauge(descBacklog, st.BacklogAge.Seconds(), id)
		gauge(descState, 1, id, string(st.State))
		counter(descLost, float64(st.LostChunks), id)
	}
}
