package keeper_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
	energytypes "github.com/plurichain/plurichain/localnet/x/energy/types"
)

// creditBook knows the credits of these tests. What x/energy itself answers is
// tested on the whole app.
type creditBook map[string]energytypes.Attributes

var errUnverified = errors.New("unverified origin")

func (b creditBook) ResolveCredit(_ context.Context, denom string) (energytypes.Attributes, error) {
	credit, known := b[denom]
	if !known {
		return credit, errUnverified
	}
	return credit, nil
}

// hour is the h-th hour of 1970 as a denom.
func hour(technology string, h int) string { return fmt.Sprintf("wh.%s.%02d", technology, h) }

// newCreditGrid returns a chain on which everybody holds 100 Wh of the sun and of
// the wind of each of 10 hours.
func newCreditGrid(t *testing.T) *grid {
	g := newGrid(t)
	book := creditBook{}
	for h := range 10 {
		for _, technology := range []string{"solar_pv", "wind"} {
			book[hour(technology, h)] = energytypes.Attributes{
				OriginChain: "grid-a", Technology: technology, Zone: "north",
				IntervalStart: uint64(h) * 3600, IntervalEnd: uint64(h+1) * 3600,
			}
			for i := range 4 {
				g.fund(account(i), coins(100, hour(technology, h)))
			}
		}
	}
	g.keeper = g.keeper.WithCredits(book)
	return g
}

// sunny asks for the sun of hours 2 to 5.
func sunny(t *types.Terms) {
	t.LotDenom = ""
	t.CreditClass = &types.CreditClass{IntervalFrom: 2 * 3600, IntervalUntil: 6 * 3600, Technologies: []string{"solar_pv"}}
}

func (o opening) revealWith(credits sdk.Coins) *types.MsgRevealBid {
	msg := o.revealMsg()
	msg.Credits = credits
	return msg
}

func TestSellersDeliverCreditsOfTheClass(t *testing.T) {
	g := newCreditGrid(t)
	id := g.open(reverse(sunny))
	a := g.commit(1, id, step(3, 10))
	b := g.commit(2, id, step(2, 15), step(2, 20))
	g.toReveals(id)
	two, three, five := hour("solar_pv", 2), hour("solar_pv", 3), hour("solar_pv", 5)

	g.ok(a.revealWith(coins(1, two, 2, three)), b.revealWith(coins(1, three, 3, five)))
	require.EqualValues(t, 99, g.balance(account(1), two))
	require.EqualValues(t, 97, g.balance(account(2), five))
	result := g.toResult(id)

	units, _ := awardOf(result, 2)
	require.EqualValues(t, 2, units, "3 at 10 and 2 at 15 are the 5 that are wanted")
	// Of the second seller hour 3 comes before hour 5, and what is not taken returns.
	for denom, want := range map[string][3]int64{
		two: {101, 99, 100}, three: {103, 98, 99}, five: {101, 100, 99},
	} {
		for i, amount := range want {
			require.Equal(t, amount, g.balance(account(i), denom), "%s of %d", denom, i)
		}
	}
	require.Empty(t, g.auction(id).Escrow)
}

func TestACreatorSellsCreditsOfTheClass(t *testing.T) {
	g := newCreditGrid(t)
	two, three := hour("solar_pv", 2), hour("solar_pv", 3)
	msg := &types.MsgCreateAuction{
		Creator: account(town).String(), Terms: forward(sunny), Credits: coins(1, two, 3, three)}
	response, err := g.deliver(msg)
	require.NoError(t, err)
	id := response.(*types.MsgCreateAuctionResponse).AuctionId
	require.Equal(t, msg.Credits, g.auction(id).Escrow)

	first, second := 1, 2
	if string(account(1)) > string(account(2)) {
		first, second = second, first
	}
	a, b := g.commit(first, id, step(2, 50)), g.commit(second, id, step(1, 60))
	g.toReveals(id)
	g.ok(a.revealMsg(), b.revealMsg())
	g.toResult(id)

	// The first address takes hour 2 and one of hour 3, the second goes on there.
	require.EqualValues(t, 101, g.balance(account(first), two))
	require.EqualValues(t, 101, g.balance(account(first), three))
	require.EqualValues(t, 101, g.balance(account(second), three))
	require.EqualValues(t, 99, g.balance(account(town), two))
	require.EqualValues(t, 98, g.balance(account(town), three), "one of three returns")
}

func TestCreditsThatAreNotOfTheClassAreRefused(t *testing.T) {
	g := newCreditGrid(t)
	g.fund(account(1), coins(10, "watt"))
	id := g.open(reverse(sunny))
	a := g.commit(1, id, step(3, 10))
	plain := g.open(reverse())
	b := g.commit(1, plain, step(3, 10))
	g.toReveals(id)

	two := hour("solar_pv", 2)
	huge := sdk.Coins{{Denom: two, Amount: math.NewIntFromUint64(1 << 63).MulRaw(4)}}
	for name, credits := range map[string]sdk.Coins{
		"none":             nil,
		"too few":          coins(2, two),
		"too many":         coins(4, two),
		"another hour":     coins(2, two, 1, hour("solar_pv", 6)),
		"another source":   coins(2, two, 1, hour("wind", 3)),
		"no credit":        coins(2, two, 1, "watt"),
		"repeated":         {sdk.NewInt64Coin(two, 1), sdk.NewInt64Coin(two, 2)},
		"descending":       {sdk.NewInt64Coin(hour("solar_pv", 3), 1), sdk.NewInt64Coin(two, 2)},
		"an amount of 0":   {{Denom: two, Amount: math.ZeroInt()}},
		"a negative one":   {{Denom: two, Amount: math.NewInt(-3)}},
		"an empty one":     {{Denom: two}},
		"beyond 64 bits":   huge,
		"what is paid in":  coins(2, two, 1, money),
		"more than it has": coins(3, "wh.nobody"),
	} {
		t.Run(name, func(t *testing.T) { g.refused(types.ErrInvalidCredits, a.revealWith(credits)) })
	}
	g.refused(types.ErrInvalidCredits, b.revealWith(coins(3, two)))
	g.refused(types.ErrInvalidCredits, &types.MsgCreateAuction{
		Creator: account(town).String(), Terms: forward(), Credits: coins(4, two)})
	relayed := a.revealWith(coins(3, two))
	relayed.Sender = account(2).String()
	g.refused(types.ErrRelayNeedsEscrow, relayed)
	g.ok(a.revealWith(coins(3, two)), b.revealMsg())
}

func TestAChainWithoutCreditsRefusesAClass(t *testing.T) {
	g := newGrid(t)
	g.refused(types.ErrNotSupported, &types.MsgCreateAuction{
		Creator: account(town).String(), Terms: reverse(sunny)})
}
