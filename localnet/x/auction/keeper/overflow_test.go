package keeper_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

var (
	topPrice = sdkmath.NewIntFromBigInt(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1)))
	topTotal = topPrice.Mul(sdkmath.NewIntFromUint64(math.MaxUint64))
	topStep  = clearing.Step{Quantity: math.MaxUint64, Price: clearing.Uint128{Hi: math.MaxUint64, Lo: math.MaxUint64}}
)

// widest lifts every limit as far as the authority can.
func (g *grid) widest() {
	params := types.DefaultParams()
	params.MaxQuantity, params.MaxPrice, params.MaxBidders = math.MaxUint64, topPrice, math.MaxUint32
	params.MinDepositBps = types.BasisPoints
	g.ok(&types.MsgUpdateParams{Authority: g.authority, Params: params})
}

// The greatest deposit is below 2^192, that of a tenth of a reverse auction too,
// and those of as many bidders as a count can hold are below 2^224: the 256 bits
// of an amount hold them all. One bit more in a price is refused.
func TestGreatestSumsStayWithinAnAmount(t *testing.T) {
	require.Less(t, topTotal.BigInt().BitLen(), 193)
	all := topTotal.Mul(sdkmath.NewIntFromUint64(math.MaxUint32))
	require.Less(t, all.BigInt().BitLen(), 225)
	require.Less(t, all.BigInt().BitLen(), sdkmath.MaxBitLen)

	g := newGrid(t)
	g.widest()
	tooHigh := topPrice.AddRaw(1)
	for _, terms := range []types.Terms{
		forward(func(t *types.Terms) { t.PriceLimit = &tooHigh }),
		forward(func(t *types.Terms) { t.ReservePrice = &tooHigh }),
		reverse(func(t *types.Terms) { t.ReservePrice = &tooHigh }),
	} {
		g.refused(types.ErrInvalidTerms, &types.MsgCreateAuction{Creator: account(town).String(), Terms: terms})
	}
	params := types.DefaultParams()
	params.MaxPrice = tooHigh
	g.refused(types.ErrInvalidParams, &types.MsgUpdateParams{Authority: g.authority, Params: params})
}

// A forward auction at every limit at once: 2^64-1 units at 2^128-1, three times
// bid for in full.
func TestForwardAuctionAtEveryLimit(t *testing.T) {
	for _, rule := range []types.PaymentRule{
		types.PAYMENT_RULE_PAY_AS_BID, types.PAYMENT_RULE_LAST_ACCEPTED, types.PAYMENT_RULE_FIRST_REJECTED, types.PAYMENT_RULE_VCG,
	} {
		t.Run(rule.String(), func(t *testing.T) {
			g := newGrid(t)
			g.widest()
			g.fund(account(town), sdk.NewCoins(sdk.NewCoin(lot, sdkmath.NewIntFromUint64(math.MaxUint64))))
			id := g.open(forward(func(t *types.Terms) {
				t.Quantity, t.PriceLimit, t.ReservePrice, t.PaymentRule = math.MaxUint64, &topPrice, &topPrice, rule
			}))
			require.Equal(t, topTotal, g.auction(id).Deposit.AmountOf(money))
			var bids []opening
			for bidder := 1; bidder <= 3; bidder++ {
				g.fund(account(bidder), sdk.NewCoins(sdk.NewCoin(money, topTotal)))
				bids = append(bids, g.commit(bidder, id, topStep))
			}
			g.toReveals(id)
			for _, bid := range bids {
				g.ok(bid.revealMsg())
			}
			result := g.toResult(id)
			require.Equal(t, topTotal, result.Welfare)
			paid := g.bank.GetBalance(g.ctx, account(town), money).Amount.SubRaw(purse)
			require.Equal(t, topTotal, paid)
		})
	}
}

// A reverse auction at every limit at once.
func TestReverseAuctionAtEveryLimit(t *testing.T) {
	g := newGrid(t)
	g.widest()
	g.fund(account(town), sdk.NewCoins(sdk.NewCoin(money, topTotal)))
	id := g.open(reverse(func(t *types.Terms) { t.Quantity, t.ReservePrice = math.MaxUint64, &topPrice }))
	require.Equal(t, topTotal, g.auction(id).Escrow.AmountOf(money))
	units := sdk.NewCoins(sdk.NewCoin(lot, sdkmath.NewIntFromUint64(math.MaxUint64)))
	g.fund(account(1), units.Add(sdk.NewCoin(money, topTotal)))
	bid := g.commit(1, id, topStep)
	g.toReveals(id)
	g.ok(bid.revealMsg())
	result := g.toResult(id)
	require.Equal(t, topTotal.Neg(), result.Welfare)
	require.Equal(t, topTotal, result.Awards[0].Payment)
	require.Equal(t, uint64(math.MaxUint64), result.Awards[0].Allocation)
}
