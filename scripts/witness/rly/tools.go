//go:build tools

// Package tools pins the witness rly, the Go relayer: go.mod and go.sum beside this file name every
// module it is built from.
package tools

import _ "github.com/cosmos/relayer/v2/cmd"
