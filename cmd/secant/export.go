package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

type exportCommand struct {
	serverFlags
}

// Help explains what happens to secrets.
func (exportCommand) Help() string {
	return "Secrets are written as references such as ${secret:ID}, which only the same installation can resolve."
}

// Run prints the workspace.
func (c *exportCommand) Run(ctx context.Context, std streams) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	resp, err := api.do(ctx, http.MethodGet, "/api/workspace", nil, nil, "")
	if err != nil {
		return fmt.Errorf("export the workspace: %w", err)
	}
	defer resp.Body.Close()
	_, err = io.Copy(std.out, resp.Body)
	return err
}
