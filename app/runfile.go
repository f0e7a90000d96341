package app

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// RunFile is what a running server leaves in its data directory, readable by
// its owner only, so that commands on the same machine find it and may use it.
type RunFile struct {
	PID      int    `json:"pid"`
	AdminURL string `json:"adminURL"`
	Token    string `json:"token"` // API token with the owner's role, new at each start
}

const runFileName = "secant.run"

// ReadRunFile returns the run file in dir. A missing one means that no server
// uses dir.
func ReadRunFile(dir string) (RunFile, error) {
	var run RunFile
	raw, err := os.ReadFile(filepath.Join(dir, runFileName))
	if errors.Is(err, fs.ErrNotExist) {
		return run, fmt.Errorf("no server is using %s", dir)
	}
	if err != nil {
		return run, err
	}
	if err := json.Unmarshal(raw, &run); err != nil {
		return run, fmt.Errorf("read %s: %w", filepath.Join(dir, runFileName), err)
	}
	return run, nil
}

// writeRunFile replaces the run file as a whole, and returns what removes it.
func writeRunFile(dir string, run RunFile) (remove func(), err error) {
	raw, err := json.Marshal(run)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, runFileName)
	if err := os.WriteFile(path+".new", append(raw, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("write the run file: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return nil, fmt.Errorf("write the run file: %w", err)
	}
	return func() { _ = os.Remove(path) }, nil
}

// newLocalToken returns 24 random bytes in hexadecimal.
func newLocalToken() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b[:])
}
