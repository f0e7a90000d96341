package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

type sendCommand struct {
	serverFlags
	Type        string            `arg:"" help:"What to send: ${enum}." enum:"track,identify,page,screen,group,alias" default:"track"`
	Name        string            `arg:"" optional:"" help:"Event name (track), page or screen name, group id, or the previous id (alias)."`
	Source      string            `help:"Source to send to; its first write key is used." placeholder:"ID"`
	WriteKey    string            `help:"Write key to send with, instead of --source." placeholder:"KEY"`
	UserID      string            `name:"user-id" help:"The user's id." placeholder:"ID"`
	AnonymousID string            `name:"anonymous-id" help:"The visitor's id. Default: a new one when there is no --user-id." placeholder:"ID"`
	Property    map[string]string `short:"p" help:"Property or trait as key=value; numbers, true, false and JSON are understood." placeholder:"KEY=VALUE" mapsep:"none"`
	File        string            `short:"f" help:"Send the events of a file, one JSON object a line, or - for standard input." placeholder:"FILE"`
}

// Help shows an example.
func (sendCommand) Help() string {
	return `Example: secant send track "Order Completed" --source shop-web --user-id u1 -p revenue=19.99 -p currency=EUR`
}

// batchLimit keeps a request below the collector's limit of 500 KB.
const batchLimit = 400 << 10

// Run sends and reports how many events the server has safely stored.
func (c *sendCommand) Run(ctx context.Context, std streams) error {
	base, key, err := c.target(ctx)
	if err != nil {
		return err
	}
	if c.File == "" {
		event, err := c.event()
		if err != nil {
			return err
		}
		if err := post(ctx, base, key, [][]byte{event}); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "stored 1 event\n")
		return nil
	}
	raw, err := readInput(std, c.File)
	if err != nil {
		return fmt.Errorf("read the events: %w", err)
	}
	var batch [][]byte
	size, sent := 0, 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := post(ctx, base, key, batch); err != nil {
			return fmt.Errorf("%w (%d events were stored before)", err, sent)
		}
		sent += len(batch)
		batch, size = nil, 0
		return nil
	}
	for number, line := range bytes.Split(raw, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if !json.Valid(line) || line[0] != '{' {
			return fmt.Errorf("line %d of %s is not a JSON object; %d events were stored before it", number+1, c.File, sent)
		}
		if size+len(line) > batchLimit {
			if err := flush(); err != nil {
				return err
			}
		}
		batch, size = append(batch, line), size+len(line)
	}
	if err := flush(); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "stored %d events\n", sent)
	return nil
}

// target finds where to send and with which key.
func (c *sendCommand) target(ctx context.Context) (base, key string, err error) {
	if c.WriteKey != "" && c.Server != "" {
		return strings.TrimSuffix(c.Server, "/"), c.WriteKey, nil
	}
	api, err := c.connect()
	if err != nil {
		return "", "", err
	}
	var status struct{ CollectorURL string }
	if err := api.call(ctx, http.MethodGet, "/api/status", nil, nil, &status); err != nil {
		return "", "", fmt.Errorf("find the collector: %w", err)
	}
	if base = status.CollectorURL; base == "" {
		base = api.base
	}
	if c.WriteKey != "" {
		return base, c.WriteKey, nil
	}
	if c.Source == "" {
		return "", "", errors.New("say where to send: --source ID or --write-key KEY")
	}
	var answer struct{ Source struct{ WriteKeys []string } }
	if err := api.call(ctx, http.MethodGet, "/api/sources/"+url.PathEscape(c.Source), nil, nil, &answer); err != nil {
		return "", "", fmt.Errorf("find source %s: %w", c.Source, err)
	}
	if len(answer.Source.WriteKeys) == 0 {
		return "", "", fmt.Errorf("source %s has no write key; add one in the console", c.Source)
	}
	return base, answer.Source.WriteKeys[0], nil
}

// event builds the one event that the flags describe.
func (c *sendCommand) event() ([]byte, error) {
	values := map[string]any{}
	for key, text := range c.Property {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			v = text
		}
		values[key] = v
	}
	event := map[string]any{
		"type": c.Type, "messageId": "cli-" + uuid.NewString(),
		"timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		"context":   map[string]any{"library": map[string]any{"name": "secant-cli", "version": version}},
	}
	if c.UserID != "" {
		event["userId"] = c.UserID
	}
	if c.AnonymousID != "" {
		event["anonymousId"] = c.AnonymousID
	} else if c.UserID == "" {
		event["anonymousId"] = uuid.NewString()
	}
	bag, nameField := "properties", "name"
	switch c.Type {
	case "track":
		nameField = "event"
	case "identify":
		bag, nameField = "traits", ""
	case "group":
		bag, nameField = "traits", "groupId"
	case "alias":
		nameField = "previousId"
	}
	if c.Name == "" && c.Type != "identify" && c.Type != "page" && c.Type != "screen" {
		return nil, fmt.Errorf("%s needs its %s: secant send %s NAME", c.Type, nameField, c.Type)
	}
	if c.Name != "" {
		if nameField == "" {
			return nil, errors.New("identify takes no name; pass --user-id")
		}
		event[nameField] = c.Name
	}
	event[bag] = values
	return json.Marshal(event)
}

// post sends one batch and returns nil once the server has stored it.
func post(ctx context.Context, base, key string, events [][]byte) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	body := append([]byte(`{"batch":[`), bytes.Join(events, []byte(","))...)
	body = append(body, `]}`...)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/batch", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("address the collector %s: %w", base, err)
	}
	req.SetBasicAuth(key, "")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("send to %s: %w", base, err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the collector answered %s: %s", resp.Status, bytes.TrimSpace(answer))
	}
	return nil
}
