package types_test

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

func newPrice(value int64) *sdkmath.Int {
	price := sdkmath.NewInt(value)
	return &price
}

// tooWide is 2^128, the least price that has no canonical bytes.
func tooWide() sdkmath.Int { return sdkmath.NewIntFromBigInt(new(big.Int).Lsh(big.NewInt(1), 128)) }

func forwardTerms() *types.Terms {
	return &types.Terms{
		Side: types.SIDE_FORWARD, PaymentRule: types.PAYMENT_RULE_VCG, Quantity: 100,
		LotDenom: "watthour", PaymentDenom: "ueur", PriceLimit: newPrice(500),
		CommitWindow: time.Minute, RevealWindow: time.Minute,
	}
}

func reverseTerms() *types.Terms {
	terms := forwardTerms()
	terms.Side, terms.PriceLimit, terms.ReservePrice = types.SIDE_REVERSE, nil, newPrice(400)
	return terms
}

// newTerms draws terms that have canonical bytes; most break some rule.
func newTerms(random *rand.Rand) types.Terms {
	maybe := func() bool { return random.IntN(2) == 0 }
	price := func() *sdkmath.Int {
		if maybe() {
			return nil
		}
		wide := new(big.Int).Lsh(new(big.Int).SetUint64(random.Uint64()), uint(random.IntN(65)))
		value := sdkmath.NewIntFromBigInt(wide)
		return &value
	}
	terms := types.Terms{
		Side: types.Side(1 + random.IntN(3)), PaymentRule: types.PaymentRule(1 + random.IntN(8)),
		ReservePrice: price(), PriceLimit: price(),
		CommitWindow: time.Duration(random.Int64()), RevealWindow: time.Duration(random.Int64()),
		Settlement: types.Settlement(random.IntN(3)), MaxSteps: uint32(random.IntN(math.MaxUint16 + 1)),
	}
	for kind := types.BID_KIND_SCHEDULE; kind <= types.BID_KIND_BLOCK; kind++ {
		if maybe() {
			terms.Kinds = append(terms.Kinds, kind)
		}
	}
	if maybe() {
		terms.Quantity, terms.MaxQuantity = random.Uint64(), random.Uint64()
		terms.LotDenom, terms.PaymentDenom, terms.Title = "watthour", "ueur", "Wärme ⚡"
		terms.MaxBidders, terms.DeliveryWindow = random.Uint32(), time.Duration(random.Int64())
		terms.DeliveryStart, terms.DeliveryEnd = random.Uint64(), random.Uint64()
	}
	for _, denom := range []string{"aaa", "bbb", "ccc"} {
		if maybe() {
			terms.Deposit = append(terms.Deposit, sdk.NewInt64Coin(denom, 1+random.Int64N(math.MaxInt64)))
		}
	}
	return terms
}

func TestTermsRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 13))
	for range 2_000 {
		terms := newTerms(random)
		data, err := types.EncodeTerms(&terms)
		if err != nil {
			t.Fatal(err)
		}
		again, err := types.DecodeTerms(data)
		if err != nil {
			t.Fatal(err)
		}
		equalJSON(t, again, types.NormalTerms(&terms))
	}
}

func TestDefaultsAreNotWritten(t *testing.T) {
	terms := forwardTerms()
	plain, err := types.TermsHash(terms)
	if err != nil {
		t.Fatal(err)
	}
	terms.Kinds, terms.MaxSteps = []types.BidKind{types.BID_KIND_SCHEDULE}, types.DefaultMaxSteps
	terms.Settlement, terms.Deposit = types.SETTLEMENT_COINS, sdk.Coins{}
	written, err := types.TermsHash(terms)
	if err != nil || !bytes.Equal(plain, written) {
		t.Errorf("%x became %x, %v", plain, written, err)
	}
}

