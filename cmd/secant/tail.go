package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type tailCommand struct {
	serverFlags
	Source string `help:"Only events of this source." placeholder:"ID"`
	Type   string `help:"Only events of this type: track, identify, page, screen, group or alias." placeholder:"TYPE"`
	Name   string `help:"Only events of this name." placeholder:"NAME"`
	Search string `help:"Only events whose JSON contains this text." placeholder:"TEXT"`
	JSON   bool   `help:"Print each event as one line of JSON."`
}

// tailEvent is what the stream says of an event.
type tailEvent struct {
	Source, Type, Name, MessageID, UserID, AnonymousID string
	Reason, ReasonText                                 string
	ReceivedAt                                         time.Time
	Event                                              json.RawMessage
}

// Run prints events until interrupted; it connects again when the server
// restarts.
func (c *tailCommand) Run(ctx context.Context, std streams) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	query := url.Values{}
	for name, value := range map[string]string{"source": c.Source, "type": c.Type, "name": c.Name, "q": c.Search} {
		if value != "" {
			query.Set(name, value)
		}
	}
	connected := false
	for {
		resp, err := api.do(ctx, http.MethodGet, "/api/events/stream", query, nil, "")
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // stopped as asked
		case err != nil && !connected:
			return fmt.Errorf("follow the events: %w", err)
		case err == nil:
			if !connected && !c.JSON {
				fmt.Fprintln(std.err, "waiting for events; stop with Ctrl-C")
			}
			connected = true
			err = readStream(resp.Body, func(name string, data []byte) error { return c.print(std, name, data) })
			resp.Body.Close()
			if ctx.Err() != nil {
				return nil //nolint:nilerr // stopped as asked
			}
			if err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

func (c *tailCommand) print(std streams, name string, data []byte) error {
	switch name {
	case "dropped":
		var d struct{ N int }
		if json.Unmarshal(data, &d) == nil {
			fmt.Fprintf(std.err, "%d events came too fast to show; they are safe in the log\n", d.N)
		}
	case "event":
		if c.JSON {
			_, err := fmt.Fprintf(std.out, "%s\n", data)
			return err
		}
		var e tailEvent
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("read an event of the stream: %w", err)
		}
		_, err := fmt.Fprintln(std.out, e.line())
		return err
	}
	return nil
}

// line is the event for a person: time, source, type, name, who, and why it was
// stopped if it was.
func (e tailEvent) line() string {
	who := e.UserID
	if who == "" {
		who = e.AnonymousID
	}
	line := fmt.Sprintf("%s  %-16s %-8s %-28s %s", e.ReceivedAt.Local().Format("15:04:05.000"),
		printable(e.Source), e.Type, printable(e.Name), printable(who))
	if e.Reason != "" {
		line += "  ✗ " + e.Reason + ": " + e.ReasonText
	}
	return strings.TrimRight(line, " ")
}

// printable replaces what could drive a terminal: events are hostile input.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return '·'
		}
		return r
	}, s)
}

// readStream calls handle for each server-sent event until the stream ends. A
// broken connection is the end of the stream, not an error.
func readStream(body io.Reader, handle func(name string, data []byte) error) error {
	scanner := bufio.NewScanner(body)
	scanner.Buffer(make([]byte, 64<<10), 4<<20)
	var name string
	var data []byte
	for scanner.Scan() {
		line := scanner.Bytes()
		switch {
		case len(line) == 0:
			if len(data) > 0 {
				if err := handle(name, data); err != nil {
					return err
				}
			}
			name, data = "", nil
		case bytes.HasPrefix(line, []byte("event:")):
			name = string(bytes.TrimSpace(line[len("event:"):]))
		case bytes.HasPrefix(line, []byte("data:")):
			data = append(data, bytes.TrimPrefix(line[len("data:"):], []byte(" "))...)
		}
	}
	return nil
}
