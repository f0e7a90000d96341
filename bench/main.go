// Command bench measures what the collector costs: it starts the secant binary
// and, in the same run, a bare net/http handler that only reads the body, and
// loads them in alternating windows from connections of its own. It prints
// acknowledged events a second, latency, CPU-seconds per million events (until
// the pipeline behind the answer has nothing left to do), peak memory and
// bytes on disk per event; each the median of its windows.
//
//	go run ./bench                         # all scenarios
//	go run ./bench -scenarios batch-16     # one
//	go run ./bench -destination            # accepted to delivered, one webhook
//	go run ./bench -json out.json          # the same figures for programs
//
// Figures of different machines, or of different runs on a shared one, do not
// compare; the ratio to the bare handler of the same run does.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

type options struct {
	Window      time.Duration
	Rounds      int
	Scenarios   []string
	Data        string
	Pin         bool
	Destination bool
	Events      int
	Sources     int
	JSON        string
	Out         string
	Profile     string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "peer" {
		exit(runPeer(os.Args[2:]))
	}
	var o options
	var scenarios string
	flag.DurationVar(&o.Window, "window", 5*time.Second, "length of one measured window")
	flag.IntVar(&o.Rounds, "rounds", 3, "windows per target and scenario; figures are their medians")
	flag.StringVar(&scenarios, "scenarios", "", "comma-separated names; empty: "+strings.Join(scenarioNames(), ","))
	flag.StringVar(&o.Data, "data", "", "directory to put the data directory in; empty: the system's temporary one")
	flag.BoolVar(&o.Pin, "pin", true, "give the server one core and the load generator the others (Linux, two cores or more)")
	flag.BoolVar(&o.Destination, "destination", false, "measure accepted to delivered with one webhook instead")
	flag.IntVar(&o.Events, "events", 100_000, "events per window of -destination")
	flag.IntVar(&o.Sources, "sources", 1, "sources the events are spread over")
	flag.StringVar(&o.JSON, "json", "", "also write the figures as JSON to this file; - for standard output instead of the table")
	flag.StringVar(&o.Out, "out", "", "also write table and JSON to this directory, named by date and revision")
	flag.StringVar(&o.Profile, "profile", "", "write a CPU profile of each secant window to this directory")
	flag.Parse()
	if scenarios == "" {
		scenarios = strings.Join(scenarioNames(), ",")
	}
	o.Scenarios = strings.Split(scenarios, ",")
	for _, name := range o.Scenarios {
		if !slices.Contains(scenarioNames(), name) {
			exit(fmt.Errorf("-scenarios: %q is none of %s", name, strings.Join(scenarioNames(), ", ")))
		}
	}
	if o.Rounds < 1 || o.Window <= 0 || o.Events < 1 || o.Sources < 1 || o.Sources > maxSources {
		exit(fmt.Errorf("-rounds, -window and -events must be above 0, -sources between 1 and %d", maxSources))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(ctx context.Context, o options) error {
	defer testkit.RemoveBinary()
	r, err := newReport(ctx, o)
	if err != nil {
		return err
	}
	if o.Destination {
		err = measureDelivery(ctx, o, r)
	} else {
		err = measureCollect(ctx, o, r)
	}
	if err != nil {
		return err
	}
	return r.write(o)
}
