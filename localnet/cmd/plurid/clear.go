package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
)

// ClearCmd clears problem files by the rules of the chain, without a node.
func ClearCmd() *cobra.Command {
	var lines, timed bool
	cmd := &cobra.Command{
		Use:   "clear FILE|-",
		Short: "Clear a problem file by the rules of the chain",
		Long: `Clear a problem file by the rules of the chain and print its result as one line
of JSON. A problem that breaks a rule is refused: one line of reason on standard
error, exit status 1.`,
		Example: `  plurid clear problem.json
  plurid clear --ndjson - < problems.ndjson`,
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{pureAnnotation: ""},
		RunE: func(cmd *cobra.Command, args []string) error {
			// A refusal is one line, which this command writes itself.
			cmd.SilenceErrors, cmd.SilenceUsage = true, true
			err := runClear(cmd, args[0], lines, timed)
			if err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), printable(err.Error()))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&lines, "ndjson", false,
		`one problem a line in, one line out; {"refused": reason} for a refused one`)
	cmd.Flags().BoolVar(&timed, "time", false,
		"print the nanoseconds of reading, clearing and writing the JSON on standard error")
	cmd.MarkFlagsMutuallyExclusive("ndjson", "time")
	return cmd
}

func runClear(cmd *cobra.Command, path string, lines, timed bool) error {
	input := cmd.InOrStdin()
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		input = file
	}
	if lines {
		return clearing.ClearLines(input, cmd.OutOrStdout())
	}
	text, err := io.ReadAll(input)
	if err != nil {
		return err
	}
	return clearText(cmd, text, timed)
}

// timing is what --time prints; format is the writing of the result's JSON.
type timing struct {
	Parse  int64 `json:"parse_ns"`
	Clear  int64 `json:"clear_ns"`
	Format int64 `json:"format_ns"`
}

func clearText(cmd *cobra.Command, text []byte, timed bool) error {
	start := time.Now()
	problem, err := clearing.ParseProblem(text)
	if err != nil {
		return err
	}
	parsed := time.Now()
	result, err := clearing.Clear(problem)
	if err != nil {
		return err
	}
	cleared := time.Now()
	line := append(result.AppendJSON(nil, &problem), '\n')
	formatted := time.Now()
	if _, err := cmd.OutOrStdout().Write(line); err != nil {
		return err
	}
	if !timed {
		return nil
	}
	return json.NewEncoder(cmd.ErrOrStderr()).Encode(timing{
		Parse:  parsed.Sub(start).Nanoseconds(),
		Clear:  cleared.Sub(parsed).Nanoseconds(),
		Format: formatted.Sub(cleared).Nanoseconds(),
	})
}

// printable keeps to one line what may quote a key of a foreign file.
func printable(text string) string {
	var out strings.Builder
	for _, r := range text {
		if strconv.IsPrint(r) {
			out.WriteRune(r)
		} else {
			out.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return out.String()
}
