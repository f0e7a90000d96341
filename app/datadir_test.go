package app

import (
	"strings"
	"testing"
)

func TestDataDirHasOneUser(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	first, err := openDataDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.describe("secant (process 42) on 127.0.0.1:8080"); err != nil {
		t.Fatal(err)
	}
	_, err = openDataDir(path)
	if err == nil || !strings.Contains(err.Error(), "in use by secant (process 42) on 127.0.0.1:8080") {
		t.Errorf("second use gives %v", err)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	again, err := openDataDir(path)
	if err != nil {
		t.Fatalf("use after the first ended: %v", err)
	}
	_ = again.close()
}

func TestRunFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := ReadRunFile(dir); err == nil || !strings.Contains(err.Error(), "no server is using") {
		t.Errorf("a missing run file gives %v", err)
	}
	remove, err := writeRunFile(dir, RunFile{PID: 7, AdminURL: "http://127.0.0.1:1", Token: newLocalToken()})
	if err != nil {
		t.Fatal(err)
	}
	run, err := ReadRunFile(dir)
	if err != nil || run.PID != 7 || run.AdminURL != "http://127.0.0.1:1" || len(run.Token) != 48 {
		t.Errorf("read back %+v, %v", run, err)
	}
	remove()
	if _, err := ReadRunFile(dir); err == nil {
		t.Error("the run file outlived its server")
	}
}
