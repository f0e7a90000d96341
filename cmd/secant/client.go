package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/secantdev/secant/app"
)

// serverFlags say which running server a command talks to. The defaults come
// from the run file that a server leaves in its data directory.
type serverFlags struct {
	Server string `help:"Address of the server, such as http://127.0.0.1:8080. Default: the one serving --data." placeholder:"URL" env:"SECANT_SERVER"`
	Data   string `help:"Data directory of the server on this machine." default:"./secant-data" placeholder:"DIR" env:"SECANT_DATA"`
	Token  string `help:"API token. Default: the one the server left in --data for its owner." placeholder:"TOKEN" env:"SECANT_ADMIN_TOKEN"`
}

// client talks to the management API of one server.
type client struct {
	base  string
	token string
	http  *http.Client
}

func (f serverFlags) connect() (*client, error) {
	c := &client{base: strings.TrimSuffix(f.Server, "/"), token: f.Token, http: &http.Client{}}
	if c.base == "" || c.token == "" {
		running, err := app.ReadRunFile(f.Data)
		if err != nil && c.base == "" {
			return nil, fmt.Errorf("find the running server: %w\nTry: secant serve --data %s, or give --server URL and --token TOKEN", err, f.Data)
		}
		// The local token opens only the server that wrote it: it is never
		// sent to another address.
		if c.base == "" {
			c.base = running.AdminURL
		}
		if c.token == "" && c.base == running.AdminURL {
			c.token = running.Token
		}
	}
	if c.token == "" {
		return nil, errors.New("no API token: set SECANT_ADMIN_TOKEN or --token (create one with: secant token create)")
	}
	return c, nil
}

// do sends one request and returns the answer when its status is below 300.
// The caller closes the body. Every other outcome is an error in plain words.
func (c *client) do(ctx context.Context, method, path string, query url.Values, body []byte, contentType string) (*http.Response, error) {
	target := c.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("address the server %s: %w", c.base, err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			return nil, fmt.Errorf("no server answers at %s: %w\nTry: secant serve, or another --server", c.base, op.Err)
		}
		return nil, err
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, apiError(resp)
}

// apiError turns an error answer of the API into one line a problem.
func apiError(resp *http.Response) error {
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	var answer struct {
		Errors []struct{ Message, Field string }
	}
	if json.Unmarshal(raw, &answer) != nil || len(answer.Errors) == 0 {
		return fmt.Errorf("the server answered %s", resp.Status)
	}
	lines := make([]string, len(answer.Errors))
	for i, e := range answer.Errors {
		lines[i] = e.Message
		if e.Field != "" && !strings.HasPrefix(e.Message, e.Field) {
			lines[i] = e.Field + ": " + e.Message
		}
	}
	if resp.StatusCode == http.StatusUnauthorized {
		lines = append(lines, "Try: set SECANT_ADMIN_TOKEN to a valid API token")
	}
	return errors.New(strings.Join(lines, "\n"))
}

// call sends in as JSON (nil for no body) and reads data of the answer into out
// (nil to ignore it). It gives up after 30 s.
func (c *client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
	}
	resp, err := c.do(ctx, method, path, query, body, "application/json")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(&struct{ Data any }{out}); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

// listAll returns every item of a list of the API, page after page; key is the
// list's name in the answer.
func listAll[T any](ctx context.Context, api *client, path, key string) ([]T, error) {
	var all []T
	query := url.Values{"pagination[count]": {"200"}}
	for {
		var data map[string]json.RawMessage
		if err := api.call(ctx, http.MethodGet, path, query, nil, &data); err != nil {
			return nil, err
		}
		var items []T
		var pagination struct{ Next string }
		if err := errors.Join(json.Unmarshal(data[key], &items), json.Unmarshal(data["pagination"], &pagination)); err != nil {
			return nil, fmt.Errorf("read the server's answer: %w", err)
		}
		all = append(all, items...)
		if pagination.Next == "" {
			return all, nil
		}
		query.Set("pagination[cursor]", pagination.Next)
	}
}

// readInput returns the contents of a file, or of standard input for "-".
func readInput(std streams, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(std.in)
	}
	return os.ReadFile(file)
}
