package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	clearProblem = `{"side":"forward","quantity":1,"payment_rule":"vcg","bids":[{"bidder":"a","kind":"schedule","steps":[[1,5]]}]}`
	clearResult  = `{"status":"cleared","welfare":"5","allocation":{"a":"1"},"payment":{"a":"0"},"clearing_price":null,"surplus":"0"}`
)

// runClearCmd runs plurid clear and returns what it printed.
func runClearCmd(input string, args ...string) (stdout, stderr string, err error) {
	var out, errOut bytes.Buffer
	cmd := ClearCmd()
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(input))
	cmd.SetOut(&out)
	cmd.SetErr(&errOut)
	err = cmd.Execute()
	return out.String(), errOut.String(), err
}

func TestClearPrintsOneLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "problem.json")
	if err := os.WriteFile(path, []byte(clearProblem), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, arg := range []string{path, "-"} {
		stdout, stderr, err := runClearCmd(clearProblem, arg)
		if err != nil || stdout != clearResult+"\n" || stderr != "" {
			t.Errorf("%s: got %q, %q, %v", arg, stdout, stderr, err)
		}
	}
}

func TestClearRefusesInOneLine(t *testing.T) {
	cases := []struct {
		name, input, arg, want string
	}{
		{"not JSON", "{", "-", "not valid JSON"},
		{"a key that would break the line", `{"a\n\u001bb ä":1}`, "-", `unknown key a\n\x1bb ä`},
		{"no file", "", filepath.Join(t.TempDir(), "missing"), "no such file or directory"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, err := runClearCmd(c.input, c.arg)
			if err == nil || stdout != "" || !strings.HasSuffix(stderr, c.want+"\n") || strings.Count(stderr, "\n") != 1 {
				t.Errorf("got %q, %q, %v", stdout, stderr, err)
			}
		})
	}
}

func TestClearAnswersLines(t *testing.T) {
	stdout, stderr, err := runClearCmd("{\n"+clearProblem+"\n", "--ndjson", "-")
	if want := `{"refused":"not valid JSON"}` + "\n" + clearResult + "\n"; err != nil || stdout != want || stderr != "" {
		t.Errorf("got %q, %q, %v", stdout, stderr, err)
	}
}

func TestClearPrintsTimes(t *testing.T) {
	stdout, stderr, err := runClearCmd(clearProblem, "--time", "-")
	var times timing
	if err != nil || stdout != clearResult+"\n" || json.Unmarshal([]byte(stderr), &times) != nil {
		t.Fatalf("got %q, %q, %v", stdout, stderr, err)
	}
	if times.Parse <= 0 || times.Clear <= 0 || times.Format <= 0 {
		t.Errorf("got %+v", times)
	}
}

func TestClearRefusesWrongCalls(t *testing.T) {
	for _, args := range [][]string{{}, {"a", "b"}, {"--ndjson", "--time", "-"}} {
		if stdout, stderr, err := runClearCmd("", args...); err == nil || stdout != "" && !strings.HasPrefix(stdout, "Usage") || stderr == "" {
			t.Errorf("%v: got %q, %q, %v", args, stdout, stderr, err)
		}
	}
}

// TestClearTouchesNoFolder runs the whole program's command where a home
// folder can be neither read nor made.
func TestClearTouchesNoFolder(t *testing.T) {
	home := filepath.Join(t.TempDir(), "missing")
	t.Setenv("HOME", home)
	t.Setenv(envPrefix+"_HOME", home)
	root, err := newRootCommand()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	root.SetArgs([]string{"clear", "-"})
	root.SetIn(strings.NewReader(clearProblem))
	root.SetOut(&out)
	if err := root.Execute(); err != nil || out.String() != clearResult+"\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	if _, err := os.Stat(home); !os.IsNotExist(err) {
		t.Errorf("%s was made: %v", home, err)
	}
}
