package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// figures are what one window, or the median of several, came to.
type figures struct {
	Rate    float64 `json:"eventsPerSecond"`
	P50     float64 `json:"p50Milliseconds"`
	P99     float64 `json:"p99Milliseconds"`
	CPU     float64 `json:"cpuSecondsPerMillion"`
	Peak    float64 `json:"peakRSSMegabytes"`
	Stored  float64 `json:"storedBytesPerEvent"`
	Written float64 `json:"writtenBytesPerEvent"`
}

func (l *load) figures(before, after usage) figures {
	n := float64(max(l.Events, 1))
	return figures{
		Rate:    n / l.Took.Seconds(),
		P50:     l.quantile(0.50),
		P99:     l.quantile(0.99),
		CPU:     (after.CPU - before.CPU) * 1e6 / n,
		Peak:    float64(after.Peak) / (1 << 20),
		Stored:  float64(after.Stored-before.Stored) / n,
		Written: float64(after.Written-before.Written) / n,
	}
}

// quantile returns a latency in milliseconds.
func (l *load) quantile(q float64) float64 {
	if len(l.lat) == 0 {
		return 0
	}
	return float64(l.lat[int(q*float64(len(l.lat)-1))]) / 1e6
}

// medians takes each figure's median over the windows.
func medians(all []figures) figures {
	pick := func(get func(figures) float64) float64 {
		v := make([]float64, len(all))
		for i, f := range all {
			v[i] = get(f)
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	return figures{
		Rate:    pick(func(f figures) float64 { return f.Rate }),
		P50:     pick(func(f figures) float64 { return f.P50 }),
		P99:     pick(func(f figures) float64 { return f.P99 }),
		CPU:     pick(func(f figures) float64 { return f.CPU }),
		Peak:    pick(func(f figures) float64 { return f.Peak }),
		Stored:  pick(func(f figures) float64 { return f.Stored }),
		Written: pick(func(f figures) float64 { return f.Written }),
	}
}

type row struct {
	Scenario string `json:"scenario"`
	What     string `json:"what"`
	Target   string `json:"target"`
	figures
}

type report struct {
	Date     string  `json:"date"`
	Revision string  `json:"revision"`
	Go       string  `json:"go"`
	CPU      string  `json:"cpu"`
	Cores    int     `json:"cores"`
	Pinned   bool    `json:"pinned"`
	Disk     string  `json:"fileSystem"`
	Syncs    float64 `json:"fsyncsPerSecond"`
	Window   string  `json:"window"`
	Rounds   int     `json:"rounds"`
	Sources  int     `json:"sources"`
	Rows     []row   `json:"rows"`
}

func newReport(ctx context.Context, o options) (*report, error) {
	dir := o.Data
	if dir == "" {
		dir = os.TempDir()
	}
	syncs, err := syncRate(dir)
	if err != nil {
		return nil, err
	}
	window := o.Window.String()
	if o.Destination {
		window = fmt.Sprintf("%d events", o.Events)
	}
	return &report{
		Date: time.Now().UTC().Format(time.DateOnly), Revision: revision(ctx), Go: runtime.Version(),
		CPU: cpuModel(), Cores: runtime.NumCPU(), Pinned: o.Pin && runtime.NumCPU() > 1,
		Disk: fileSystem(dir), Syncs: syncs,
		Window: window, Rounds: o.Rounds, Sources: o.Sources,
	}, nil
}

// revision is the commit that was measured; a star says that files differed.
func revision(ctx context.Context) string {
	root, err := testkit.Root()
	if err != nil {
		return "unknown"
	}
	git := func(args ...string) string {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	rev := git("rev-parse", "--short=10", "HEAD")
	if rev == "" {
		return "unknown"
	}
	if git("status", "--porcelain", "--untracked-files=no") != "" {
		rev += "*"
	}
	return rev
}

// syncRate measures how often a second 4 KB can be made safe in dir.
func syncRate(dir string) (float64, error) {
	f, err := os.CreateTemp(dir, "secant-bench-sync-")
	if err != nil {
		return 0, fmt.Errorf("measure fsync: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 4096)
	n, start := 0, time.Now()
	for time.Since(start) < time.Second {
		if _, err := f.Write(block); err != nil {
			return 0, fmt.Errorf("measure fsync: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("measure fsync: %w", err)
		}
		n++
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

func (r *report) add(row row) { r.Rows = append(r.Rows, row) }

// ratio is the rate of row beside the bare handler's of the same scenario, or
// nothing where there is none.
func (r *report) ratio(of row) string {
	for _, other := range r.Rows {
		if other.Scenario == of.Scenario && other.Target == "bare" && of.Target != "bare" && other.Rate > 0 {
			return fmt.Sprintf("%.2f", of.Rate/other.Rate)
		}
	}
	return ""
}

func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, revision %s\n\n", r.Date, r.Revision)
	cores := "servers and load generator share the cores"
	if r.Pinned {
		cores = "servers pinned to one core, the load generator to the rest"
	}
	fmt.Fprintf(&b, "%s, %s, %d cores (%s, GOMAXPROCS 2), %s with %.0f fsyncs/s. Medians of %d windows of %s; events of 1.1 KB, spread over %d source(s).\n\n",
		r.Go, r.CPU, r.Cores, cores, r.Disk, r.Syncs, r.Rounds, r.Window, r.Sources)
	b.WriteString("| scenario | server | events/s | of bare | p50 ms | p99 ms | CPU-s per million | peak RSS MB | stored B/event | written B/event |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, w := range r.Rows {
		fmt.Fprintf(&b, "| %s: %s | %s | %.0f | %s | %.1f | %.1f | %.1f | %.0f | %.0f | %.0f |\n",
			w.Scenario, w.What, w.Target, w.Rate, r.ratio(w), w.P50, w.P99, w.CPU, w.Peak, w.Stored, w.Written)
	}
	return b.String()
}

func (r *report) write(o options) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode figures: %w", err)
	}
	raw = append(raw, '\n')
	if o.JSON == "-" {
		_, err := os.Stdout.Write(raw)
		return err
	}
	fmt.Print(r.markdown())
	if o.JSON != "" {
		if err := os.WriteFile(o.JSON, raw, 0o644); err != nil {
			return fmt.Errorf("write figures: %w", err)
		}
	}
	if o.Out == "" {
		return nil
	}
	name := r.Date + "-" + strings.TrimSuffix(r.Revision, "*")
	if o.Destination {
		name += "-delivered"
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	if err := os.WriteFile(filepath.Join(o.Out, name+".json"), raw, 0o644); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	if err := os.WriteFile(filepath.Join(o.Out, name+".md"), []byte(r.markdown()), 0o644); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}
