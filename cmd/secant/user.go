package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"
)

type userCommand struct {
	Add    userAddCommand    `cmd:"" help:"Add a person. The password is read from the terminal or standard input."`
	List   userListCommand   `cmd:"" help:"List people."`
	Remove userRemoveCommand `cmd:"" help:"Remove a person and end their sessions."`
}

type userAddCommand struct {
	serverFlags
	Email string `arg:"" help:"E-mail address to sign in with."`
	Name  string `help:"Name to show." placeholder:"NAME"`
	Role  string `help:"What they may do: ${enum}." enum:"owner,admin,publisher,editor,viewer" default:"viewer"`
}

// Run adds the person.
func (c *userAddCommand) Run(ctx context.Context, std streams) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	password, err := readPassword(std)
	if err != nil {
		return err
	}
	in := map[string]string{"email": c.Email, "name": c.Name, "role": c.Role, "password": password}
	if err := api.call(ctx, http.MethodPost, "/api/users", nil, in, nil); err != nil {
		return fmt.Errorf("add %s: %w", c.Email, err)
	}
	fmt.Fprintf(std.out, "added %s as %s\n", c.Email, c.Role)
	return nil
}

// readPassword asks twice on a terminal; otherwise it takes the first line of
// standard input. A password never is an argument: those show in process lists.
func readPassword(std streams) (string, error) {
	if file, ok := std.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		ask := func(prompt string) (string, error) {
			fmt.Fprint(std.err, prompt)
			raw, err := term.ReadPassword(int(file.Fd()))
			fmt.Fprintln(std.err)
			return string(raw), err
		}
		first, err := ask("Password (at least 10 characters): ")
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		second, err := ask("Again: ")
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		if first != second {
			return "", errors.New("the two passwords differ; nothing was changed")
		}
		return first, nil
	}
	line, err := bufio.NewReader(std.in).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		if err != nil {
			return "", fmt.Errorf("no password on standard input: %w", err)
		}
		return "", errors.New("the password on standard input is empty")
	}
	return line, nil
}

type person struct {
	ID, Email, Name, Role, CreatedAt string
}

func listUsers(ctx context.Context, api *client) ([]person, error) {
	users, err := listAll[person](ctx, api, "/api/users", "users")
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return users, nil
}

type userListCommand struct{ serverFlags }

// Run prints one line a person.
func (c *userListCommand) Run(ctx context.Context, std streams) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	users, err := listUsers(ctx, api)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "EMAIL\tNAME\tROLE\tSINCE")
	for _, u := range users {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", printable(u.Email), printable(u.Name), u.Role, u.CreatedAt)
	}
	return w.Flush()
}

type userRemoveCommand struct {
	serverFlags
	Email string `arg:"" help:"E-mail address of the person."`
}

// Run removes the person.
func (c *userRemoveCommand) Run(ctx context.Context, std streams) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	users, err := listUsers(ctx, api)
	if err != nil {
		return err
	}
	for _, u := range users {
		if strings.EqualFold(u.Email, c.Email) {
			if err := api.call(ctx, http.MethodDelete, "/api/users/"+url.PathEscape(u.ID), nil, nil, nil); err != nil {
				return fmt.Errorf("remove %s: %w", c.Email, err)
			}
			fmt.Fprintf(std.out, "removed %s\n", u.Email)
			return nil
		}
	}
	return fmt.Errorf("nobody has the e-mail address %s; see: secant user list", c.Email)
}
