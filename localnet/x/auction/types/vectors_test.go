package types_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"testing"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/internal/vectors"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// coinRows are coins as vectors write them: pairs of denom and amount.
type coinRows [][2]string

func formatCoins(coins sdk.Coins) coinRows {
	rows := coinRows{}
	for _, coin := range coins {
		rows = append(rows, [2]string{coin.Denom, coin.Amount.String()})
	}
	return rows
}

func equalCoins(t *testing.T, what string, got sdk.Coins, want coinRows) {
	t.Helper()
	rows := formatCoins(got)
	if len(rows) != len(want) {
		t.Fatalf("%s is %v, want %v", what, rows, want)
	}
	for i := range rows {
		if rows[i] != want[i] {
			t.Errorf("%s is %v, want %v", what, rows, want)
		}
	}
}

type bidRow struct {
	Kind    string      `json:"kind"`
	Side    string      `json:"side"`
	Minimum string      `json:"minimum"`
	Steps   [][2]string `json:"steps"`
}

func formatBid(bid types.Bid) bidRow {
	row := bidRow{
		Kind:    strings.ToLower(strings.TrimPrefix(bid.Kind.String(), "BID_KIND_")),
		Side:    map[types.BidSide]string{types.BidSideBuy: "buy", types.BidSideSell: "sell"}[bid.Side],
		Minimum: strconv.FormatUint(bid.Minimum, 10),
	}
	for _, step := range bid.Steps {
		row.Steps = append(row.Steps, [2]string{strconv.FormatUint(step.Quantity, 10), step.Price.String()})
	}
	return row
}

