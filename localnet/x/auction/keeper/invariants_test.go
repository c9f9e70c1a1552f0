package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// brokenInvariants returns the names of those that are broken.
func (g *grid) brokenInvariants() (names []string) {
	g.t.Helper()
	for _, invariant := range g.keeper.Invariants() {
		broken, err := invariant.Check(g.ctx)
		require.NoError(g.t, err)
		if broken != "" {
			names = append(names, invariant.Name)
		}
	}
	return names
}

// Each invariant notices when the part of the state that it watches is touched by
// hand: a check that cannot fail would prove nothing.
func TestInvariantsNoticeEveryBreak(t *testing.T) {
	for name, c := range map[string]struct {
		invariant string
		touch     func(g *grid, open, won uint64) error
	}{
		"a coin too many": {"module_balance", func(g *grid, _, _ uint64) error {
			return g.bank.SendCoins(g.ctx, account(9), g.accounts.GetModuleAddress(types.ModuleName), coins(1, money))
		}},
		"a coin too few": {"module_balance", func(g *grid, _, _ uint64) error {
			return g.bank.SendCoins(g.ctx, g.accounts.GetModuleAddress(types.ModuleName), account(9), coins(1, lot))
		}},
		"a payout of nowhere": {"module_balance", func(g *grid, open, _ uint64) error {
			return g.keeper.ParkedPayouts.Set(g.ctx, ownerOf(1, open), types.ParkedPayout{Amount: coins(1, money)})
		}},
		"a wrong count": {"auctions", func(g *grid, open, _ uint64) error {
			auction := g.auction(open)
			auction.RevealCount++
			return g.keeper.Auctions.Set(g.ctx, open, auction)
		}},
		"a deadline moved": {"auctions", func(g *grid, open, _ uint64) error {
			auction := g.auction(open)
			auction.CommitDeadline = auction.CommitDeadline.Add(time.Second)
			return g.keeper.Auctions.Set(g.ctx, open, auction)
		}},
		"a deposit forgotten": {"bids", func(g *grid, open, _ uint64) error {
			commitment := must(g.keeper.Commitments.Get(g.ctx, join(open, 1)))
			commitment.DepositStatus = types.DEPOSIT_STATUS_FORFEITED
			return g.keeper.Commitments.Set(g.ctx, join(open, 1), commitment)
		}},
		"a commitment under a wrong key": {"bids", func(g *grid, open, _ uint64) error {
			return g.keeper.Commitments.Set(g.ctx, join(open, 5), must(g.keeper.Commitments.Get(g.ctx, join(open, 1))))
		}},
		"an entry too few": {"queue", func(g *grid, open, _ uint64) error {
			return g.keeper.Queue.Remove(g.ctx, collections.Join(uint64(g.auction(open).CommitDeadline.UnixNano()), open))
		}},
		"an entry too many": {"queue", func(g *grid, open, _ uint64) error {
			return g.keeper.Queue.Set(g.ctx, collections.Join(uint64(1), open))
		}},
		"a phase not indexed": {"indexes", func(g *grid, open, _ uint64) error {
			return g.keeper.AuctionsByPhase.Remove(g.ctx, collections.Join(uint32(types.PHASE_COMMITTING), open))
		}},
		"a phase indexed twice": {"indexes", func(g *grid, open, _ uint64) error {
			return g.keeper.AuctionsByPhase.Set(g.ctx, collections.Join(uint32(types.PHASE_FAILED), open))
		}},
		"a creator not indexed": {"indexes", func(g *grid, open, _ uint64) error {
			return g.keeper.AuctionsByCreator.Remove(g.ctx, ownerOf(town, open))
		}},
		"a wrong number of open auctions": {"indexes", func(g *grid, _, _ uint64) error {
			return g.keeper.OpenCount.Set(g.ctx, 5)
		}},
		"a wrong number of one creator": {"indexes", func(g *grid, _, _ uint64) error {
			return g.keeper.OpenByCreator.Set(g.ctx, account(town), 5)
		}},
		"a creator without auctions": {"indexes", func(g *grid, _, _ uint64) error {
			return g.keeper.OpenByCreator.Set(g.ctx, account(9), 1)
		}},
		"a deposit held for a loser": {"held_deposits", func(g *grid, _, won uint64) error {
			return g.keeper.HeldDeposits.Set(g.ctx, join(won, 3))
		}},
		"an award lost": {"results", func(g *grid, _, won uint64) error {
			return g.keeper.Awards.Remove(g.ctx, join(won, 3))
		}},
		"a result lost": {"results", func(g *grid, _, won uint64) error {
			return g.keeper.Results.Remove(g.ctx, won)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGrid(t)
			won := awarded(g)
			open := g.open(forward())
			g.commit(1, open, step(1, 50))
			require.Empty(t, g.brokenInvariants())
			require.NoError(t, c.touch(g, open, won))
			require.Contains(t, g.brokenInvariants(), c.invariant)
		})
	}
}