// changes are terms that break one rule; field is the one that the error names.
var changes = []struct {
	name, field string
	unsupported bool
	// canonical: the terms have canonical bytes all the same.
	canonical bool
	change    func(*types.Terms)
}{
	{"no side", "side", false, false, func(t *types.Terms) { t.Side = 0 }},
	{"unknown side", "side", false, false, func(t *types.Terms) { t.Side = 4 }},
	{"double", "side", true, true, func(t *types.Terms) { t.Side = types.SIDE_DOUBLE }},
	{"no rule", "payment_rule", false, false, func(t *types.Terms) { t.PaymentRule = 0 }},
	{"unknown rule", "payment_rule", false, false, func(t *types.Terms) { t.PaymentRule = 9 }},
	{"core", "payment_rule", true, true, func(t *types.Terms) { t.PaymentRule = types.PAYMENT_RULE_CORE }},
	{"mcafee", "payment_rule", true, true, func(t *types.Terms) { t.PaymentRule = types.PAYMENT_RULE_MCAFEE }},
	{"unknown settlement", "settlement", false, false, func(t *types.Terms) { t.Settlement = 3 }},
	{"blocks", "kinds", true, true, func(t *types.Terms) { t.Kinds = []types.BidKind{types.BID_KIND_BLOCK} }},
	{"kind 0", "kinds", false, false, func(t *types.Terms) { t.Kinds = []types.BidKind{0} }},
	{"kinds twice", "kinds", false, false, func(t *types.Terms) {
		t.Kinds = []types.BidKind{types.BID_KIND_SCHEDULE, types.BID_KIND_SCHEDULE}
	}},
	{"empty reserve", "reserve_price", false, false, func(t *types.Terms) { t.ReservePrice = &sdkmath.Int{} }},
	{"empty limit", "price_limit", false, false, func(t *types.Terms) { t.PriceLimit = &sdkmath.Int{} }},
	{"negative reserve", "reserve_price", false, false, func(t *types.Terms) { t.ReservePrice = newPrice(-1) }},
	{"limit of 2^128", "price_limit", false, false, func(t *types.Terms) { *t.PriceLimit = tooWide() }},
	{"lot denom not UTF-8", "lot_denom", false, false, func(t *types.Terms) { t.LotDenom = "\xff" }},
	{"payment denom not UTF-8", "payment_denom", false, false, func(t *types.Terms) { t.PaymentDenom = "\xff" }},
	{"deposit denom not UTF-8", "deposit", false, false, func(t *types.Terms) {
		t.Deposit = sdk.Coins{{Denom: "\xff", Amount: sdkmath.OneInt()}}
	}},
	{"deposit without an amount", "deposit", false, false, func(t *types.Terms) {
		t.Deposit = sdk.Coins{{Denom: "ueur"}}
	}},
	{"deposit of nothing", "deposit", false, false, func(t *types.Terms) {
		t.Deposit = sdk.Coins{{Denom: "ueur", Amount: sdkmath.ZeroInt()}}
	}},
	{"negative deposit", "deposit", false, false, func(t *types.Terms) {
		t.Deposit = sdk.Coins{{Denom: "ueur", Amount: sdkmath.NewInt(-1)}}
	}},
	{"deposit of 2^128", "deposit", false, false, func(t *types.Terms) {
		t.Deposit = sdk.Coins{{Denom: "ueur", Amount: tooWide()}}
	}},
	{"deposit out of order", "deposit", false, false, func(t *types.Terms) {
		t.Deposit = sdk.Coins{sdk.NewInt64Coin("ueur", 1), sdk.NewInt64Coin("aaa", 1)}
	}},
	{"deposit of one denom twice", "deposit", false, false, func(t *types.Terms) {
		t.Deposit = sdk.Coins{sdk.NewInt64Coin("ueur", 1), sdk.NewInt64Coin("ueur", 1)}
	}},
	{"deposit of 65536 coins", "deposit", false, false, func(t *types.Terms) {
		t.Deposit = make(sdk.Coins, math.MaxUint16+1)
	}},
	{"negative commit window", "commit_window", false, false, func(t *types.Terms) { t.CommitWindow = -1 }},
	{"negative reveal window", "reveal_window", false, false, func(t *types.Terms) { t.RevealWindow = -1 }},
	{"negative delivery window", "delivery_window", false, false, func(t *types.Terms) { t.DeliveryWindow = -1 }},
	{"65536 steps", "max_steps", false, false, func(t *types.Terms) { t.MaxSteps = math.MaxUint16 + 1 }},
	{"title not UTF-8", "title", false, false, func(t *types.Terms) { t.Title = "\xff" }},
	{"title of two lines", "title", false, true, func(t *types.Terms) { t.Title = "a\u2028b" }},
	{"title of two paragraphs", "title", false, true, func(t *types.Terms) { t.Title = "a\u2029b" }},
}

func TestRulesOfTerms(t *testing.T) {
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			terms := forwardTerms()
			c.change(terms)
			broken := &types.TermsError{}
			if err := types.ValidateTerms(terms); !errors.As(err, &broken) {
				t.Fatalf("got %v", err)
			}
			if broken.Field != c.field || broken.Unsupported != c.unsupported {
				t.Errorf("got %v, unsupported %v", broken, broken.Unsupported)
			}
			if text := broken.Error(); !strings.HasPrefix(text, c.field+": ") || strings.ContainsAny(text, "\n\x00") {
				t.Errorf("got %q", text)
			}
			data, err := types.EncodeTerms(terms)
			if (err == nil) != c.canonical || err != nil && !errors.Is(err, types.ErrNotCanonical) {
				t.Errorf("encoded to %d bytes, %v", len(data), err)
			}
			if _, err := types.TermsHash(terms); (err == nil) != c.canonical {
				t.Errorf("hashed with %v", err)
			}
		})
	}
	for _, terms := range []*types.Terms{forwardTerms(), reverseTerms()} {
		if err := types.ValidateTerms(terms); err != nil {
			t.Error(err)
		}
	}
}

// TestValidTermsHaveBytes holds that no other rule than ValidateTerms' own
// stands between a creator and a terms hash.
func TestValidTermsHaveBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 17))
	valid := 0
	for range 200_000 {
		terms := newTerms(random)
		if random.IntN(2) == 0 {
			terms.ReservePrice, terms.DeliveryStart, terms.DeliveryEnd = newPrice(5), 0, 0
			terms.Kinds, terms.PriceLimit, terms.Side = nil, nil, types.SIDE_REVERSE
		}
		terms.MaxSteps = uint32(random.IntN(1 << 17))
		if types.ValidateTerms(&terms) != nil {
			continue
		}
		valid++
		if _, err := types.EncodeTerms(&terms); err != nil {
			t.Fatalf("%v: %v", terms, err)
		}
	}
	if valid < 1_000 {
		t.Errorf("only %d of the terms drawn were valid", valid)
	}
}

// FuzzDecodeTerms holds that whatever is decoded is encoded to the same bytes.
func FuzzDecodeTerms(f *testing.F) {
	random := rand.New(rand.NewPCG(2, 13))
	for range 20 {
		terms := newTerms(random)
		data, err := types.EncodeTerms(&terms)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		terms, err := types.DecodeTerms(data)
		if err != nil {
			if !errors.Is(err, types.ErrNotCanonical) {
				t.Fatal(err)
			}
			return
		}
		again, err := types.EncodeTerms(&terms)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x became %x, %v", data, again, err)
		}
		_ = types.ValidateTerms(&terms) // breaks no rule or names one, and never panics
	})
}
