package keeper_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/keeper"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

func claim(id uint64, owner int) *types.MsgClaimPayout {
	return &types.MsgClaimPayout{Owner: account(owner).String(), AuctionId: id}
}

func (g *grid) block(who int, blocked bool) { g.blocked[account(who).String()] = blocked }

func (g *grid) parked(owner string) []types.ParkedPayout {
	answer, err := keeper.NewQueryServer(g.keeper).ParkedPayouts(g.ctx, &types.QueryParkedPayoutsRequest{Owner: owner})
	require.NoError(g.t, err)
	return answer.ParkedPayouts
}

// cleared plays a forward auction of 4 units in which accounts 1 and 2 win 2 each
// at the reserve of 20.
func cleared(g *grid) uint64 {
	id := g.open(forward())
	first, second := g.commit(1, id, step(2, 50)), g.commit(2, id, step(2, 40))
	g.toReveals(id)
	g.ok(first.revealMsg(), second.revealMsg())
	g.toTime(g.auction(id).RevealDeadline)
	return id
}

// A payout that the bank refuses waits for its owner and undoes nothing else.
func TestBlockedPayeeIsParkedAndClaimsLater(t *testing.T) {
	g := newGrid(t)
	g.block(1, true)
	id := cleared(g)
	g.result(id)
	require.EqualValues(t, 80, g.change(town, money), "the creator is paid")
	require.EqualValues(t, 2, g.change(2, lot), "the other winner too")
	require.Zero(t, g.change(1, lot))
	require.Equal(t, []types.ParkedPayout{{
		Owner: account(1).String(), AuctionId: id, Amount: coins(2, lot, 360, money),
	}}, g.parked(account(1).String()))

	g.refused(types.ErrNothingToClaim, claim(id, 2))
	g.refused(types.ErrNothingToClaim, claim(id+1, 1))
	_, err := g.deliver(claim(id, 1))
	require.ErrorContains(t, err, "is not allowed to receive funds")
	require.Len(t, g.parked(""), 1, "a claim that is refused leaves the payout where it is")

	g.block(1, false)
	response, err := g.deliver(claim(id, 1))
	require.NoError(t, err)
	require.Equal(t, coins(2, lot, 360, money), response.(*types.MsgClaimPayoutResponse).Amount)
	require.EqualValues(t, 2, g.change(1, lot))
	require.EqualValues(t, -40, g.change(1, money))
	g.refused(types.ErrNothingToClaim, claim(id, 1))
}

// The owner may name another account, and nobody else may.
func TestClaimForAnotherRecipient(t *testing.T) {
	g := newGrid(t)
	g.block(1, true)
	id := cleared(g)
	msg := claim(id, 1)
	msg.Recipient = account(7).String()
	stranger := claim(id, 7)
	stranger.Recipient = account(7).String()
	g.refused(types.ErrNothingToClaim, stranger)
	g.ok(msg)
	require.EqualValues(t, 2, g.change(7, lot))
	require.Empty(t, g.parked(""))
}

// A blocked creator's payment is parked as well.
func TestBlockedCreatorIsParked(t *testing.T) {
	g := newGrid(t)
	g.block(town, true)
	id := cleared(g)
	g.result(id)
	require.Equal(t, coins(80, money), g.parked(account(town).String())[0].Amount)
	require.EqualValues(t, 2, g.change(1, lot))
}

// A send restriction may return an error or panic; both park.
func TestSendRestrictionParks(t *testing.T) {
	for name, restrict := range map[string]func() error{
		"error": func() error { return errors.New("this coin does not go there") },
		"panic": func() error { panic("a restriction that fails") },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGrid(t)
			g.bank.AppendSendRestriction(
				func(_ context.Context, _, to sdk.AccAddress, amount sdk.Coins) (sdk.AccAddress, error) {
					if to.Equals(account(1)) && amount.AmountOf(lot).IsPositive() {
						return nil, restrict()
					}
					return to, nil
				})
			id := cleared(g)
			g.result(id)
			require.Len(t, g.parked(account(1).String()), 1)
			require.EqualValues(t, 2, g.change(2, lot))
		})
	}
}

// What is left of a forfeited deposit, and the escrow of a cancelled auction, are
// parked like any payout.
func TestRefusedRefundsInATransactionAreParked(t *testing.T) {
	g := newGrid(t)
	id := g.open(reverse(award, func(t *types.Terms) { t.Deposit = coins(50, money, 3, "upluri") }))
	bid := g.commit(1, id, step(3, 10))
	g.toReveals(id)
	g.ok(bid.revealMsg())
	g.toResult(id)
	g.block(1, true)
	g.block(town, true)
	g.ok(forfeit(id, 1))
	require.Equal(t, coins(3, "upluri"), g.parked("")[0].Amount, "the part that is not forfeited")
	other := g.open(reverse())
	g.ok(&types.MsgCancelAuction{Creator: account(town).String(), AuctionId: other})
	require.Len(t, g.parked(account(town).String()), 1, "a cancelled auction's escrow")
}

// What the community pool does not take is parked for the authority; payouts of
// one auction to one owner add up.
func TestForfeitsThatThePoolRefusesAreParkedForTheAuthority(t *testing.T) {
	g := newGrid(t)
	pool := g.accounts.GetModuleAddress("distribution")
	g.bank.AppendSendRestriction(
		func(_ context.Context, _, to sdk.AccAddress, _ sdk.Coins) (sdk.AccAddress, error) {
			if to.Equals(pool) {
				return nil, errors.New("the pool is closed")
			}
			return to, nil
		})
	id := g.open(forward())
	g.commit(1, id, step(1, 50))
	g.commit(2, id, step(1, 50))
	g.toResult(id)
	require.Equal(t, coins(800, money), g.parked(g.authority)[0].Amount)
	require.EqualValues(t, -400, g.change(1, money))
	g.ok(&types.MsgClaimPayout{Owner: g.authority, AuctionId: id, Recipient: account(5).String()})
	require.EqualValues(t, 800, g.change(5, money))
}

// In a transaction the gas is the sender's: running out of it inside a payout
// fails the transaction and parks nothing.
func TestOutOfGasInATransactionIsNotParked(t *testing.T) {
	g := newGrid(t)
	id := g.open(forward())
	cancel := &types.MsgCancelAuction{Creator: account(town).String(), AuctionId: id}
	outOfGas := false
	for limit := uint64(1_000); limit < 200_000; limit += 500 {
		branch, _ := g.ctx.CacheContext()
		branch = branch.WithGasMeter(newGasMeter(limit))
		func() {
			defer func() { outOfGas = recover() != nil }()
			_, err := keeper.NewMsgServer(g.keeper).CancelAuction(branch, cancel)
			require.NoError(t, err)
		}()
		if !outOfGas {
			break
		}
		parked, err := g.keeper.ParkedPayouts.Has(branch.WithGasMeter(newGasMeter(1_000_000)),
			ownerOf(town, id))
		require.NoError(t, err)
		require.False(t, parked, "at a limit of %d", limit)
	}
	require.False(t, outOfGas)
}
