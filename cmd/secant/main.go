// Command secant is Secant: the server, and the tools that talk to it.
//
// Each sub-command is one file here and one line in the struct commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "dev"

// commands is the command line. Flags are also read from the environment
// (SECANT_LISTEN for --listen) and from a YAML file given with --options, whose
// keys are the flags' names.
type commands struct {
	Options kong.ConfigFlag `help:"YAML file that sets flags by their names." placeholder:"FILE" env:"SECANT_OPTIONS"`

	Serve   serveCommand   `cmd:"" help:"Start the server: collector, pipeline, delivery and console."`
	Tail    tailCommand    `cmd:"" help:"Show events live, as they arrive."`
	Send    sendCommand    `cmd:"" help:"Send an event to a source."`
	Export  exportCommand  `cmd:"" help:"Print the workspace as YAML."`
	Apply   applyCommand   `cmd:"" help:"Make the workspace equal to a YAML file."`
	User    userCommand    `cmd:"" help:"Add, list and remove people."`
	Token   tokenCommand   `cmd:"" help:"Create, list and revoke API tokens."`
	Doctor  doctorCommand  `cmd:"" help:"Check this machine and a data directory."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// streams are where a command reads and writes, so that tests can look.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The signals stay caught until the end: one that is sent twice, as some
	// supervisors do, must not make a clean stop a death by signal.
	_ = stop
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run executes one command line and returns the exit status: 0 for success, 1
// for a failed command, 2 for a wrong command line.
func run(ctx context.Context, args []string, std streams) int {
	var cmds commands
	exit := -1
	parser, err := kong.New(&cmds,
		kong.Name("secant"),
		kong.Description("Secant collects customer events once, keeps them safely and sends them everywhere."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ValueFormatter(helpWithDefault),
		kong.Configuration(loadOptions),
		kong.DefaultEnvars("SECANT"),
		kong.Writers(std.out, std.err),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
		kong.Exit(func(code int) { exit = code }),
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(std.err, "secant:", err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help printed and asked to leave
		return exit
	}
	if err != nil {
		fmt.Fprintf(std.err, "secant: %s\nTry: secant --help\n", err)
		return 2
	}
	if err := parsed.Run(); err != nil {
		if !errors.Is(err, errReported) {
			fmt.Fprintln(std.err, "secant:", err)
		}
		return 1
	}
	return 0
}

// helpWithDefault is a flag's help with its default, which kong shows only where
// no placeholder stands, and the environment variable that sets it.
func helpWithDefault(v *kong.Value) string {
	help := v.Help
	if v.HasDefault && v.Default != "" && v.Flag != nil && v.Flag.PlaceHolder != "" {
		help += " Default: " + v.Default + "."
	}
	if v.Flag != nil && len(v.Flag.Envs) > 0 {
		help += " [$" + strings.Join(v.Flag.Envs, ", $") + "]"
	}
	return help
}

// errReported ends a command whose failure its output already shows.
var errReported = errors.New("failed")
