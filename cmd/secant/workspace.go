package main

import (
	"fmt"
	"path/filepath"

	"github.com/secantdev/secant/workspacefile"
)

// readWorkspaceFile reads a document and puts in what it refers to on this
// machine, the environment and files: the server has neither.
func readWorkspaceFile(std streams, name string) ([]byte, error) {
	raw, err := readInput(std, name)
	if err != nil {
		return nil, fmt.Errorf("read the workspace file: %w", err)
	}
	expanded, err := workspacefile.Expand(raw, workspacefile.Local(filepath.Dir(name)))
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", name, err)
	}
	return expanded, nil
}
