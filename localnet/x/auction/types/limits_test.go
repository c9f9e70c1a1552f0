package types

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

func priceOf(amount int64) *math.Int {
	price := math.NewInt(amount)
	return &price
}

// Terms are taken up to each limit of the chain and refused one beyond it, with
// the field named.
func TestTermsAreHeldToTheLimitsOfTheChain(t *testing.T) {
	params := DefaultParams()
	params.MaxQuantity, params.MaxPrice, params.MaxSteps, params.MaxBidders = 100, math.NewInt(50), 20, 9
	params.MinWindow, params.MaxWindow, params.MaxTitleBytes = time.Minute, time.Hour, 10
	base := func() Terms {
		return Terms{
			Side: SIDE_FORWARD, PaymentRule: PAYMENT_RULE_VCG, Quantity: 100, LotDenom: "watthour", PaymentDenom: "ueur",
			PriceLimit: priceOf(50), CommitWindow: time.Minute, RevealWindow: time.Hour, MaxSteps: 20, MaxBidders: 9,
			Title: strings.Repeat("x", 10), Deposit: sdk.NewCoins(sdk.NewInt64Coin("ueur", 500)),
		}
	}
	awarded := func(t *Terms) { t.Settlement, t.DeliveryWindow = SETTLEMENT_AWARD, time.Hour }
	for name, change := range map[string]func(*Terms){
		"all at their limits": func(*Terms) {},
		"award":               awarded,
		"defaults":            func(t *Terms) { t.MaxSteps, t.MaxBidders, t.Title, t.Deposit = 0, 0, "", nil },
		"more than asked for": func(t *Terms) { t.Deposit = sdk.NewCoins(sdk.NewInt64Coin("ueur", 50_000)) },
	} {
		terms := base()
		change(&terms)
		require.NoError(t, ValidateTermsFor(&terms, params), name)
	}
	for field, change := range map[string]func(*Terms){
		"quantity":        func(t *Terms) { t.Quantity = 101 },
		"price_limit":     func(t *Terms) { t.PriceLimit = priceOf(51) },
		"max_steps":       func(t *Terms) { t.MaxSteps = 21 },
		"max_bidders":     func(t *Terms) { t.MaxBidders = 10 },
		"title: 11 bytes": func(t *Terms) { t.Title += "x" },
		"commit_window":   func(t *Terms) { t.CommitWindow-- },
		"reveal_window":   func(t *Terms) { t.RevealWindow++ },
		"delivery_window": func(t *Terms) { awarded(t); t.DeliveryWindow++ },
		"deposit: 499ueur is below 500ueur": func(t *Terms) {
			t.Deposit = sdk.NewCoins(sdk.NewInt64Coin("ueur", 499))
		},
		"deposit: 9 coins": func(t *Terms) {
			for _, denom := range []string{"aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg", "hhh"} {
				t.Deposit = t.Deposit.Add(sdk.NewInt64Coin(denom, 1))
			}
		},
		"reserve_price": func(t *Terms) {
			t.Side, t.PriceLimit, t.ReservePrice = SIDE_REVERSE, nil, priceOf(51)
		},
	} {
		terms := base()
		change(&terms)
		err := ValidateTermsFor(&terms, params)
		require.ErrorIs(t, err, ErrInvalidTerms, field)
		require.ErrorContains(t, err, field)
	}
}

// The least deposit is rounded up: a share of a unit is a unit.
func TestLeastDepositIsRoundedUp(t *testing.T) {
	params := DefaultParams()
	terms := Terms{
		Side: SIDE_FORWARD, PaymentRule: PAYMENT_RULE_VCG, Quantity: 1, LotDenom: "watthour", PaymentDenom: "ueur",
		PriceLimit: priceOf(11), CommitWindow: time.Minute, RevealWindow: time.Minute,
		Deposit: sdk.NewCoins(sdk.NewInt64Coin("ueur", 1)),
	}
	require.ErrorIs(t, ValidateTermsFor(&terms, params), ErrInvalidTerms)
	terms.Deposit = sdk.NewCoins(sdk.NewInt64Coin("ueur", 2))
	require.NoError(t, ValidateTermsFor(&terms, params))
}

// What the chain cannot clear yet has an error of its own, so that a client can
// tell it from a mistake.
func TestUnsupportedTermsAreRefusedByName(t *testing.T) {
	for name, change := range map[string]func(*Terms){
		"double": func(t *Terms) { t.Side, t.PaymentRule = SIDE_DOUBLE, PAYMENT_RULE_MIDPOINT },
		"core":   func(t *Terms) { t.PaymentRule = PAYMENT_RULE_CORE },
		"kinds":  func(t *Terms) { t.Kinds = []BidKind{BID_KIND_SCHEDULE, BID_KIND_CHOICE} },
	} {
		terms := Terms{
			Side: SIDE_FORWARD, PaymentRule: PAYMENT_RULE_VCG, Quantity: 1, LotDenom: "watthour", PaymentDenom: "ueur",
			PriceLimit: priceOf(11), CommitWindow: time.Minute, RevealWindow: time.Minute,
		}
		change(&terms)
		err := ValidateTermsFor(&terms, DefaultParams())
		require.ErrorIs(t, err, ErrNotSupported, name)
		require.ErrorContains(t, err, name)
	}
}
