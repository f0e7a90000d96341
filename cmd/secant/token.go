package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"
)

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Create an API token and print it once."`
	List   tokenListCommand   `cmd:"" help:"List API tokens, without their secrets."`
	Revoke tokenRevokeCommand `cmd:"" help:"Revoke an API token."`
}

type tokenCreateCommand struct {
	serverFlags
	Name    string        `help:"What the token is for." default:"cli" placeholder:"NAME"`
	Role    string        `help:"What it may do: ${enum}." enum:"owner,admin,publisher,editor,viewer" default:"viewer"`
	Expires time.Duration `help:"Life of the token, such as 720h; 0 for no end." default:"0" placeholder:"DURATION"`
}

// Run prints the token's secret on standard output, alone, for scripts.
func (c *tokenCreateCommand) Run(ctx context.Context, std streams) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	in := map[string]any{"name": c.Name, "role": c.Role}
	if c.Expires > 0 {
		in["expiresAt"] = time.Now().Add(c.Expires).UTC().Format(time.RFC3339)
	}
	var out struct {
		Token struct{ ID string }
		// Secret is shown by this answer only.
		Secret string
	}
	if err := api.call(ctx, http.MethodPost, "/api/tokens", nil, in, &out); err != nil {
		return fmt.Errorf("create the token: %w", err)
	}
	fmt.Fprintf(std.err, "token %s with role %s; it is shown only now:\n", out.Token.ID, c.Role)
	fmt.Fprintln(std.out, out.Secret)
	return nil
}

type tokenListCommand struct{ serverFlags }

// Run prints one line a token.
func (c *tokenListCommand) Run(ctx context.Context, std streams) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	type token struct{ ID, Name, Role, ExpiresAt, LastUsedAt string }
	tokens, err := listAll[token](ctx, api, "/api/tokens", "tokens")
	if err != nil {
		return fmt.Errorf("list the tokens: %w", err)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tROLE\tEXPIRES\tLAST USED")
	for _, t := range tokens {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.ID, printable(t.Name), t.Role, orNever(t.ExpiresAt), orNever(t.LastUsedAt))
	}
	return w.Flush()
}

func orNever(at string) string {
	if at == "" {
		return "never"
	}
	return at
}

type tokenRevokeCommand struct {
	serverFlags
	ID string `arg:"" help:"Id of the token, as secant token list shows it."`
}

// Run revokes the token.
func (c *tokenRevokeCommand) Run(ctx context.Context, std streams) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	if err := api.call(ctx, http.MethodDelete, "/api/tokens/"+url.PathEscape(c.ID), nil, nil, nil); err != nil {
		return fmt.Errorf("revoke token %s: %w", c.ID, err)
	}
	fmt.Fprintf(std.out, "revoked %s\n", c.ID)
	return nil
}
