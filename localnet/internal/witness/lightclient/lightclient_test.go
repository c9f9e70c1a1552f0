// Package lightclient holds ibc-go's Tendermint client to the vectors that the
// Python light client proves: both judge the same headers and proofs alike.
package lightclient

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log"
	"cosmossdk.io/store/dbadapter"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	clienttypes "github.com/cosmos/ibc-go/v10/modules/core/02-client/types"
	commitmenttypes "github.com/cosmos/ibc-go/v10/modules/core/23-commitment/types"
	commitmenttypesv2 "github.com/cosmos/ibc-go/v10/modules/core/23-commitment/types/v2"
	host "github.com/cosmos/ibc-go/v10/modules/core/24-host"
	tendermint "github.com/cosmos/ibc-go/v10/modules/light-clients/07-tendermint"
	ics23 "github.com/cosmos/ics23/go"

	"github.com/plurichain/plurichain/localnet/internal/vectors"
)

type input struct {
	Function string `json:"function"`
	// Of a header.
	Header                    vectors.Hex `json:"header"`
	ChainID                   string      `json:"chain_id"`
	TrustedHeight             string      `json:"trusted_height"`
	TrustedTime               string      `json:"trusted_time_ns"`
	TrustedNextValidatorsHash vectors.Hex `json:"trusted_next_validators_hash"`
	TrustLevel                string      `json:"trust_level"`
	TrustingPeriod            string      `json:"trusting_period_ns"`
	MaxClockDrift             string      `json:"max_clock_drift_ns"`
	Now                       string      `json:"now_ns"`
	// Of a proof; without a value, of absence.
	Operations []vectors.Hex `json:"operations"`
	Root       vectors.Hex   `json:"root"`
	Store      string        `json:"store"`
	Key        vectors.Hex   `json:"key"`
	Value      *string       `json:"value"`
}

type expected struct {
	Outcome string `json:"outcome"`
	Valid   bool   `json:"valid"`
}

func TestVectors(t *testing.T) {
	vectors.Run(t, "light_client", func(t *testing.T, in input, want expected) {
		if in.Function == "proof" {
			if err := verifyProof(t, in); (err == nil) != want.Valid {
				t.Errorf("valid is %v (%v), want %v", err == nil, err, want.Valid)
			}
			return
		}
		if outcome, err := judgeHeader(t, in); outcome != want.Outcome {
			t.Errorf("outcome is %q (%v), want %q", outcome, err, want.Outcome)
		}
	})
}

func parseInt(t *testing.T, text string) int64 {
	t.Helper()
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func parseTime(t *testing.T, text string) time.Time {
	t.Helper()
	return time.Unix(0, parseInt(t, text)).UTC()
}

func parseLevel(t *testing.T, text string) tendermint.Fraction {
	t.Helper()
	numerator, denominator, _ := strings.Cut(text, "/")
	return tendermint.Fraction{
		Numerator:   uint64(parseInt(t, numerator)),
		Denominator: uint64(parseInt(t, denominator)),
	}
}

// judgeHeader does what an update of a client does with its header before it
// changes anything: the message's own check, then the client's.
func judgeHeader(t *testing.T, in input) (string, error) {
	t.Helper()
	registry := codectypes.NewInterfaceRegistry()
	clienttypes.RegisterInterfaces(registry)
	tendermint.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)

	var header tendermint.Header
	if err := cdc.Unmarshal(in.Header, &header); err != nil {
		t.Fatal(err)
	}
	trusted, err := clienttypes.ParseHeight(in.TrustedHeight)
	if err != nil {
		t.Fatal(err)
	}
	consensus := tendermint.NewConsensusState(
		parseTime(t, in.TrustedTime), commitmenttypes.NewMerkleRoot([]byte("root")),
		[]byte(in.TrustedNextValidatorsHash),
	)
	store := dbadapter.Store{DB: dbm.NewMemDB()}
	store.Set(host.ConsensusStateKey(trusted), clienttypes.MustMarshalConsensusState(cdc, consensus))
	state := tendermint.NewClientState(
		in.ChainID, parseLevel(t, in.TrustLevel),
		time.Duration(parseInt(t, in.TrustingPeriod)), 2*time.Duration(parseInt(t, in.TrustingPeriod)),
		time.Duration(parseInt(t, in.MaxClockDrift)), trusted,
		commitmenttypes.GetSDKSpecs(), []string{"upgrade", "upgradedIBCState"},
	)
	ctx := sdk.NewContext(nil, cmtproto.Header{Time: parseTime(t, in.Now)}, false, log.NewNopLogger())

	if err := header.ValidateBasic(); err != nil {
		return "refused", err
	}
	err = state.VerifyClientMessage(ctx, cdc, store, &header)
	var tooFew light.ErrNewValSetCantBeTrusted
	switch {
	case err == nil:
		return "trusted", nil
	case errors.As(err, &tooFew):
		return "header between needed", err
	default:
		return "refused", err
	}
}

func verifyProof(t *testing.T, in input) error {
	t.Helper()
	var proof commitmenttypes.MerkleProof
	for _, operation := range in.Operations {
		var commitment ics23.CommitmentProof
		if err := commitment.Unmarshal(operation); err != nil {
			return err
		}
		proof.Proofs = append(proof.Proofs, &commitment)
	}
	root := commitmenttypes.NewMerkleRoot(in.Root)
	path := commitmenttypesv2.NewMerklePath([]byte(in.Store), in.Key)
	if in.Value == nil {
		return proof.VerifyNonMembership(commitmenttypes.GetSDKSpecs(), root, path)
	}
	value, err := hex.DecodeString(*in.Value)
	if err != nil {
		t.Fatal(err)
	}
	return proof.VerifyMembership(commitmenttypes.GetSDKSpecs(), root, path, value)
}