func TestBidVectors(t *testing.T) {
	type input struct{ Bytes vectors.Hex }
	type expected struct{ Bid *bidRow }
	vectors.Run(t, "bids", func(t *testing.T, in input, want expected) {
		bid, err := types.DecodeBid(in.Bytes)
		if want.Bid == nil {
			if !errors.Is(err, types.ErrNotCanonical) {
				t.Fatalf("got %v, %v; want ErrNotCanonical", bid, err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		equalJSON(t, formatBid(bid), *want.Bid)
		again, err := types.EncodeBid(bid)
		if err != nil || !bytes.Equal(again, in.Bytes) {
			t.Errorf("encoded again: %x, %v; want %x", again, err, in.Bytes)
		}
	})
}

// termsRow are terms as vectors write them.
type termsRow struct {
	Side           string   `json:"side"`
	PaymentRule    string   `json:"payment_rule"`
	Kinds          []string `json:"kinds"`
	Quantity       string   `json:"quantity"`
	LotDenom       string   `json:"lot_denom"`
	PaymentDenom   string   `json:"payment_denom"`
	ReservePrice   *string  `json:"reserve_price"`
	PriceLimit     *string  `json:"price_limit"`
	MaxQuantity    string   `json:"max_quantity"`
	MaxSteps       string   `json:"max_steps"`
	Deposit        coinRows `json:"deposit"`
	CommitWindow   string   `json:"commit_window"`
	RevealWindow   string   `json:"reveal_window"`
	Settlement     string   `json:"settlement"`
	DeliveryWindow string   `json:"delivery_window"`
	MaxBidders     string   `json:"max_bidders"`
	Title          string   `json:"title"`
	DeliveryStart  string   `json:"delivery_start"`
	DeliveryEnd    string   `json:"delivery_end"`
	CreditClass    any      `json:"credit_class"`
}

func formatTerms(terms types.Terms) termsRow {
	word := func(name, prefix string) string { return strings.ToLower(strings.TrimPrefix(name, prefix)) }
	number := func(value uint64) string { return strconv.FormatUint(value, 10) }
	price := func(value *math.Int) *string {
		if value == nil {
			return nil
		}
		text := value.String()
		return &text
	}
	row := termsRow{
		Side:         word(terms.Side.String(), "SIDE_"),
		PaymentRule:  word(terms.PaymentRule.String(), "PAYMENT_RULE_"),
		Quantity:     number(terms.Quantity),
		LotDenom:     terms.LotDenom,
		PaymentDenom: terms.PaymentDenom,
		ReservePrice: price(terms.ReservePrice), PriceLimit: price(terms.PriceLimit),
		MaxQuantity: number(terms.MaxQuantity), MaxSteps: number(uint64(terms.MaxSteps)),
		Deposit:        formatCoins(terms.Deposit),
		CommitWindow:   number(uint64(terms.CommitWindow)),
		RevealWindow:   number(uint64(terms.RevealWindow)),
		Settlement:     word(terms.Settlement.String(), "SETTLEMENT_"),
		DeliveryWindow: number(uint64(terms.DeliveryWindow)),
		MaxBidders:     number(uint64(terms.MaxBidders)),
		Title:          terms.Title,
		DeliveryStart:  number(terms.DeliveryStart), DeliveryEnd: number(terms.DeliveryEnd),
	}
	if class := terms.CreditClass; class != nil {
		list := func(words []string) []string { return append([]string{}, words...) }
		row.CreditClass = []any{number(class.IntervalFrom), number(class.IntervalUntil),
			list(class.Technologies), list(class.Zones), list(class.Origins)}
	}
	for _, kind := range terms.Kinds {
		row.Kinds = append(row.Kinds, word(kind.String(), "BID_KIND_"))
	}
	return row
}

func TestTermsVectors(t *testing.T) {
	type input struct{ Bytes vectors.Hex }
	type expected struct{ Terms *termsRow }
	vectors.Run(t, "terms", func(t *testing.T, in input, want expected) {
		terms, err := types.DecodeTerms(in.Bytes)
		if want.Terms == nil {
			if !errors.Is(err, types.ErrNotCanonical) {
				t.Fatalf("got %v, %v; want ErrNotCanonical", terms, err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		equalJSON(t, formatTerms(terms), *want.Terms)
		again, err := types.EncodeTerms(&terms)
		if err != nil || !bytes.Equal(again, in.Bytes) {
			t.Errorf("encoded again: %x, %v; want %x", again, err, in.Bytes)
		}
	})
}

func decodeTerms(t *testing.T, data []byte) *types.Terms {
	t.Helper()
	terms, err := types.DecodeTerms(data)
	if err != nil {
		t.Fatal(err)
	}
	return &terms
}

func TestTermsRulesVectors(t *testing.T) {
	type input struct {
		TermsBytes vectors.Hex `json:"terms_bytes"`
	}
	type expected struct{ Field *string }
	vectors.Run(t, "terms_rules", func(t *testing.T, in input, want expected) {
		err := types.ValidateTerms(decodeTerms(t, in.TermsBytes))
		if want.Field == nil {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		broken := &types.TermsError{}
		if !errors.As(err, &broken) || broken.Field != *want.Field {
			t.Fatalf("got %v, want a rule of %s", err, *want.Field)
		}
	})
}

func TestAdmissibilityVectors(t *testing.T) {
	type input struct {
		TermsBytes vectors.Hex `json:"terms_bytes"`
		BidBytes   vectors.Hex `json:"bid_bytes"`
	}
	type expected struct{ Reason *string }
	vectors.Run(t, "admissibility", func(t *testing.T, in input, want expected) {
		_, reason := types.FindInadmissible(in.BidBytes, decodeTerms(t, in.TermsBytes))
		expected := ""
		if want.Reason != nil {
			expected = *want.Reason
		}
		if reason != expected {
			t.Errorf("got %q, want %q", reason, expected)
		}
	})
}

func TestMoneyVectors(t *testing.T) {
	type input struct {
		TermsBytes vectors.Hex `json:"terms_bytes"`
		BidBytes   vectors.Hex `json:"bid_bytes"`
	}
	type expected struct {
		Deposit       coinRows
		CreatorEscrow coinRows `json:"creator_escrow"`
		RevealEscrow  coinRows `json:"reveal_escrow"`
	}
	vectors.Run(t, "money", func(t *testing.T, in input, want expected) {
		terms := decodeTerms(t, in.TermsBytes)
		deposit := types.Deposit(terms)
		equalCoins(t, "deposit", deposit, want.Deposit)
		equalCoins(t, "creator escrow", types.CreatorEscrow(terms, nil), want.CreatorEscrow)
		if in.BidBytes == nil {
			return
		}
		bid, err := types.DecodeBid(in.BidBytes)
		if err != nil {
			t.Fatal(err)
		}
		equalCoins(t, "reveal escrow", types.RevealEscrow(bid, terms, deposit, nil), want.RevealEscrow)
	})
}

// classInput has the arguments of all functions of class_lots.json.
type classInput struct {
	Function      string
	TermsBytes    vectors.Hex `json:"terms_bytes"`
	BidBytes      vectors.Hex `json:"bid_bytes"`
	Origin        string
	Technology    string
	Zone          string
	IntervalStart uint64 `json:"interval_start,string"`
	IntervalEnd   uint64 `json:"interval_end,string"`
	Units         uint64 `json:"units,string"`
	Coins         coinRows
}

func (in classInput) compute(t *testing.T) any {
	t.Helper()
	switch in.Function {
	case "is_in_class":
		class := decodeTerms(t, in.TermsBytes).CreditClass
		return class.Holds(in.Origin, in.Technology, in.Zone, in.IntervalStart, in.IntervalEnd)
	case "class_delivery":
		var bid *types.Bid
		if in.BidBytes != nil {
			decoded, err := types.DecodeBid(in.BidBytes)
			if err != nil {
				t.Fatal(err)
			}
			bid = &decoded
		}
		return strconv.FormatUint(types.ClassDelivery(decodeTerms(t, in.TermsBytes), bid), 10)
	case "split_delivery":
		var coins sdk.Coins
		for _, row := range in.Coins {
			amount, ok := math.NewIntFromString(row[1])
			if !ok {
				t.Fatalf("amount %q", row[1])
			}
			coins = append(coins, sdk.Coin{Denom: row[0], Amount: amount})
		}
		delivered, rest := types.SplitDelivery(coins, in.Units)
		return []coinRows{formatCoins(delivered), formatCoins(rest)}
	default:
		t.Fatalf("function %s is unknown", in.Function)
		return nil
	}
}

func TestClassLotVectors(t *testing.T) {
	type expected struct{ Value any }
	vectors.Run(t, "class_lots", func(t *testing.T, in classInput, want expected) {
		equalJSON(t, in.compute(t), want.Value)
	})
}

// hashInput has the arguments of all functions of hashes.json.
type hashInput struct {
	Function   string
	TermsBytes vectors.Hex `json:"terms_bytes"`
	ChainID    string      `json:"chain_id"`
	AuctionID  uint64      `json:"auction_id,string"`
	Attempt    uint32      `json:"attempt,string"`
	Bidder     vectors.Hex
	TermsHash  vectors.Hex `json:"terms_hash"`
	BidBytes   vectors.Hex `json:"bid_bytes"`
	Salt       vectors.Hex
	PrivateKey vectors.Hex `json:"private_key"`
	BidKey     vectors.Hex `json:"bid_key"`
	TieSeed    vectors.Hex `json:"tie_seed"`
	Name       string
	Openings   [][2]vectors.Hex
}

// compute calls the function that a vector names. Keys and salts are made by
// clients alone, so theirs are spelled out here, from README.md.
func (in hashInput) compute(t *testing.T) []byte {
	t.Helper()
	lp := func(value string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(value)))) + value
	}
	mac := func(key []byte, preimage string) []byte {
		hash := hmac.New(sha256.New, key)
		hash.Write([]byte(preimage))
		return hash.Sum(nil)
	}
	switch in.Function {
	case "terms_hash":
		hash, err := types.TermsHash(decodeTerms(t, in.TermsBytes))
		if err != nil {
			t.Fatal(err)
		}
		return hash
	case "bid_commitment":
		return types.ComputeBidCommitment(in.ChainID, in.AuctionID, in.Bidder, in.TermsHash, in.BidBytes, in.Salt)
	case "rank":
		return types.Rank(in.TieSeed, in.Name)
	case "tie_seed":
		openings := make([]types.Opening, len(in.Openings))
		for i, row := range in.Openings {
			openings[i] = types.Opening{Bidder: row[0], Salt: row[1]}
		}
		return types.TieSeed(in.ChainID, in.AuctionID, openings)
	case "bid_key":
		return mac(in.PrivateKey, lp("plurichain/auction/bid_key/v1"))
	case "salt":
		auction := string(binary.BigEndian.AppendUint64(nil, in.AuctionID))
		attempt := string(binary.BigEndian.AppendUint32(nil, in.Attempt))
		return mac(in.BidKey, lp("plurichain/auction/salt/v1")+lp(in.ChainID)+auction+
			lp(string(in.Bidder))+attempt+string(in.TermsHash)+lp(string(in.BidBytes)))
	default:
		t.Fatalf("function %s is unknown", in.Function)
		return nil
	}
}

func TestHashVectors(t *testing.T) {
	type expected struct{ Hash vectors.Hex }
	vectors.Run(t, "hashes", func(t *testing.T, in hashInput, want expected) {
		if got := in.compute(t); !bytes.Equal(got, want.Hash) {
			t.Errorf("got %x, want %x", got, want.Hash)
		}
	})
}
