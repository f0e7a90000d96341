package eventlog_test

import (
	"context"
	"fmt"
	"os"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/eventlog"
)

func Example() {
	dir, err := os.MkdirTemp("", "eventlog")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	log, err := eventlog.Open(eventlog.Options{Dir: dir, Partitions: 1})
	if err != nil {
		panic(err)
	}
	defer log.Close()

	// Safe once it returns.
	err = log.Append(context.Background(), []secant.Record{
		{Source: "shop-web", Type: secant.TypePage, JSON: []byte(`{"type":"page"}`)},
		{Source: "shop-web", Type: secant.TypeTrack, JSON: []byte(`{"type":"track"}`)},
	})
	if err != nil {
		panic(err)
	}

	reader := log.Read(0, 1)
	defer reader.Close()
	chunk, err := reader.Next(context.Background()) // waits when there is none
	if err != nil {
		panic(err)
	}
	for i, record := range chunk.Records() {
		fmt.Println(chunk.Seq, i, record.Source, string(record.JSON))
	}
	// Output:
	// 1 0 shop-web {"type":"page"}
	// 1 1 shop-web {"type":"track"}
}
