package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

type applyCommand struct {
	serverFlags
	File   string `short:"f" help:"Workspace file, or - for standard input." required:"" placeholder:"FILE"`
	DryRun bool   `help:"Show what would change, and change nothing."`
	Prune  bool   `help:"Also delete what the file does not name."`
}

// Help explains the effect of applying a file twice.
func (applyCommand) Help() string {
	return "Creates and updates what the file names, in one step or not at all; applying it again changes nothing."
}

// planChange is one line of what applying a file does.
type planChange struct {
	Action, Kind, ID string
	Changes          []struct {
		Field    string
		From, To any
	}
}

// Run applies the file and prints the plan.
func (c *applyCommand) Run(ctx context.Context, std streams) error {
	file, err := readWorkspaceFile(std, c.File)
	if err != nil {
		return err
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	query := url.Values{}
	if c.DryRun {
		query.Set("dryRun", "1")
	}
	if c.Prune {
		query.Set("prune", "1")
	}
	resp, err := api.do(ctx, http.MethodPost, "/api/workspace/apply", query, file, "text/yaml")
	if err != nil {
		return fmt.Errorf("apply %s: %w", c.File, err)
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct {
			Plan    []planChange
			Applied bool
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	printPlan(std.out, answer.Data.Plan, answer.Data.Applied)
	return nil
}

func printPlan(w io.Writer, plan []planChange, applied bool) {
	marks := map[string]string{"create": "+", "update": "~", "delete": "-"}
	counts := map[string]int{}
	for _, change := range plan {
		counts[change.Action]++
		mark, ok := marks[change.Action]
		if !ok {
			continue
		}
		fmt.Fprintf(w, "%s %s %s\n", mark, change.Kind, change.ID)
		for _, f := range change.Changes {
			fmt.Fprintf(w, "    %s: %s → %s\n", f.Field, compactJSON(f.From), compactJSON(f.To))
		}
	}
	verb := "would be "
	if applied {
		verb = ""
	}
	fmt.Fprintf(w, "%d %screated, %d %supdated, %d %sdeleted, %d unchanged\n",
		counts["create"], verb, counts["update"], verb, counts["delete"], verb, counts["unchanged"])
}

func compactJSON(v any) string {
	if v == nil {
		return "none"
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(raw)
}
