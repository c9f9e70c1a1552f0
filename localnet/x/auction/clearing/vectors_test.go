package clearing_test

import (
	"testing"

	"github.com/plurichain/plurichain/localnet/internal/vectors"
	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
)

func TestClearingVectors(t *testing.T) {
	type input struct {
		Problem string
		Bytes   vectors.Hex
	}
	type expected struct{ Line string }
	vectors.Run(t, "clearing", func(t *testing.T, in input, want expected) {
		text := in.Bytes
		if text == nil {
			text = []byte(in.Problem)
		}
		if got := clearing.ClearLine(text); string(got) != want.Line+"\n" {
			t.Errorf("got  %s\nwant %s", got, want.Line)
		}
	})
}
